"""The `hostile` family: nothing here behaves as a model of reply clusters would like it to.

Every chatter is an agent with a span of attention that fades by a power law, looks back at whatever was most striking
lately, and takes its time. Two people speak over each other; excitement begins in chat before anybody speaks of it;
raids arrive; some messages come from another room; the stream reconnects once, so that chat's clock jumps; the
recogniser mishears 5 to 20 % of words and its times jitter.
"""

from dataclasses import replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dougpt_align.synthetic.hostile_text import FACES, PARTS, RAIDS, comment, mishear, utter
from dougpt_align.synthetic.truth import Slice, Spoken, Synthetic, Written, assemble

SPEAKERS = ("host", "guest")
JITTER_S = 0.3
SURGE_EVERY_S = 240.0
RAID_EVERY_S = 2400.0
SECOND_THOUGHTS = 0.12
# Tails are heavy, but no single sentence draws a tenth of a recording's chat.
MOST_STRIKING = 20.0


class _Talk:
    """What was said: sentence ends, how striking each was, what it named, and the words that were heard."""

    def __init__(self) -> None:
        self.begin_s: list[float] = []
        self.end_s: list[float] = []
        self.striking: list[float] = []
        self.named: list[list[str]] = []
        self.hands: list[list[str]] = []
        self.heard: list[list[tuple[float, float, str, str]]] = []


def make_hostile(seed: int, shape: Slice | None = None) -> Synthetic:
    """Return one recording of the `hostile` family; the same seed and shape always give the same."""
    shape = shape or Slice()
    rng = np.random.default_rng([seed, 2])
    length_s = 60.0 * shape.minutes
    # The stream reconnects once: chat's clock runs on while the recording stands still.
    reconnect = (float(rng.uniform(0.2, 0.8)) * length_s, float(rng.uniform(15.0, 60.0)))
    shape = replace(shape, jumps=(*shape.jumps, reconnect))
    surges_s = np.sort(rng.uniform(0, length_s, max(1, int(length_s / SURGE_EVERY_S))))
    talk = _talk(rng, length_s, surges_s)
    spoken, last_word = _in_order(talk)
    total = round(shape.minutes * shape.per_minute)
    replies = round(total * shape.share)
    written = _answers(rng, talk, last_word, shape, replies)
    rest = total - replies
    written += _surging(rng, surges_s, shape, round(rest * 0.3))
    written += _raids(rng, length_s, round(rest * 0.08))
    written += _elsewhere(rng, talk, length_s, round(rest * 0.1))
    written += _muttering(rng, talk, length_s, rest - round(rest * 0.48))
    written = [replace(message, emotes=tuple(face for face in FACES if face in message.text)) for message in written]
    return assemble(f"bad0{seed:012x}", spoken, written, shape)


def _talk(rng: Generator, length_s: float, surges_s: NDArray[np.float64]) -> _Talk:
    """Two people take turns with heavy-tailed silences, and sometimes both talk."""
    talk = _Talk()
    error = float(rng.uniform(0.05, 0.20))
    hands = [str(part) for part in rng.choice(PARTS, 4, replace=False)]
    clock = {speaker: float(rng.uniform(0, 6)) for speaker in SPEAKERS}
    while min(clock.values()) < length_s:
        speaker = min(clock, key=lambda name: clock[name])
        if rng.random() < 0.12:
            hands[int(rng.integers(4))] = str(PARTS[rng.integers(len(PARTS))])
        begin = clock[speaker]
        words, named = utter(rng, hands)
        rate = min(max(float(rng.normal(3.1, 0.5)), 1.8), 4.5)
        slots = begin + np.cumsum(rng.gamma(4.0, 1 / (4.0 * rate), len(words) + 1))
        near = float(np.min(np.abs(surges_s - begin)))
        talk.begin_s.append(begin)
        talk.end_s.append(float(slots[-1]))
        talk.striking.append(min(float(rng.pareto(1.3)), MOST_STRIKING) * (3.0 if near < 8 else 1.0) + 0.02)
        talk.named.append(named)
        talk.hands.append(list(hands))
        talk.heard.append(_heard(rng, words, slots, error, speaker))
        pause = 0.2 + 0.5 * float(rng.pareto(1.4))
        clock[speaker] = (
            float(slots[-1]) + min(pause, 40.0) + (float(rng.exponential(9.0)) if speaker == "guest" else 0.0)
        )
        if rng.random() < 0.7:
            # Mostly the other waits.
            other = SPEAKERS[1 - SPEAKERS.index(speaker)]
            clock[other] = max(clock[other], float(slots[-1]) + 0.3)
    return talk


def _heard(
    rng: Generator, words: list[str], slots: NDArray[np.float64], error: float, speaker: str
) -> list[tuple[float, float, str, str]]:
    """The sentence as the recogniser gives it: misheard, times off, marks at the end only sometimes."""
    found = []
    for place, word in mishear(rng, words, error):
        shift = float(rng.normal(0.0, JITTER_S))
        found.append((float(slots[place]) + shift, float(slots[place + 1]) + shift, word, speaker))
    if rng.random() < 0.6:
        start, end, word, _ = found[-1]
        found[-1] = (start, end, word + ("?" if words[0] in {"who", "why", "do", "are"} else "."), speaker)
    return found


