"""Rows to messages: a row begins one, or carries on the one above it.

No row is lost: each is in a message or among the rejected, with the reason.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from dougpt_chat.rendered.beginnings import Beginning, beginning
from dougpt_chat.rendered.confidence import confidence, doubt_of
from dougpt_chat.rendered.row_text import Piece, RowText
from dougpt_chat.rendered.style import Style

# In heights of letters: a row farther below than this carries nothing on.
FAR = 4.5
# A piece of which the engine is less sure is no text that anybody could read.
LEGIBLE = 0.5


@dataclass(frozen=True, slots=True)
class Read:
    """A message as read from its rows.

    Attributes:
        panel_id: Which panel it stood in.
        row_ids: Its rows from top to bottom.
        name: Who wrote it.
        name_colour: Red, green, blue of the name less those of the ground; None where it is the text's.
        badges: Names of the pictures before the name; equal ones have equal names.
        fragments: What is said; a piece with an id is an emote, as in `ChatMessage`.
        doubt: How doubtful its letters are, the name's included; see `doubt_of`.
        first_full_ms: The first picture in which all of it is to be seen.
        unseen_ms: The last picture before that; None where it stood there when the panel was first seen.
        last_ms: The last picture that showed all of it.
        raw_name: The name before it was repaired.
        raw_fragments: What is said before it was repaired.
        name_doubt: How much of the doubt is the name's.
    """

    panel_id: int
    row_ids: tuple[int, ...]
    name: str
    name_colour: tuple[float, float, float] | None
    badges: tuple[str, ...]
    fragments: tuple[tuple[str, str | None], ...]
    doubt: float
    first_full_ms: int
    unseen_ms: int | None
    last_ms: int
    raw_name: str
    raw_fragments: tuple[tuple[str, str | None], ...]
    name_doubt: float = 0.0

    @property
    def confidence(self) -> float:
        """The probability that name and words were read without a mistake."""
        return confidence(self.doubt)

    @property
    def text(self) -> str:
        """What is said, emotes by name."""
        return "".join(text for text, _ in self.fragments)


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that is in no message, or in one that is left out.

    Attributes:
        reason: `empty` (nothing was read), `no_name` (no name before it) or `uncertain` (too likely misread).
        first_full_ms: The first picture that shows it.
    """

    row_id: int
    panel_id: int
    reason: str
    first_full_ms: int


def by_time(messages: Iterable[Read], downward: Container[int]) -> list[Read]:
    """Return messages in the order in which they came.

    Args:
        messages: Those of a panel that came in one picture from top to bottom.
        downward: The numbers of panels in which new text comes in at the top: what stands above came later.
    """
    placed = enumerate(messages)
    ordered = sorted(placed, key=lambda it: (it[1].first_full_ms, -it[0] if it[1].panel_id in downward else it[0]))
    return [one for _, one in ordered]


@dataclass(slots=True)
class _Open:
    """A message whose rows are still coming; one without a name collects what will be rejected."""

    start: Beginning
    rows: list[RowText]
    pieces: list[list[Piece]]


@dataclass(slots=True)
class MessageGrouper:
    """Groups the rows of one panel, which come from top to bottom.

    Attributes:
        style: The panel's.
        known: Names, folded to lower case; those of messages are added.
    """

    style: Style
    known: set[str]
    _open: _Open | None = None
    _last: RowText | None = None

    def add(self, row: RowText) -> Iterator[Read | Unread]:
        """Take in a row; yield what is complete by it."""
        if not row.pieces:
            yield Unread(row.row_id, row.panel_id, "empty", row.first_full_ms)
            return
        before = self._last if self._last is not None and not self._is_far(row, self._last) else None
        start = beginning(row, before, self.style, self.known)
        begins = before is None or start.odds > 0
        self._learn(row, before, start, begins=begins)
        if begins or self._open is None:
            yield from self.close()
            self._open = _Open(start, [row], [list(start.pieces)])
        else:
            self._open.rows.append(row)
            self._open.pieces.append(list(row.pieces))
        self._last = row

    def close(self) -> Iterator[Read | Unread]:
        """Yield the message that is open: the panel is gone, or another begins."""
        if self._open is None:
            return
        one, self._open = self._open, None
        reason = None
        if one.start.name is None:
            reason = "no_name"
        elif min(row.score for row in one.rows) < LEGIBLE:
            reason = "uncertain"
        if reason is not None:
            yield from (Unread(row.row_id, row.panel_id, reason, row.first_full_ms) for row in one.rows)
            return
        yield self._read(one)

    def _is_far(self, row: RowText, before: RowText) -> bool:
        return not 0 < row.line_px - before.line_px < FAR * row.letters_px

    def _learn(self, row: RowText, before: RowText | None, start: Beginning, *, begins: bool) -> None:
        if start.by_colon and start.odds > 2:
            self.style.note_name(start.colour is not None)
        plain = before is not None and not (row.has_emotes or before.has_emotes)
        if before is not None and plain and abs(start.odds) > 2:
            self.style.note_pitch(row.line_px - before.line_px, begins=begins)
        if begins and start.name is not None and start.by_colon:
            self.known.add(start.name.casefold())

    def _read(self, one: _Open) -> Read:
        last = max(one.rows, key=lambda row: row.first_full_ms)
        fragments = tuple(self._fragments(one))
        name = one.start.name or ""
        return Read(
            panel_id=last.panel_id,
            row_ids=tuple(row.row_id for row in one.rows),
            name=name,
            name_colour=None if one.start.colour is None else one.start.colour[::-1],
            badges=one.start.badges,
            fragments=fragments,
            doubt=doubt_of(letter for row in one.rows for piece in row.pieces for letter in piece.letters),
            first_full_ms=last.first_full_ms,
            unseen_ms=last.unseen_ms,
            last_ms=min(row.last_ms for row in one.rows),
            raw_name=name,
            raw_fragments=fragments,
            name_doubt=one.start.name_doubt,
        )

    def _fragments(self, one: _Open) -> Iterator[tuple[str, str | None]]:
        """The pieces with spaces between them; a word that fills its row goes on in the next."""
        words = ""
        for number, pieces in enumerate(one.pieces):
            for piece in pieces:
                if piece.is_picture:
                    if words:
                        yield f"{words} ", None
                    words = ""
                    yield piece.text, piece.text
                    words = " "
                else:
                    glued = (
                        number > 0
                        and piece is pieces[0]
                        and self._is_broken(one.rows[number - 1], one.pieces[number - 1])
                    )
                    words = f"{words}{'' if glued or not words or words == ' ' else ' '}{piece.text}"
        if words.strip():
            yield words, None

    def _is_broken(self, row: RowText, pieces: list[Piece]) -> bool:
        alone = len(pieces) == 1 and not pieces[0].is_picture and " " not in pieces[0].text
        return alone and len(row.pieces) == 1 and self.style.is_full(row)
