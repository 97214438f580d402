"""The `stream` family: one person talks, chat watches with a delay, reacts, types, and also lives its own life.

Written from how streams are described to behave, not from any model that is fitted to them. Things on screen make
streamer and chat react alike; chatters talk to each other, copy each other, and are sometimes read aloud.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dougpt_align.synthetic import stream_text as text
from dougpt_align.synthetic.truth import Slice, Spoken, Synthetic, Written, assemble

EVENT_EVERY_S = 100.0
EVENT_SHARE = 0.12
TO_CHATTER_SHARE = 0.15
PASTA_EVERY_S = 500.0
PASTA_SHARE = 0.02
READ_EVERY_S = 120.0
TOPIC_S = 45.0


@dataclass(frozen=True, slots=True)
class Uttered:
    """A sentence with its times in seconds and the number of its last word."""

    sentence: text.Sentence
    start_s: float
    end_s: float
    last_word: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """Chatters: pseudonyms, how busy each is, how fast they type (characters a second), their own delay."""

    names: tuple[str, ...]
    weight: NDArray[np.float64]
    typing: NDArray[np.float64]
    delay_s: NDArray[np.float64]

    def someone(self, rng: Generator) -> int:
        """A chatter, the busy ones more often."""
        return min(int(np.searchsorted(self.weight, rng.random())), len(self.names) - 1)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A quantity that holds from one moment to the next."""

    from_s: NDArray[np.float64]
    value: NDArray[np.float64]

    def at(self, at_s: float) -> float:
        """Its value at a time."""
        return float(self.value[max(int(np.searchsorted(self.from_s, at_s, side="right")) - 1, 0)])


def make_stream(seed: int, shape: Slice | None = None) -> Synthetic:
    """Return one recording of the `stream` family; the same seed and shape always give the same."""
    shape = shape or Slice()
    rng = np.random.default_rng([seed, 1])
    total = round(shape.minutes * shape.per_minute)
    crowd = _crowd(rng, total)
    topics = _topics(rng, shape)
    latency = _latency(rng, shape)
    on_screen_s = _moments(rng, 60 * shape.minutes, EVENT_EVERY_S)

    to_chatters = round(total * TO_CHATTER_SHARE * (1 - shape.share))
    others = round(total * (1 - shape.share - EVENT_SHARE - PASTA_SHARE)) - to_chatters
    own_life = _background(rng, shape, crowd, topics, max(others, round(0.05 * total)))
    said, spoken, read = _speech(rng, shape, topics, on_screen_s, own_life)
    written = [replace(message, cause="read_aloud") if k in read else message for k, message in enumerate(own_life)]
    written += _replies(rng, said, crowd, latency, shape)
    written += _reactions(rng, on_screen_s, crowd, latency, round(total * EVENT_SHARE))
    written += _pastas(rng, shape, crowd, round(total * PASTA_SHARE))
    written += _to_chatters(rng, written, crowd, to_chatters)
    return assemble(f"5eed{seed:012x}", spoken, written, shape)


