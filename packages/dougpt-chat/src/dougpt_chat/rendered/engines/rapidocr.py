"""The PP-OCR recognition model in RapidOCR's wheel, on OpenVINO or ONNX Runtime; no network.

RapidOCR gives model, alphabet and session; batching and decoding are here, because its own pad every picture to
320 pixels at least and tell neither where the characters stand nor how sure each is.
"""

import importlib.metadata
import importlib.util
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
    """RapidOCR's recognition model on one runtime.

    Each batch is one thread's work: threads that share one batch wait for each other more than they gain.
    """

    def __init__(self, runtime: str, *, threads: int, model: str | None) -> None:
        if model is not None:
            raise ValueError(f"RapidOCR brings its own model and takes no other, such as {model!r}")
        require_ocr()
        # They import cv2, so they come after the check.
        from rapidocr import EngineType, RapidOCR  # noqa: PLC0415

        from dougpt_chat.rendered.engines import ctc  # noqa: PLC0415

        self._ctc = ctc
        self._runtime = runtime
        self.name = f"rapidocr-{runtime}"
        self.version = importlib.metadata.version(runtime)
        reader = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.use_det": False,
                "Rec.engine_type": EngineType(runtime),
                "EngineConfig.openvino.inference_num_threads": threads,
                "EngineConfig.openvino.num_streams": threads,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        # The model is loaded by the first call.
        reader(np.zeros((ctc.HEIGHT_PX, ctc.HEIGHT_PX, 3), dtype=np.uint8))
        recogniser: Any = reader.text_rec
        self._session = recogniser.session
        self._own = threading.local()
        self._threads = ThreadPoolExecutor(threads)
        self._alphabet: list[str] = recogniser.postprocess_op.character

    def recognise(self, crops: Sequence[Image]) -> list[Recognised]:
        """Return what each picture says, in the order given."""
        scaled = [self._ctc.scaled(crop) for crop in crops]
        batches = list(self._ctc.batches([picture.shape[1] for picture in scaled]))
        ours, theirs = ([[some[number] for number in batch] for batch in batches] for some in (crops, scaled))
        found: dict[int, Recognised] = {}
        for batch, texts in zip(batches, self._threads.map(self._read, ours, theirs), strict=True):
            found.update(zip(batch, texts, strict=True))
        return [found[number] for number in range(len(crops))]

    def _read(self, crops: Sequence[Image], scaled: Sequence[Image]) -> list[Recognised]:
        """What a batch says; `scaled` are the same pictures at the model's height."""
        input_NCHW = self._ctc.as_input(scaled)
        probabilities_NTV = self._infer(input_NCHW)
        step_px = input_NCHW.shape[3] / probabilities_NTV.shape[1]
        return [
            self._ctc.decoded(probabilities_TV, self._alphabet, step_px * crop.shape[1] / picture.shape[1])
            for probabilities_TV, crop, picture in zip(probabilities_NTV, crops, scaled, strict=True)
        ]

    def _infer(self, input_NCHW: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the model; a session of ONNX Runtime serves all threads, a request of OpenVINO one."""
        if self._runtime == ONNXRUNTIME:
            return np.asarray(self._session(input_NCHW))
        if not hasattr(self._own, "request"):
            self._own.request = self._session.session.get_compiled_model().create_infer_request()
        self._own.request.infer([input_NCHW])
        return np.asarray(self._own.request.get_output_tensor().data)
