"""What was read before is not read again: pictures that differ by noise alone are one, another letter is another."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

pytest.importorskip("cv2", reason="needs dougpt-chat[ocr]")
Image = pytest.importorskip("PIL.Image", reason="draws with Pillow")
fontpkg_inter = pytest.importorskip("fontpkg_inter", reason="draws with Inter")
from dougpt_chat.rendered.crops import PAPER, PRINT  # noqa: E402 - only where the extra is
from dougpt_chat.rendered.engines import Recognised  # noqa: E402 - only where the extra is
from dougpt_chat.rendered.engines.remembering import EACH, NOISE, SIZES, Remembering  # noqa: E402
from PIL import ImageDraw, ImageFont  # noqa: E402 - only where Pillow is

Crop = NDArray[np.uint8]
# Inter's I and l are the same shape.
LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,:;!?'-"


class Brightness:
    """An engine that says how bright a picture is at its first pixel, and counts what it is given."""

    name, version = "brightness", "1"

    def __init__(self) -> None:
        self.given = 0

    def recognise(self, crops: Sequence[Crop]) -> list[Recognised]:
        self.given += len(crops)
        return [Recognised(str(crop[0, 0, 0]), 1.0) for crop in crops]


def count_read(*lots: list[Crop]) -> int:
    """How many pictures of lots an engine is given."""
    engine = Brightness()
    remembering = Remembering(engine)
    for lot in lots:
        remembering.recognise(lot)
    return engine.given


def name_with(letter: str, font: "ImageFont.FreeTypeFont") -> Crop:
    """A name as it is cut out for an engine, dark on light."""
    name = f"ab{letter}ba"
    picture = Image.new("L", (round(font.getlength(name)), 2 * round(font.size)), PAPER)
    ImageDraw.Draw(picture).text((0, 2), name, PRINT, font=font)
    return np.repeat(np.asarray(picture)[..., None], 3, axis=2)


def plain(level: int, width: int = 4) -> Crop:
    return np.full((3, width, 3), level, np.uint8)


@given(levels=st.lists(st.integers(0, 3), max_size=40), lots=st.integers(1, 5))
def test_each_picture_has_its_own_text_and_what_was_read_is_not_read_again(levels: list[int], lots: int) -> None:
    engine = Brightness()
    remembering = Remembering(engine)

    for lot in range(lots):
        some = [plain(60 * level) for level in levels[lot::lots]]
        assert [one.text for one in remembering.recognise(some)] == [str(60 * level) for level in levels[lot::lots]]
    read = engine.given
    remembering.recognise([plain(60 * level) for level in levels])
    assert engine.given == read


@given(seed=st.integers(0, 2**32 - 1))
def test_noise_makes_no_other_picture_and_another_size_does(seed: int) -> None:
    engine = Brightness()
    remembering = Remembering(engine)
    noise = np.random.default_rng(seed).integers(-NOISE, NOISE + 1, (3, 4, 1))

    remembering.recognise([plain(100)])
    noisy = remembering.recognise([(plain(100) + noise).astype(np.uint8)])
    wider = remembering.recognise([plain(104, width=5)])

    assert noisy[0].text == "100"
    assert wider[0].text == "104"
    assert engine.given == 2


def test_what_is_remembered_is_bounded() -> None:
    remembering = Remembering(Brightness())

    for width in range(1, SIZES + 50):
        remembering.recognise([plain(100, width)])
    for level in range(0, 250, 2):
        remembering.recognise([plain(level, width=SIZES)])

    assert len(remembering._read) == SIZES
    assert max(map(len, remembering._read.values())) == EACH


@pytest.mark.parametrize("size_px", [9, 12, 16])
def test_another_letter_is_never_taken_for_noise(size_px: int) -> None:
    font = ImageFont.truetype(fontpkg_inter.ROOT / "files/Inter[opsz,wght].ttf", size_px)
    drawn = {letter: name_with(letter, font) for letter in LETTERS}

    taken = [(one, other) for one, other in combinations(LETTERS, 2) if count_read([drawn[one]], [drawn[other]]) == 1]

    assert taken == []
