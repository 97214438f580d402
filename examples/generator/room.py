"""The chat room: viewers who hear late, need time to type, copy each other and talk about something else."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from generator.crowd import NIGHTBOT, STREAMELEMENTS, Viewer
from generator.dice import around
from generator.emotes import WORDS as EMOTES
from generator.lexicon import Slots, records
from generator.script import show_lists
from generator.voice import Line

LATENCY_S = (3.0, 6.0)
LATENCY_STEP_S = 5
# What a room is made of, apart from answers; copypasta, readings and timers come as they come.
SHARE_OF_ANSWERS, SHARE_OF_BURSTS, SHARE_OF_MENTIONS, SHARE_OF_COMMANDS = 0.38, 0.12, 0.085, 0.022
COPIES_AN_ANSWER = 0.2


@dataclass(frozen=True)
class Message:
    """A chat message at `at_ms` on the chat's clock; `line` is the sentence it answers, for replies alone."""

    at_ms: int
    author: Viewer
    text: str
    kind: str
    line: Line | None = None


@dataclass
class Latency:
    """Seconds from the streamer's mouth to the fastest player; it wanders slowly over a stream."""

    rng: random.Random
    path_s: list[float] = field(default_factory=list)

    def at(self, ms: int) -> float:
        """The latency at that time of the recording, in seconds."""
        step = max(ms, 0) // (1000 * LATENCY_STEP_S)
        while len(self.path_s) <= step:
            self.path_s.append(self._next())
        return self.path_s[step]

    def _next(self) -> float:
        if not self.path_s:
            return self.rng.uniform(3.6, 5.2)
        pull_back, jitter = LATENCY_STEP_S / 300, self.rng.gauss(0, 0.13)
        wandered = self.path_s[-1] + pull_back * (4.4 - self.path_s[-1]) + jitter
        return min(max(wandered, LATENCY_S[0]), LATENCY_S[1])


@dataclass
class Room:
    """One stream's chat while it is being written."""

    game: str
    people: Sequence[Viewer]
    per_minute: float
    until_ms: int
    rng: random.Random
    messages: list[Message] = field(default_factory=list)
    busy: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.latency = Latency(self.rng)
        self.slots = Slots(self.rng, show_lists(self.game))

    @property
    def expected(self) -> float:
        """How many messages a stream of this length and pace has."""
        return self.per_minute * self.until_ms / 60_000

    def post(self, at_ms: float, author: Viewer, text: str, kind: str, line: Line | None = None) -> None:
        """Let a message through if it is sent while the stream runs."""
        if 0 <= at_ms < self.until_ms:
            self.messages.append(Message(round(at_ms), author, text, kind, line))

    def someone(self, from_ms: float, to_ms: float) -> Viewer:
        """Somebody who is not typing something else in that time."""
        weights = [viewer.activity for viewer in self.people]
        for _ in range(8):
            viewer = self.rng.choices(self.people, weights)[0]
            taken = self.busy.setdefault(viewer.login, [])
            if all(to_ms < start or end < from_ms for start, end in taken):
                break
        taken.append((round(from_ms), round(to_ms)))
        return viewer


def fill(room: Room, lines: Sequence[Line]) -> list[Message]:
    """Everything that is written while these lines are said, in order of time."""
    _readings(room, lines)
    _bursts(room, lines)
    _replies(room, lines)
    _copypasta(room)
    _commands(room)
    _background(room, lines)
    _mentions(room)
    return sorted(room.messages, key=lambda message: (message.at_ms, message.author.login))


def _replies(room: Room, lines: Sequence[Line]) -> None:
    rng = room.rng
    room_size = SHARE_OF_ANSWERS * room.expected / sum(line.cue.ask.pull for line in lines)
    for line in lines:
        # Who asks is mostly answered; else a sentence now and then hits a nerve, and most of the time it does not.
        spark = around(rng, 0.82, 0.6) if line.cue.ask.pull > 4 else around(rng, 0.62, 1.0)
        _answer(room, line, _count(rng, line.cue.ask.pull * room_size * spark))


