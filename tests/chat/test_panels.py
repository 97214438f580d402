"""The place of a chat is found by its scrolling: also where it moves, and where the picture behind it pans."""

from collections.abc import Iterator

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="needs dougpt-chat[ocr]")
pytest.importorskip("av", reason="needs dougpt-chat[ocr]")
from chat_scores import iou  # noqa: E402 - needs what was looked for
from dougpt_chat.rendered.panel import find_panels  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from test_tracks import drawn, words  # noqa: E402

SIZE = (640, 480)
STEP_MS = 50
TEXT = (240, 400)
Image = NDArray[np.uint8]


class Shown:
    """A picture without a file."""

    def __init__(self, at_ms: int, luma_HW: Image) -> None:
        self.at_ms, self.luma = at_ms, luma_HW

    def luma_HW(self, region: tuple[int, int, int, int]) -> Image:  # noqa: ARG002, N802 - as `Picture` calls it
        return self.luma


class Drawn:
    """A video that is drawn as it is looked at: a scene pans, and a chat stands in it where `places` say.

    Args:
        places: From when on the chat's left top corner is where, in ms; None where there is none.
    """

    def __init__(self, places: dict[int, tuple[int, int] | None], duration_ms: int) -> None:
        self.size, self.duration_ms = SIZE, duration_ms
        self._places = places
        lines = np.random.default_rng(1).integers(0, 255, (1200, SIZE[0]), np.uint8)
        self._scene = cv2.normalize(cv2.GaussianBlur(lines, (0, 0), 3), None, 40, 220, cv2.NORM_MINMAX)
        self._text = drawn(words(4, 60), 60 * 20)

    def stretch(self, from_ms: int, to_ms: int) -> Iterator[Shown]:
        """The pictures of a stretch."""
        for at_ms in range(from_ms, min(to_ms, self.duration_ms), STEP_MS):
            pan = 600 - at_ms // 25 % 600
            picture = self._scene[pan : pan + SIZE[1]].copy()
            place = next(place for since_ms, place in reversed(self._places.items()) if since_ms <= at_ms)
            if place is not None:
                top = 20 * (at_ms // 700)
                picture[place[1] : place[1] + TEXT[1], place[0] : place[0] + TEXT[0]] = self._text[top : top + TEXT[1]]
            yield Shown(at_ms, picture)


@pytest.mark.parametrize(
    "places",
    [
        {0: (370, 40)},
        {0: (370, 40), 9_000: (30, 60)},
        {0: (370, 40), 5_000: None, 7_000: (370, 40), 9_000: (30, 60)},
    ],
    ids=["stays", "moved", "hidden and moved"],
)
def test_a_chat_is_found_in_every_place_in_which_it_stands(places: dict[int, tuple[int, int] | None]) -> None:
    panels = find_panels(Drawn(places, 14_000))  # type: ignore[arg-type]

    true = list(dict.fromkeys(place for place in places.values() if place is not None))
    assert len(panels) == len(true)
    for panel, (left, top) in zip(panels, true, strict=True):
        found_left, found_top, width, height = panel.region
        box = (found_left, found_top, found_left + width, found_top + height)
        assert iou(box, (left, top, left + TEXT[0], top + TEXT[1])) > 0.8
    for panel, until_ms in zip(panels, [9_000] * (len(true) - 1), strict=False):
        assert panel.to_ms == pytest.approx(until_ms, abs=1_000)
