"""Engines read what is drawn, in the order given, on either runtime; a choice that cannot be had is named."""

import importlib.util
from itertools import chain

import numpy as np
import pytest
from dougpt_schema import MissingExtraError
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("rapidocr", reason="needs dougpt-chat[ocr]")
Image = pytest.importorskip("PIL.Image", reason="draws with Pillow")
from dougpt_chat.rendered.engines import ctc, load_engine  # noqa: E402 - only where the extra is
from PIL import ImageDraw, ImageFont  # noqa: E402 - only where Pillow is

TEXTS = ["hello there chat", "no", "what a jump over the river that was"]
HAS_OPENVINO = importlib.util.find_spec("openvino") is not None


def drawn(text: str) -> "np.ndarray":
    font = ImageFont.load_default(24)
    picture = Image.new("RGB", (round(font.getlength(text)) + 16, 36), "#e6e6e6")
    ImageDraw.Draw(picture).text((8, 3), text, font=font, fill="#1e1e1e")
    return np.asarray(picture)[:, :, ::-1].copy()


@pytest.mark.parametrize(
    "name",
    [
        "rapidocr-onnxruntime",
        pytest.param("rapidocr-openvino", marks=pytest.mark.skipif(not HAS_OPENVINO, reason="needs its extra")),
    ],
)
def test_texts_come_back_in_the_order_given_with_the_places_of_their_letters(name: str) -> None:
    engine = load_engine(name, threads=2)

    found = engine.recognise([drawn(text) for text in TEXTS])

    assert engine.name == name
    assert [one.text for one in found] == TEXTS
    for one, text in zip(found, TEXTS, strict=True):
        assert 0.8 < one.score <= 1
        assert one.characters is not None
        middles = [letter.middle_px for letter in one.characters]
        assert "".join(letter.text for letter in one.characters) == text
        assert middles == sorted(middles)
        assert 8 <= middles[0] < middles[-1] <= drawn(text).shape[1]
    assert engine.recognise([]) == []


def test_the_plain_name_says_on_which_runtime_it_runs() -> None:
    assert load_engine("rapidocr").name == f"rapidocr-{'openvino' if HAS_OPENVINO else 'onnxruntime'}"


def test_what_cannot_be_had_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="there are rapidocr, rapidocr-openvino, rapidocr-onnxruntime, paddleocr"):
        load_engine("tesseract")
    with pytest.raises(ValueError, match="takes no other, such as 'mine'"):
        load_engine("rapidocr-onnxruntime", model="mine")
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "openvino" else find_spec(name))
    with pytest.raises(MissingExtraError) as caught:
        load_engine("rapidocr-openvino")
    assert caught.value.extra == "dougpt-chat[openvino]"


@given(widths=st.lists(st.integers(1, 9000), max_size=40))
def test_every_picture_is_in_one_batch_of_like_width(widths: list[int]) -> None:
    batches = list(ctc.batches(widths))

    assert sorted(chain.from_iterable(batches)) == list(range(len(widths)))
    for batch in batches:
        assert len({ctc.padded_px(widths[number]) for number in batch}) == 1
        assert len(batch) == 1 or len(batch) * ctc.padded_px(widths[batch[0]]) <= ctc.BATCH_WIDTH_PX


@given(text=st.text("abc ", max_size=12), held=st.integers(1, 3))
def test_a_text_written_as_probabilities_is_decoded(text: str, held: int) -> None:
    alphabet = ["blank", "a", "b", "c", " "]
    steps = list(chain.from_iterable([0, *[alphabet.index(letter)] * held] for letter in text)) or [0]
    probabilities_TV = np.full((len(steps), len(alphabet)), 0.05, dtype=np.float32)
    probabilities_TV[np.arange(len(steps)), steps] = 0.8

    found = ctc.decoded(probabilities_TV, alphabet, px_a_step=2.0)

    assert found.text == text
    assert found.score == pytest.approx(0.8 if text else 0.0)
