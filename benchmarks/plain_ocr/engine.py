"""RapidOCR as it comes: detection and recognition of all text in a picture."""

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from rapidocr import EngineType, RapidOCR
from rapidocr.utils.output import RapidOCROutput

FASTEST = EngineType.OPENVINO if find_spec("openvino") else EngineType.ONNXRUNTIME
# By the names that dougpt_chat gives them; the first takes what is fastest of what is installed, as there.
ENGINES = {
    "rapidocr": FASTEST,
    "rapidocr-openvino": EngineType.OPENVINO,
    "rapidocr-onnxruntime": EngineType.ONNXRUNTIME,
}


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


class PlainEngine:
    """The engine by the name that `dougpt_chat` gives it."""

    def __init__(self, name: str) -> None:
        engine = ENGINES[name]
        self._ocr = RapidOCR(
            params={
                "Global.use_cls": False,
                "Global.log_level": "critical",
                "Det.engine_type": engine,
                "Rec.engine_type": engine,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "EngineConfig.openvino.inference_num_threads": 1,
            }
        )

    def read_lines(self, image_HWC: NDArray[np.uint8]) -> list[Line]:
        """Return the text in a BGR image of shape (H, W, 3), from top to bottom."""
        found = self._ocr(image_HWC)
        if not isinstance(found, RapidOCROutput) or found.boxes is None:
            return []
        lines = []
        for box, text, score in zip(found.boxes, found.txts or (), found.scores or (), strict=True):
            (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
            lines.append(Line(str(text).strip(), float(left), float(top), float(right), float(bottom), float(score)))
        return sorted(lines, key=lambda line: (line.top, line.left))
