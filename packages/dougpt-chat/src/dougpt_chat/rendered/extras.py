"""The OCR extra: what reading from the picture needs beyond the package itself."""

import importlib.util

from dougpt_schema import MissingExtraError

from dougpt_chat.rendered.opencv import require_one_opencv

PICTURES = ("av", "rapidfuzz")
RAPIDOCR = ("rapidocr", "onnxruntime")


def require_pictures() -> None:
    """Make sure that everything for pictures is installed, whatever engine reads them.

    Raises:
        MissingExtraError: Something is not installed.
        SeveralOpenCVError: Several OpenCV distributions are.
    """
    _require(PICTURES)


def require_ocr() -> None:
    """Make sure that everything for pictures and RapidOCR is installed, once each.

    Raises:
        MissingExtraError: Something is not installed.
        SeveralOpenCVError: Several OpenCV distributions are.
    """
    _require(PICTURES + RAPIDOCR)


def _require(modules: tuple[str, ...]) -> None:
    if any(importlib.util.find_spec(module) is None for module in modules):
        raise MissingExtraError("dougpt-chat[ocr]", "reading chat from the picture")
    require_one_opencv()
