"""Text recognition behind one small interface: an image in, lines with boxes and scores out."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.extras import require_ocr

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of text in an image: its words, its box in pixels, and the engine's confidence, 0 to 1."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    score: float

    @property
    def height(self) -> float:
        """The box's height in pixels."""
        return self.bottom - self.top


class TextEngine(Protocol):
    """What recognises text."""

    def read_lines(self, image_HWC: Image) -> list[Line]:
        """Return the text in a BGR image of shape (H, W, 3), from top to bottom."""


class RapidOcrEngine:
    """PP-OCR detection and recognition on ONNX Runtime, with the models in RapidOCR's wheel; no network."""

    def __init__(self, threads: int) -> None:
        require_ocr()
        # Imports cv2, so it comes after the check.
        from rapidocr import RapidOCR  # noqa: PLC0415
        from rapidocr.utils.output import RapidOCROutput  # noqa: PLC0415

        self._output = RapidOCROutput
        self._ocr = RapidOCR(
            params={
                "Global.use_cls": False,
                "Global.log_level": "critical",
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    def read_lines(self, image_HWC: Image) -> list[Line]:
        """Return the text in a BGR image of shape (H, W, 3), from top to bottom."""
        found = self._ocr(image_HWC)
        if not isinstance(found, self._output) or found.boxes is None:
            return []
        lines = [
            Line(
                text=str(text).strip(),
                left=float(box[:, 0].min()),
                top=float(box[:, 1].min()),
                right=float(box[:, 0].max()),
                bottom=float(box[:, 1].max()),
                score=float(score),
            )
            for box, text, score in zip(found.boxes, found.txts or (), found.scores or (), strict=True)
        ]
        return sorted(lines, key=lambda line: (line.top, line.left))


ENGINES = {"rapidocr": RapidOcrEngine}


def load_engine(name: str, *, threads: int) -> TextEngine:
    """Load the engine called `name`.

    Raises:
        ValueError: There is no engine of that name.
        MissingExtraError: What it needs is not installed.
        SeveralOpenCVError: Several OpenCV distributions are installed.
    """
    if name not in ENGINES:
        raise ValueError(f"no text engine is called {name!r}; there are {', '.join(ENGINES)}")
    return ENGINES[name](threads)
