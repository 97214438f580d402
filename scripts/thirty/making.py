"""Recordings of three pretended channels, made on the spot from the generator of the examples.

Each is decided by its number and its length alone, so that two calls make the same bytes. Every tenth has sound and
picture: speech by espeak-ng, film by PyAV.
"""

import json
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))

from generator import captions, crowd
from generator.channel import Recording, with_ids
from generator.crowd import attendance
from generator.dice import dice
from generator.room import Message, Room, fill
from generator.script import closing, cues
from generator.twitch import Vod, chat_export, info_json
from generator.voice import Line, speak

CHANNELS = (
    (crowd.CHANNEL_NAME, crowd.CHANNEL_ID),
    ("Wendela_Draws_Maps", "9004000002"),
    ("Otto_Mends_Clocks", "9004000003"),
)
GAMES = ("Turnip Baron", "Castle Plumber", "Moon Janitor", "Goose Courier", "Submarine Dentist", "Bread Quest")
FORMS = ("json3", "srt", "vtt", "rolling.vtt")
FILMED = 10
"""One recording in so many has sound and picture, and is short."""
FILM_S = 100
TAIL_MS = 8000
CHAT = "chat.json"
WHOLE, FACTS = ".whole.json", ".facts.json"
"""What lies beside a recording's folder: its chat export as it was made, and what is known of it."""


@dataclass(frozen=True)
class Made:
    """A recording that was written.

    Attributes:
        folder: Where its files lie.
        video_id: What Twitch calls it.
        busiest: The login of who wrote most.
        whole_chat: What its chat export holds, as long as nobody breaks it.
    """

    folder: Path
    video_id: str
    busiest: str
    whole_chat: bytes

    @property
    def chat(self) -> Path:
        """Where its chat export lies."""
        return self.folder / CHAT


def make_all(folder: Path, count: int, minutes: float) -> list[Made]:
    """Return the first `count` recordings below `folder`; those that are there already are not written again."""
    return [_known(folder, number) or make(folder, number, minutes) for number in range(count)]


def _known(folder: Path, number: int) -> Made | None:
    """Return a recording that was written to its end."""
    place = _place(folder, number)
    facts = place.with_suffix(FACTS)
    if not facts.exists():
        return None
    return Made(place, whole_chat=place.with_suffix(WHOLE).read_bytes(), **json.loads(facts.read_text()))


def make(folder: Path, number: int, minutes: float) -> Made:
    """Write one recording below `folder`, and beside it what is known of it."""
    name, identity = CHANNELS[number % len(CHANNELS)]
    recording = Recording(
        f"made-{number:02}", 2 * number, GAMES[number % len(GAMES)], 24 + 7 * (number % 4), FORMS[number % len(FORMS)]
    )
    people = [viewer for viewer in attendance(dice(recording.name, "attendance")) if viewer.display.isascii()]
    place = _place(folder, number)
    place.mkdir(parents=True, exist_ok=True)
    filmed = number % FILMED == FILMED // 2 - 1
    seconds = FILM_S if filmed else round(60 * minutes)
    script = dice(recording.name, "script")
    lines = speak(
        cues(recording.game, people, script), closing(recording.game, script), 1000 * seconds, dice(recording.name)
    )
    if filmed:
        lines, seconds = _film(place / "vod.mp4", recording, lines, people)
    room = Room(recording.game, people, recording.per_minute, 1000 * seconds, dice(recording.name, "room"))
    messages = fill(room, lines)
    vod = replace(recording.vod(), length_s=seconds)
    for file, content in _texts(recording, vod, lines, messages).items():
        ours = content.replace(crowd.CHANNEL_ID.encode(), identity.encode())
        ours = ours.replace(crowd.CHANNEL_NAME.encode(), name.encode())
        (place / file).write_bytes(ours.replace(crowd.CHANNEL_LOGIN.encode(), name.lower().encode()))
    writers = [message.author.login for message in messages if message.kind == "reply"]
    facts = {"video_id": vod.video_id, "busiest": max(sorted(set(writers)), key=writers.count)}
    shutil.copy(place / CHAT, place.with_suffix(WHOLE))
    place.with_suffix(FACTS).write_text(json.dumps(facts))
    return Made(place, whole_chat=(place / CHAT).read_bytes(), **facts)


def _place(folder: Path, number: int) -> Path:
    return folder / f"{CHANNELS[number % len(CHANNELS)][0].lower()}-{number:02}"


def _texts(recording: Recording, vod: Vod, lines: list[Line], messages: list[Message]) -> dict[str, bytes]:
    rng = dice(recording.name, "captions")
    match recording.captions:
        case "json3":
            said = captions.json3(captions.heard(lines, rng), 1000 * vod.length_s)
        case "rolling.vtt":
            said = captions.rolling_vtt(captions.heard(lines, rng), 1000 * vod.length_s)
        case "srt":
            said = captions.srt(captions.transcribed(lines, rng))
        case _:
            said = captions.vtt(captions.transcribed(lines, rng))
    return {
        CHAT: chat_export(vod, with_ids(vod.video_id, messages)),
        "vod.info.json": info_json(vod),
        f"vod.en.{recording.captions.rpartition('.')[2]}": said,
    }


def _film(path: Path, recording: Recording, lines: list[Line], people: list[crowd.Viewer]) -> tuple[list[Line], int]:
    """Have the lines spoken and filmed; return them as they were said, and the seconds that it takes."""
    from generator import film, speech  # noqa: PLC0415 - nothing else needs a synthesiser

    speaker = speech.Speaker()
    spoken, rate_hz, said = speech.perform([line.cue for line in lines if _can_say(speaker, line.cue.text)])
    seconds = (said[-1].end_ms + TAIL_MS) // 1000
    room = Room(recording.game, people, recording.per_minute, 1000 * seconds, dice(recording.name, "room"))
    sound = speech.np.pad(spoken, (0, max(0, seconds * rate_hz - len(spoken))))
    film.write_film(path, sound=sound, rate_hz=rate_hz, lines=said, messages=fill(room, said), length_s=seconds)
    return said, seconds


def _can_say(speaker: object, text: str) -> bool:
    try:
        speaker.say(text)  # type: ignore[attr-defined]
    except ValueError:  # words that the synthesiser runs together, whose times nobody knows
        return False
    return True
