"""Stretches of a ribbon cut into rows of text, with their pictures and times."""

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.agreement import Flags
from dougpt_chat.rendered.motion import COLUMN_STEP
from dougpt_chat.rendered.ribbon import NEVER, Stretch
from dougpt_chat.rendered.rows import MARGIN_PX, NOT_YET, Row
from dougpt_chat.rendered.segments import INK, Segment, above_ground, find_segments, ink_threshold

# Where the darkest picture of the ground is this much darker than the mean, the ground lets a moving picture through.
THROUGH = 3.5
# How much less than the ground an emote varies, which hides what is behind.
STILL = 0.5
# A stroke of a letter with its outline is narrower than this. The colour behind is told over so many pixels across and
# down; what differs from it by more is of another colour, twice that certainly.
STROKE_PX, BEHIND_PX, ANOTHER_COLOUR = 9, (81, 41), 24.0
# What black is in a picture's brightness, and no colour in its colour differences.
BLACK, GREY = 16, 128
# The mean strength of strokes from which they are text.
STEADY = 20.0


def rows_of(stretch: Stretch) -> list[Row]:
    """Return the rows of text in a stretch, from top to bottom, not yet numbered; none that was cut off before."""
    known = stretch.part(stretch.pictures_H > 0)
    if not len(known):
        return []
    luma_HW, colour_HWC = brightness_of(known), known.colour_HWC
    is_glass = shows_through(known)
    if is_glass:
        luma_HW, colour_HWC = on_black(known.least_HW, colour_HWC)
        moves_HW = _moves(known)
        luma_HW[moves_HW], colour_HWC[moves_HW] = BLACK, GREY
    # What the least of many pictures left of the letters has no blur around it, and little to spare.
    segments = [one for one in find_segments(luma_HW, is_blurred=not is_glass) if _is_text(known, one)]
    rows = [_row(known, luma_HW, colour_HWC, segment) for segment in segments]
    return [row for row in rows if row.pictures > 0]


def brightness_of(stretch: Stretch) -> NDArray[np.float32]:
    """The mean of the pictures at rest, of those in motion where there are none."""
    return np.where(stretch["rests"][:, None] > 0, stretch.rest_HW, stretch.moving_HW)


def shows_through(stretch: Stretch) -> bool:
    """Whether a moving picture shows through the ground: the least brightness is far below the mean."""
    return float(np.median(brightness_of(stretch) - stretch.least_HW)) > THROUGH


def on_black(
    least_HW: NDArray[np.float32], colour_HWC: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Text on a ground that shows another picture, as if it stood on black.

    Args:
        least_HW: The least brightness over time: where there is no text, that of the darkest picture behind it.
        colour_HWC: The mean colour differences.
    """
    strength_HW = above_ground(least_HW, outlined=True)
    strength_HW = np.maximum(strength_HW, _coloured_strokes(least_HW, colour_HWC, strength_HW))
    faint = ink_threshold(strength_HW) / 2
    text_HW = np.maximum(strength_HW - faint, 0)
    share_HW1 = np.minimum(text_HW / (2 * faint), 1)[..., None]
    return BLACK + text_HW, GREY + (colour_HWC - GREY) * share_HW1


def _coloured_strokes(
    least_HW: NDArray[np.float32], colour_HWC: NDArray[np.float32], strength_HW: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How much brighter strokes of another colour than the picture behind are than what is right beside them.

    A name may be as bright as what is behind it: then its outline alone tells it from that, and its colour.
    """
    image_HW = np.clip(least_HW, 0, 255).astype(np.uint8)
    bright_HW, dark_HW = (
        cv2.morphologyEx(image_HW, operation, np.ones((STROKE_PX, STROKE_PX), np.uint8))
        for operation in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT)
    )
    is_text_HW = (strength_HW > INK) | (dark_HW > INK)
    behind_HW = 1 - cv2.dilate(is_text_HW.astype(np.float32), np.ones((3, 3), np.uint8)) + np.float32(1e-4)
    behind_HWC = cv2.blur(colour_HWC * behind_HW[..., None], BEHIND_PX) / cv2.blur(behind_HW, BEHIND_PX)[..., None]
    apart_HW = np.linalg.norm(colour_HWC - behind_HWC, axis=2)
    return np.asarray(bright_HW * np.clip(apart_HW / ANOTHER_COLOUR - 1, 0, 1), np.float32)


