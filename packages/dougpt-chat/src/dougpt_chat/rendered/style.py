"""How a panel writes its chat, learnt from the rows read so far: size, colour and right edge of its text, its names.

Shape letters: R recent rows, N all rows remembered, C the channels blue, green, red.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from dougpt_chat.rendered.row_text import RowText
from dougpt_chat.rendered.runs import SAME_COLOUR, Colour, unlike

# So many rows back a panel's style is remembered: an editor may change it.
REMEMBERED = 300
# Most rows have a letter that goes above the others and one that goes below the line.
LETTERS = 0.75
REACH = 0.97
# The colour in which most is written is one of the last so many rows'.
RECENT = 40
# Nine of ten pieces of text are no farther from that colour, of what another colour is: compression stains.
PALE = 0.4
# Text read with so much confidence tells where text ends; other text, and pictures, may be of a scene behind the panel.
SURE = 0.8


@dataclass(slots=True)
class Style:
    """What is known of a panel; distances in pixels."""

    _letters_px: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _rights: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _colours: deque[tuple[Colour, float]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _coloured: deque[bool] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _pitches: dict[bool, deque[float]] = field(
        default_factory=lambda: {start: deque(maxlen=REMEMBERED) for start in (False, True)}
    )
    _body: Colour | None = None
    _tall: float | None = None
    _reach: float | None = None

    def see_letters(self, letters_px: float | None) -> None:
        """Note how tall a row's letters are."""
        if letters_px is not None:
            self._letters_px.append(letters_px)
            self._tall = None

    @property
    def letters_px(self) -> float:
        """From the top of tall letters to the end of those that go below the line."""
        if self._tall is None:
            self._tall = float(np.quantile(self._letters_px, LETTERS)) if self._letters_px else 1.0
        return self._tall

    def see(self, row: RowText) -> None:
        """Note a row that was read."""
        if not row.pieces:
            return
        rights = [piece.right for piece in row.pieces if not piece.is_picture]
        if row.score >= SURE and rights:
            self._rights.append(rights[-1])
            self._reach = None
        last = row.pieces[-1]
        if last.colour is not None:
            self._colours.append((last.colour, last.right - last.left))
            self._body = None

    @property
    def body(self) -> Colour | None:
        """The colour in which most is written."""
        if self._body is None and self._colours:
            colours, widths = zip(*self._colours, strict=True)
            colours_NC = np.array(colours)
            unit_NC = colours_NC / np.maximum(np.linalg.norm(colours_NC, axis=1, keepdims=True), 1e-6)
            apart_RN = np.linalg.norm(unit_NC[-RECENT:, None] - unit_NC, axis=2)
            most = int(np.argmax((apart_RN < SAME_COLOUR) @ np.array(widths)))
            self._body = colours[-RECENT:][most]
        return self._body

    def is_coloured(self, colour: Colour | None) -> bool:
        """Whether text is written in another colour than most."""
        return self.tint(colour) >= 1

    def tint(self, colour: Colour | None) -> float:
        """How far text is from the colour in which most is written: 1 where it is another, 0 where it is that one."""
        if colour is None or self.body is None:
            return 0.0
        apart = unlike(colour, self.body) / SAME_COLOUR
        return float(np.clip((apart - PALE) / (1 - PALE), 0, 1))

    def fits(self, width: float, after: RowText) -> bool:
        """Whether a word so wide would have had room at the end of a row."""
        return after.right + width + 0.6 * self.letters_px < self._right

    def is_full(self, row: RowText) -> bool:
        """Whether a row reaches to where text ends."""
        return row.right > self._right - 0.8 * self.letters_px

    @property
    def _right(self) -> float:
        """Where the rows end that reach farthest; one that sticks out is noise."""
        if self._reach is None:
            self._reach = float(np.quantile(self._rights, REACH)) if self._rights else 0.0
        return self._reach

    def note_name(self, coloured: bool) -> None:
        """Note whether the name of a message that certainly begins is coloured."""
        self._coloured.append(coloured)

    @property
    def names_are_coloured(self) -> bool:
        """Whether names have colours here."""
        return bool(self._coloured) and sum(self._coloured) > 0.6 * len(self._coloured)

    def note_pitch(self, pitch_px: float, *, begins: bool) -> None:
        """Note how far below the one before it a row stands that certainly begins a message, or carries one on."""
        self._pitches[begins].append(pitch_px)

    def gap(self, pitch_px: float) -> float:
        """Which of the two distances a row's is, from -1 (carries on) to 1 (begins); 0 where they are one."""
        if min(map(len, self._pitches.values())) < 3:
            return 0.0
        on, begins = (float(np.median(self._pitches[start])) for start in (False, True))
        if begins - on < 0.15 * self.letters_px:
            return 0.0
        return float(np.clip((pitch_px - (on + begins) / 2) / ((begins - on) / 2), -1, 1))
