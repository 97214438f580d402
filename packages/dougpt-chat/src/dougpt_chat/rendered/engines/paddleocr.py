"""PaddleOCR's recognition models; PaddlePaddle runs them, and they are fetched where no folder is given.

Without a network PaddleOCR says that no platform hosts its models: then give the folder of one, as it is unpacked from
PaddleOCR's own downloads (`inference.json`, `inference.pdiparams`, `inference.yml`).
"""

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from dougpt_schema import MissingExtraError

from dougpt_chat.rendered.engines.recogniser import Image, ModelUnavailableError, Recognised
from dougpt_chat.rendered.opencv import require_one_opencv

ENGINE = "paddleocr"
MODULES = ("paddleocr", "paddle", "av")
MODEL = "PP-OCRv5_mobile_rec"
BATCH = 8


def load_paddle(*, threads: int, model: str | None) -> "PaddleOcr":
    """Load a model by its folder, or by PaddleOCR's name of it; `MODEL` by default."""
    if any(importlib.util.find_spec(module) is None for module in MODULES):
        raise MissingExtraError("dougpt-chat[paddle]", "recognising text with PaddleOCR")
    require_one_opencv()
    return PaddleOcr(model or MODEL, threads=threads)


class PaddleOcr:
    """A recognition model of PaddleOCR's on a CPU."""

    def __init__(self, model: str, *, threads: int) -> None:
        # Imports PaddlePaddle, which takes seconds.
        from paddleocr import TextRecognition  # noqa: PLC0415

        folder = Path(model)
        is_folder = folder.is_dir()
        name = _name_in(folder) if is_folder else model
        try:
            self._model = TextRecognition(
                model_name=name, model_dir=str(folder) if is_folder else None, device="cpu", cpu_threads=threads
            )
        except Exception as error:
            # It raises bare exceptions for unknown names, absent networks and broken files alike.
            raise ModelUnavailableError(ENGINE, model, (str(error) or type(error).__name__).splitlines()[0]) from error
        self.name = ENGINE
        self.version = importlib.metadata.version(ENGINE)

    def recognise(self, crops: Sequence[Image]) -> list[Recognised]:
        """Return what each picture says, in the order given; PaddleOCR does not tell where characters stand."""
        order = sorted(range(len(crops)), key=lambda number: crops[number].shape[1] / crops[number].shape[0])
        found = self._model.predict([crops[number] for number in order], batch_size=BATCH) if order else []
        read = {
            number: Recognised(str(one["rec_text"]), float(one["rec_score"]))
            for number, one in zip(order, found, strict=True)
        }
        return [read[number] for number in range(len(crops))]


def _name_in(folder: Path) -> str:
    """The name that a model's own description gives it."""
    description = folder / "inference.yml"
    if not description.is_file():
        raise ModelUnavailableError(ENGINE, str(folder), "it holds no inference.yml")
    name = (yaml.safe_load(description.read_text("utf-8")) or {}).get("Global", {}).get("model_name")
    if not isinstance(name, str):
        raise ModelUnavailableError(ENGINE, str(folder), "its inference.yml names no Global.model_name")
    return name