def _in_order(talk: _Talk) -> tuple[list[Spoken], list[int]]:
    """Words as a transcript lists them, sentence after sentence, and the number of each sentence's last word."""
    spoken: list[Spoken] = []
    last = []
    for heard in talk.heard:
        before = heard[0][0]
        for start, end, word, speaker in heard:
            before = max(start, before)
            spoken.append(Spoken(before, max(end, before + 0.05), word, speaker))
        last.append(len(spoken) - 1)
    return spoken, last


def _author(rng: Generator, regulars: int) -> str:
    """A Zipf-distributed pseudonym."""
    return f"v{min(int(rng.zipf(1.4)), regulars):06d}"


def _answers(rng: Generator, talk: _Talk, last_word: list[int], shape: Slice, count: int) -> list[Written]:
    """Agents look up at a random moment and answer what still strikes them, with a heavy-tailed delay."""
    order = np.argsort(talk.end_s)
    ends, striking = np.array(talk.end_s)[order], np.array(talk.striking)[order]
    echo = {"rich": 0.8, "usual": 0.45, "none": 0.0}[shape.content]
    reading_s = {f"v{k:06d}": float(rng.uniform(0.0, 2.5)) for k in range(1, 500)}
    written: list[Written] = []
    while len(written) < count:
        # A striking sentence wakes more agents than a dull one, which then look back over the last minute.
        woken = int(rng.choice(len(ends), p=striking / striking.sum()))
        look_s = ends[woken] + float(rng.exponential(2.0))
        first = int(np.searchsorted(ends, look_s - 60.0))
        last = int(np.searchsorted(ends, look_s))
        ages = look_s - ends[first:last] + 1.0
        pull = striking[first:last] * ages**-1.6
        chosen = first + int(rng.choice(last - first, p=pull / pull.sum())) if last > first else woken
        parent = int(order[chosen])
        who = _author(rng, 400)
        # Lomax delays: a quick majority, and stragglers far out.
        thought = 1.0 + 2.2 * float(rng.pareto(2.6))
        message = comment(rng, talk.named[parent], talk.hands[parent], echo)
        at_s = look_s + shape.latency_s + min(thought, 35.0) + reading_s.get(who, 1.0) + 0.11 * min(len(message), 60)
        written.append(Written(at_s, message, who, "reply", last_word[parent]))
        if rng.random() < SECOND_THOUGHTS and len(written) < count:
            again = at_s + 2.0 + float(rng.exponential(4.0))
            more = comment(rng, talk.named[parent], talk.hands[parent], echo)
            written.append(Written(again, more, who, "reply", last_word[parent]))
    return written


def _surging(rng: Generator, surges_s: NDArray[np.float64], shape: Slice, count: int) -> list[Written]:
    """Excitement that begins in chat before anybody speaks of it, and dies off slowly."""
    written = []
    for place in rng.choice(len(surges_s), count, p=_uneven(rng, len(surges_s))).tolist():
        at_s = surges_s[place] - 6.0 + shape.latency_s + float(rng.gamma(1.5, 5.0))
        written.append(Written(float(at_s), comment(rng, [], [], 0.0), _author(rng, 400), "event"))
    return written


def _uneven(rng: Generator, size: int) -> NDArray[np.float64]:
    weight = np.minimum(rng.pareto(1.5, size), MOST_STRIKING) + 0.1
    return np.asarray(weight / weight.sum())


def _raids(rng: Generator, length_s: float, count: int) -> list[Written]:
    """Newcomers who all say hello at once."""
    starts = rng.uniform(0, length_s, max(1, int(length_s / RAID_EVERY_S)))
    written = []
    for place in rng.integers(len(starts), size=count).tolist():
        at_s = float(starts[place] + rng.weibull(1.3) * 25.0)
        written.append(Written(at_s, RAIDS[rng.integers(len(RAIDS))], f"n{rng.integers(10**6):06d}", "raid"))
    return written


def _elsewhere(rng: Generator, talk: _Talk, length_s: float, count: int) -> list[Written]:
    """Messages of a shared chat that were written in another room, about another stream."""
    written = []
    for at_s in rng.uniform(0, length_s, count).tolist():
        hands = talk.hands[int(rng.integers(len(talk.hands)))]
        written.append(Written(at_s, comment(rng, [], hands, 0.5), _author(rng, 300), "foreign", room="90210"))
    return written


def _muttering(rng: Generator, talk: _Talk, length_s: float, count: int) -> list[Written]:
    """Talk for its own sake; a third of it about the things at hand, some of it to one another."""
    begins = np.array(talk.begin_s)
    # A random walk of activity over the recording, by the minute.
    minutes = max(2, int(length_s / 60) + 1)
    walk = np.exp(np.cumsum(rng.normal(0, 0.25, minutes)) * 0.5)
    written: list[Written] = []
    for minute in rng.choice(minutes, count, p=walk / walk.sum()).tolist():
        at_s = min(60.0 * (minute + float(rng.random())), length_s)
        near = talk.hands[max(int(np.searchsorted(begins, at_s)) - 1, 0)]
        message = comment(rng, [], near, 0.35)
        if written and rng.random() < 0.2:
            other = written[int(rng.integers(len(written)))]
            message = f"@{other.author} {message}"
            written.append(Written(at_s, message, _author(rng, 400), "to_chatter"))
        else:
            written.append(Written(at_s, message, _author(rng, 400), "background"))
    return written
