"""What is said and written in the `hostile` family: a workshop where two people fiddle with parts.

Text comes from chains of words learned from a few dozen lines below, with the things at hand spliced in: longer
and less regular than templates, and chat writes mostly in its own words.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

_TALK = """
we are going to open this up and have a look inside
somebody told me this would be easy and it is not easy at all
I have been doing this for ten years and I still get it wrong
if you pull on that side I can hold the other side down
there is something loose in here and I can hear it rattle
my hands are way too big for any of this
you can see where the last guy gave up and went home
let us try it again but slower this time
I am not going to lie that scared me a little
the manual says one thing and the internet says another thing
who thought that it was a good idea to hide it back there
we could glue it or we could do it the right way
why is it always the last one that does not fit
that went much better than it had any right to go
do you think it will hold if we leave it over night
just put it down anywhere and we will sort it out later
this is the part where everything goes wrong so pay attention
hand me the small one no the other small one
it was working this morning I swear it was working
are we sure that we bought the right size for this
"""
_CHAT = """
he is going to break it again
this is why I come here every week
never let this man near electricity
my dad does it the same way and it works
can we get a second camera on that
I would have stopped an hour ago
not the right way to do that at all
somebody call his mother please
what is the plan here exactly
that is held together by hope
he did it he really did it
nobody tell him what that does
I looked away for one second what happened
you need a longer one for that
it is making the noise again
please read the manual for once
ten years of experience by the way
looks fine from my house
okay that was actually clean
we are all going to be here until midnight
"""
_PART_TEXT = """
gasket flywheel carburetor spindle washer rivet bearing piston crankshaft pulley sprocket solenoid regulator
thermostat manifold valve bushing camshaft throttle clutch ratchet lathe chisel clamp grinder sander plywood dowel
mortise veneer hinge latch bracket flange nozzle hose coupling grommet fuse relay capacitor transistor diode resistor
heatsink fan keyboard joystick cartridge cassette reel pickup turntable stylus woofer tweeter crossover potentiometer
toggle dial gauge needle pendulum escapement mainspring pinion barrel crown bezel lens shutter aperture bellows tripod
"""
PARTS = tuple(_PART_TEXT.split())
FACES = ("forsenE", "Jebaited", "NotLikeThis", "HeyGuys", "ResidentSleeper", "DansGame", "WutFace", "VoHiYo")
CRIES = ("NOOO", "oh no", "wow", "hahahaha", "?????", "o7", "gg", "yooo", "xd", "ok", "sure", "never again")
RAIDS = ("raid hype", "hello from the raid", "we are here", "raid raid raid", "hi new people", "who is this guy")
MISHEARD = {"to": "two", "for": "four", "there": "their", "right": "write", "hole": "whole", "part": "port"}


@dataclass(frozen=True, slots=True)
class Chain:
    """Which word follows which pair of words."""

    follows: dict[tuple[str, str], tuple[str, ...]]

    @classmethod
    def of(cls, lines: str) -> "Chain":
        """Learn from lines of text."""
        seen: dict[tuple[str, str], list[str]] = defaultdict(list)
        for line in lines.strip().splitlines():
            words = ["^", "^", *line.split(), "$"]
            for place in range(2, len(words)):
                # One word of memory at places lets lines cross over into each other.
                seen[words[place - 2], words[place - 1]].append(words[place])
                seen["*", words[place - 1]].append(words[place])
        return cls({key: tuple(words) for key, words in seen.items()})

    def ramble(self, rng: Generator, longest: int) -> list[str]:
        """A sentence of at most `longest` words."""
        words = ["^", "^"]
        while len(words) < longest + 2:
            key = (words[-2], words[-1]) if rng.random() < 0.6 else ("*", words[-1])
            options = self.follows.get(key) or self.follows["*", words[-1]]
            words.append(options[rng.integers(len(options))])
            if words[-1] == "$":
                break
        return [word for word in words if word not in {"^", "$"}]


TALK, CHAT = Chain.of(_TALK), Chain.of(_CHAT)


def utter(rng: Generator, hands: list[str]) -> tuple[list[str], list[str]]:
    """Words of a sentence about the things in `hands`, and which of these it names."""
    words = TALK.ramble(rng, 22)
    named = []
    for part in hands:
        if rng.random() < 0.45:
            words[int(rng.integers(len(words) + 1)) : 0] = ["the", part]
            named.append(part)
    return words, named


def comment(rng: Generator, named: list[str], hands: list[str], echo: float) -> str:
    """What a chatter writes: a face, a cry, or a remark that may name a thing."""
    draw = rng.random()
    if draw < 0.25:
        return " ".join([FACES[rng.integers(len(FACES))]] * int(1 + rng.geometric(0.6)))
    if draw < 0.45:
        return str(CRIES[rng.integers(len(CRIES))])
    words = CHAT.ramble(rng, int(3 + rng.integers(12)))
    things = named if named and rng.random() < echo else hands if rng.random() < echo / 2 else []
    if things:
        words.insert(int(rng.integers(len(words) + 1)), things[rng.integers(len(things))])
    return " ".join(words)


def mishear(rng: Generator, words: list[str], error: float) -> list[tuple[int, str]]:
    """Words as a recogniser hands them over: (place in what was said, word); some lost, some wrong, some added."""
    heard: list[tuple[int, str]] = []
    for place, word in enumerate(words):
        draw = rng.random()
        if draw < 0.3 * error:
            continue
        if draw < 0.85 * error:
            wrong = MISHEARD.get(word) or "".join(
                rng.permutation(np.array(list(word)))[: max(2, len(word) - 1)].tolist()
            )
            heard.append((place, wrong))
        else:
            heard.append((place, word))
        if rng.random() < 0.15 * error:
            heard.append((place, "uh"))
    return heard or [(0, words[0])]
