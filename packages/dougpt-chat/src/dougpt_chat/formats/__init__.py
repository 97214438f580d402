"""The formats that chat is saved in, one module each: `NAME`, `refuse(head)` by content, `parse(source, notes)`.

They are tried in this order, the most particular marks first.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from dougpt_chat.errors import UnknownFormatError, UnreadableExportError
from dougpt_chat.formats import (
    chat_downloader,
    chat_downloader_csv,
    chat_downloader_text,
    chatterino,
    eventsub,
    justlog,
    parquet,
    table,
    tcd_srt,
    tcd_ssa,
    tcd_text,
    twitch_archiver_text,
    twitch_gql,
    twitch_irc,
    twitch_irc_json,
    twitch_v5,
    twitchdownloader,
    twitchdownloader_html,
    twitchdownloader_text,
    youtube_live_chat,
)
from dougpt_chat.formats.message import Batch, ParseNotes
from dougpt_chat.opening import ExportBytes

__all__ = ["FORMATS", "ChatFormat", "choose_format", "recognise_chat"]


class ChatFormat(Protocol):
    """What a format module offers."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a constant of a module
        """The name in settings, reports and `chat_events.origin`."""

    def refuse(self, head: bytes) -> str | None:
        """Say why the text that begins with `head` is not of this format, or None where it is."""

    def parse(self, source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
        """Yield the messages in the order of the file; `notes` is complete when all are read."""


FORMATS: dict[str, ChatFormat] = {
    module.NAME: module
    for module in (
        twitchdownloader,
        twitch_v5,
        twitch_gql,
        youtube_live_chat,
        eventsub,
        twitch_irc_json,
        chat_downloader,
        twitch_irc,
        twitchdownloader_html,
        justlog,
        chatterino,
        twitch_archiver_text,
        tcd_ssa,
        tcd_srt,
        tcd_text,
        chat_downloader_text,
        twitchdownloader_text,
        chat_downloader_csv,
        table,
        parquet,
    )
}


def choose_format(source: ExportBytes, name: str = "auto", columns: Mapping[str, str] | None = None) -> ChatFormat:
    """Return the format called `name`, or the one that the content shows.

    Args:
        source: The file.
        name: A name in `FORMATS`, or auto.
        columns: Which column of a table holds what, where its header does not say it.

    Raises:
        ValueError: There is no format of that name.
        UnreadableExportError: The file cannot be opened, or is empty.
        UnknownFormatError: No format fits.
    """
    if name != "auto" and name not in FORMATS:
        raise ValueError(f"no chat format is called {name!r}; there are auto, {', '.join(FORMATS)}")
    head = source.head()
    if name != "auto":
        return FORMATS[name]
    if columns and table.refuse(head, columns) is None:
        return table
    refusals: dict[str, str] = {}
    for candidate in FORMATS.values():
        why = candidate.refuse(head)
        if why is None:
            return candidate
        refusals[candidate.NAME] = why
    raise UnknownFormatError(str(source.path), refusals)


def recognise_chat(path: Path | str, columns: Mapping[str, str] | None = None) -> str | None:
    """Return the name of the format that a file's beginning shows, or None where it is no chat that can be read.

    Args:
        path: The file.
        columns: Which column of a table holds what, where its header does not say it.
    """
    try:
        return choose_format(ExportBytes(path), columns=columns).NAME
    except (UnknownFormatError, UnreadableExportError):
        return None
