"""Recordings of a few minutes without sound, made on the spot: captions and a TwitchDownloader export each.

The streamer asks; a viewer answers with words of the question some seconds later, while others chatter. Everything is
decided by the recording's number, so two calls make the same bytes.
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

THINGS = ("dragon", "castle", "engine", "wizard", "sandwich", "robot", "banana", "volcano", "guitar", "submarine")
VERBS = ("build", "paint", "chase", "sell", "hide", "eat", "fix", "steal")
CHATTER = ("lol", "KEKW", "hello everyone", "what a stream", "first time here", "POGGERS", "my cat is asleep")
EVERY_S = 12
VIEWERS = 14


def make_recordings(folder: Path, count: int, minutes: float = 4) -> list[Path]:
    """Write `count` recordings below `folder`, one folder each, and return the folders."""
    return [make_recording(folder / f"stream-{number}", number, minutes) for number in range(count)]


def make_recording(folder: Path, number: int, minutes: float = 4) -> Path:
    """Write captions and chat of one recording."""
    rng = random.Random(number)  # noqa: S311  # recordings, not secrets
    folder.mkdir(parents=True, exist_ok=True)
    turns = list(_turns(rng, round(minutes * 60)))
    cues = [
        f"{index}\n{_srt_time(start_s)} --> {_srt_time(start_s + 4)}\n{text}\n"
        for index, (start_s, text, _) in enumerate(turns, start=1)
    ]
    (folder / f"stream-{number}.srt").write_text("\n".join(cues), encoding="utf-8")
    export = chat_export(number, sorted(_messages(rng, turns)), minutes * 60)
    (folder / f"stream-{number}.json").write_text(json.dumps(export), encoding="utf-8")
    return folder


def chat_export(number: int, messages: list[tuple[float, str, str]], length_s: float) -> dict[str, object]:
    """Return a TwitchDownloader export of (seconds, login, text)."""
    created = datetime(2026, 3, 1, 18, tzinfo=UTC) + timedelta(days=number)
    return {
        "FileInfo": {
            "Version": {"Major": 1, "Minor": 4, "Patch": 0},
            "CreatedAt": "2026-06-01T00:00:00Z",
            "UpdatedAt": "0001-01-01T00:00:00",
        },
        "streamer": {"name": "TinyStreamer", "login": "tinystreamer", "id": 77},
        "video": {
            "title": f"Stream {number}",
            "id": str(9_000_000_000 + number),
            "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "start": 0,
            "end": length_s,
            "length": length_s,
            "chapters": [],
        },
        "comments": [_comment(number, place, created, message) for place, message in enumerate(messages)],
        "embeddedData": None,
    }


def _turns(rng: random.Random, length_s: int) -> Iterator[tuple[float, str, tuple[str, str]]]:
    for start_s in range(5, length_s - 20, EVERY_S):
        verb, thing = rng.choice(VERBS), rng.choice(THINGS)
        yield start_s, f"Chat, should I {verb} the {thing} number {rng.randrange(100)} today?", (verb, thing)


def _messages(rng: random.Random, turns: list[tuple[float, str, tuple[str, str]]]) -> Iterator[tuple[float, str, str]]:
    for start_s, _, (verb, thing) in turns:
        for _ in range(rng.randrange(1, 4)):
            said = rng.choice((f"yes {verb} the {thing}", f"no leave the {thing} alone", f"{verb} {thing} please"))
            yield start_s + 4 + rng.uniform(2, 7), f"viewer{rng.randrange(VIEWERS)}", said
        for _ in range(rng.randrange(3)):
            yield start_s + rng.uniform(0, EVERY_S), f"viewer{rng.randrange(VIEWERS)}", rng.choice(CHATTER)


def _comment(number: int, place: int, created: datetime, said: tuple[float, str, str]) -> dict[str, object]:
    at_s, login, text = said
    sent = created + timedelta(seconds=at_s)
    return {
        "_id": f"{number:08x}-0000-4000-8000-{place:012x}",
        "created_at": sent.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "channel_id": "77",
        "content_type": "video",
        "content_id": str(9_000_000_000 + number),
        "content_offset_seconds": int(at_s),
        "commenter": {"display_name": login.title(), "_id": "1", "name": login, "bio": None, "logo": ""},
        "message": {
            "body": text,
            "bits_spent": 0,
            "fragments": [{"text": text, "emoticon": None}],
            "user_badges": [],
            "user_color": None,
            "emoticons": [],
        },
    }


def _srt_time(seconds: float) -> str:
    whole, ms = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02},{ms:03}"
