"""Optional libraries: loaded where they are needed, and named by their extra where they are missing."""

from importlib import import_module
from typing import Any

from dougpt_schema import MissingExtraError


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
