"""Names read more than once speak for those read once: one name, misread, is repaired; two people stay two.

Names that look alike are one where their colours are one too. A name that differs in one letter from one that was read
more often is it, if the colour is the same and no digit differs. A name that stands in no roster, and was not surely
read, is the nearest one of the roster: the less sure, the farther that may be.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from dougpt_chat.rendered.homoglyphs import shape
from dougpt_chat.rendered.messages import Read
from dougpt_chat.rendered.runs import unlike

# How far apart the colours of one name are, when read twice.
SAME_COLOUR = 0.3
# Shorter names differ in a letter too often.
LONG = 5
OFTEN = 2
# How doubtful (see `doubt_of`) a name must be to be taken for another, and by how much more for each letter more than
# one that differs. Of so many letters one may.
DOUBTFUL, MORE_DOUBTFUL = 0.05, 0.5
OF_LETTERS = 4


@dataclass(slots=True)
class _Known:
    name: str
    count: int
    colour: tuple[float, float, float] | None
    given: bool


def repaired_names(messages: Sequence[Read], given: Iterable[str]) -> list[str]:
    """Return the name of each message, repaired where another reading of it is known.

    Args:
        messages: The messages.
        given: Names of people who may write here, spelt right.
    """
    known = _known(messages, given)
    by_shape: dict[str, list[_Known]] = {}
    by_gap: dict[str, list[_Known]] = {}
    for one in known:
        by_shape.setdefault(shape(one.name), []).append(one)
        if one.count >= OFTEN:
            for gap in _gaps(one.name):
                by_gap.setdefault(gap, []).append(one)
    counts = Counter(message.name for message in messages)
    folded = {_folded(one.name): one.name for one in known if one.given}
    repaired: dict[tuple[str, object], str] = {}
    for message in messages:
        place = (message.name, message.name_colour)
        if place not in repaired:
            repaired[place] = (
                folded.get(_folded(message.name))
                or _alike(message, by_shape)
                or _near_given(message, folded)
                or _near(message, counts[message.name], by_gap)
                or message.name
            )
    return [repaired[message.name, message.name_colour] for message in messages]


def _known(messages: Sequence[Read], given: Iterable[str]) -> list[_Known]:
    names = {name: _Known(name, 0, None, given=True) for name in given}
    for message in messages:
        one = names.setdefault(message.name, _Known(message.name, 0, message.name_colour, given=False))
        one.count += 1
        one.colour = one.colour or message.name_colour
    return list(names.values())


def _alike(message: Read, by_shape: dict[str, list[_Known]]) -> str | None:
    """The usual reading of a name; None where it is this one."""
    forms = [one for one in by_shape[shape(message.name)] if _same_person(one, message)]
    best = max(forms, key=lambda one: (one.given, one.count, one.name), default=None)
    return None if best is None or best.name == message.name else best.name


def _near_given(message: Read, folded: Mapping[str, str]) -> str | None:
    """The name of the roster that a doubtful one must be; None where it is not doubtful, or several are as near.

    Args:
        message: Whose name is in no roster.
        folded: The roster by its names as `_folded` gives them.
    """
    name = _folded(message.name)
    if message.name_doubt < DOUBTFUL or len(name) < LONG or not folded:
        return None
    most = min(1 + int((message.name_doubt - DOUBTFUL) / MORE_DOUBTFUL), len(name) // OF_LETTERS)
    near = process.extract(name, folded.keys(), scorer=Levenshtein.distance, score_cutoff=most, limit=None)
    alike = [(distance, one) for one, distance, _ in near if _digits(shape(one)) == _digits(shape(name))]
    least = [one for distance, one in alike if distance == min(alike)[0]]
    return folded[least[0]] if len(least) == 1 else None


def _near(message: Read, count: int, by_gap: dict[str, list[_Known]]) -> str | None:
    """A name that was read more often and differs in one letter; None where there is none, or several."""
    if count >= OFTEN or len(message.name) < LONG:
        return None
    near = {
        one.name
        for gap in _gaps(message.name)
        for one in by_gap.get(gap, ())
        if one.name.casefold() != message.name.casefold()
        and _same_person(one, message)
        and _digits(one.name) == _digits(message.name)
    }
    return near.pop() if len(near) == 1 else None


def _same_person(one: _Known, message: Read) -> bool:
    if one.colour is None or message.name_colour is None:
        return one.given or one.colour is message.name_colour
    return unlike(one.colour, message.name_colour) < SAME_COLOUR


def _gaps(name: str) -> list[str]:
    """The name with each letter left out: two names that differ in one letter share one."""
    return [f"{name[:place]}\0{name[place + 1 :]}" for place in range(len(name))]


def _folded(name: str) -> str:
    """The name in lower case without spaces, which are not to be told from those within wide letters."""
    return "".join(name.casefold().split())


def _digits(name: str) -> str:
    return "".join(letter for letter in name if letter.isdigit())
