"""What a recognition model of the PP-OCR family takes and gives.

It takes pictures of one height, padded to one width, and gives for every few columns the probabilities of all
characters and of "none". Shape letters: N pictures, C channels, H height, W width, T steps along the width,
V characters.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.engines.recogniser import Character, Image, Recognised

HEIGHT_PX = 48
# Widths are rounded up to steps, so that a runtime meets few shapes; a batch takes as many pictures as fit its area.
WIDTH_STEP_PX = 64
BATCH_WIDTH_PX = 512
BLANK = 0


def batches(widths_px: Sequence[int]) -> Iterator[list[int]]:
    """Yield the numbers of the pictures that are recognised together: of like width, narrow ones first."""
    order = sorted(range(len(widths_px)), key=lambda number: (widths_px[number], number))
    batch: list[int] = []
    for number in order:
        width = padded_px(widths_px[number])
        if batch and (width != padded_px(widths_px[batch[0]]) or width * (len(batch) + 1) > BATCH_WIDTH_PX):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def padded_px(width_px: int) -> int:
    """The width of the batch that a picture of `width_px` goes into."""
    return -(-width_px // WIDTH_STEP_PX) * WIDTH_STEP_PX


def scaled(crop_HWC: Image) -> Image:
    """The picture at the model's height."""
    height, width = crop_HWC.shape[:2]
    to_width = max(1, round(width * HEIGHT_PX / height))
    return cv2.resize(crop_HWC, (to_width, HEIGHT_PX), interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)


def as_input(pictures: Sequence[Image]) -> NDArray[np.float32]:
    """One batch of pictures of the model's height, -1 to 1, padded with 0 on the right."""
    width = padded_px(max(picture.shape[1] for picture in pictures))
    batch_NCHW = np.zeros((len(pictures), 3, HEIGHT_PX, width), dtype=np.float32)
    for number, picture_HWC in enumerate(pictures):
        batch_NCHW[number, :, :, : picture_HWC.shape[1]] = picture_HWC.transpose(2, 0, 1) / 127.5 - 1
    return batch_NCHW


def decoded(probabilities_TV: NDArray[np.float32], alphabet: Sequence[str], px_a_step: float) -> Recognised:
    """The likeliest character of every step; repetitions are one, blanks none.

    Args:
        probabilities_TV: As the model gives them.
        alphabet: The characters by number; number 0 stands for none.
        px_a_step: How many pixels of the picture that was given a step stands for.
    """
    best_T = probabilities_TV.argmax(axis=1)
    starts = np.flatnonzero(np.append(True, best_T[1:] != best_T[:-1]))
    ends = np.append(starts[1:], len(best_T))
    characters = tuple(
        Character(
            text=alphabet[best_T[start]],
            middle_px=(start + end) / 2 * px_a_step,
            score=float(probabilities_TV[start:end, best_T[start]].max()),
        )
        for start, end in zip(starts, ends, strict=True)
        if best_T[start] != BLANK
    )
    score = float(np.mean([one.score for one in characters])) if characters else 0.0
    return Recognised("".join(one.text for one in characters), score, characters)
