"""Optional libraries: loaded where they are needed, and named by their extra where they are missing.

pyannote, on which WhisperX stands too, sends its makers figures of use (how long recordings are, how many speak)
unless it is told not to before it is imported. Here it is told not to, but for who asked for it.
"""

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from dougpt_schema import MissingExtraError

os.environ.setdefault("PYANNOTE_METRICS_ENABLED", "false")


def require(library: str, *, extra: str, purpose: str) -> Any:
    """Import and return an optional library.

    Raises:
        MissingExtraError: It is not installed. A failure inside an installed library keeps its own message.
    """
    try:
        return import_module(library)
    except ModuleNotFoundError as error:
        if error.name != library.partition(".")[0]:
            raise
        raise MissingExtraError(f"dougpt-media[{extra}]", purpose) from error


def require_installed(library: str, *, extra: str, purpose: str) -> None:
    """Refuse to go on without an optional library, and do not import it: that may take long.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        there = find_spec(library) is not None
    except ModuleNotFoundError:
        there = False
    if not there:
        raise MissingExtraError(f"dougpt-media[{extra}]", purpose)
