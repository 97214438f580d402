r"""The text of a message as the later stages see it: normalised, with nobody's name in a mention.

Unicode NFC, no control characters, white space as single spaces, and no chaff: invisible characters that
chat programs append so that a repeated message passes for a new one. They go from the end only, since in
the middle they may belong to an emoji. `@name` becomes `@streamer` or `@` and a pseudonym. Emotes come from
the fragments and are kept as code point ranges of the final text.
"""

import re
import unicodedata
from typing import Protocol, TypedDict


class Pseudonyms(Protocol):
    """What is done with the names of people who are mentioned."""

    def mention(self, name: str) -> str:
        """Return what stands for `@name`, the @ included."""

    def reach(self, text: str) -> int:
        """Return how many characters of `text`, which stands behind an @, are a name of more than a word; else 0."""


Span = tuple[int, int, str | None]

CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
SPACES = re.compile(r"\s+")
# Inside a word too: that is how a mail address loses its host.
MENTION = re.compile(r"[@\uff20](\w+)")
WORD = re.compile(r"\S+")
# What nothing is done to: printable ASCII without @, in words with single spaces between them.
PLAIN = r"^[!-?A-~]+(?: [!-?A-~]+)*$"
# Tags, combining grapheme joiner, Braille blank, zero-width marks.
CHAFF = "\U000e0000-\U000e007f\u034f\u2800\u206d\u200b\u2060\ufeff"
# A flag of a nation ends in tags itself; it stays.
CHAFF_AT_END = re.compile(rf"(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]+\U000e007f)?[{CHAFF}\s]*\Z")
MAYBE_CHAFF = re.compile(rf"[{CHAFF}\s]\Z")


class Emote(TypedDict):
    """An emote in a text, by code points, half-open."""

    name: str
    id: str | None
    start: int
    end: int


def stage_text(
    raw: str, spans: list[Span], people: Pseudonyms, lexicon: frozenset[str] = frozenset()
) -> tuple[str, list[Emote]]:
    """Return the text to hand on, and the emotes in it.

    Args:
        raw: The text as it stands in the file.
        spans: Where emotes stand in `raw` (code points, half-open, in order), each with its id or None.
        people: Gives what stands for a mentioned name.
        lexicon: Words that are emotes of third parties.
    """
    text, emotes = "", []
    at = 0
    for start, end, emote_id in spans:
        text = _joined(text, _names_hidden(_tidied(raw[at:start]), people))
        name = _tidied(raw[start:end]).strip()
        if name:
            emotes.append(Emote(name=name, id=emote_id, start=len(text), end=len(text) + len(name)))
        text += name
        at = end
    text = _joined(text, _names_hidden(_tidied(raw[at:]), people))
    text = without_chaff(text)
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
        emotes = _found_again(text, emotes)
    emotes = [emote for emote in emotes if emote["end"] <= len(text)]
    return text, with_lexicon(text, emotes, lexicon) if lexicon else emotes


def without_chaff(text: str) -> str:
    """Return `text` without invisible characters and white space at its end."""
    return CHAFF_AT_END.sub(r"\1", text) if MAYBE_CHAFF.search(text) else text


def _tidied(piece: str) -> str:
    """Normalise a piece of a message; a space at its ends stays, as one."""
    return SPACES.sub(" ", CONTROL.sub("", unicodedata.normalize("NFC", piece)))


def _names_hidden(piece: str, people: Pseudonyms) -> str:
    if "@" not in piece and "\uff20" not in piece:
        return piece
    hidden, at = [], 0
    for match in MENTION.finditer(piece):
        if match.start() >= at:
            end = match.start(1) + (people.reach(piece[match.start(1) :]) or len(match.group(1)))
            hidden += [piece[at : match.start()], people.mention(piece[match.start(1) : end])]
            at = end
    return "".join([*hidden, piece[at:]])


def _joined(text: str, piece: str) -> str:
    return text + (piece.lstrip() if not text or text.endswith(" ") else piece)


def _found_again(text: str, emotes: list[Emote]) -> list[Emote]:
    """Look the emotes up, in order, in a text whose characters have moved."""
    found: list[Emote] = []
    at = 0
    for emote in emotes:
        start = text.find(emote["name"], at)
        if start >= 0:
            at = start + len(emote["name"])
            found.append(Emote(name=emote["name"], id=emote["id"], start=start, end=at))
    return found


def with_lexicon(text: str, emotes: list[Emote], lexicon: frozenset[str]) -> list[Emote]:
    """Return `emotes` and the words of `text` that are emotes of third parties and stand where none of them does."""
    more: list[Emote] = [
        {"name": word.group(), "id": None, "start": word.start(), "end": word.end()}
        for word in WORD.finditer(text)
        if word.group() in lexicon and not any(emote["start"] <= word.start() < emote["end"] for emote in emotes)
    ]
    if not emotes:
        return more
    return sorted([*emotes, *more], key=lambda emote: emote["start"])
