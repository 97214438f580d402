"""A picture in square cells, coarse enough to tell places: what stands or moves in each, and which hang together."""

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.motion import COLUMN_STEP, Strokes

# In pixels of the picture, across and down.
CELL = 16

Cells = NDArray[np.bool_]


def cells_of(image_HW: Strokes) -> NDArray[np.float32]:
    """The mean of strokes in each cell; what is left over at the right edge and the bottom is left out."""
    height, width = image_HW.shape
    rows, columns = height // CELL, width * COLUMN_STEP // CELL
    whole = image_HW[: rows * CELL, : columns * CELL // COLUMN_STEP]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def largest_group(cells: Cells) -> Cells:
    """Return the largest group of cells, over gaps of two."""
    near = cv2.dilate(cells.astype(np.uint8), np.ones((5, 3), np.uint8))
    _, labels, _, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    sizes = np.bincount(np.asarray(labels, np.int64)[cells], minlength=2)
    sizes[0] = 0
    largest: Cells = cells & (labels == int(np.argmax(sizes)))
    return largest
