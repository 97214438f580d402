"""The PP-OCR recognition model in RapidOCR's wheel, on OpenVINO or ONNX Runtime; no network.

RapidOCR gives model, alphabet and session; batching and decoding are here, because its own pad every picture to
320 pixels at least and tell neither where the characters stand nor how sure each is.
"""

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np
from dougpt_schema import MissingExtraError
from numpy.typing import NDArray

from dougpt_chat.rendered.engines.recogniser import Image, Recognised
from dougpt_chat.rendered.extras import require_ocr

OPENVINO, ONNXRUNTIME = "openvino", "onnxruntime"


def load_fastest(*, threads: int, model: str | None) -> "RapidOcr":
    """Load the model on OpenVINO where that is installed, and on ONNX Runtime otherwise."""
    installed = importlib.util.find_spec(OPENVINO) is not None
    return RapidOcr(OPENVINO if installed else ONNXRUNTIME, threads=threads, model=model)


def load_on_openvino(*, threads: int, model: str | None) -> "RapidOcr":
    """Load the model on OpenVINO."""
    if importlib.util.find_spec(OPENVINO) is None:
        raise MissingExtraError("dougpt-chat[openvino]", "recognising text on OpenVINO")
    return RapidOcr(OPENVINO, threads=threads, model=model)


def load_on_onnxruntime(*, threads: int, model: str | None) -> "RapidOcr":
    """Load the model on ONNX Runtime."""
    return RapidOcr(ONNXRUNTIME, threads=threads, model=model)


class RapidOcr:
    """RapidOCR's recognition model on one runtime."""

    def __init__(self, runtime: str, *, threads: int, model: str | None) -> None:
        if model is not None:
            raise ValueError(f"RapidOCR brings its own model and takes no other, such as {model!r}")
        require_ocr()
        # They import cv2, so they come after the check.
        from rapidocr import EngineType, RapidOCR  # noqa: PLC0415

        from dougpt_chat.rendered.engines import ctc  # noqa: PLC0415

        self._ctc = ctc
        self.name = f"rapidocr-{runtime}"
        self.version = importlib.metadata.version(runtime)
        reader = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.use_det": False,
                "Rec.engine_type": EngineType(runtime),
                "EngineConfig.openvino.inference_num_threads": threads,
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        # The model is loaded by the first call.
        reader(np.zeros((ctc.HEIGHT_PX, ctc.HEIGHT_PX, 3), dtype=np.uint8))
        recogniser: Any = reader.text_rec
        self._session = recogniser.session
        self._alphabet: list[str] = recogniser.postprocess_op.character

    def recognise(self, crops: Sequence[Image]) -> list[Recognised]:
        """Return what each picture says, in the order given."""
        scaled = [self._ctc.scaled(crop) for crop in crops]
        found: dict[int, Recognised] = {}
        for batch in self._ctc.batches([picture.shape[1] for picture in scaled]):
            input_NCHW = self._ctc.as_input([scaled[number] for number in batch])
            probabilities_NTV: NDArray[np.float32] = self._session(input_NCHW)
            step_px = input_NCHW.shape[3] / probabilities_NTV.shape[1]
            for number, probabilities_TV in zip(batch, probabilities_NTV, strict=True):
                shrunk = crops[number].shape[1] / scaled[number].shape[1]
                found[number] = self._ctc.decoded(probabilities_TV, self._alphabet, step_px * shrunk)
        return [found[number] for number in range(len(crops))]
