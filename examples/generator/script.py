"""What Barnaby says, one sentence after the other, and what happens to him in the game."""

import random
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from generator.crowd import Viewer
from generator.dice import around
from generator.lexicon import Ask, Slots, acts, records, word_lists

TOPIC_STAYS = 0.86
LINES_BETWEEN_LIKE_ACTS = 9
SECONDS_BETWEEN_HAPPENINGS = 95.0
OPENERS = ("Okay chat, ", "Alright, ", "So, ", "Okay, ", "Wait, ", "Hmm, ", "Now, ", "By the way, ")
NARRATION = ("walking", "thinking aloud", "rambling", "reading numbers")
TO_VERDICTS = ("we won *2", "rigged *2", "democracy *2", "the people have spoken", "recount", "bad choice *2",
               "good choice *2", "as expected", "we did it", "chat is always right")  # fmt: skip


@dataclass(frozen=True)
class Happening:
    """Something that everybody sees: what chat writes at the sight, and by how much it precedes the sentence."""

    name: str
    burst: tuple[str, ...]
    lead_ms: int


@dataclass(frozen=True)
class Reading:
    """A chat message that he reads out: `asker` wrote it `before_ms` before he begins."""

    question: str
    asker: Viewer
    before_ms: int


@dataclass(frozen=True)
class Cue:
    """One sentence to say after `gap_ms` of silence."""

    text: str
    gap_ms: int
    ask: Ask
    happening: Happening | None = None
    reading: Reading | None = None


def show_lists(game: str) -> dict[str, Sequence[str]]:
    """The words of a stream on which `game` is played."""
    games = records("vocabulary")["games"]
    played = next(entry for entry in games if entry["name"] == game)
    return word_lists() | {"game": [game]} | {key: played[key] for key in ("boss", "place", "item")}


def perform(
    name: str, lists: Mapping[str, Sequence[str]], rng: random.Random, gap_ms: int = 0
) -> tuple[Cue, list[Cue]]:
    """The sentence of one act, and what he will say about the outcome, if anything."""
    act = acts()[name]
    slots = Slots(rng, lists)
    if "facts" in act:
        slots.bound["fact"], slots.bound["truth"] = rng.choice(act["facts"])
    cue = sentence(name, rng.randrange(len(act["says"])), slots, gap_ms)
    if rng.random() < 0.22 and act["family"] not in NARRATION:
        cue = replace(cue, text=rng.choice(OPENERS) + _uncapitalised(cue))
    return cue, _verdict(act.get("verdict", ()), act.get("won", ()), cue.ask, rng)


def sentence(name: str, chosen: int, slots: Slots, gap_ms: int) -> Cue:
    """The act's sentence of that number, about what the slots hold."""
    act = acts()[name]
    text = slots.fill(act["says"][chosen])
    if "when" in act:
        slots.bound["when"] = slots.fill(act["when"][chosen])
    sides = tuple(tuple(side) for side in act.get("sides", ()))
    # Crowds that agree are as common as crowds that are split.
    lean = slots.rng.betavariate(0.9, 0.9)
    ask = Ask(
        act=act["family"],
        pull=act["pull"],
        mood=act.get("mood", "laugh"),
        emote_share=act.get("emotes", 0.15),
        think=act.get("think", 1.0),
        slots=slots,
        answers=tuple(act.get("answers", ())),
        sides=sides,
        lean=lean,
    )
    return Cue(_capitals(text), gap_ms, ask)


def _uncapitalised(cue: Cue) -> str:
    names = [word for word in cue.ask.slots.bound.values() if word[0].isupper()]
    return cue.text if cue.text.startswith(("I ", *names)) else cue.text[0].lower() + cue.text[1:]


def _capitals(text: str) -> str:
    return re.sub(r"(?:^|[.?!] )[a-z]", lambda match: match[0].upper(), text)


def _verdict(says: Sequence[str], won: Sequence[str], ask: Ask, rng: random.Random) -> list[Cue]:
    if not says or rng.random() > 0.7:
        return []
    winner = ask.slots.fill(won[0 if ask.lean >= 0.5 else -1], rng)
    ask.slots.bound["won"] = winner
    text = ask.slots.fill(rng.choice(says))
    reaction = Ask("verdict", 1.6, "laugh", 0.25, 1.0, ask.slots, (*TO_VERDICTS, winner))
    return [Cue(_capitals(text), rng.randint(5500, 9000), reaction)]


