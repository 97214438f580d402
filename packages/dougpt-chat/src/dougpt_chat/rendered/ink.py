"""What stands out from the ground of a row: how strongly, and in which colour.

Shape letters: H height, W width, C the channels blue, green, red.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.engines import Image

# Below this difference, of 255, nothing is told from noise of compression.
LEAST = 24
# The share of the strongest ink around that counts as ink: letters a pixel wide have soft edges, and a dark name stands
# beside white text. Around is as many heights of the row to both sides.
SHARE = 0.3
AROUND = 0.75
# The ground is what most of a row shows; levels are that coarse when it is looked for.
LEVELS = 16
# Text covers less than what is left of this, so where less of a row is of one ground, a scene shows through. Then it is
# told anew over so many heights of the row to both sides, and may differ by so much from the row's.
ONE_GROUND = 0.55
NEIGHBOURHOOD = 2.5
VARIES = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """A row's ink.

    Attributes:
        ground_C: The colour of the ground.
        towards_HWC: How far each pixel is from it, by channel.
        strength_HW: The same as one number, the largest of the channels: blue on black is as strong as white.
        is_ink_HW: Where that is more than noise.
    """

    ground_C: NDArray[np.float32]
    towards_HWC: NDArray[np.float32]
    strength_HW: NDArray[np.float32]
    is_ink_HW: NDArray[np.bool_]


def ink_of(image_HWC: Image) -> Ink:
    """Tell the ink of a row from its ground."""
    ground_C = ground_of(image_HWC)
    towards_HWC = image_HWC.astype(np.float32) - ground_C
    strength_HW = np.abs(towards_HWC).max(axis=2)
    if (strength_HW < LEAST).mean() < ONE_GROUND:
        towards_HWC = image_HWC.astype(np.float32) - _ground_along(image_HWC, ground_C)
        strength_HW = np.abs(towards_HWC).max(axis=2)
    around = 2 * round(AROUND * len(image_HWC)) + 1
    strongest_W = cv2.dilate(strength_HW.max(axis=0, keepdims=True), np.ones((1, around), np.uint8))[0]
    return Ink(ground_C, towards_HWC, strength_HW, strength_HW > np.maximum(LEAST, SHARE * strongest_W))


def _ground_along(image_HWC: Image, ground_C: NDArray[np.float32]) -> NDArray[np.float32]:
    """The ground at each column, by (W, C): what shows through glass is not the same everywhere.

    It is the median of what stands around, which is ground unless pictures stand there: they are far from it.
    """
    height, width = image_HWC.shape[:2]
    middles = np.arange(height // 2, max(width, height // 2 + 1), height)
    reach = round(NEIGHBOURHOOD * height)
    near_BC = np.array([np.median(image_HWC[:, max(0, at - reach) : at + reach], axis=(0, 1)) for at in middles])
    is_ground_B = np.abs(near_BC - ground_C).max(axis=1) < VARIES
    near_BC[~is_ground_B] = ground_C
    columns = np.arange(width)
    return np.stack([np.interp(columns, middles, near_B) for near_B in near_BC.T], axis=1).astype(np.float32)


def ground_of(image_HWC: Image) -> NDArray[np.float32]:
    """The colour that most of the row has: the median of the most frequent level of lightness."""
    light_HW = image_HWC.max(axis=2)
    levels = np.bincount((light_HW // LEVELS).ravel(), minlength=256 // LEVELS)
    # A ground that lies between two levels is in both.
    level = int(np.argmax(levels[:-1] + levels[1:]))
    is_ground_HW = (light_HW >= level * LEVELS) & (light_HW < (level + 2) * LEVELS)
    return np.asarray(np.median(image_HWC[is_ground_HW], axis=0), dtype=np.float32)
