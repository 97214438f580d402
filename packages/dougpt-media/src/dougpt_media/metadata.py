"""What the JSON beside a recording says of it: yt-dlp's info.json, a chat export's header, Twitch's own answers.

Twitch has described its videos in three shapes: the old v5 interface, Helix (`https://api.twitch.tv/helix/videos`) and
the GQL of its web player. They differ in names alone, and each tells length, start and which stretches were muted.
yt-dlp's info.json tells no muted stretches.
"""

from urllib.parse import urlsplit

from dougpt_media.evidence import Said
from dougpt_media.recognise import CHAT, Kind, Recognised, twitch_video
from dougpt_media.told import Stretch, a_list, a_name, an_id, an_object, length_ms, moment, seconds, stretches

NAMED_PLATFORMS = ("twitch", "youtube")
NAMELESS = frozenset({"generic", "html5mediaembed"})  # yt-dlp's words for sites that it does not know
NO_END_S = 172_800  # old versions of TwitchDownloader wrote Twitch's longest video where they knew no end


def said_by_content(found: Recognised) -> Said:
    """Read a file that speaks of a recording; one that is no such file says nothing."""
    if found.kind is Kind.INFO:
        return _said_by_info(found.header)
    if found.kind is Kind.TWITCH_VIDEO:
        return _said_by_twitch(twitch_video(found.header))
    if found.kind in CHAT:
        return _said_by_export(found.header)
    return Said()


def _said_by_info(info: dict[str, object]) -> Said:
    platform, video_id = _video_of(info)
    # A video's `timestamp` is when a stream began on Twitch, but when it was published on YouTube.
    began = info.get("release_timestamp") or (info.get("timestamp") if platform == "twitch" else None)
    return Said(
        platform,
        video_id,
        "info.json" if video_id else "",
        a_name(info.get("uploader_id"), info.get("channel"), info.get("uploader")),
        length_ms(info.get("duration")),
        moment(began),
    )


def _video_of(info: dict[str, object]) -> tuple[str, str | None]:
    """Return platform and id; what lies on a site that yt-dlp does not know is named by its address."""
    extractor = str(info.get("extractor_key") or info.get("extractor") or "").casefold()
    platform = next((name for name in NAMED_PLATFORMS if extractor.startswith(name)), "other")
    video_id = an_id(info.get("id"))
    if video_id and platform == "twitch":
        return platform, video_id.removeprefix("v")
    if video_id and extractor in NAMELESS:
        try:
            address = urlsplit(str(info.get("webpage_url") or ""))
        except ValueError:
            return platform, None
        # A file's name alone is no id: many sites have a video.mp4.
        return address.hostname or "other", an_id(f"{address.path}#{video_id}")
    return platform, video_id


def _said_by_twitch(video: dict[str, object]) -> Said:
    owner = next((an_object(video[name]) for name in ("owner", "creator", "channel") if video.get(name)), {})
    video_id = an_id(video.get("id")) or an_id(video.get("_id"))
    kind = str(video.get("type") or video.get("broadcastType") or video.get("broadcast_type") or "archive")
    began = video.get("created_at") or video.get("createdAt") or video.get("recorded_at")
    muted, notes = _muted(video)
    return Said(
        "twitch" if video_id else None,
        video_id and video_id.removeprefix("v"),
        "Twitch metadata" if video_id else "",
        a_name(video.get("user_login"), owner.get("login"), owner.get("name"), video.get("user_name")),
        length_ms(video.get("lengthSeconds"), video.get("length"), video.get("duration")),
        moment(began) if kind.casefold() == "archive" else None,
        muted=muted,
        notes=notes,
    )


def _muted(video: dict[str, object]) -> tuple[tuple[Stretch, ...] | None, tuple[str, ...]]:
    """Return the muted stretches, None where nothing is said of them, and what is wrong with them."""
    if not {"muted_segments", "muteInfo"} & video.keys():
        return None, ()
    listed = video.get("muted_segments")
    if listed is None:
        listed = an_object(an_object(video.get("muteInfo")).get("mutedSegmentConnection")).get("nodes")
    found, unreadable = stretches(a_list(listed))
    return found, (f"{unreadable} of its muted stretches make no sense",) if unreadable else ()


def _said_by_export(header: dict[str, object]) -> Said:
    video, streamer = an_object(header.get("video")), an_object(header.get("streamer"))
    video_id = an_id(video.get("id")) or an_id(video.get("_id")) or _first_content_id(header)
    # A highlight is made long after its broadcast.
    is_broadcast = video.get("type", "archive") == "archive"
    told_ms = length_ms(video.get("length"), video.get("duration"), video.get("lengthSeconds"))
    muted, notes = _muted(video)
    return Said(
        "twitch" if video_id else None,
        video_id and video_id.removeprefix("v"),
        "chat header" if video_id else "",
        a_name(streamer.get("login"), streamer.get("name"), video.get("user_login"), video.get("user_name")),
        told_ms,
        moment(video.get("created_at")) if is_broadcast else None,
        crop=_crop(video, told_ms),
        muted=muted,
        notes=notes,
    )


def _crop(video: dict[str, object], told_ms: int | None) -> tuple[int, int] | None:
    """Return which stretch of the video an export covers, where it says so; the end is also the least it may last."""
    start_s, end_s = seconds(video.get("start")) or 0.0, seconds(video.get("end"))
    if end_s is None or end_s <= start_s or (told_ms is None and end_s >= NO_END_S):
        return None
    end_ms = round(end_s * 1000) if told_ms is None else min(round(end_s * 1000), told_ms)
    return (round(start_s * 1000), end_ms) if start_s * 1000 < end_ms else None


def _first_content_id(header: dict[str, object]) -> str | None:
    comments = a_list(header.get("comments"))
    return an_id(an_object(comments[0]).get("content_id")) if comments else None
