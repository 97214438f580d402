"""Chat exports and chat in the picture to events on one clock, with pseudonyms from the first row.

`read_chat` reads what people save of a chat, `read_rendered_chat` what a video shows of it; both give a
`ChatRead`. Nothing that leaves it but `names` and `raw_texts` holds anybody's name.

The public names are loaded on first use, so that the settings cost nothing to read.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from dougpt_chat.settings import ChatSettings, RenderedSettings

if TYPE_CHECKING:
    from dougpt_chat.authors import DEFAULT_KEY, STREAMER, pseudonym
    from dougpt_chat.bare_names import contains_name, name_hashes, name_tester
    from dougpt_chat.errors import (
        BrokenExportError,
        NoSpaceError,
        TruncatedExportError,
        UnknownFormatError,
        UnreadableExportError,
    )
    from dougpt_chat.forget import Forgotten, forget_author, forget_names, known_by, names_of
    from dougpt_chat.formats import FORMATS, recognise_chat
    from dougpt_chat.formats.message import ExportHeader
    from dougpt_chat.merge import merge_exports
    from dougpt_chat.page import clock_page
    from dougpt_chat.read import ChatRead, probe_chat, read_chat
    from dougpt_chat.rendered.anchored_clock import anchored_clock
    from dougpt_chat.rendered.anchors import anchor
    from dougpt_chat.rendered.read import read_rendered_chat
    from dougpt_chat.rendered.seen import PictureProgress, SeenRow
    from dougpt_chat.rendered.sheet import contact_sheet
    from dougpt_chat.report import ChatReport, MergeReport, RenderedReport
    from dougpt_chat.room import Room
    from dougpt_chat.stream import ChatStream, stream_chat

_HOMES = {
    "DEFAULT_KEY": "authors",
    "FORMATS": "formats",
    "STREAMER": "authors",
    "BrokenExportError": "errors",
    "ChatRead": "read",
    "ChatReport": "report",
    "ChatStream": "stream",
    "ExportHeader": "formats.message",
    "Forgotten": "forget",
    "MergeReport": "report",
    "NoSpaceError": "errors",
    "PictureProgress": "rendered.seen",
    "RenderedReport": "report",
    "Room": "room",
    "SeenRow": "rendered.seen",
    "TruncatedExportError": "errors",
    "UnknownFormatError": "errors",
    "UnreadableExportError": "errors",
    "anchor": "rendered.anchors",
    "anchored_clock": "rendered.anchored_clock",
    "clock_page": "page",
    "contact_sheet": "rendered.sheet",
    "contains_name": "bare_names",
    "forget_author": "forget",
    "forget_names": "forget",
    "known_by": "forget",
    "merge_exports": "merge",
    "name_hashes": "bare_names",
    "name_tester": "bare_names",
    "names_of": "forget",
    "probe_chat": "read",
    "pseudonym": "authors",
    "read_chat": "read",
    "read_rendered_chat": "rendered.read",
    "recognise_chat": "formats",
    "stream_chat": "stream",
}
# They cannot be had without the extra; the others say what is missing when they are called.
_OF_PICTURES = frozenset({"anchor", "contact_sheet"})

__all__ = [
    "DEFAULT_KEY",
    "FORMATS",
    "STREAMER",
    "BrokenExportError",
    "ChatRead",
    "ChatReport",
    "ChatSettings",
    "ChatStream",
    "ExportHeader",
    "Forgotten",
    "MergeReport",
    "NoSpaceError",
    "PictureProgress",
    "RenderedReport",
    "RenderedSettings",
    "Room",
    "SeenRow",
    "TruncatedExportError",
    "UnknownFormatError",
    "UnreadableExportError",
    "anchor",
    "anchored_clock",
    "clock_page",
    "contact_sheet",
    "contains_name",
    "forget_author",
    "forget_names",
    "known_by",
    "merge_exports",
    "name_hashes",
    "name_tester",
    "names_of",
    "probe_chat",
    "pseudonym",
    "read_chat",
    "read_rendered_chat",
    "recognise_chat",
    "stream_chat",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _OF_PICTURES:
        import_module(f"{__name__}.rendered.extras").require_pictures()
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
