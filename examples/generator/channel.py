"""The recordings of the channel, oldest first, and how each of them becomes files."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from generator import captions
from generator.crowd import attendance
from generator.dice import dice
from generator.files import csv_bytes, write
from generator.room import Message, Room, fill
from generator.script import closing, cues
from generator.twitch import Vod, chat_export, info_json, message_id
from generator.voice import Line, speak

LENGTH_S = 1200
FIRST_BROADCAST = datetime(2026, 1, 13, 19, 0, 0, tzinfo=UTC)
LINK_COLUMNS = ("video_id", "message_id", "kind", "start_ms", "end_ms")


@dataclass(frozen=True)
class Recording:
    """A recording that is text alone: what is played, how busy its chat is, and the form of its files."""

    name: str
    days: int
    game: str
    per_minute: float
    captions: str
    packed: bool = True

    def vod(self) -> Vod:
        """What Twitch knows of it."""
        rng = dice(self.name, "vod")
        created = FIRST_BROADCAST + timedelta(days=self.days, seconds=rng.randrange(1800))
        title = rng.choice(TITLES).format(self.game)
        number = int(self.name.rpartition("-")[2])
        edge_ms, views = rng.randint(560, 840), rng.randint(400, 9000)
        return Vod(f"91000001{number:02}", title, self.game, created, edge_ms, LENGTH_S, views)


@dataclass(frozen=True)
class Stream:
    """One broadcast as it happened: what was said and what was written."""

    lines: tuple[Line, ...]
    messages: tuple[tuple[str, Message], ...]


TITLES = ("Barnaby plays {}, but chat votes", "{} and nobody touches the goat", "Barnaby plays {} with a new rule",
          "Can Barnaby finish {} today?", "{} (chat decides everything)")  # fmt: skip

RECORDINGS = (
    Recording("text-01", 3, "Turnip Baron", 30, "json3"),
    Recording("text-02", 7, "Castle Plumber", 26, "srt"),
    Recording("text-03", 10, "Moon Janitor", 36, "vtt"),
    Recording("text-04", 15, "Goose Courier", 25, "rolling.vtt"),
    Recording("text-05", 18, "Submarine Dentist", 42, "srt"),
    Recording("text-06", 24, "Bread Quest", 31, "vtt"),
    Recording("text-07", 29, "Turnip Baron", 16, "srt", packed=False),
    Recording("text-08", 33, "Castle Plumber", 34, "json3"),
    Recording("text-09", 38, "Moon Janitor", 28, "srt"),
    Recording("text-10", 43, "Bread Quest", 52, "vtt"),
    Recording("text-11", 46, "Goose Courier", 33, "srt"),
    Recording("text-12", 52, "Submarine Dentist", 35, "vtt"),
    Recording("text-13", 57, "Turnip Baron", 30, "srt"),
)


def broadcast(recording: Recording) -> Stream:
    """Let a text recording happen."""
    name, length_ms = recording.name, 1000 * LENGTH_S
    people = attendance(dice(name, "attendance"))
    script = dice(name, "script")
    lines = speak(cues(recording.game, people, script), closing(recording.game, script), length_ms, dice(name, "voice"))
    room = Room(recording.game, people, recording.per_minute, length_ms, dice(name, "room"))
    return Stream(tuple(lines), with_ids(recording.vod().video_id, fill(room, lines)))


def with_ids(video_id: str, messages: Sequence[Message]) -> tuple[tuple[str, Message], ...]:
    """The messages with the ids that Twitch gave them."""
    rng = dice(video_id, "ids")
    return tuple((message_id(rng), message) for message in messages)


def text_files(recording: Recording, stream: Stream) -> dict[str, bytes]:
    """The files of a text recording by name; those ending in `.gz` are still to be packed."""
    vod, rng = recording.vod(), dice(recording.name, "captions")
    return {
        "chat.json.gz" if recording.packed else "chat.json": chat_export(vod, stream.messages),
        "vod.info.json": info_json(vod),
        f"vod.en.{recording.captions.rpartition('.')[2]}": _captions(recording.captions, stream.lines, rng),
    }


def _captions(form: str, lines: Sequence[Line], rng: random.Random) -> bytes:
    match form:
        case "json3":
            return captions.json3(captions.heard(lines, rng), 1000 * LENGTH_S)
        case "rolling.vtt":
            return captions.rolling_vtt(captions.heard(lines, rng), 1000 * LENGTH_S)
        case "srt":
            return captions.srt(captions.transcribed(lines, rng))
        case _:
            return captions.vtt(captions.transcribed(lines, rng))


def true_links(video_id: str, messages: Sequence[tuple[str, Message]]) -> list[tuple[object, ...]]:
    """A row a message: its kind, and the sentence that it answers if it answers one."""
    rows = []
    for identity, message in messages:
        sentence = (message.line.start_ms, message.line.end_ms) if message.line else (None, None)
        rows.append((video_id, identity, message.kind, *sentence))
    return rows


def write_links(path: Path, links: Sequence[Sequence[object]]) -> None:
    """The true links of all recordings, in one packed table."""
    write(path, csv_bytes(LINK_COLUMNS, links))
