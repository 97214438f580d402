"""Text that was read before: a name comes again and again, and all that differs is the noise of compression."""

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.engines.recogniser import Image, Recognised, Recogniser

# No pixel of two pictures of one text differs by more, of the 200 between paper and print; another letter always does.
NOISE = 30
# So many sizes of pictures are remembered, the last so many pictures of each; few texts share a size.
SIZES, EACH = 1500, 4

Size = tuple[int, int]
Read = tuple[NDArray[np.uint8], Recognised]


@dataclass(slots=True)
class Remembering:
    """An engine that reads nothing twice; pictures must be grey, as `crops` makes them.

    Attributes:
        engine: What reads what is new.
    """

    engine: Recogniser
    _read: OrderedDict[Size, deque[Read]] = field(default_factory=OrderedDict)

    def recognise(self, crops: Sequence[Image]) -> list[Recognised]:
        """Return what each picture says, in the order given."""
        recalled = [self._recalled(crop) for crop in crops]
        fresh = iter(self.engine.recognise([crop for crop, one in zip(crops, recalled, strict=True) if one is None]))
        return [one or self._noted(crop, next(fresh)) for crop, one in zip(crops, recalled, strict=True)]

    def _recalled(self, crop: Image) -> Recognised | None:
        size = (crop.shape[0], crop.shape[1])
        for before_HW, found in reversed(self._read.get(size, ())):
            if int(cv2.absdiff(before_HW, np.ascontiguousarray(crop[..., 0])).max()) <= NOISE:
                self._read.move_to_end(size)
                return found
        return None

    def _noted(self, crop: Image, found: Recognised) -> Recognised:
        if self._recalled(crop) is None:
            size = (crop.shape[0], crop.shape[1])
            self._read.setdefault(size, deque(maxlen=EACH)).append((crop[..., 0].copy(), found))
            if len(self._read) > SIZES:
                self._read.popitem(last=False)
        return found
