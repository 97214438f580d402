"""Where a picture of a panel still shows what the ribbon shows there, told in cells of a few pixels.

A row of cells disagrees where most of the cells that hold text on the ribbon show something else, or where the ribbon
is blank and the picture is not. One changed cell is not enough: emotes move in rows that stand still.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.motion import COLUMN_STEP, Strokes

CELL_HEIGHT, CELL_WIDTH = 4, 40 // COLUMN_STEP
# The mean square of strokes in a cell from which it holds something: on the ribbon's mean, and in one picture.
INK, NEW_INK = 12.0, 60.0
# Cells weigh as much as they hold, up to this much: what moves behind the text is weaker, an emote is no stronger.
STRONG_INK = 300.0
ALIKE = 0.45
# How much stronger than what is usual behind a panel's blanks new text is, in the mean square of strokes.
BEHIND = 6.0

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Which rows of pixels disagree, and which hold text on the ribbon; how much of the text disagrees, 0 to 1."""

    differs_H: Flags
    inked_H: Flags
    differing: float
    appeared: bool

    @property
    def is_whole(self) -> bool:
        """Whether nothing disagrees."""
        return not self.differs_H.any()


def compare(ribbon_HW: Strokes, known_H: Flags, picture_HW: Strokes) -> Agreement:
    """Compare strokes; rows of pixels that are not known yet agree with anything."""
    height = len(ribbon_HW)
    both, ribbon, picture = (
        _cells(one * other)
        for one, other in ((ribbon_HW, picture_HW), (ribbon_HW, ribbon_HW), (picture_HW, picture_HW))
    )
    same = both > ALIKE * np.sqrt(ribbon * picture)
    inked = ribbon > INK
    weight = np.where(inked, np.minimum(ribbon, STRONG_INK), 0)
    inked_cells = weight.sum(axis=1)
    gone = (weight * ~same).sum(axis=1) > 0.5 * inked_cells
    known = known_H[::CELL_HEIGHT][: len(gone)]
    blank = ~inked & known[:, None]
    behind = float(np.median(picture[blank])) if blank.any() else 0.0
    new = (inked_cells == 0) & (picture > max(NEW_INK, BEHIND * behind)).any(axis=1)
    inked_rows = (inked_cells > 0) & known
    gone &= inked_rows
    new &= known
    return Agreement(
        differs_H=_by_pixel(gone | new, height),
        inked_H=_by_pixel(inked_rows, height),
        differing=float(inked_cells[gone].sum() / max(float(inked_cells[inked_rows].sum()), 1.0)),
        appeared=bool(new.any()),
    )


def alike(one_HW: Strokes, other_HW: Strokes) -> Flags:
    """Return the rows of pixels in which two pictures show the same, or both nothing."""
    both, one, other = (_cells(a * b) for a, b in ((one_HW, other_HW), (one_HW, one_HW), (other_HW, other_HW)))
    weight = np.minimum(np.maximum(one, other), STRONG_INK)
    weight[weight < INK] = 0
    same = both > ALIKE * np.sqrt(one * other)
    enough = (weight * ~same).sum(axis=1) <= 0.5 * weight.sum(axis=1)
    return _by_pixel(enough, len(one_HW))


def runs_of(flags_N: Flags) -> list[tuple[int, int]]:
    """Return the first and the end of each stretch of flags that is set."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags_N, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _cells(product_HW: Strokes) -> NDArray[np.float32]:
    """Means over cells, smoothed down the picture; what is left over at the right edge and the bottom is left out."""
    height, width = product_HW.shape
    rows, columns = height // CELL_HEIGHT, max(1, width // CELL_WIDTH)
    whole = product_HW[: rows * CELL_HEIGHT, : width // columns * columns]
    cells = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA).reshape(rows, columns)
    smoothed: NDArray[np.float32] = np.maximum(cv2.blur(cells, (1, 3)).reshape(rows, columns), 0)
    return smoothed


def _by_pixel(rows: Flags, height: int) -> Flags:
    """Flags of rows of cells as flags of rows of pixels."""
    flags_H: Flags = np.repeat(rows, CELL_HEIGHT)
    return np.concatenate([flags_H, np.repeat(flags_H[-1:], height - len(flags_H))])
