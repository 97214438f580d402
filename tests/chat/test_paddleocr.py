"""PaddleOCR is loaded, fed and read as it is; the model is a tiny one, built and saved here with paddle itself.

It reads bands of grey: each grey level is a letter, mid grey is none. `just paddle` runs this where the extra is.
"""

from pathlib import Path

import numpy as np
import pytest
from dougpt_chat.rendered.engines import Image, load_engine
from dougpt_chat.rendered.engines.recogniser import ModelUnavailableError
from dougpt_schema import MissingExtraError

LETTERS = "abcdef"
LEVELS = (-0.9, -0.6, -0.3, 0.3, 0.6, 0.9)
HEIGHT, STEP = 48, 8

try:
    paddle = pytest.importorskip("paddle", reason="needs dougpt-chat[paddle]")
    pytest.importorskip("paddleocr", reason="needs dougpt-chat[paddle]")
except pytest.skip.Exception:
    paddle = None

# PaddlePaddle warns of its own inner workings.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
needs_paddle = pytest.mark.skipif(paddle is None, reason="needs dougpt-chat[paddle]")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that finds the letter whose grey is nearest, for every 8 columns."""

    class Nearest(paddle.nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            values = paddle.to_tensor([0.0, *LEVELS, 9.0], dtype="float32")
            self.levels = self.create_parameter([len(values)], default_initializer=paddle.nn.initializer.Assign(values))
            self.pool = paddle.nn.AvgPool2D(kernel_size=(HEIGHT, STEP), stride=(HEIGHT, STEP))

        def forward(self, x: "paddle.Tensor") -> "paddle.Tensor":
            grey = self.pool(x).mean(axis=1).squeeze(axis=1)
            return paddle.nn.functional.softmax(-400 * (grey.unsqueeze(-1) - self.levels) ** 2, axis=-1)

    folder = tmp_path_factory.mktemp("model")
    spec = paddle.static.InputSpec([None, 3, HEIGHT, None], "float32", name="x")
    paddle.jit.save(paddle.jit.to_static(Nearest(), input_spec=[spec], full_graph=True), str(folder / "inference"))
    (folder / "inference.yml").write_text(
        "Global: {model_name: PP-OCRv5_mobile_rec}\n"
        "PreProcess: {transform_ops: ["
        "{DecodeImage: {channel_first: false, img_mode: BGR}}, {RecResizeImg: {image_shape: [3, 48, 320]}}]}\n"
        f"PostProcess: {{name: CTCLabelDecode, character_dict: [{', '.join(LETTERS)}]}}\n"
    )
    return folder


def bands(text: str) -> Image:
    """A picture that the model reads as `text`: a band for each letter, one without between."""
    levels = [level for letter in text for level in (LEVELS[LETTERS.index(letter)], 0.0)] or [0.0]
    row = np.repeat([round((level + 1) * 127.5) for level in levels], STEP).astype(np.uint8)
    return np.repeat(np.tile(row, (HEIGHT, 1))[..., None], 3, axis=2)


@needs_paddle
def test_a_model_is_loaded_from_its_folder_and_reads_many_pictures_in_the_order_given(model: Path) -> None:
    rng = np.random.default_rng(7)
    texts = ["".join(rng.choice(list(LETTERS), size=rng.integers(1, 30))) for _ in range(41)]

    engine = load_engine("paddleocr", model=str(model))
    found = engine.recognise([bands(text) for text in texts])

    assert [one.text for one in found] == texts
    assert all(0.9 < one.score <= 1 for one in found)
    assert engine.name == "paddleocr"


@needs_paddle
def test_nothing_to_read_is_nothing_read(model: Path) -> None:
    engine = load_engine("paddleocr", model=str(model))

    assert engine.recognise([]) == []
    assert engine.recognise([bands("")])[0].text == ""


@needs_paddle
def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelUnavailableError, match=r"holds no inference\.yml"):
        load_engine("paddleocr", model=str(tmp_path / "empty"))
    with pytest.raises(ModelUnavailableError, match="paddleocr has no model 'no_such_rec'"):
        load_engine("paddleocr", model="no_such_rec")


@pytest.mark.skipif(paddle is not None, reason="the extra is installed")
def test_a_missing_extra_is_named() -> None:
    with pytest.raises(MissingExtraError, match="paddle"):
        load_engine("paddleocr")