def _moves(stretch: Stretch) -> NDArray[np.bool_]:
    """Where the picture behind moves, and no strokes stood beside: a bright place of it, and no text."""
    varies_HW = brightness_of(stretch) - stretch.least_HW
    moves_HW = cv2.blur(varies_HW, (5, 5)) > STILL * float(np.median(varies_HW))
    steady_HW = (np.abs(stretch.strokes_HW) > STEADY / 2).astype(np.uint8)
    near_HW = cv2.dilate(steady_HW, np.ones((STROKE_PX, STROKE_PX // COLUMN_STEP), np.uint8))
    near_HW = near_HW.repeat(COLUMN_STEP, axis=1)[:, : varies_HW.shape[1]]
    return np.asarray(moves_HW & (near_HW == 0), np.bool_)


def _is_text(stretch: Stretch, segment: Segment) -> bool:
    """Whether strokes stood there all the time, which a moving picture's do not, and were not cut off before."""
    rows = stretch.part(slice(segment.first, segment.end))
    steady = float(np.quantile(np.abs(rows.strokes_HW), 0.99)) > STEADY
    return steady and not rows["was_there"].any()


def _row(stretch: Stretch, luma_HW: NDArray[np.float32], colour_HWC: NDArray[np.float32], segment: Segment) -> Row:
    rows = stretch.part(slice(segment.first, segment.end))
    decides = int(np.argmax(np.where(_tells_H(rows), rows["first_ms"], NEVER)))
    unseen_ms = int(rows["unseen_ms"][decides])
    return Row(
        row_id=NOT_YET,
        panel_id=NOT_YET,
        image_HWC=_image(stretch, luma_HW, colour_HWC, segment),
        top_px=float(rows["place"][0]),
        height_px=float(len(rows)),
        first_full_ms=int(rows["first_ms"][decides]),
        unseen_ms=None if unseen_ms == NEVER else unseen_ms,
        last_ms=int(rows["last_ms"].min()),
        pictures=int(rows.pictures_H.min()),
        settled=bool((rows["rests"] > 0).all()),
        stood_px=float(rows["stood"][decides]) - decides,
        emotes=tuple(one for one in segment.emotes if _is_opaque(stretch, segment, one)),
    )


def _tells_H(rows: Stretch) -> Flags:  # noqa: N802 - the suffix is a dimension
    """Which rows of pixels tell when text came: what was renewed at its edge alone is the ground, which moved."""
    renewed_H: Flags = rows["renewed"]
    energy_H = np.einsum("hw,hw->h", rows.strokes_HW, rows.strokes_HW)
    is_new = energy_H[renewed_H].sum() >= 0.5 * energy_H.sum()
    return np.ones(len(rows), dtype=bool) if is_new else ~renewed_H


def _is_opaque(stretch: Stretch, segment: Segment, columns: tuple[int, int]) -> bool:
    """Whether nothing shows through what looks like an emote; a bright place of the scene varies as others do."""
    varies_HW = brightness_of(stretch) - stretch.least_HW
    inside = varies_HW[segment.first : segment.end, slice(*columns)]
    return not shows_through(stretch) or float(np.median(inside)) < STILL * float(np.median(varies_HW))


def _image(
    stretch: Stretch, luma_HW: NDArray[np.float32], colour_HWC: NDArray[np.float32], segment: Segment
) -> NDArray[np.uint8]:
    """The row in BGR, with its margin; at the stretch's ends the last row of pixels is repeated."""
    which_H = np.clip(np.arange(segment.first - MARGIN_PX, segment.end + MARGIN_PX), 0, len(stretch) - 1)
    planes = np.dstack([luma_HW[which_H], colour_HWC[which_H][..., ::-1]])
    colourless = stretch["colours"][which_H] == 0
    planes[colourless, :, 1:] = GREY
    luma = np.clip((planes[..., :1] - BLACK) * (255 / 219), 0, 255)
    chroma = np.clip((planes[..., 1:] - GREY) * (255 / 224) + GREY, 0, 255)
    full = np.round(np.concatenate([luma, chroma], axis=-1)).astype(np.uint8)
    return np.asarray(cv2.cvtColor(full, cv2.COLOR_YCrCb2BGR), np.uint8)
