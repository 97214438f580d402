"""The files that TwitchDownloader 1.56 (chat format 1.4.0) and yt-dlp write for a VOD, in their layout to the byte."""

import json
import random
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from generator.crowd import CHANNEL_ID, CHANNEL_LOGIN, CHANNEL_NAME, Viewer
from generator.emotes import embedded, fragments
from generator.room import Message

ASTRAL = re.compile("[\U00010000-\U0010ffff]")
LOGO = "https://static-cdn.jtvnw.net/user-default-pictures-uv/pretend-{}-profile_image-300x300.png"


@dataclass(frozen=True)
class Vod:
    """What Twitch knows of a broadcast; `edge_ms` is by how much it began after the whole second `created`."""

    video_id: str
    title: str
    game: str
    created: datetime
    edge_ms: int
    length_s: int
    views: int


def message_id(rng: random.Random) -> str:
    """An id in the form of Twitch's (a UUID of version 4)."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def chat_export(vod: Vod, messages: Sequence[tuple[str, Message]]) -> bytes:
    """TwitchDownloader's JSON of (id, message) pairs; compact, fields in its order, whole-second offsets."""
    downloaded = vod.created + timedelta(days=2, hours=3, seconds=vod.length_s)
    root = {
        "FileInfo": {
            "Version": {"Major": 1, "Minor": 4, "Patch": 0},
            "CreatedAt": _iso(downloaded, microseconds=482_911),
            "UpdatedAt": "0001-01-01T00:00:00",
        },
        "streamer": {"name": CHANNEL_NAME, "login": CHANNEL_LOGIN, "id": int(CHANNEL_ID)},
        "clipper": None,
        "video": {
            "title": vod.title,
            "description": None,
            "id": vod.video_id,
            "created_at": _iso(vod.created),
            "start": 0,
            "end": vod.length_s,
            "length": vod.length_s,
            "viewCount": vod.views,
            "game": vod.game,
            "chapters": [_chapter(vod)],
        },
        "comments": [_comment(vod, identity, message) for identity, message in messages],
        "embeddedData": embedded(),
    }
    return _dotnet_json(root)


def info_json(vod: Vod) -> bytes:
    """yt-dlp's description of the VOD, with its `v` before the id."""
    url = f"https://www.twitch.tv/videos/{vod.video_id}"
    info = {
        "id": f"v{vod.video_id}",
        "title": vod.title,
        "description": "",
        "duration": vod.length_s,
        "thumbnail": None,
        "uploader": CHANNEL_NAME,
        "uploader_id": CHANNEL_LOGIN,
        "channel": CHANNEL_NAME,
        "channel_id": CHANNEL_ID,
        "timestamp": int(vod.created.timestamp()),
        "view_count": vod.views,
        "chapters": [{"start_time": 0.0, "title": vod.game, "end_time": float(vod.length_s)}],
        "is_live": False,
        "was_live": True,
        "live_status": "was_live",
        "webpage_url": url,
        "original_url": url,
        "webpage_url_basename": vod.video_id,
        "webpage_url_domain": "twitch.tv",
        "extractor": "twitch:vod",
        "extractor_key": "TwitchVod",
        "display_id": f"v{vod.video_id}",
        "fulltitle": vod.title,
        "duration_string": f"{vod.length_s // 60}:{vod.length_s % 60:02}",
        "upload_date": vod.created.strftime("%Y%m%d"),
        "_type": "video",
        "_version": {"version": "2025.12.08", "repository": "yt-dlp/yt-dlp"},
    }
    return json.dumps(info, ensure_ascii=True).encode()


def _chapter(vod: Vod) -> dict[str, Any]:
    return {
        "id": "",
        "startMilliseconds": 0,
        "lengthMilliseconds": 1000 * vod.length_s,
        "type": "GAME_CHANGE",
        "description": vod.game,
        "subDescription": "",
        "thumbnailUrl": None,
        "gameId": "9000001",
        "gameDisplayName": vod.game,
        "gameBoxArtUrl": None,
    }


def _comment(vod: Vod, identity: str, message: Message) -> dict[str, Any]:
    pieces = fragments(message.text)
    return {
        "_id": identity,
        "created_at": _iso(vod.created + timedelta(milliseconds=vod.edge_ms + message.at_ms)),
        "channel_id": CHANNEL_ID,
        "content_type": "video",
        "content_id": vod.video_id,
        "content_offset_seconds": message.at_ms // 1000,
        "commenter": _commenter(message.author),
        "message": {
            "body": message.text,
            "bits_spent": int(cheer[1]) if (cheer := re.match(r"Cheer(\d+)\b", message.text)) else 0,
            "fragments": [{"text": text, "emoticon": emote and {"emoticon_id": emote}} for text, emote in pieces],
            "user_badges": [{"_id": name, "version": version} for name, version in message.author.badges],
            "user_color": message.author.color,
            "emoticons": _emoticons(pieces),
        },
    }


def _commenter(author: Viewer) -> dict[str, Any]:
    return {
        "display_name": author.display,
        "_id": author.user_id,
        "name": author.login,
        "bio": author.bio,
        "created_at": author.joined,
        "updated_at": author.joined,
        "logo": LOGO.format(int(author.user_id) % 7),
    }


def _emoticons(pieces: Sequence[tuple[str, str | None]]) -> list[dict[str, Any]]:
    found, begin = [], 0
    for text, emote in pieces:
        if emote:
            # One too many, as TwitchDownloader writes it.
            found.append({"_id": emote, "begin": begin, "end": begin + len(text) + 1})
        begin += len(text)
    return found


def _iso(moment: datetime, microseconds: int | None = None) -> str:
    """The moment as .NET writes it: no fraction where it is zero, no zeros at its end."""
    fraction = f"{moment.microsecond if microseconds is None else microseconds:06}".rstrip("0")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") + (f".{fraction}" if fraction else "") + "Z"


def _dotnet_json(value: Any) -> bytes:
    """Compact JSON in which, as in .NET, characters beyond the basic plane are pairs of escapes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return ASTRAL.sub(lambda match: json.dumps(match[0])[1:-1].upper().replace("\\U", "\\u"), text).encode()
