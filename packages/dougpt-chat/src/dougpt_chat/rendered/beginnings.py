"""Whether a row begins a message, weighed from all there is to see: a name of low contrast may be half washed out.

The weights are natural logarithms of odds, judged by hand from rendered chats; they add up.
"""

import re
from dataclasses import dataclass

from dougpt_chat.rendered.confidence import doubt_of
from dougpt_chat.rendered.row_text import Piece, RowText
from dougpt_chat.rendered.style import Style

# Before a name may stand what is left of badges on a ground that swallowed them.
NAME = r"[\w.\-]{2,30}(?: ?\([\w ]{2,25}\))?"
NAMED = re.compile(rf"^\W{{0,6}}(?P<name>{NAME}) ?[:\uff1a;](?!//)\s*(?P<text>.*)$")
# A run in a colour of its own holds nothing but the name; engines put spaces into wide letters.
ALONE = re.compile(r"^\W{0,2}(?P<name>[\w.\-]+(?: [\w.\-]+){0,2}(?: ?\([\w ]{2,25}\))?)\W{0,2}$")
MOST_IN_NAME = 32
# Without a colon, what is shorter is a mark or a speck.
LEAST_IN_NAME = 2
MARK = 2

COLON = 3.0
NO_NAME = -2.5
COLOURED = 2.5
NOT_COLOURED = -2.0
LACKS_COLON = -1.0
HAD_ROOM = 3.0
HAD_NO_ROOM = -1.0
BADGES = 1.0
KNOWN = 1.5
GAP = 1.5


@dataclass(frozen=True, slots=True)
class Beginning:
    """A row seen as the beginning of a message.

    Attributes:
        odds: The logarithm of the odds that it is one.
        name: The name it begins with; None where none can be told.
        badges: The pictures before the name.
        colour: The name's colour as a difference from the ground; None where it is that of the text.
        pieces: What is said after the name.
        by_colon: Whether a colon ends the name.
        name_doubt: How doubtful the name's letters are: minus the logarithm of the probability that all are right.
    """

    odds: float
    name: str | None
    badges: tuple[str, ...]
    colour: tuple[float, float, float] | None
    pieces: tuple[Piece, ...]
    by_colon: bool
    name_doubt: float = 0.0


def beginning(row: RowText, before: RowText | None, style: Style, known: frozenset[str] | set[str]) -> Beginning:
    """Weigh whether a row begins a message.

    Args:
        row: The row; it holds something.
        before: The row above it in the same panel.
        style: The panel's.
        known: Names that were read before, folded to lower case.
    """
    first = _after_badges(row.pieces, style)
    badges, rest = row.pieces[:first], row.pieces[first:]
    name, said, by_colon = _name(rest, style)
    coloured = bool(rest) and style.is_coloured(rest[0].colour)
    odds = _room(row, before, style) + _gap(row, before, style)
    if name is None:
        return Beginning(odds + NO_NAME, None, (), None, row.pieces, False)
    odds += COLON if by_colon else 0.0 if not style.names_are_coloured else LACKS_COLON
    pale = 1 - style.tint(rest[0].colour)
    odds += COLOURED if coloured else NOT_COLOURED * pale * style.names_are_coloured
    odds += BADGES * bool(badges) + KNOWN * (name.casefold() in known)
    colour = rest[0].colour if coloured else None
    doubt = doubt_of(rest[0].letters[: len(name)])
    return Beginning(odds, name, tuple(piece.text for piece in badges), colour, said, by_colon, doubt)


def _after_badges(pieces: tuple[Piece, ...], style: Style) -> int:
    """The number of the first piece after badges; of a badge that the ground swallowed a mark is left, read as text."""
    texts = [number for number, piece in enumerate(pieces) if not piece.is_picture]
    if len(texts) > 1 and texts[1] - texts[0] > 1 and len(pieces[texts[0]].text) <= MARK:
        after = pieces[texts[1]]
        if NAMED.match(after.text) and style.is_coloured(after.colour):
            return texts[1]
    return texts[0] if texts else len(pieces)


def _name(rest: tuple[Piece, ...], style: Style) -> tuple[str | None, tuple[Piece, ...], bool]:
    """The name that text begins with, what follows it, and whether a colon ends it."""
    if not rest:
        return None, rest, False
    whole = rest[0]
    alone = ALONE.match(whole.text)
    if alone and len(rest) > 1 and style.is_coloured(whole.colour) and len(whole.text) <= MOST_IN_NAME:
        colon = whole.text.rstrip().endswith((":", "\uff1a")) or rest[1].text.startswith((":", "\uff1a"))
        if not colon and len(alone["name"]) < LEAST_IN_NAME:
            return None, rest, False
        return alone["name"].replace(" ", ""), _without_colon(rest[1:]), colon
    named = NAMED.match(whole.text)
    if named:
        return named["name"], (_rest_of(whole, named), *rest[1:])[not named["text"] :], True
    is_long = len(whole.text) >= LEAST_IN_NAME
    if alone and is_long and len(rest) == 1 and style.is_coloured(whole.colour) and " " not in whole.text:
        return alone["name"], (), False
    return None, rest, False


def _without_colon(said: tuple[Piece, ...]) -> tuple[Piece, ...]:
    first = said[0]
    if first.is_picture:
        return said
    text = first.text.lstrip(":\uff1a ") if first.text[0] in ":\uff1a" else first.text
    return (_with_text(first, text, first.left), *said[1:]) if text else said[1:]


def _rest_of(whole: Piece, named: re.Match[str]) -> Piece:
    share = named.start("text") / max(1, len(whole.text))
    return _with_text(whole, named["text"], whole.left + share * (whole.right - whole.left))


def _with_text(piece: Piece, text: str, left: float) -> Piece:
    return Piece(text, False, left, piece.right, piece.colour, piece.score, piece.word_px)


def _room(row: RowText, before: RowText | None, style: Style) -> float:
    """A row whose first word would have had room above was not wrapped there."""
    if before is None:
        return 0.0
    return HAD_ROOM if style.fits(row.pieces[0].word_px, before) else HAD_NO_ROOM


def _gap(row: RowText, before: RowText | None, style: Style) -> float:
    if before is None or row.has_emotes or before.has_emotes:
        return 0.0
    return GAP * style.gap(row.line_px - before.line_px)