def _answer(room: Room, line: Line, count: int) -> None:
    rng, ask = room.rng, line.cue.ask
    sent: list[str] = []
    for heard_ms in sorted(
        line.start_ms + rng.betavariate(6, 1.5) * (line.end_ms - line.start_ms) for _ in range(count)
    ):
        seen_ms = heard_ms + 1000 * room.latency.at(round(heard_ms))
        author = room.someone(seen_ms, seen_ms + 6000)
        if sent and rng.random() < COPIES_AN_ANSWER:
            text = rng.choice(sent)
        elif rng.random() < ask.emote_share:
            text = ask.mood_emote(rng)
        else:
            text = _in_their_manner(author, ask.answer(rng), ask.mood_emote(rng), rng)
        sent.append(text)
        at_ms = seen_ms + 1000 * (author.delay_s + _writing_s(author, text, ask.think, rng))
        room.post(at_ms, author, text, "reply", line)


def _writing_s(author: Viewer, text: str, think: float, rng: random.Random) -> float:
    keys = sum(3 if word in EMOTES else len(word) + 1 for word in set(text.split()))
    looked_away_s = rng.expovariate(1 / 6) if rng.random() < 0.05 else 0.0
    return looked_away_s + author.reaction_s * think * around(rng, 1.0, 0.4) + keys / author.keys_per_s


def _in_their_manner(author: Viewer, text: str, emote: str, rng: random.Random) -> str:
    if any(word in EMOTES for word in text.split()) or len(text) == 1:
        return text
    if rng.random() < author.slips and len(text) > 5:
        cut = rng.randrange(1, len(text) - 2)
        text = text[:cut] + text[cut + 1] + text[cut] + text[cut + 2 :]
    if rng.random() < 0.04 and text[-1].isalpha():
        text += text[-1] * rng.randint(2, 5)
    if rng.random() < author.shouts:
        text = text.upper()
    elif rng.random() < 0.05:
        text = text[0].upper() + text[1:] + "."
    if rng.random() < author.emotes * 0.6:
        text += f" {emote}"
    return text


def _bursts(room: Room, lines: Sequence[Line]) -> None:
    rng = room.rng
    seen = [line for line in lines if line.cue.happening]
    each = SHARE_OF_BURSTS * room.expected / max(len(seen), 1)
    for line in seen:
        if (happening := line.cue.happening) is None:
            continue
        at_ms = line.start_ms - happening.lead_ms
        for _ in range(_count(rng, each * around(rng, 0.8, 0.65))):
            seen_ms = at_ms + 1000 * room.latency.at(at_ms)
            author = room.someone(seen_ms, seen_ms + 3000)
            text = _in_their_manner(author, rng.choice(happening.burst), "LUL", rng)
            late_s = rng.expovariate(1 / 1.6)
            room.post(
                seen_ms + 1000 * (author.delay_s + late_s + _writing_s(author, text, 0.7, rng)),
                author,
                text,
                "event_burst",
            )


def _readings(room: Room, lines: Sequence[Line]) -> None:
    for line in lines:
        if line.cue.reading:
            text = line.cue.reading.question + room.rng.choice(["?", "", "??"])
            room.post(line.start_ms - line.cue.reading.before_ms, line.cue.reading.asker, text, "read_aloud")


def _copypasta(room: Room) -> None:
    rng = room.rng
    for _ in range(_count(rng, 1.7 * room.until_ms / 1_200_000)):
        at_ms = rng.uniform(0.1, 0.9) * room.until_ms
        text = Slots(rng, room.slots.lists).fill(rng.choice(records("room")["copypasta"]["texts"]))
        room.post(at_ms, room.someone(at_ms - 20_000, at_ms), text, "copypasta")
        for _ in range(rng.randint(4, 9)):
            at_ms += 1000 * around(rng, 5.0, 0.8)
            room.post(at_ms, room.someone(at_ms - 4000, at_ms), text, "copypasta")