def cues(game: str, askers: Sequence[Viewer], rng: random.Random) -> Iterator[Cue]:
    """An endless stream: the opening, then topic after topic."""
    lists = show_lists(game)
    for name in ("welcome", "todays game"):
        yield perform(name, lists, rng, rng.randint(900, 2500))[0]
    topic, due_s = "game", around(rng, SECONDS_BETWEEN_HAPPENINGS, 0.5)
    recent: deque[str] = deque(["welcome", "todays game"], maxlen=LINES_BETWEEN_LIKE_ACTS)
    while True:
        gap_ms = _gap(rng)
        due_s -= gap_ms / 1000 + 3.2
        if due_s <= 0:
            due_s = around(rng, SECONDS_BETWEEN_HAPPENINGS, 0.5)
            yield from _happening(lists, rng, gap_ms)
            continue
        if rng.random() < 0.03:
            yield from _reading(lists, rng.choice(askers), rng, gap_ms)
            continue
        if rng.random() > TOPIC_STAYS:
            topic = rng.choice(_topics())
        name = _next_act(topic, recent, rng)
        while name is None:
            topic = rng.choice(_topics())
            name = _next_act(topic, recent, rng)
        recent.append(acts()[name]["family"])
        cue, verdict = perform(name, lists, rng, gap_ms)
        yield cue
        if verdict and rng.random() < 0.5:
            yield perform("thinking aloud", lists, rng, rng.randint(1500, 3500))[0]
            verdict = [replace(verdict[0], gap_ms=rng.randint(1500, 4500))]
        yield from verdict


def closing(game: str, rng: random.Random) -> Cue:
    """The last sentence."""
    return perform("goodbye", show_lists(game), rng, rng.randint(700, 2000))[0]


def _gap(rng: random.Random) -> int:
    if rng.random() < 0.27:
        return rng.randint(260, 700)
    return round(1000 * min(around(rng, 3.4, 0.6), 14.0))


def _topics() -> list[str]:
    return sorted({topic for act in acts().values() for topic in act["topics"]} - {"opening", "closing"})


def _next_act(topic: str, recent: Sequence[str], rng: random.Random) -> str | None:
    """An act on the topic whose like was not there in the last minute or so; None where the topic has run dry."""
    fitting = {name: act["family"] for name, act in acts().items() if topic in act["topics"]}
    talk = [name for name, family in fitting.items() if family in NARRATION and family != recent[-1]]
    if talk and rng.random() < 0.45:
        return rng.choice(talk)
    fresh = sorted(set(fitting.values()) - set(NARRATION) - set(recent))
    if not fresh:
        return None
    family = rng.choice(fresh)
    return rng.choice([name for name, known in fitting.items() if known == family])


def _happening(lists: Mapping[str, Sequence[str]], rng: random.Random, gap_ms: int) -> Iterator[Cue]:
    event = rng.choice(records("room")["happenings"])
    seen = Happening(event["name"], tuple(event["burst"]), rng.randint(350, 1300))
    slots = Slots(rng, lists)
    if rng.random() < 0.7:
        ask = Ask(
            "outcry",
            1.0,
            "laugh",
            0.5,
            1.0,
            slots,
            ("what happened *2", "again *3", "he is fine", "clip it *2", "i saw that"),
        )
        yield Cue(slots.fill(rng.choice(event["says"])), max(gap_ms, seen.lead_ms + 300), ask, happening=seen)
    else:
        cue, _ = perform("thinking aloud", lists, rng, max(gap_ms, 2500))
        yield replace(cue, happening=replace(seen, lead_ms=1800))


def _reading(lists: Mapping[str, Sequence[str]], asker: Viewer, rng: random.Random, gap_ms: int) -> Iterator[Cue]:
    entry = rng.choice(records("room")["readings"])
    slots = Slots(rng, lists)
    question = slots.fill(entry["question"])
    asked = Ask("reading", 0.6, "laugh", 0.3, 1.0, slots, tuple(entry["answers"]))
    answered = Ask("reading", 3.5, "laugh", 0.2, 1.0, slots, tuple(entry["answers"]))
    lead = rng.choice(("{} asks", "{} wants to know", "Good question from {}")).format(asker.spoken)
    yield Cue(
        _capitals(f"{lead}, {question}?"), gap_ms, asked, reading=Reading(question, asker, rng.randint(3000, 20000))
    )
    yield Cue(slots.fill(entry["reply"]), rng.randint(400, 900), answered)
