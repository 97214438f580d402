"""What a file says about which recording it belongs to: in its content, in its header, in its name."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from dougpt_media.recognise import Kind, Recognised

YOUTUBE_ID = r"[A-Za-z0-9_-]{11}"
ADDRESSES = (
    ("youtube", re.compile(rf"(?:youtube\.com/watch\?v=|youtu\.be/)({YOUTUBE_ID})(?![\w-])")),
    ("twitch", re.compile(r"twitch\.tv/(?:\w+/)?videos?/v?(\d+)")),
)
BRACKETED = re.compile(rf"\[(?:v?(\d{{8,11}})|({YOUTUBE_ID}))\]")
DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
# Endings that tell formats and languages; names are compared without them, contents are told by what is in them.
ENDING = re.compile(
    r"\.(?:json3?|jsonl|ndjson|html|parquet|gz|vtt|srt|info|live_chat|chat|rechat|mp4|m4[av]|mkv|webm|mov|flv|avi|ts|mp3|wav|flac|ogg|opus|aac"
    r"|[a-z]{2,3}(?:-[a-z0-9]{2,8})*|f\d+(?:-\w+)?|temp|part)$"
)
WORDS_OF_ROLE = re.compile(
    r"[\s._-]+\(?(?:live[ _-]?chat|chat|captions?|subtitles?|subs|transcript|audio|video|vod)\)?$"
)
PART = re.compile(r"[\s._-]*[(\[]?(?:part|pt|teil)[\s._-]*0*(\d{1,3})[)\]]?$")


@dataclass(frozen=True, slots=True)
class Said:
    """What a file says of its recording; whatever it does not say is None."""

    platform: str | None = None
    video_id: str | None = None
    id_evidence: str = ""
    channel: str | None = None
    duration_ms: int | None = None
    broadcast_start: datetime | None = None


def said_by_content(found: Recognised) -> Said:
    """Read a chat export's header or yt-dlp's info.json."""
    if found.kind is Kind.INFO:
        return _said_by_info(found.header)
    if found.kind in {Kind.TWITCH_DOWNLOADER, Kind.TWITCH_V5}:
        return _said_by_export(found.header)
    return Said()


def said_by_address(address: str) -> Said:
    """Read the web address that download tools write into media files."""
    for platform, pattern in ADDRESSES:
        if match := pattern.search(address):
            return Said(platform, match[1], "address in the file")
    return Said()


def said_by_name(name: str) -> Said:
    """Read the id that yt-dlp puts in square brackets into a name."""
    if match := BRACKETED.search(name):
        return Said("twitch", match[1], "id in the name") if match[1] else Said("youtube", match[2], "id in the name")
    return Said()


def stem_and_part(name: str) -> tuple[str, int | None]:
    """Return what is left of a name without endings, words for what it holds, and the number of its part."""
    stem = name.casefold()
    while (shorter := ENDING.sub("", stem)) != stem and shorter:
        stem = shorter
    stem = WORDS_OF_ROLE.sub("", stem) or stem
    part = PART.search(stem)
    if part and part.start():
        return stem[: part.start()].rstrip(" ._-"), int(part[1])
    return stem, None


def platform_of(video_id: str) -> str:
    """Return the platform whose ids look like this one."""
    if video_id.isdigit():
        return "twitch"
    return "youtube" if re.fullmatch(YOUTUBE_ID, video_id) else "other"


def _said_by_info(info: dict[str, object]) -> Said:
    extractor = str(info.get("extractor_key") or info.get("extractor") or "")
    platform = next((name for name in ("twitch", "youtube") if extractor.casefold().startswith(name)), "other")
    video_id = str(info["id"])
    if platform == "twitch":
        video_id = video_id.removeprefix("v")
    channel = info.get("uploader_id") or info.get("channel") or info.get("uploader")
    # A video's `timestamp` is when a stream began on Twitch, but when it was published on YouTube.
    began = info.get("release_timestamp") or (info.get("timestamp") if platform == "twitch" else None)
    duration_s = _number(info.get("duration"))
    return Said(
        platform,
        video_id,
        "info.json",
        None if channel is None else str(channel).removeprefix("@").casefold(),
        None if duration_s is None else round(duration_s * 1000),
        datetime.fromtimestamp(began, UTC) if isinstance(began, int | float) else None,
    )


def _said_by_export(header: dict[str, object]) -> Said:
    video = _object(header.get("video"))
    streamer = _object(header.get("streamer"))
    video_id = str(video.get("id") or video.get("_id") or _first_content_id(header)).removeprefix("v")
    channel = streamer.get("login") or streamer.get("name") or video.get("user_login") or video.get("user_name")
    # A highlight is made long after its broadcast.
    is_broadcast = video.get("type", "archive") == "archive"
    return Said(
        "twitch" if video_id else None,
        video_id or None,
        "chat header",
        None if channel is None else str(channel).casefold(),
        _export_duration_ms(video),
        _moment(video.get("created_at")) if is_broadcast else None,
    )


def _export_duration_ms(video: dict[str, object]) -> int | None:
    length_s = _number(video.get("length"))
    if length_s:
        return round(length_s * 1000)
    match = DURATION.fullmatch(str(video.get("duration") or ""))
    if match and match[0]:
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * 1000
    return None


def _first_content_id(header: dict[str, object]) -> str:
    comments = header.get("comments")
    first = _object(comments[0]) if isinstance(comments, list) and comments else {}
    return str(first.get("content_id") or "")


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
