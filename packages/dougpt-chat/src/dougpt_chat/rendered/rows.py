"""Rows of text as they stood on screen: the border between following them and reading them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Pixels above and below a row's text that its image holds too.
MARGIN_PX = 2
# The number of what is not numbered yet: rows are, once no older one can come.
NOT_YET = -1


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A row of text as it stood on screen, averaged over every picture that showed it whole.

    Attributes:
        row_id: The order of appearance, from 0; within one appearance from top to bottom.
        panel_id: Which panel it stood in.
        image_HWC: Its mean in BGR, or the temporal minimum where the panel is transparent: the panel's whole width,
            the row's height and `MARGIN_PX` above and below.
        top_px: Its place on the panel's endless ribbon; differences are distances between rows.
        height_px: The height of its text.
        first_full_ms: The first picture in which all of it is visible, on the recording's clock.
        unseen_ms: The last picture before that; None where it stood there when the panel was first seen.
        last_ms: The last picture that showed it.
        pictures: How many pictures the mean is of.
        settled: Whether some picture showed it at rest.
        stood_px: How far below the panel's top its text began when all of it was first visible.
        emotes: The columns, first and end, of what is far higher than letters; its image may hold a part of it only.
    """

    row_id: int
    panel_id: int
    image_HWC: NDArray[np.uint8]
    top_px: float
    height_px: float
    first_full_ms: int
    unseen_ms: int | None
    last_ms: int
    pictures: int
    settled: bool
    stood_px: float = 0.0
    emotes: tuple[tuple[int, int], ...] = ()
