"""What a file is, told by its content and never by its name.

Text is looked at before any media library sees it: a playlist or a script is text too, and FFmpeg would
follow where it points.
"""

import codecs
import gzip
import json
import re
import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from dougpt_media.told import a_list, an_object

LOOKED_AT_BYTES = 32 << 20  # what a JSON file says about itself stands before its list of messages
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SRV_START = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?<(?:timedtext\b|transcript>)")
SRT_START = re.compile(r"\s*\d+[ \t]*\r?\n\s*\d+:\d\d:\d\d[,.]\d{1,3}[ \t]*-->")
# What only Twitch's description of a video has; its other names are everybody's.
TWITCH_MARKS = frozenset({"muted_segments", "muteInfo", "lengthSeconds"})
TWITCH_VIDEO_IDS = frozenset({"id", "_id"})
MOST_ANSWERS = 50
TEXT_CONTROLS = frozenset(b"\t\n\r\f\v")


class Kind(StrEnum):
    """What a file may be; chat exports are named by their writer."""

    MEDIA = "media"
    JSON3 = "json3"
    WEBVTT = "webvtt"
    SRT = "srt"
    SRV3 = "srv3"
    WHISPERX = "whisperx"
    TWITCH_DOWNLOADER = "twitchdownloader"
    TWITCH_V5 = "v5"
    INFO = "info"
    TWITCH_VIDEO = "twitch_video"
    PARQUET = "parquet"
    EMPTY = "empty"
    UNKNOWN_TEXT = "text"


CAPTIONS = frozenset({Kind.JSON3, Kind.WEBVTT, Kind.SRT, Kind.SRV3, Kind.WHISPERX})
CHAT = frozenset({Kind.TWITCH_DOWNLOADER, Kind.TWITCH_V5})
METADATA = frozenset({Kind.INFO, Kind.TWITCH_VIDEO})
# What a reader of chat may know more of.
MAYBE_CHAT = frozenset({Kind.UNKNOWN_TEXT, Kind.SRT, Kind.PARQUET})


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is, and for JSON the members of its object that could be read."""

    kind: Kind
    header: dict[str, object] = field(default_factory=dict)


def recognise(path: Path) -> Recognised:
    """Return what the file is. `MEDIA` means that it is no text: only opening it tells whether it holds sound.

    Raises:
        OSError: The file cannot be read.
    """
    head = _head(path, LOOKED_AT_BYTES)
    if not head:
        return Recognised(Kind.EMPTY)
    text = as_text(head)
    if text is None:
        return Recognised(Kind.PARQUET if head.startswith(b"PAR1") else Kind.MEDIA)
    return _recognised_text(text)


def _recognised_text(text: str) -> Recognised:
    if text.startswith("WEBVTT"):
        return Recognised(Kind.WEBVTT)
    if SRT_START.match(text):
        return Recognised(Kind.SRT)
    if SRV_START.match(text):
        return Recognised(Kind.SRV3)
    start = text.lstrip()
    if start[:1] == "{":
        members = _members(start)
        return Recognised(_kind_of_json(members), members)
    return _recognised_list(start) if start[:1] == "[" else Recognised(Kind.UNKNOWN_TEXT)


def _recognised_list(start: str) -> Recognised:
    if {"start", "end", "text"} <= _members(start[1:].lstrip()).keys():
        return Recognised(Kind.WHISPERX)
    answers: dict[str, object] = {"answers": _first_of_list(start)}
    return Recognised(Kind.TWITCH_VIDEO, answers) if twitch_video(answers) else Recognised(Kind.UNKNOWN_TEXT)


def as_text(data: bytes) -> str | None:
    """Return bytes as text, cut at a character's border, or None where they are no text."""
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return codecs.getincrementaldecoder(encoding)("replace").decode(data)
    if b"\0" in data[:65536]:
        return None
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        # Old captions come in the code page of Western Windows; binary data has control characters, or is odd.
        start = data[:4096]
        odd = sum(byte >= 0x7F for byte in start)
        plain = all(byte >= 0x20 or byte in TEXT_CONTROLS for byte in start)
        return data.decode("cp1252", "replace") if plain and odd * 5 < len(start) else None


def _head(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        head = file.read(65536)
        if not head.startswith(b"\x1f\x8b"):
            return head if as_text(head) is None else head + file.read(limit - len(head))
    try:
        with gzip.open(path) as unpacked:
            return unpacked.read(limit)
    except (OSError, EOFError, zlib.error):
        return _start_of_gzip(path, limit)


def _start_of_gzip(path: Path, limit: int) -> bytes:
    """Return what can be unpacked of a cut or broken gzip file."""
    unpacker = zlib.decompressobj(wbits=31)
    out = bytearray()
    with path.open("rb") as file:
        while len(out) < limit and (piece := file.read(1 << 20)):
            try:
                out += unpacker.decompress(piece, limit - len(out))
            except zlib.error:
                break
    return bytes(out)


def _members(text: str) -> dict[str, object]:
    """Read the members of a JSON object one by one, up to the first that is cut off, which is there with its start.

    A member that does not end within `text` is given as an empty list or object, so that its shape is known.
    """
    decoder, members, at = json.JSONDecoder(), dict[str, object](), 1
    while match := re.compile(r'\s*,?\s*(?=")').match(text, at):
        try:
            name, at = decoder.raw_decode(text, match.end())
            colon = re.compile(r"\s*:\s*").match(text, at)
            if colon is None:
                break
            at = colon.end()
        except ValueError:
            break
        try:
            members[name], at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            if text[at : at + 1] in "[{":
                members[name] = [] if text[at : at + 1] == "[" else {}
            break
    return members


def _first_of_list(text: str) -> list[object]:
    """Read a JSON list as far as its answers may go; a long list is no answer of Twitch's."""
    decoder, found, at = json.JSONDecoder(), list[object](), 1
    while len(found) < MOST_ANSWERS and (match := re.compile(r"\s*,?\s*(?=\{)").match(text, at)):
        try:
            item, at = decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            break
        found.append(item)
    return found


def twitch_video(members: dict[str, object]) -> dict[str, object]:
    """Return what Twitch says of one video, wherever its interface puts it; nothing where this is no such answer.

    Several answers to one request speak of the same video, and are taken together.
    """
    data = an_object(members.get("data"))
    videos = [an_object(an_object(an_object(item).get("data")).get("video")) for item in a_list(members.get("answers"))]
    videos += [an_object(data.get("video")), an_object(members.get("video")), members]
    listed = a_list(members.get("data")) or a_list(members.get("videos"))
    if len(listed) == 1:
        videos.append(an_object(listed[0]))
    merged: dict[str, object] = {}
    for video in videos:
        if "comments" not in video and TWITCH_MARKS & video.keys():
            merged = video | {name: value for name, value in merged.items() if value is not None}
    return merged if TWITCH_VIDEO_IDS & merged.keys() else {}


def _kind_of_json(members: dict[str, object]) -> Kind:
    if "comments" in members:
        modern = {"FileInfo", "streamer", "embeddedData"} & members.keys()
        return Kind.TWITCH_DOWNLOADER if modern else Kind.TWITCH_V5
    if "events" in members and {"wireMagic", "pens", "wsWinStyles", "wpWinPositions"} & members.keys():
        return Kind.JSON3
    if "segments" in members or {"transcription", "systeminfo"} <= members.keys():
        return Kind.WHISPERX
    if "id" in members and {"extractor", "extractor_key", "webpage_url", "_type", "formats"} & members.keys():
        return Kind.INFO
    return Kind.TWITCH_VIDEO if twitch_video(members) else Kind.UNKNOWN_TEXT
