"""The OCR extra: what reading from the picture needs beyond the package itself."""

import importlib.util

from dougpt_schema import MissingExtraError

from dougpt_chat.rendered.opencv import require_one_opencv

MODULES = ("av", "rapidocr", "onnxruntime")


def require_ocr() -> None:
    """Make sure that everything for reading from the picture is installed, once each.

    Raises:
        MissingExtraError: Something is not installed.
        SeveralOpenCVError: Several OpenCV distributions are.
    """
    if any(importlib.util.find_spec(module) is None for module in MODULES):
        raise MissingExtraError("dougpt-chat[ocr]", "reading chat from the picture")
    require_one_opencv()
