"""A chat export to events on one clock, nothing lost: what could not be used is counted and returned."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from dougpt_chat.authors import DEFAULT_KEY
from dougpt_chat.events import all_events
from dougpt_chat.formats import choose_format
from dougpt_chat.formats.message import ExportHeader, ParseNotes
from dougpt_chat.opening import ExportBytes
from dougpt_chat.rendered.seen import SeenRow
from dougpt_chat.report import AnyReport
from dougpt_chat.settings import ChatSettings
from dougpt_chat.stream import stream_chat


@dataclass(frozen=True, slots=True)
class ChatRead:
    """A chat, read.

    Attributes:
        events: A `chat_events` table, under pseudonyms.
        rejects: A `rejects` table.
        names: author, login, display_name; for the secret folder, never to be handed on.
        report: What reading found out, without names.
        raw_texts: recording_id, event_id, text where the staged text differs, in the order of the events; secret
            like `names`.
        name_hashes: Keyed hashes of the authors' names (not the owner's), for `bare_names.name_tester`.
        rows: The rows of text that were read, where that was in a picture; secret like `names`.
    """

    events: pa.Table
    rejects: pa.Table
    names: pa.Table
    report: AnyReport
    raw_texts: pa.Table
    name_hashes: list[str]
    rows: tuple[SeenRow, ...] = ()


def read_chat(
    path: Path | str,
    *,
    recording_id: str,
    key: bytes = DEFAULT_KEY,
    broadcast_start: datetime | None = None,
    format: str = "auto",  # noqa: A002 - the promised name
    settings: ChatSettings | None = None,
    allow_truncated: bool = True,
    source_id: str | None = None,
) -> ChatRead:
    """Read a chat export.

    Args:
        path: The file, plain or gzip; its name does not matter.
        recording_id: The recording that the events belong to.
        key: The pseudonym key, 1 to 64 bytes.
        broadcast_start: When the recording began, for exports that know only the time of day; naive is UTC.
        format: A name in `dougpt_chat.formats.FORMATS`, or auto to recognise it by content.
        settings: How to read.
        allow_truncated: Give the complete messages of a file that was cut off, and say so in the report; refuse it
            otherwise.
        source_id: The file's id, where it is known; computed from its bytes otherwise.

    Raises:
        ValueError: An unknown format name or a key of a wrong length.
        UnreadableExportError: The file cannot be opened, or is empty.
        UnknownFormatError: No format fits; the error says why each was refused.
        BrokenExportError: The format fits and the document is of another shape.
        TruncatedExportError: The file ends early, and that was not allowed.
        NoSpaceError: It is too large for memory, and messages cannot be put aside on disk.
    """
    with stream_chat(
        path,
        recording_id=recording_id,
        key=key,
        broadcast_start=broadcast_start,
        format=format,
        settings=settings,
        allow_truncated=allow_truncated,
        source_id=source_id,
    ) as stream:
        events, raw_texts = all_events(stream.staging)
        return ChatRead(
            events=events,
            rejects=stream.rejects,
            names=stream.staging.names,
            report=stream.report(),
            raw_texts=raw_texts,
            name_hashes=stream.staging.name_hashes,
        )


def probe_chat(path: Path | str, *, format: str = "auto") -> tuple[str, ExportHeader]:  # noqa: A002 - as above
    """Return the format of an export and what its header says of the video, reading the file once.

    It raises what `read_chat` raises, but for a file that is cut off.
    """
    source = ExportBytes(path)
    chosen = choose_format(source, format)
    notes = ParseNotes()
    for _ in chosen.parse(source, notes):
        pass
    return chosen.NAME, notes.header
