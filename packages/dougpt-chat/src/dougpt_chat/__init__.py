"""Chat exports and chat in the picture to events on one clock, with pseudonyms from the first row.

`read_chat` reads what people save of a chat, `read_rendered_chat` what a video shows of it; both give a
`ChatRead`. Nothing that leaves it but `names` and `raw_texts` holds anybody's name.
"""

from typing import TYPE_CHECKING

from dougpt_chat.authors import DEFAULT_KEY, STREAMER, pseudonym
from dougpt_chat.bare_names import contains_name, name_hashes, name_tester
from dougpt_chat.errors import BrokenExportError, TruncatedExportError, UnknownFormatError, UnreadableExportError
from dougpt_chat.forget import Forgotten, forget_author, forget_names
from dougpt_chat.formats import FORMATS
from dougpt_chat.formats.message import ExportHeader
from dougpt_chat.merge import merge_exports
from dougpt_chat.read import ChatRead, probe_chat, read_chat
from dougpt_chat.report import ChatReport, MergeReport, RenderedReport
from dougpt_chat.settings import ChatSettings, RenderedSettings

if TYPE_CHECKING:
    from dougpt_chat.rendered.read import read_rendered_chat

__all__ = [
    "DEFAULT_KEY",
    "FORMATS",
    "STREAMER",
    "BrokenExportError",
    "ChatRead",
    "ChatReport",
    "ChatSettings",
    "ExportHeader",
    "Forgotten",
    "MergeReport",
    "RenderedReport",
    "RenderedSettings",
    "TruncatedExportError",
    "UnknownFormatError",
    "UnreadableExportError",
    "contains_name",
    "forget_author",
    "forget_names",
    "merge_exports",
    "name_hashes",
    "name_tester",
    "probe_chat",
    "pseudonym",
    "read_chat",
    "read_rendered_chat",
]


def __getattr__(name: str) -> object:
    """Load what needs an extra only when it is asked for."""
    if name == "read_rendered_chat":
        from dougpt_chat.rendered.read import read_rendered_chat  # noqa: PLC0415 - loads the OCR engine

        return read_rendered_chat
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
