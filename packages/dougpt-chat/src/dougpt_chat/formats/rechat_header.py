"""What stands around the messages of a Twitch chat document: the video, its channel, embedded emotes.

One reading serves every tool and version: each field is looked for wherever one of them puts it, and what
is absent or unreadable stays unknown. The messages do not depend on it.
"""

import re
from datetime import datetime

import msgspec

from dougpt_chat.formats.json_repair import repair
from dougpt_chat.formats.message import ExportHeader, ParseNotes

DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class Version(msgspec.Struct, rename={"major": "Major", "minor": "Minor", "patch": "Patch"}):
    """The version of the file's layout."""

    major: int = 1
    minor: int = 0
    patch: int = 0


class FileInfo(msgspec.Struct, rename={"version": "Version"}):
    """TwitchDownloader's word on the file."""

    version: Version | None = None


class Owner(msgspec.Struct):
    """The channel's owner, as TwitchDownloader and the v5 interface write it."""

    name: str | None = None
    login: str | None = None
    display_name: str | None = None


class Video(msgspec.Struct, rename={"v5_id": "_id"}):
    """The video; which fields are there depends on tool and year."""

    id: str | int | None = None
    v5_id: str | int | None = None
    title: str | None = None
    created_at: str | None = None
    length: float | None = None
    duration: str | float | None = None
    end: float | None = None
    user_name: str | None = None
    user_login: str | None = None
    channel: Owner | None = None


class NamedEmote(msgspec.Struct):
    """An emote whose picture is embedded."""

    name: str | None = None


class Embedded(msgspec.Struct, rename={"third_party": "thirdParty"}):
    """Embedded pictures."""

    third_party: list[NamedEmote] | None = None


class Document(msgspec.Struct, rename={"file_info": "FileInfo", "embedded": "embeddedData"}):
    """A chat document without its messages."""

    file_info: FileInfo | None = None
    streamer: Owner | None = None
    video: Video | None = None
    embedded: Embedded | None = None
    emotes: Embedded | None = None


def read_header(document: bytes, notes: ParseNotes) -> None:
    """Fill `notes.header` from a document without its messages, as far as it can be read."""
    fixed, repairs = repair(document)
    try:
        found = msgspec.json.decode(fixed)
    except (msgspec.DecodeError, RecursionError):
        notes.repairs["unreadable_header"] += 1
        return
    if not isinstance(found, dict):
        return
    notes.repairs.update(repairs)
    fields: dict[str, object] = {}
    for field in msgspec.structs.fields(Document):
        try:
            fields[field.name] = msgspec.convert(found.get(field.encode_name), field.type, strict=False)
        except msgspec.ValidationError:
            notes.repairs["unreadable_header"] += 1
    notes.header = _header(Document(**fields))  # type: ignore[arg-type] # each value was converted to its field's type


def _header(document: Document) -> ExportHeader:
    video = document.video or Video()
    owner = document.streamer or video.channel or Owner()
    names = (owner.login, owner.name, owner.display_name, video.user_login, video.user_name)
    known = tuple(dict.fromkeys(name for name in names if name))
    video_id = video.id if video.id is not None else video.v5_id
    embedded = [part.third_party or [] for part in (document.embedded, document.emotes) if part is not None]
    return ExportHeader(
        version=_version(document.file_info),
        platform="twitch",
        video_id=str(video_id).removeprefix("v") if video_id else None,
        title=video.title,
        channel=known[0].casefold() if known else None,
        owner_names=known,
        created_at=_time(video.created_at),
        length_ms=_length_ms(video),
        emotes=frozenset(emote.name for part in embedded for emote in part if emote.name),
    )


def _version(info: FileInfo | None) -> str | None:
    if info is None:
        return None
    version = info.version or Version()
    return f"{version.major}.{version.minor}.{version.patch}"


def _time(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is not None and found.year > 1 else None


def _length_ms(video: Video) -> int | None:
    if isinstance(video.duration, str) and (parts := DURATION.fullmatch(video.duration)) and any(parts.groups()):
        hours, minutes, seconds = (int(part or 0) for part in parts.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * 1000
    for seconds_long in (video.length, video.duration, video.end):
        if isinstance(seconds_long, float | int) and 0 < seconds_long < 1e9:
            return round(seconds_long * 1000)
    return None
