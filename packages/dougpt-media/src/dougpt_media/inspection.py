"""One file looked at: what it is and what it says, or why it cannot be used."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from dougpt_schema import SourceRole, SourceStatus, file_sha256, source_id

from dougpt_media.demux import UnreadableMediaError
from dougpt_media.evidence import said_by_address, said_by_name, stem_and_part
from dougpt_media.files import File
from dougpt_media.metadata import said_by_content
from dougpt_media.probe import probe
from dougpt_media.progress import TellShare
from dougpt_media.recognise import CAPTIONS, MAYBE_CHAT, METADATA, Kind, recognise

USE_IT = "--keep-truncated (keep_truncated=True) uses it as far as it goes"
PROBED_SHARE = 0.8  # of the time that a medium takes; the rest goes into its checksum
# Returns the name of the chat format that a file is of, or None.
ChatFormat = Callable[[Path], str | None]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that cannot be used; `reason` is one word, `cause` is for people."""

    name: str
    reason: str
    cause: str


def inspect(
    path: Path,
    name: str,
    *,
    keep_truncated: bool,
    chat_format: ChatFormat | None = None,
    sha256: str | None = None,
    tell: TellShare | None = None,
) -> File | Refused:
    """Look at a file.

    Args:
        path: The file.
        name: How to call it: its path below the folder that was given.
        keep_truncated: Whether to take media that are cut off.
        chat_format: Asked about text and tables that nothing here knows, and about captions, which chat may look like.
        sha256: The checksum of its bytes, where it is known.
        tell: Called now and then with the share of the work that is done.

    Raises:
        OSError: It cannot be read.
    """
    found = recognise(path)
    if found.kind is Kind.EMPTY:
        return Refused(name, "empty", "the file is empty")
    chat = chat_format(path) if chat_format is not None and found.kind in MAYBE_CHAT else None
    if found.kind in {Kind.UNKNOWN_TEXT, Kind.PARQUET} and chat is None:
        return Refused(
            name, "unrecognised", f"{_word(found.kind)}, but no captions, chat export or metadata of a known format"
        )
    if found.kind is Kind.MEDIA:
        return _media(path, name, keep_truncated=keep_truncated, tell=tell)
    said = said_by_content(found)
    if said.video_id is None:
        named = said_by_name(path.name)
        said = replace(said, platform=named.platform, video_id=named.video_id, id_evidence=named.id_evidence)
    role = SourceRole.CAPTIONS if found.kind in CAPTIONS and chat is None else SourceRole.CHAT
    stem, part = stem_and_part(path.name)
    sha256 = sha256 or file_sha256(path)
    return File(
        name=path.name,
        folder=str(path.resolve().parent),
        stem=stem,
        part=part,
        role=None if found.kind in METADATA else role,
        said=said,
        source_id=source_id(sha256),
        sha256=sha256,
        n_bytes=path.stat().st_size,
        container=chat or found.kind.value,
    )


def _word(kind: Kind) -> str:
    return "a table" if kind is Kind.PARQUET else "text"


def _media(path: Path, name: str, *, keep_truncated: bool, tell: TellShare | None) -> File | Refused:
    try:
        facts = probe(path, None if tell is None else lambda share: tell(PROBED_SHARE * share))
    except UnreadableMediaError as error:
        return Refused(name, "unreadable", error.cause)
    if facts.status is SourceStatus.TRUNCATED and not keep_truncated:
        return Refused(name, "truncated", f"the file is cut off: {facts.evidence}; {USE_IT}")
    said = said_by_address(facts.address)
    if said.video_id is None:
        said = said_by_name(path.name)
    stem, part = stem_and_part(path.name)
    n_bytes = path.stat().st_size
    sha256 = _hashed(path, n_bytes, tell)
    return File(
        name=path.name,
        folder=str(path.resolve().parent),
        stem=stem,
        part=part,
        role=facts.role,
        said=said,
        source_id=source_id(sha256),
        sha256=sha256,
        n_bytes=n_bytes,
        container=facts.container,
        duration_ms=facts.duration_ms,
        start_ms=facts.start_ms,
        width=facts.width,
        height=facts.height,
        frame_rate=facts.frame_rate,
        status=facts.status,
        status_evidence=facts.evidence,
        streams=facts.streams,
    )


def _hashed(path: Path, n_bytes: int, tell: TellShare | None) -> str:
    done = 0

    def count(piece: int) -> None:
        nonlocal done
        done += piece
        if tell is not None and n_bytes:
            tell(PROBED_SHARE + (1 - PROBED_SHARE) * min(1.0, done / n_bytes))

    return file_sha256(path, count)