def _commands(room: Room) -> None:
    rng, commands = room.rng, records("room")["commands"]
    for _ in range(_count(rng, SHARE_OF_COMMANDS * room.expected)):
        at_ms = rng.uniform(5000, room.until_ms)
        command = rng.choice(commands["asked"])
        room.post(at_ms, room.someone(at_ms - 3000, at_ms), command, "command")
        if rng.random() < 0.9:
            answer = Slots(rng, room.slots.lists).fill(commands["answers"][command])
            room.post(at_ms + rng.uniform(350, 1400), NIGHTBOT, answer, "bot")
    at_ms = rng.uniform(60_000, 240_000)
    while at_ms < room.until_ms:
        room.post(at_ms, STREAMELEMENTS, rng.choice(records("room")["bots"]["timers"]), "bot")
        at_ms += 300_000 + rng.uniform(-2000, 2000)


def _background(room: Room, lines: Sequence[Line]) -> None:
    rng = room.rng
    wanted = room.expected * (1 - SHARE_OF_MENTIONS) - len(room.messages)
    minutes = range(room.until_ms // 60_000 + 1)
    mood = [around(rng, 1.0, 0.3) for _ in minutes]
    for _ in range(max(round(wanted), 0)):
        minute = rng.choices(minutes, mood)[0]
        at_ms = 60_000 * minute + rng.uniform(0, 60_000)
        author = room.someone(at_ms - 4000, at_ms)
        room.post(at_ms, author, _idle_words(room, lines, author, at_ms), "background")


def _idle_words(room: Room, lines: Sequence[Line], author: Viewer, at_ms: float) -> str:
    rng, idle = room.rng, records("room")["background"]
    recent = [
        subject for line in lines if at_ms - 40_000 < line.end_ms < at_ms for subject in line.cue.ask.slots.subjects()
    ]
    older = [subject for line in lines if line.end_ms < at_ms - 90_000 for subject in line.cue.ask.slots.subjects()]
    throw = rng.random()
    if throw < 0.27:
        return rng.choice(idle["emotes"])
    if throw < 0.285:
        return Slots(rng, room.slots.lists).fill(rng.choice(idle["cheers"]))
    if throw < 0.48 and older:
        text = rng.choice(idle["earlier"]).replace("{topic}", rng.choice(older).lower())
    elif throw < 0.62 and recent:
        text = rng.choice(idle["now"]).replace("{topic}", rng.choice(recent).lower())
    else:
        text = Slots(rng, room.slots.lists).fill(rng.choice(idle["smalltalk"]))
    return _in_their_manner(author, text, rng.choice(idle["emotes"]), rng)


def _mentions(room: Room) -> None:
    rng, mention = room.rng, records("room")["mention"]
    people = sorted(
        (m for m in room.messages if m.kind not in ("bot", "command")), key=lambda m: (m.at_ms, m.author.login)
    )
    for _ in range(min(round(SHARE_OF_MENTIONS * room.expected), len(people))):
        first = rng.choice(people)
        at_ms = first.at_ms + 1000 * around(rng, 12.0, 0.7)
        author = room.someone(at_ms - 5000, at_ms)
        if rng.random() < 0.7:
            text = (
                rng.choice(mention["replies"])
                .replace("{who}", first.author.display)
                .replace("{game}", room.game.lower())
            )
        else:
            text = rng.choice(mention["bare"])
        room.post(at_ms, author, text, "chat_reply")


def _count(rng: random.Random, expected: float) -> int:
    """How many of many, each of whom comes by themselves."""
    count, at = 0, rng.expovariate(1.0)
    while at < expected:
        count, at = count + 1, at + rng.expovariate(1.0)
    return count
