"""Stretches of a ribbon cut into rows of text, with their pictures and times."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.ribbon import NEVER, Stretch
from dougpt_chat.rendered.rows import MARGIN_PX
from dougpt_chat.rendered.segments import Segment, find_segments

# Where the darkest picture of the ground is this much darker than the mean, the ground lets a moving picture through.
THROUGH = 9.0
# The mean strength of strokes from which they are text.
STEADY = 20.0


@dataclass(frozen=True, slots=True)
class CutRow:
    """A row of text before it has its number; see `Row`."""

    image_HWC: NDArray[np.uint8]
    top_px: float
    height_px: float
    first_full_ms: int
    unseen_ms: int | None
    last_ms: int
    pictures: int
    settled: bool
    stood_px: float


def rows_of(stretch: Stretch) -> list[CutRow]:
    """Return the rows of text in a stretch, from top to bottom; what was cut off before and came back is left out."""
    known = stretch.part(stretch.pictures_H > 0)
    if not len(known):
        return []
    luma_HW = brightness_of(known)
    rows = [_row(known, luma_HW, segment) for segment in find_segments(luma_HW) if _is_text(known, segment)]
    return [row for row in rows if row.pictures > 0]


def brightness_of(stretch: Stretch) -> NDArray[np.float32]:
    """The mean of the pictures at rest, of those in motion where there are none; the least, where the ground shows."""
    at_rest_H1 = stretch["rests"][:, None] > 0
    mean_HW = np.where(at_rest_H1, stretch.rest_HW, stretch.moving_HW)
    through = float(np.median(mean_HW - stretch.least_HW))
    return stretch.least_HW if through > THROUGH else mean_HW


def _is_text(stretch: Stretch, segment: Segment) -> bool:
    """Whether strokes stood there all the time, which a moving picture's do not, and were not cut off before."""
    rows = stretch.part(slice(segment.first, segment.end))
    steady = float(np.quantile(np.abs(rows.strokes_HW), 0.99)) > STEADY
    return steady and not rows["was_there"].any()


def _row(stretch: Stretch, luma_HW: NDArray[np.float32], segment: Segment) -> CutRow:
    rows = stretch.part(slice(segment.first, segment.end))
    decides = int(np.argmax(rows["first_ms"]))
    unseen_ms = int(rows["unseen_ms"][decides])
    return CutRow(
        image_HWC=_image(stretch, luma_HW, segment),
        top_px=float(rows["place"][0]),
        height_px=float(len(rows)),
        first_full_ms=int(rows["first_ms"][decides]),
        unseen_ms=None if unseen_ms == NEVER else unseen_ms,
        last_ms=int(rows["last_ms"].min()),
        pictures=int(rows.pictures_H.min()),
        settled=bool((rows["rests"] > 0).all()),
        stood_px=float(rows["stood"][decides]) - decides,
    )


def _image(stretch: Stretch, luma_HW: NDArray[np.float32], segment: Segment) -> NDArray[np.uint8]:
    """The row in BGR, with its margin; at the stretch's ends the last row of pixels is repeated."""
    which_H = np.clip(np.arange(segment.first - MARGIN_PX, segment.end + MARGIN_PX), 0, len(stretch) - 1)
    planes = np.dstack([luma_HW[which_H], stretch.colour_HWC[which_H][..., ::-1]])
    colourless = stretch["colours"][which_H] == 0
    planes[colourless, :, 1:] = 128
    luma = np.clip((planes[..., :1] - 16) * (255 / 219), 0, 255)
    chroma = np.clip((planes[..., 1:] - 128) * (255 / 224) + 128, 0, 255)
    full = np.round(np.concatenate([luma, chroma], axis=-1)).astype(np.uint8)
    return np.asarray(cv2.cvtColor(full, cv2.COLOR_YCrCb2BGR), np.uint8)
