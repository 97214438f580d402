"""What stands in a row once its runs are recognised: pieces from left to right, without any pixels."""

from dataclasses import dataclass

from dougpt_chat.rendered.engines import Recognised
from dougpt_chat.rendered.rows import Row
from dougpt_chat.rendered.runs import Colour, Span


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, or a picture by the name of its like.

    Attributes:
        text: The text, or the picture's name.
        is_picture: Which of them.
        left: Where it begins, in pixels of the row.
        right: Where it ends.
        colour: The text's, as a difference from the ground in blue, green, red; None for a picture.
        score: How far it was read right, 0 to 1; 1 for a picture.
        word_px: How wide its first word is.
        letters: How sure each of its letters is, 0 to 1; none for a picture.
    """

    text: str
    is_picture: bool
    left: float
    right: float
    colour: Colour | None
    score: float
    word_px: float
    letters: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class RowText:
    """A row as read, and where and when it stood; see `Row`.

    Attributes:
        line_px: Where its letters stand on the panel's ribbon; its middle where it has none.
        letters_px: How tall letters are in its panel.
    """

    row_id: int
    panel_id: int
    pieces: tuple[Piece, ...]
    line_px: float
    letters_px: float
    first_full_ms: int
    unseen_ms: int | None
    last_ms: int
    settled: bool

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.pieces[0].left

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.pieces[-1].right

    @property
    def has_emotes(self) -> bool:
        """Whether pictures stand in it that are no badges, which are as low as a row of letters is."""
        first = next((number for number, piece in enumerate(self.pieces) if not piece.is_picture), 0)
        return any(piece.is_picture for piece in self.pieces[first:])

    @property
    def score(self) -> float:
        """That of its worst piece; 0 where nothing was read."""
        return min((piece.score for piece in self.pieces), default=0.0)


def text_piece(span: Span, colour: Colour, found: Recognised) -> Piece:
    """A run that was recognised."""
    text = " ".join(found.text.split())
    return Piece(text, False, span.left, span.right, colour, found.score, _word_px(span, found), _letters(found))


def picture_piece(span: Span, name: str) -> Piece:
    """A picture."""
    return Piece(name, True, span.left, span.right, None, 1.0, span.width)


def row_text(row: Row, pieces: list[Piece], line_px: float | None, letters_px: float) -> RowText:
    """The row that holds `pieces`; `line_px` is in its own picture."""
    middle = row.image_HWC.shape[0] / 2
    return RowText(
        row_id=row.row_id,
        panel_id=row.panel_id,
        pieces=tuple(sorted((piece for piece in pieces if piece.text), key=lambda piece: piece.left)),
        line_px=row.top_px + (middle if line_px is None else line_px),
        letters_px=letters_px,
        first_full_ms=row.first_full_ms,
        unseen_ms=row.unseen_ms,
        last_ms=row.last_ms,
        settled=row.settled,
    )


def _letters(found: Recognised) -> tuple[float, ...]:
    """How sure each letter is; as sure as all of them together where the engine does not tell."""
    if found.characters is None:
        return (found.score,) * len("".join(found.text.split()))
    return tuple(one.score for one in found.characters if not one.text.isspace())


def _word_px(span: Span, found: Recognised) -> float:
    """From the places of the characters; by their number where the engine does not tell places."""
    word = found.text.split(" ", 1)[0]
    if len(word) == len(found.text):
        return span.width
    if found.characters is None:
        return span.width * len(word) / len(found.text)
    return min(span.width, found.characters[len(word)].middle_px - found.characters[0].middle_px)
