"""One file looked at: what it is and what it says, or why it cannot be used."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dougpt_schema import SourceRole, SourceStatus, file_sha256, source_id

from dougpt_media.demux import UnreadableMediaError
from dougpt_media.evidence import said_by_address, said_by_content, said_by_name, stem_and_part
from dougpt_media.match import File
from dougpt_media.probe import probe
from dougpt_media.recognise import CAPTIONS, MAYBE_CHAT, Kind, recognise

# Returns the name of the chat format that a file is of, or None.
ChatFormat = Callable[[Path], str | None]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that cannot be used; `reason` is one word, `cause` is for people."""

    name: str
    reason: str
    cause: str


def inspect(path: Path, name: str, *, keep_truncated: bool, chat_format: ChatFormat | None = None) -> File | Refused:
    """Look at a file; `name` is how to call it, its path below the folder that was given.

    `chat_format` is asked about text and tables that nothing here knows, and about captions, which chat may look like.

    Raises:
        OSError: It cannot be read.
    """
    found = recognise(path)
    if found.kind is Kind.EMPTY:
        return Refused(name, "empty", "the file is empty")
    chat = chat_format(path) if chat_format is not None and found.kind in MAYBE_CHAT else None
    if found.kind in {Kind.UNKNOWN_TEXT, Kind.PARQUET} and chat is None:
        return Refused(
            name, "unrecognised", f"{_word(found.kind)}, but no captions, chat export or info.json of a known format"
        )
    if found.kind is Kind.MEDIA:
        return _media(path, name, keep_truncated=keep_truncated)
    said = said_by_content(found)
    if said.video_id is None:
        said = said_by_name(path.name)
    role = SourceRole.CAPTIONS if found.kind in CAPTIONS and chat is None else SourceRole.CHAT
    stem, part = stem_and_part(path.name)
    sha256 = file_sha256(path)
    return File(
        name=path.name,
        folder=str(path.resolve().parent),
        stem=stem,
        part=part,
        role=None if found.kind is Kind.INFO else role,
        said=said,
        source_id=source_id(sha256),
        sha256=sha256,
        n_bytes=path.stat().st_size,
        container=chat or found.kind.value,
    )


def _word(kind: Kind) -> str:
    return "a table" if kind is Kind.PARQUET else "text"


def _media(path: Path, name: str, *, keep_truncated: bool) -> File | Refused:
    try:
        facts = probe(path)
    except UnreadableMediaError as error:
        return Refused(name, "unreadable", error.cause)
    if facts.status is SourceStatus.TRUNCATED and not keep_truncated:
        return Refused(name, "truncated", f"the file is cut off: {facts.evidence}")
    said = said_by_address(facts.address)
    if said.video_id is None:
        said = said_by_name(path.name)
    stem, part = stem_and_part(path.name)
    sha256 = file_sha256(path)
    return File(
        name=path.name,
        folder=str(path.resolve().parent),
        stem=stem,
        part=part,
        role=facts.role,
        said=said,
        source_id=source_id(sha256),
        sha256=sha256,
        n_bytes=path.stat().st_size,
        container=facts.container,
        duration_ms=facts.duration_ms,
        start_ms=facts.start_ms,
        width=facts.width,
        height=facts.height,
        frame_rate=facts.frame_rate,
        status=facts.status,
        status_evidence=facts.evidence,
    )
