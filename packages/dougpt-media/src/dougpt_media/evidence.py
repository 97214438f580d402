"""What a file says about which recording it belongs to: by an address in it, and by its name."""

import re
from dataclasses import dataclass
from datetime import datetime

from dougpt_media.told import Stretch

ID_IN_NAME = "id in the name"
EARLIER = "earlier"  # an earlier ingest put it there
YOUTUBE_ID = r"[A-Za-z0-9_-]{11}"
ADDRESSES = (
    ("youtube", re.compile(rf"(?:youtube\.com/watch\?v=|youtu\.be/)({YOUTUBE_ID})(?![\w-])")),
    ("twitch", re.compile(r"twitch\.tv/(?:\w+/)?videos?/v?(\d+)")),
)
BRACKETED = re.compile(rf"\[(?:v?(\d{{8,11}})|({YOUTUBE_ID}))\]")
# Endings that tell formats and languages; names are compared without them, contents are told by what is in them.
ENDING = re.compile(
    r"\.(?:json3?|jsonl|ndjson|html|parquet|gz|vtt|srt|info|live_chat|chat|rechat|mp4|m4[av]|mkv|webm|mov|flv|avi|ts|mp3|wav|flac|ogg|opus|aac"
    r"|[a-z]{2,3}(?:-[a-z0-9]{2,8})*|f\d+(?:-\w+)?|temp|part)$"
)
WORDS_OF_ROLE = re.compile(
    r"[\s._-]+\(?(?:live[ _-]?chat|chat|captions?|subtitles?|subs|transcript|audio|video|vod)\)?$"
)
PART = re.compile(
    r"[\s._-]*[(\[]?(?:(?:part|pt|teil|seg|segment|split)[\s._-]*0*(\d{1,4})(?:\s*(?:of|von|/)\s*\d{1,4})?"
    r"|(?<![\d])0*(\d{1,3})[\s._-]*(?:of|von)[\s._-]*\d{1,3})[)\]]?$"
)
TIME = re.compile(
    r"(?<!\d)(20\d\d)[-_. ]?(\d\d)[-_. ]?(\d\d)(?:[t_. -]+(?:at[_. -]+)?)?"
    r"(\d\d)[-_:.h ]?(\d\d)[-_:.m ]?(\d\d)(?:s(?![a-z]))?(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a file says of its recording; whatever it does not say is None.

    `duration_ms` is the length of the whole video, `crop` the stretch of it that a chat export covers, `muted` the
    stretches of it that the platform muted (empty: none), `notes` what in the file made no sense.
    """

    platform: str | None = None
    video_id: str | None = None
    id_evidence: str = ""
    channel: str | None = None
    duration_ms: int | None = None
    broadcast_start: datetime | None = None
    crop: Stretch | None = None
    muted: tuple[Stretch, ...] | None = None
    notes: tuple[str, ...] = ()


def said_by_address(address: str) -> Said:
    """Read the web address that download tools write into media files."""
    for platform, pattern in ADDRESSES:
        if match := pattern.search(address):
            return Said(platform, match[1], "address in the file")
    return Said()


def said_by_name(name: str) -> Said:
    """Read the id that yt-dlp puts in square brackets into a name."""
    if match := BRACKETED.search(name):
        return Said("twitch", match[1], ID_IN_NAME) if match[1] else Said("youtube", match[2], ID_IN_NAME)
    return Said()


def stem_and_part(name: str) -> tuple[str, int | None]:
    """Return what is left of a name without endings, words for what it holds, and the number of its part."""
    stem = name.casefold()
    while (shorter := ENDING.sub("", stem)) != stem and shorter:
        stem = shorter
    stem = WORDS_OF_ROLE.sub("", stem) or stem
    part = PART.search(stem)
    if part and part.start():
        return stem[: part.start()].rstrip(" ._-"), int(part[1] or part[2])
    return stem, None


def series_and_time(stem: str) -> tuple[str, datetime | None]:
    """Return what is left of a stem without the time of day that OBS or streamlink put into it, and that time.

    It is the time of some clock, in no known zone: only differences between files of one series mean anything.
    """
    for match in TIME.finditer(stem):
        try:
            found = datetime(*map(int, match.groups()))  # type: ignore[arg-type] # noqa: DTZ001 # six numbers; no zone
        except ValueError:
            continue
        return (stem[: match.start()] + stem[match.end() :]).strip(" ._-()[]"), found
    return stem, None


def platform_of(video_id: str) -> str:
    """Return the platform whose ids look like this one."""
    if video_id.isdigit():
        return "twitch"
    return "youtube" if re.fullmatch(YOUTUBE_ID, video_id) else "other"
