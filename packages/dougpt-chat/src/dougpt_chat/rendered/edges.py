"""A panel's edges: where its ground ends, which is a step of brightness that stands while the picture moves."""

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.frames import Region

# An edge is looked for a little into the text, in pixels, and this far out of it, then all the way: most rows may be
# much shorter than the panel is wide.
IN_PX, OUT_PX = 12, 48
# Along an edge, steps are told on stretches of so many pixels, from means of so many on either side.
ALONG_PX, BESIDE_PX = 8, 2
# A step is an edge where it is this much stronger than steps usually are there, and so strong at least.
CLEAR, LEAST_STEP = 4.0, 4.0
# Where nothing tells, this much is left around the text.
PADDING_PX = 6
# A pixel is of an opaque ground where it differs from it by no more than this, a line where this share of it is.
GROUND, GROUND_SHARE = 6, 0.4
SELDOM = 0.15
MOSTLY = 0.85
GAP_PX = 41

Box = tuple[int, int, int, int]


def snapped(lumas: list[NDArray[np.uint8]], box: Box) -> Region:
    """Return the panel around `box` (left, top, right, bottom), where text was seen to scroll, as a region.

    Args:
        lumas: The brightness of pictures spread over the video.
        box: In pixels.
    """
    stack_THW = np.stack(lumas)
    left, top, right, bottom = box
    ground = _ground(stack_THW[:, top:bottom, left:right])
    if ground is not None:
        left, top, right, bottom = _grown(stack_THW, box, ground)
        return (left, top, right - left, bottom - top)
    left, right = _sides(stack_THW[:, top:bottom], left, right)
    top, bottom = _sides(stack_THW[:, :, left:right].transpose(0, 2, 1), top, bottom)
    return (left, top, right - left, bottom - top)


def _sides(stack_TYX: NDArray[np.uint8], first: int, end: int) -> tuple[int, int]:
    """The clearest steps across X, which run along all of Y, near the first and the end of the text."""
    return _edge(stack_TYX, first, -1), _edge(stack_TYX, end, 1)


def _ground(inside_THW: NDArray[np.uint8]) -> int | None:
    """The brightness of an opaque ground, or None."""
    grounds = []
    for inside_HW in inside_THW:
        counts = np.bincount(inside_HW.ravel(), minlength=256)
        mode = int(np.argmax(counts))
        share = counts[max(0, mode - 2) : mode + 3].sum() / inside_HW.size
        grounds.append(mode if share > 0.4 else -1)
    values, counts = np.unique(grounds, return_counts=True)
    best = int(np.argmax(counts))
    return int(values[best]) if values[best] >= 0 and counts[best] >= 0.3 * len(grounds) else None


def _grown(stack_THW: NDArray[np.uint8], box: Box, ground: int) -> Box:
    """The box with its sides moved to where the ground ends, in those pictures in which there is a ground.

    A line is of the ground where nearly every picture has it there; a moving picture has its dark places elsewhere.
    """
    left, top, right, bottom = box
    of_ground_THW = np.abs(stack_THW.astype(np.int16) - ground) <= GROUND
    of_ground_THW = of_ground_THW[of_ground_THW[:, top:bottom, left:right].mean(axis=(1, 2)) > GROUND_SHARE]
    columns = np.quantile(of_ground_THW[:, top:bottom].mean(axis=1), SELDOM, axis=0) > GROUND_SHARE
    left, right = _side(columns, left, right, -1), _side(columns, left, right, 1)
    rows = np.quantile(of_ground_THW[:, :, left:right].mean(axis=2), SELDOM, axis=0) > GROUND_SHARE
    return left, _side(rows, top, bottom, -1), right, _side(rows, top, bottom, 1)


def _side(is_ground: NDArray[np.bool_], first: int, end: int, step: int) -> int:
    """From the middle of the box out to the last line of the ground that nearly only lines of it lie before."""
    is_ground = _filled(is_ground)
    outward = is_ground[(first + end) // 2 :] if step > 0 else is_ground[: (first + end) // 2][::-1]
    share = np.cumsum(outward) / np.arange(1, len(outward) + 1)
    inside = np.flatnonzero(outward & (share >= MOSTLY))
    if not inside.size:
        return end if step > 0 else first
    return (first + end) // 2 + step * (int(inside[-1]) + 1)


def _filled(is_ground: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Lines with the gaps between them filled that a row of text or an emote makes."""
    kernel = np.ones((1, GAP_PX), np.uint8)
    line = np.pad(is_ground.astype(np.uint8), GAP_PX)[None]
    return cv2.morphologyEx(line, cv2.MORPH_CLOSE, kernel)[0, GAP_PX:-GAP_PX] > 0


def _edge(stack_TYX: NDArray[np.uint8], at: int, step: int) -> int:
    """The clearest step near a side of the text, or else beyond; some padding where none is clear."""
    most = int(stack_TYX.shape[2])
    for out_px in (OUT_PX, most):
        first, end = (at - out_px, at + IN_PX) if step < 0 else (at - IN_PX, at + out_px)
        first, end = max(first, BESIDE_PX), min(end, most - BESIDE_PX)
        if end > first:
            strength_X = np.abs(_steps(stack_TYX[:, :, first - BESIDE_PX : end + BESIDE_PX]))
            best = int(np.argmax(strength_X))
            if strength_X[best] >= max(LEAST_STEP, CLEAR * float(np.median(strength_X))):
                return first + best
    return min(max(at + step * PADDING_PX, 0), most)


def _steps(stack_TYX: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much brighter it becomes at each X, but for `BESIDE_PX` at both ends.

    That is the median over pictures and stretches of Y: what glass darkens is darker all along its edge and all the
    time, while an edge in the scene behind it is in some places, for a while.
    """
    pictures, height, width = stack_TYX.shape
    along = height // ALONG_PX
    means = stack_TYX[:, : along * ALONG_PX].reshape(pictures, along, ALONG_PX, width).mean(axis=2, dtype=np.float32)
    sums = np.cumsum(np.pad(means, ((0, 0), (0, 0), (1, 0))), axis=2)
    beside = (sums[..., BESIDE_PX:] - sums[..., :-BESIDE_PX]) / BESIDE_PX
    steps_X: NDArray[np.float32] = np.median(beside[..., BESIDE_PX:] - beside[..., :-BESIDE_PX], axis=(0, 1))
    return steps_X
