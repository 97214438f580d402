"""The vocabulary and the templates: sentences with slots, filled once for the speaker and anew by each chatter."""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from generator.dice import weighted

FOLDER = Path(__file__).parent
SLOT = re.compile(r"\{(\*?)([a-z]+)(\.2)?\}")
WEIGHT = re.compile(r"^(.*?)(?: \*(\d+))?$", re.DOTALL)
ODD_PLURALS = {
    "gooses": "geese",
    "mooses": "moose",
    "shrimps": "shrimp",
    "cactuss": "cactuses",
    "compasss": "compasses",
}
BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=[aeiou])(?!uni|uku|use)")


@cache
def records(name: str) -> dict[str, Any]:
    """One of the TOML files beside this module."""
    with (FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def word_lists() -> dict[str, list[str]]:
    """Every list that fills the slots of its name."""
    vocabulary = records("vocabulary")
    return {**vocabulary["lists"], **vocabulary["kinds"]}


@cache
def pool(templates: tuple[str, ...]) -> list[tuple[str, float]]:
    """Templates with their weights: `yes *7` is `yes`, seven times as likely as what has no number."""
    split = [WEIGHT.match(template) for template in templates]
    return [(match[1], float(match[2] or 1)) for match in split if match]


def written_well(text: str) -> str:
    """The text with 'an' before vowels and the plurals that people use."""
    for wrong, right in ODD_PLURALS.items():
        text = text.replace(wrong, right)
    return BEFORE_VOWEL.sub(r"\1n ", text)


@dataclass
class Slots:
    """What one sentence is about: each slot is drawn at its first use and keeps its word."""

    rng: random.Random
    lists: Mapping[str, Sequence[str]]
    bound: dict[str, str] = field(default_factory=dict)

    def fill(self, template: str, rng: random.Random | None = None) -> str:
        """The template in words; `{*slot}` is drawn with `rng` for this use alone."""
        return written_well(SLOT.sub(lambda match: self._word(match, rng or self.rng), template))

    def _word(self, match: re.Match[str], rng: random.Random) -> str:
        fresh, name, second = match.groups()
        if fresh:
            # The first of a list are what most people think of first.
            choices = self.lists[name]
            return choices[min(rng.randrange(len(choices)), rng.randrange(len(choices)))]
        key = name + (second or "")
        if key not in self.bound:
            taken = {self.bound.get(name), self.bound.get(name + ".2")}
            self.bound[key] = self.rng.choice([word for word in self.lists[name] if word not in taken])
        return self.bound[key]

    def subjects(self) -> list[str]:
        """The things that chat may come back to."""
        about = ("food", "animal", "noun", "pet", "instrument", "drink", "vehicle", "item", "boss")
        return [word.removeprefix("the ") for name, word in self.bound.items() if name.removesuffix(".2") in about]


@dataclass(frozen=True)
class Ask:
    """What a sentence invites: how many answer, with which words."""

    act: str
    pull: float
    mood: str
    emote_share: float
    think: float
    slots: Slots
    answers: tuple[str, ...]
    sides: tuple[tuple[str, ...], ...] = ()
    lean: float = 0.5

    def answer(self, rng: random.Random) -> str:
        """One chatter's words."""
        if self.sides:
            side = self.sides[0] if rng.random() < self.lean else self.sides[-1]
            return self.slots.fill(weighted(rng, pool(side)), rng)
        return self.slots.fill(weighted(rng, pool(self.answers)), rng)

    def mood_emote(self, rng: random.Random) -> str:
        """An emote, or what stands for one, for the mood of the moment."""
        return rng.choice(records("room")["moods"][self.mood])


@cache
def acts() -> dict[str, dict[str, Any]]:
    """Every act by name; those with `each` are there once for each of the kinds."""
    found = {}
    for act in records("acts")["acts"]:
        for kind in act.get("each", [""]):
            found[f"{act['name']} {kind}".strip()] = _for_kind(act, kind) | {"family": act["name"]}
    return found


def _for_kind(value: Any, kind: str) -> Any:
    if isinstance(value, str):
        return value.replace("<kind>", kind)
    if isinstance(value, list):
        return [_for_kind(item, kind) for item in value]
    if isinstance(value, dict):
        return {key: _for_kind(item, kind) for key, item in value.items()}
    return value
