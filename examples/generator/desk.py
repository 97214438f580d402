"""The recording with sound and picture: its script, and everything that follows from when its words were said."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from pathlib import Path

from generator import captions
from generator.channel import FIRST_BROADCAST, with_ids
from generator.crowd import Viewer, attendance
from generator.dice import dice
from generator.files import csv_bytes
from generator.lexicon import Ask, Slots, records
from generator.room import Message, Room, fill
from generator.script import Cue, Happening, Reading, sentence, show_lists
from generator.twitch import Vod, chat_export, info_json
from generator.voice import Line, Word

NAME = "desk-stream"
GAME = "Turnip Baron"
PER_MINUTE = 48
EVENING = 475  # of many that might have been, one on which every kind of message occurs
WORD_COLUMNS = ("video_id", "line", "start_ms", "end_ms", "caption_start_ms", "text")

# Act, which of its sentences, what it is about, and the silence before it in ms.
SCRIPT: tuple[tuple[str, int, dict[str, str], int], ...] = (
    ("welcome", 1, {}, 600),
    ("todays game", 0, {}, 700),
    ("walking", 2, {}, 1700),
    ("vote one or two", 0, {"action": "open the red door", "action.2": "trust the wizard"}, 900),
    ("thinking aloud", 5, {}, 2600),
    ("vote one or two", -1, {"won": "trust the wizard"}, 4200),
    ("happening", 1, {}, 2300),
    ("excuse", 0, {"reason": "the goose stole my keys"}, 500),
    ("favorite food", 0, {}, 2400),
    ("reading", 2, {"animal": "goat", "animal.2": "beaver"}, 3400),
    ("name the animal", 0, {"animal": "goat"}, 2600),
    ("walking", 7, {}, 3000),
    ("trivia sum", 0, {"fact": "6 times 7", "truth": "42"}, 900),
    ("pet story", 3, {"pet": "Pickle"}, 4200),
    ("goodbye", 0, {}, 2300),
)
TAIL_MS = 8000
SHARE_FOR_THE_FIRST = 0.2  # of those who vote: most trust the wizard


def vod(length_s: int) -> Vod:
    """What Twitch knows of it; it is the channel's first recording."""
    created = FIRST_BROADCAST + timedelta(seconds=407)
    return Vod("9100000100", "Barnaby plays Turnip Baron at his desk, a short one", GAME, created, 713, length_s, 812)


def people() -> Sequence[Viewer]:
    """Those who are there: their names have letters that any font can draw."""
    return [viewer for viewer in attendance(dice(NAME, "attendance")) if viewer.display.isascii()]


def cues() -> list[Cue]:
    """The script as cues."""
    return list(_cues())


def _cues() -> Iterator[Cue]:
    rng, lists = dice(NAME, "script"), show_lists(GAME)
    for act, chosen, about, gap_ms in SCRIPT:
        slots = Slots(rng, lists, dict(about))
        if act == "happening":
            fall = records("room")["happenings"][0]
            ask = Ask("outcry", 1.5, "laugh", 0.5, 1.0, slots, ("again *2", "he is fine", "clip it"))
            yield Cue(fall["says"][chosen], gap_ms, ask, happening=Happening("fall", tuple(fall["burst"]), 700))
        elif act == "reading":
            entry = records("room")["readings"][chosen]
            asker = next(viewer for viewer in people() if " " in viewer.spoken)
            question = slots.fill(entry["question"])
            ask = Ask("reading", 3.5, "laugh", 0.2, 1.0, slots, tuple(entry["answers"]))
            text = f"{asker.spoken.capitalize()} asks, {question}?"
            yield Cue(text, gap_ms, ask, reading=Reading(question, asker, 9000))
            yield Cue(slots.fill(entry["reply"]), 500, ask)
        elif "won" in about:
            ask = Ask("verdict", 2.0, "laugh", 0.25, 1.0, slots, ("we won *2", "bad choice", "good choice", "rigged"))
            yield Cue(f"Okay, chat has spoken. We {about['won']}.", gap_ms, ask)
        else:
            cue = sentence(act, chosen, slots, gap_ms)
            yield replace(cue, ask=replace(cue.ask, lean=SHARE_FOR_THE_FIRST))


def words_csv(lines: Sequence[Line], length_s: int) -> bytes:
    """The true times of the words, beside the start that the captions claim."""
    claimed = captions.heard(lines, dice(NAME, "captions"))
    said = ((line.number, word) for line in lines for word in line.words)
    video_id = vod(length_s).video_id
    rows = ((video_id, number, word.start_ms, word.end_ms, claim.start_ms, word.text)
            for (number, word), claim in zip(said, claimed, strict=True))  # fmt: skip
    return csv_bytes(WORD_COLUMNS, rows)


def lines_said(path: Path) -> list[Line]:
    """The lines as they were said, from the stored times of their words: no synthesiser is needed."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    by_line = groupby(rows, key=lambda row: int(row["line"]))
    said = [tuple(Word(row["text"], int(row["start_ms"]), int(row["end_ms"])) for row in group) for _, group in by_line]
    return [Line(number, cue, words) for number, (cue, words) in enumerate(zip(cues(), said, strict=True))]


def chat(lines: Sequence[Line], length_s: int) -> tuple[tuple[str, Message], ...]:
    """Everything that chat writes meanwhile, with ids."""
    room = Room(GAME, people(), PER_MINUTE, 1000 * length_s, dice(NAME, "room", EVENING))
    return with_ids(vod(length_s).video_id, fill(room, lines))


def length_s(lines: Sequence[Line]) -> int:
    """How long the recording is: the last sentence and some seconds for chat to say goodbye."""
    return (lines[-1].end_ms + TAIL_MS) // 1000


def files(lines: Sequence[Line]) -> dict[str, bytes]:
    """The files beside the video, by name."""
    seconds = length_s(lines)
    return {
        "chat.json": chat_export(vod(seconds), chat(lines, seconds)),
        "video.info.json": info_json(vod(seconds)),
        "video.en.json3": captions.json3(captions.heard(lines, dice(NAME, "captions")), 1000 * seconds),
    }
