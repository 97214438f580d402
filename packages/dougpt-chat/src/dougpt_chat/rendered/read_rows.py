"""Rows of text to messages: cut into runs, recognised once, grouped, repaired.

Rows stream through; what is kept of them is their text. They are read in a thread of their own, while the caller's
decodes and follows the panels.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import batched

from dougpt_chat.rendered.crops import crop_of, line_px
from dougpt_chat.rendered.engines import Recognised, Recogniser
from dougpt_chat.rendered.engines.remembering import Remembering
from dougpt_chat.rendered.ink import Ink, ink_of
from dougpt_chat.rendered.messages import MessageGrouper, Read, Unread
from dougpt_chat.rendered.pictures_seen import PicturesSeen
from dougpt_chat.rendered.repair import repaired_messages
from dougpt_chat.rendered.row_text import Piece, RowText, picture_piece, row_text, text_piece
from dougpt_chat.rendered.rows import Row
from dougpt_chat.rendered.runs import FILLED, Cut, Run, cut_row, letters_px
from dougpt_chat.rendered.style import Style
from dougpt_chat.rendered.underscores import with_underscores

# So many rows are recognised together: enough that pictures of like width meet.
TOGETHER = 32
# So many such lots wait at most, which bounds the pictures that are held.
AHEAD = 8
# What is read surer than this is text. In heights of letters: badges before a name are no wider together.
SURE = 0.8
MARKS = 4.0
# So few letters read so unsurely are a speck: of what is behind a clear ground, most often.
UNTOLD, FEW = 0.5, 2
# And a picture is at least this high.
HIGH = 0.5


@dataclass(slots=True)
class _Panel:
    style: Style
    grouper: MessageGrouper


@dataclass(frozen=True, slots=True)
class _Lot:
    """Rows that were read together, and what is complete by them."""

    rows: list[RowText]
    complete: list[Read | Unread]


@dataclass(slots=True)
class RowReader:
    """Reads rows; see `read_rows`."""

    engine: Callable[[], Recogniser]
    known: set[str] = field(default_factory=set)
    tell: Callable[[RowText], None] | None = None
    _panels: dict[int, _Panel] = field(default_factory=dict)
    _seen: PicturesSeen = field(default_factory=lambda: PicturesSeen("emote"))
    _remembering: Remembering | None = None

    def read(self, rows: Iterable[Row]) -> Iterator[Read | Unread]:
        """Yield messages and rows that are in none, as they are complete."""
        reading = ThreadPoolExecutor(1)
        waiting: deque[Future[_Lot]] = deque()
        try:
            for some in batched(rows, TOGETHER):
                waiting.append(reading.submit(self._read, some))
                while len(waiting) > AHEAD or (waiting and waiting[0].done()):
                    yield from self._told(waiting.popleft())
            while waiting:
                yield from self._told(waiting.popleft())
        finally:
            reading.shutdown(cancel_futures=True)
        for panel in self._panels.values():
            yield from panel.grouper.close()

    def _read(self, rows: tuple[Row, ...]) -> _Lot:
        """Recognise and group rows: one lot after the other, since each is read by what was learnt before it."""
        texts = list(self._recognised(rows))
        return _Lot(texts, [one for row in texts for one in self._panel(row.panel_id).grouper.add(row)])

    def _told(self, lot: Future[_Lot]) -> list[Read | Unread]:
        read = lot.result()
        if self.tell is not None:
            for row in read.rows:
                self.tell(row)
        return read.complete

    def _panel(self, panel_id: int) -> _Panel:
        if panel_id not in self._panels:
            style = Style()
            self._panels[panel_id] = _Panel(style, MessageGrouper(style, self.known))
        return self._panels[panel_id]

    def _recognised(self, rows: tuple[Row, ...]) -> Iterator[RowText]:
        inks = [ink_of(row.image_HWC) for row in rows]
        for row, ink in zip(rows, inks, strict=True):
            self._panel(row.panel_id).style.see_letters(letters_px(ink, row.emotes))
        cuts = [
            cut_row(ink, self._panel(row.panel_id).style.letters_px, row.emotes)
            for row, ink in zip(rows, inks, strict=True)
        ]
        texts = list(self._texts(rows, inks, cuts))
        for text in texts:
            self._panel(text.panel_id).style.see(text)
        yield from texts

    def _texts(self, rows: tuple[Row, ...], inks: list[Ink], cuts: list[Cut]) -> Iterator[RowText]:
        lines = [line_px(cut.runs) if cut.runs else None for cut in cuts]
        sizes = [self._panel(row.panel_id).style.letters_px for row in rows]
        crops = [
            crop_of(ink, run, line, size)
            for ink, cut, line, size in zip(inks, cuts, lines, sizes, strict=True)
            if line is not None
            for run in cut.runs
        ]
        if self._remembering is None:
            self._remembering = Remembering(self.engine())
        found = iter(self._remembering.recognise(crops))
        for row, ink, cut, line, size in zip(rows, inks, cuts, lines, sizes, strict=True):
            read = [(run, next(found)) for run in cut.runs]
            marks = [run.span for run, one in read if len(read) > 1 and _is_mark(run, one, ink, size, read[0][0])]
            pieces = [_text_piece(ink, run, size, one) for run, one in read if run.span not in marks]
            pieces += [picture_piece(span, self._seen.name_of(row.image_HWC, span)) for span in cut.pictures + marks]
            yield row_text(row, pieces, line, size)


def _is_mark(run: Run, found: Recognised, ink: Ink, letters_px: float, first: Run) -> bool:
    """Whether what was hardly read is no text but what is left of a picture whose edges the ground swallowed.

    It stands before the text and is narrow, or it comes after and is filled as no letters are, or it is no more than
    a letter or two that cannot be told.
    """
    if found.score >= SURE:
        return False
    if run is first:
        return run.span.width < MARKS * letters_px
    if found.score < UNTOLD and len(found.text) <= FEW:
        return True
    box = ink.is_ink_HW[run.span.top : run.span.bottom, run.span.left : run.span.right]
    return run.span.height > HIGH * letters_px and float(box.mean()) > FILLED


def _text_piece(ink: Ink, run: Run, letters_px: float, found: Recognised) -> Piece:
    piece = text_piece(run.span, run.colour, found)
    return replace(piece, text=with_underscores(piece.text, ink, run, letters_px))


@dataclass(frozen=True, slots=True)
class ReadRows:
    """What rows add up to.

    Attributes:
        messages: In the order in which they were complete.
        unread: The rows that are in no message.
        rows: How many rows there were: each is in one of the two.
        repaired: How many names and words were repaired.
    """

    messages: list[Read]
    unread: list[Unread]
    rows: int
    repaired: Counter[str]


def read_rows(
    rows: Iterable[Row],
    engine: Callable[[], Recogniser],
    *,
    min_confidence: float = 0.0,
    roster: Iterable[str] = (),
    lexicon: Iterable[str] = (),
    tell: Callable[[RowText], None] | None = None,
) -> ReadRows:
    """Read rows of text.

    Args:
        rows: From top to bottom for each panel.
        engine: Gives what recognises text, once it is needed.
        min_confidence: Messages that are less likely to be read without a mistake are left out.
        roster: Names of people who may write, such as those of other exports.
        lexicon: Words and emotes that are written in this chat.
        tell: Is called with what was read in each row.
    """
    roster = tuple(roster)
    reader = RowReader(engine, {name.casefold() for name in roster}, tell)
    messages: list[Read] = []
    unread: list[Unread] = []
    for one in reader.read(rows):
        if isinstance(one, Read):
            messages.append(one)
        else:
            unread.append(one)
    count = len(unread) + sum(len(one.row_ids) for one in messages)
    messages, repaired = repaired_messages(messages, roster, lexicon)
    sure = [one for one in messages if one.confidence >= min_confidence]
    for one in messages:
        if one.confidence < min_confidence:
            unread += (Unread(row_id, one.panel_id, "uncertain", one.first_full_ms) for row_id in one.row_ids)
    return ReadRows(sure, unread, count, repaired)
