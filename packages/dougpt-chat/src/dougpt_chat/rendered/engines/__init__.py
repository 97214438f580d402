"""Text recognition behind one small interface: pictures of single pieces of text in, what they say out.

Finding where text stands is not an engine's work. The heavy parts are loaded with the engine that needs them.
"""

from collections.abc import Callable
from importlib import import_module
from typing import cast

from dougpt_chat.rendered.engines.recogniser import Character, Image, Recognised, Recogniser

# Name of an engine to the module and the class that make it.
ENGINES = {
    "rapidocr": ("rapidocr", "load_fastest"),
    "rapidocr-openvino": ("rapidocr", "load_on_openvino"),
    "rapidocr-onnxruntime": ("rapidocr", "load_on_onnxruntime"),
    "paddleocr": ("paddleocr", "load_paddle"),
}

__all__ = ["ENGINES", "Character", "Image", "Recognised", "Recogniser", "load_engine"]


def load_engine(name: str, *, threads: int = 1, model: str | None = None) -> Recogniser:
    """Load the engine called `name`.

    Args:
        name: A key of `ENGINES`. `rapidocr` runs on OpenVINO where that is installed and on ONNX Runtime otherwise;
            the engine's own name says on which.
        threads: CPU threads for one recognition.
        model: Another recognition model than the engine's own: PaddleOCR's name of one, or the folder of one.

    Raises:
        ValueError: There is no engine of that name, or it takes no other model.
        MissingExtraError: What it needs is not installed.
        SeveralOpenCVError: Several OpenCV distributions are installed.
        ModelUnavailableError: Its model is not there and cannot be fetched.
    """
    if name not in ENGINES:
        raise ValueError(f"no text engine is called {name!r}; there are {', '.join(ENGINES)}")
    module, load = ENGINES[name]
    # The modules import nothing heavy before their extra was looked for.
    loaded = import_module(f"{__name__}.{module}")
    return cast("Callable[..., Recogniser]", getattr(loaded, load))(threads=threads, model=model)