def _crowd(rng: Generator, messages: int) -> Crowd:
    size = int(np.clip(messages // 12, 8, 4000))
    weight = 1.0 / np.arange(1, size + 1) ** 0.9
    return Crowd(
        names=tuple(f"u{int(number):010x}" for number in rng.integers(16**10, size=size)),
        weight=np.cumsum(weight / weight.sum()),
        typing=rng.lognormal(np.log(5.5), 0.35, size),
        delay_s=rng.lognormal(np.log(1.0), 0.8, size),
    )


def _topics(rng: Generator, shape: Slice) -> Timeline:
    count = int(60 * shape.minutes / TOPIC_S) + 5
    starts = np.cumsum(np.r_[0.0, rng.exponential(TOPIC_S, count)])
    return Timeline(starts, rng.integers(len(text.TOPICS), size=len(starts)).astype(np.float64))


def _latency(rng: Generator, shape: Slice) -> Timeline:
    """The broadcast's delay: it wanders around its level within minutes, and steps once."""
    steps = int(6 * shape.minutes) + 12
    kept = np.exp(-10 / 600)
    noise = rng.normal(0.0, float(1.2 * np.sqrt(1 - kept**2)), steps)
    wander = np.zeros(steps)
    for step in range(1, steps):
        wander[step] = kept * wander[step - 1] + noise[step]
    wander[int(rng.integers(steps)) :] += rng.normal(0.0, 2.0)
    return Timeline(
        10.0 * np.arange(steps, dtype=np.float64), np.maximum(shape.latency_s + wander, 0.4 * shape.latency_s)
    )


def _moments(rng: Generator, until_s: float, every_s: float) -> list[float]:
    found: list[float] = []
    at_s = float(rng.exponential(every_s))
    while at_s < until_s:
        found.append(at_s)
        at_s += 15.0 + float(rng.exponential(every_s - 15.0))
    return found


def _background(rng: Generator, shape: Slice, crowd: Crowd, topics: Timeline, count: int) -> list[Written]:
    """Messages that answer nothing; their rate wanders and swells, a part of them is on the topic of the moment."""
    seconds = int(60 * shape.minutes)
    knots = rng.normal(0.0, 0.5, seconds // 240 + 3)
    rate = np.exp(np.interp(np.arange(seconds), np.arange(len(knots)) * 240.0, knots))
    at_s = np.sort(rng.choice(seconds, count, p=rate / rate.sum()) + rng.random(count))
    written = []
    for moment in at_s.tolist():
        name = crowd.names[crowd.someone(rng)]
        if rng.random() < 0.01:
            written.append(Written(moment, text.pick(rng, text.COMMANDS), name, "command", kind="command"))
            continue
        message, emotes = text.chatter(rng, int(topics.at(moment)))
        written.append(Written(moment, message, name, "background", emotes=emotes))
    return written


def _speech(
    rng: Generator, shape: Slice, topics: Timeline, on_screen_s: list[float], own_life: list[Written]
) -> tuple[list[Uttered], list[Spoken], set[int]]:
    """Sentences with pauses between; exclamations after things on screen; now and then a message read aloud.

    Returns the sentences, their words, and which messages of `own_life` were read.
    """
    people = tuple(text.name(rng) for _ in range(40))
    startled = [moment + float(rng.uniform(0.4, 1.2)) for moment in on_screen_s if rng.random() < 0.6]
    reading = _moments(rng, 60 * shape.minutes, READ_EVERY_S)
    sent_s = np.array([message.at_s for message in own_life])
    said: list[Uttered] = []
    spoken: list[Spoken] = []
    read: set[int] = set()
    at_s = float(rng.uniform(1, 5))
    while at_s < 60 * shape.minutes:
        topic = int(topics.at(at_s))
        sentence = text.say(rng, topic, people)
        if startled and at_s >= startled[0]:
            startled.pop(0)
            sentence = text.exclaim(rng, topic)
        elif reading and at_s >= reading[0]:
            reading.pop(0)
            recent = int(np.searchsorted(sent_s, at_s - float(rng.uniform(2, 14)))) - 1
            if recent >= 0 and len(own_life[recent].text.split()) > 2 and own_life[recent].kind == "message":
                read.add(recent)
                sentence = text.read_out(rng, topic, own_life[recent].text)
        words = _utter(rng, sentence, at_s)
        spoken.extend(words)
        said.append(Uttered(sentence, at_s, words[-1].end_s, len(spoken) - 1))
        at_s = words[-1].end_s + float(np.clip(rng.lognormal(0.0, 0.9), 0.15, 25.0))
    return said, spoken, read


def _utter(rng: Generator, sentence: text.Sentence, at_s: float) -> list[Spoken]:
    """Words one after another at 2.3 to 3.6 a second, with the sentence's mark at its end."""
    pace = float(rng.uniform(2.3, 3.6))
    length = np.array([0.5 + len(word) / 8 for word in sentence.words])
    ends = at_s + np.cumsum(length / length.mean()) / pace
    starts = np.r_[at_s, ends[:-1]]
    mark = {"question": "?", "exclamation": "!"}.get(sentence.kind, ".")
    marked = [*sentence.words[:-1], sentence.words[-1] + mark]
    return [Spoken(float(a), float(b), word) for a, b, word in zip(starts, ends, marked, strict=True)]


def _replies(rng: Generator, said: list[Uttered], crowd: Crowd, latency: Timeline, shape: Slice) -> list[Written]:
    """Most sentences draw nobody, a few draw many; questions and calls draw most."""
    count = round(shape.minutes * shape.per_minute * shape.share)
    pull = rng.gamma(0.3, 1.0, len(said))
    pull *= [5.0 if uttered.sentence.kind in {"question", "call"} else 1.0 for uttered in said]
    written = []
    for parent in rng.choice(len(said), count, p=pull / pull.sum()).tolist():
        uttered = said[parent]
        message, emotes = text.answer(rng, uttered.sentence, shape.content)
        who = crowd.someone(rng)
        heard_s = uttered.start_s + float(rng.beta(4, 1.2)) * (uttered.end_s - uttered.start_s)
        at_s = heard_s + latency.at(heard_s) + _hand(rng, crowd, who, message, emotes)
        written.append(Written(at_s, message, crowd.names[who], "reply", uttered.last_word, emotes))
    return written


def _hand(rng: Generator, crowd: Crowd, who: int, message: str, emotes: tuple[str, ...]) -> float:
    """Seconds from seeing to sending: own delay, reaction, typing; emotes are a click."""
    typed = sum(2 if word in emotes else len(word) + 1 for word in message.split(" "))
    return float(crowd.delay_s[who] + rng.lognormal(np.log(1.3), 0.6) + typed / crowd.typing[who])


def _reactions(rng: Generator, on_screen_s: list[float], crowd: Crowd, latency: Timeline, count: int) -> list[Written]:
    """Bursts after things on screen, of very different sizes."""
    if not on_screen_s or not count:
        return []
    size = rng.gamma(1.2, 1.0, len(on_screen_s))
    written = []
    for moment in rng.choice(len(on_screen_s), count, p=size / size.sum()).tolist():
        message, emotes = text.emote_only(rng) if rng.random() < 0.6 else text.generic(rng)
        who = crowd.someone(rng)
        seen_s = on_screen_s[moment]
        at_s = seen_s + latency.at(seen_s) + _hand(rng, crowd, who, message, emotes)
        written.append(Written(at_s, message, crowd.names[who], "event", emotes=emotes))
    return written


def _pastas(rng: Generator, shape: Slice, crowd: Crowd, count: int) -> list[Written]:
    """Long texts that several people post within a minute."""
    starts = _moments(rng, 60 * shape.minutes - 40, PASTA_EVERY_S)
    written = []
    for place in rng.integers(len(starts), size=count) if starts else []:
        pasta = text.PASTAS[int(place) % len(text.PASTAS)]
        at_s = starts[int(place)] + float(rng.gamma(2.0, 7.0))
        written.append(Written(at_s, pasta, crowd.names[crowd.someone(rng)], "copypasta"))
    return written


def _to_chatters(rng: Generator, written: list[Written], crowd: Crowd, count: int) -> list[Written]:
    """Answers to other chatters, half of them with the other's name; nobody waits as long as for speech."""
    if not written:
        return []
    answers = []
    for place in rng.integers(len(written), size=count).tolist():
        message, emotes = text.generic(rng) if rng.random() < 0.5 else text.retort(rng, written[place].text)
        if rng.random() < 0.5:
            message = f"@{written[place].author} {message}"
        at_s = written[place].at_s + float(rng.lognormal(np.log(9.0), 0.9))
        answers.append(Written(at_s, message, crowd.names[crowd.someone(rng)], "to_chatter", emotes=emotes))
    return answers
