"""Badges and emotes by their looks: equal ones have one name, in the order in which they were first seen."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.engines import Image
from dougpt_chat.rendered.runs import Span

SIDE = 8
# The mean difference of two pictures of one emote, of 255, and how much their sizes differ at most.
SAME = 16.0
SAME_SIZE = 0.2
# A chat has some hundreds; beyond that the ones unseen for longest are forgotten.
MOST = 2000


@dataclass(slots=True)
class _Look:
    name: str
    small_HWC: NDArray[np.float32]
    width: int
    height: int


@dataclass(slots=True)
class PicturesSeen:
    """The pictures so far.

    Attributes:
        prefix: What their names begin with, before a number.
    """

    prefix: str
    _looks: list[_Look] = field(default_factory=list)
    _named: int = 0

    def name_of(self, image_HWC: Image, span: Span) -> str:
        """The name of the picture in a part of a row."""
        cut_HWC = image_HWC[span.top : span.bottom, span.left : span.right]
        small_HWC = cv2.resize(cut_HWC, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
        look = _like([look for look in self._looks if _same_size(look, span)], small_HWC)
        if look is not None:
            self._looks.remove(look)
        else:
            self._named += 1
            look = _Look(f"{self.prefix}{self._named}", small_HWC, span.width, span.height)
        self._looks = [*self._looks[-MOST:], look]
        return look.name


def _like(looks: list[_Look], small_HWC: NDArray[np.float32]) -> _Look | None:
    """The one that looks most like a picture, if it may be the same."""
    if not looks:
        return None
    apart_N = np.abs(np.stack([look.small_HWC for look in looks]) - small_HWC).mean(axis=(1, 2, 3))
    best = int(np.argmin(apart_N))
    return looks[best] if apart_N[best] < SAME else None


def _same_size(look: _Look, span: Span) -> bool:
    across, down = abs(look.width - span.width), abs(look.height - span.height)
    return across <= max(2, SAME_SIZE * look.width) and down <= max(2, SAME_SIZE * look.height)
