"""The endless ribbon of which a panel shows a window: what stood on it, averaged, and when it was seen.

Only the stretch that is or was just in view is held. A row of pixels of it knows what all pictures of it add up to,
its place on the whole ribbon, and its times. H rows, W columns of pixels, C the two colour differences.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.agreement import Flags
from dougpt_chat.rendered.motion import COLUMN_STEP

# Pictures that a mean is of at most; more change nothing that can be seen.
MOST_PICTURES = 32
# Pictures at rest from which a mean is so clear that pictures in motion add nothing.
CLEAR_PICTURES = 4
MOST_COLOURS = 6
NEVER = -1
# Strokes weaker than this are no text.
FAINT = 8.0
# What is seen for less than this, in ms, has not become clear yet.
MOMENT_MS = 100
# What is not to be seen for this long, in ms, was gone.
GONE_MS = 300
# How near grounds are that are the same, in brightness, and the share of a picture that they fill.
SAME_GROUND, GROUND_SHARE = 8, 0.4
# How much of what is shown goes into the mean where the ribbon and the picture differ and the picture does not stay.
UNSTEADY = 0.15

FIELDS: Mapping[str, type[np.generic]] = {
    "rests": np.int32,
    "movings": np.int32,
    "colours": np.int32,
    "colour_at_rest": np.bool_,
    "place": np.int64,
    "stood": np.int32,
    "first_ms": np.int64,
    "unseen_ms": np.int64,
    "last_ms": np.int64,
    "doubt_ms": np.int64,
    "doubt_unseen_ms": np.int64,
    "was_there": np.bool_,
    "renewed": np.bool_,
}
STROKES = ("strokes_HW", "doubted_HW")
PICTURES = ("rest_HW", "moving_HW", "least_HW", *STROKES)


@dataclass(slots=True, eq=False)
class Stretch:
    """Rows of pixels of a ribbon.

    Attributes:
        rest_HW: The mean brightness of `rests_H` pictures at rest.
        moving_HW: The mean brightness of `movings_H` pictures in motion.
        least_HW: The least brightness.
        strokes_HW: The mean of the strokes.
        doubted_HW: The strokes of what perhaps took a row's place, since `doubt_ms`.
        colour_HWC: The mean of `colours` pictures' colour differences, those at rest where `colour_at_rest`.
        facts: By name, one for each row: counts, `place` on the whole ribbon, times, where in the view
            it `stood` at first; `was_there`: it was cut off
            before and has come back; `renewed`: it took another's place.
    """

    rest_HW: NDArray[np.float32]
    moving_HW: NDArray[np.float32]
    least_HW: NDArray[np.float32]
    strokes_HW: NDArray[np.float32]
    doubted_HW: NDArray[np.float32]
    colour_HWC: NDArray[np.float32]
    facts: dict[str, NDArray[Any]]

    @classmethod
    def empty(cls, height: int, width: int) -> "Stretch":
        """Return rows of which nothing is set."""
        widths = [-(-width // COLUMN_STEP) if name in STROKES else width for name in PICTURES]
        pictures = {name: np.empty((height, one), np.float32) for name, one in zip(PICTURES, widths, strict=True)}
        facts = {name: np.empty(height, kind) for name, kind in FIELDS.items()}
        return cls(**pictures, colour_HWC=np.empty((height, width, 2), np.float32), facts=facts)

    def __len__(self) -> int:
        return len(self.rest_HW)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.facts[name]

    def part(self, which: slice | Flags) -> "Stretch":
        """Return some of the rows; views of them where they are told by a slice."""
        pictures = {name: getattr(self, name)[which] for name in (*PICTURES, "colour_HWC")}
        return Stretch(**pictures, facts={name: values[which] for name, values in self.facts.items()})

    def copy(self) -> "Stretch":
        """Return the rows on their own."""
        pictures = {name: getattr(self, name).copy() for name in (*PICTURES, "colour_HWC")}
        return Stretch(**pictures, facts={name: values.copy() for name, values in self.facts.items()})

    def put(self, at: int, other: "Stretch") -> None:
        """Write rows over these from `at` on."""
        whole = slice(at, at + len(other))
        for name in (*PICTURES, "colour_HWC"):
            getattr(self, name)[whole] = getattr(other, name)
        for name, values in self.facts.items():
            values[whole] = other.facts[name]

    def forget(self, place: NDArray[np.int64], at_ms: int, unseen_ms: int) -> None:
        """Make these rows such of which no picture is known."""
        for name in (*PICTURES, "colour_HWC"):
            getattr(self, name)[:] = np.inf if name == "least_HW" else 0
        for name, values in self.facts.items():
            values[:] = {"first_ms": at_ms, "last_ms": at_ms, "unseen_ms": unseen_ms, "doubt_ms": NEVER}.get(name, 0)
        self.facts["place"][:] = place

    @property
    def pictures_H(self) -> NDArray[np.int32]:  # noqa: N802 - the suffix is a dimension
        """How many pictures each row's mean is of."""
        pictures_H: NDArray[np.int32] = self.facts["rests"] + self.facts["movings"]
        return pictures_H


@dataclass(slots=True)
class Sight:
    """A picture of the panel, ready to be laid on the ribbon: brightness and strokes on the ribbon's own grid."""

    at_ms: int
    luma_HW: NDArray[np.float32]
    strokes_HW: NDArray[np.float32]
    at_rest: bool


class Ribbon:
    """The stretch of the ribbon around the view.

    Attributes:
        top: Where the view begins among the rows.
        rows: The rows that are held, from top to bottom.
        view: Those that the panel shows.
        followed_ms: For how long the ribbon was to be seen.
        shown: From when to when it was to be seen, again and again.
    """

    def __init__(self, height: int, width: int, *, place: int, at_ms: int, unseen_ms: int) -> None:
        """Begin with a view of `height` rows, at a place on the whole ribbon, that come into view at `at_ms`."""
        self._height, self._width = height, width
        self.top = 0
        self._went_up = 0
        # The places between which nothing was cut off that had scrolled out of view.
        self._above: float = -np.inf
        self._below: float = np.inf
        self._since_ms = at_ms
        self.followed_ms = 0
        self.shown = [(at_ms, at_ms)]
        first = Stretch.empty(height, width)
        first.forget(place + np.arange(height), at_ms, unseen_ms)
        first["stood"][:] = np.arange(height)
        self._hold([first])

    def _hold(self, parts: list[Stretch]) -> None:
        """Hold these rows, with room to grow at both ends: a scrolling panel grows in most of its pictures."""
        size = sum(len(part) for part in parts)
        buffer = Stretch.empty(size + 2 * self._height, self._width)
        at = self._height
        for part in parts:
            buffer.put(at, part)
            at += len(part)
        self._buffer = buffer
        self._bound(self._height, at)

    def _bound(self, first: int, end: int) -> None:
        self._first, self._end = first, end
        self.rows = self._buffer.part(slice(first, end))
        self._look()

    def _look(self) -> None:
        self.view = self.rows.part(slice(self.top, self.top + self._height))

    def strokes_at(self, up: int) -> tuple[NDArray[np.float32], Flags]:
        """Return the strokes that the view would show `up` rows further down, and which rows of them are known."""
        if up == 0:
            return self.view.strokes_HW, self.view.pictures_H > 0
        return self._window(self.rows.strokes_HW, self.rows.pictures_H > 0, self.top + up)

    def strokes_without(self, first: int, end: int, up: int) -> tuple[NDArray[np.float32], Flags]:
        """The same, were the rows from `first` to `end` taken out."""
        kept = np.r_[0:first, end : len(self.rows)]
        return self._window(self.rows.strokes_HW[kept], self.rows.pictures_H[kept] > 0, self.top + up)

    def _window(self, strokes_HW: NDArray[np.float32], known_H: Flags, top: int) -> tuple[NDArray[np.float32], Flags]:
        """What a view that begins at `top` would show; nothing where no rows are held."""
        held = slice(max(top, 0), max(top + self._height, 0))
        window_HW = np.zeros_like(self.view.strokes_HW)
        window_known_H = np.zeros(self._height, dtype=bool)
        place = slice(max(-top, 0), max(-top, 0) + len(strokes_HW[held]))
        window_HW[place], window_known_H[place] = strokes_HW[held], known_H[held]
        return window_HW, window_known_H

    def scroll(self, up: int, at_ms: int, unseen_ms: int) -> None:
        """Move the view down by `up` rows, or up where it is negative; rows never in view before begin at `at_ms`.

        What comes in at a place that scrolled out of view was seen before, and has been cut off since.
        """
        self.top += up
        self._went_up += up
        above, below = max(-self.top, 0), max(self.top + self._height - len(self.rows), 0)
        if above > self._first or below > len(self._buffer) - self._end:
            self._hold([self.rows])
        first, last = int(self.rows["place"][0]), int(self.rows["place"][-1])
        self.top += above
        self._bound(self._first - above, self._end + below)
        if above:
            fresh = self.rows.part(slice(0, above))
            fresh.forget(first - above + np.arange(above), at_ms, unseen_ms)
            fresh["was_there"][:] = fresh["place"] <= self._above
            fresh["stood"][:] = np.arange(above)
        if below:
            fresh = self.rows.part(slice(len(self.rows) - below, None))
            fresh.forget(last + 1 + np.arange(below), at_ms, unseen_ms)
            fresh["was_there"][:] = fresh["place"] >= self._below
            fresh["stood"][:] = self._height - below + np.arange(below)

    @property
    def next_place(self) -> int:
        """A place well below all rows of this ribbon."""
        return int(self.rows["place"].max(initial=0)) + self._height

    @property
    def last_ms(self) -> int:
        """When it was last to be seen."""
        return self._since_ms + self.followed_ms

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest text that is held came into view."""
        first_ms_H = self.rows["first_ms"]
        for at_ms in np.unique(first_ms_H):
            if (np.abs(self.rows.strokes_HW[first_ms_H == at_ms]) > FAINT).any():
                return int(at_ms)
        return None

    @property
    def has_scrolled(self) -> bool:
        """Whether its text moved."""
        return self._went_up != 0

    def has_ground_of(self, other: "Ribbon") -> bool:
        """Whether both have an opaque ground, of the same brightness."""
        mine, others = self._ground(), other._ground()  # noqa: SLF001 - of its own kind
        return mine is not None and others is not None and abs(mine - others) <= SAME_GROUND

    def _ground(self) -> int | None:
        """The brightness that most of what was seen at rest has; None where there is no such."""
        counts = np.bincount(self.rows.rest_HW[self.rows["rests"] > 0].astype(np.uint8).ravel(), minlength=256)
        mode = int(np.argmax(counts))
        near = counts[max(0, mode - SAME_GROUND) : mode + SAME_GROUND + 1].sum()
        return mode if near > GROUND_SHARE * max(int(counts.sum()), 1) else None

    def outlasts(self, other: "Ribbon") -> bool:
        """Whether it is the more likely of two to be chat: it scrolled, or was followed for longer."""
        return (self.has_scrolled, self.followed_ms) > (other.has_scrolled, other.followed_ms)

    @property
    def went_down(self) -> bool:
        """Whether the text moved down more than up."""
        return self._went_up < 0

    @property
    def needs_more(self) -> bool:
        """Whether another picture at rest would make something in view clearer."""
        return bool((self.view["rests"] < MOST_PICTURES).any())

    @property
    def has_doubts(self) -> bool:
        """Whether something in view has perhaps been replaced."""
        return bool((self.view["doubt_ms"] != NEVER).any())

    def seen(self, at_ms: int) -> None:
        """Note that what is in view was shown once more."""
        self.view["last_ms"][:] = at_ms
        self._show(at_ms)

    def _show(self, at_ms: int) -> None:
        if at_ms - self.last_ms > GONE_MS:
            self.shown.append((at_ms, at_ms))
        self.shown[-1] = (self.shown[-1][0], at_ms)
        self.followed_ms = at_ms - self._since_ms

    def lay(self, sight: Sight, trusted_H: Flags) -> None:
        """Add a picture to the means of those rows in view that are trusted and still gain from it."""
        view = self.view
        view["last_ms"][trusted_H] = sight.at_ms
        view["doubt_ms"][trusted_H] = NEVER
        self._show(sight.at_ms)
        count_H = view["rests" if sight.at_rest else "movings"]
        which_H = trusted_H & (count_H < MOST_PICTURES)
        if not sight.at_rest:
            which_H &= view["rests"] < CLEAR_PICTURES
        places = np.flatnonzero(which_H)
        if not places.size:
            return
        whole = slice(places[0], places[-1] + 1)
        rows, weight_H1 = view.part(whole), which_H[whole, None].astype(np.float32)
        luma_HW = sight.luma_HW[whole]
        rows.strokes_HW += (sight.strokes_HW[whole] - rows.strokes_HW) * (weight_H1 / (rows.pictures_H + 1)[:, None])
        count_H[whole] += which_H[whole]
        mean_HW = rows.rest_HW if sight.at_rest else rows.moving_HW
        mean_HW += (luma_HW - mean_HW) * (weight_H1 / np.maximum(count_H[whole], 1)[:, None]).astype(np.float32)
        if sight.at_rest:
            # Pictures in motion stand a part of a pixel beside it: the least of them has no dots and dashes.
            rows.least_HW[which_H[whole] & (count_H[whole] == 1)] = np.inf
        np.minimum(rows.least_HW, luma_HW, out=rows.least_HW, where=weight_H1 > 0)

    def unsteady(self, strokes_HW: NDArray[np.float32], which_H: Flags) -> None:
        """Note rows in view that show something else every time: a moving picture behind the text averages out."""
        mean_HW = self.view.strokes_HW
        mean_HW[which_H] += UNSTEADY * (strokes_HW[which_H] - mean_HW[which_H])

    def colourless_H(self, *, at_rest: bool) -> Flags:  # noqa: N802 - the suffix is a dimension
        """Which rows in view gain from another picture's colour."""
        which_H: Flags = (self.view["colours"] < MOST_COLOURS) & (at_rest | ~self.view["colour_at_rest"])
        return which_H

    def colour(self, first: int, colour_HWC: NDArray[np.uint8], *, at_rest: bool) -> None:
        """Add a picture's colour to rows in view from `first` on; colour at rest takes the place of that in motion."""
        rows = self.view.part(slice(first, first + len(colour_HWC)))
        if at_rest:
            rows["colours"][~rows["colour_at_rest"]] = 0
            rows["colour_at_rest"][:] = True
        rows["colours"][:] += 1
        weight_H11 = (1 / rows["colours"].astype(np.float32))[:, None, None]
        rows.colour_HWC += (colour_HWC - rows.colour_HWC) * weight_H11

    def cut(self, first: int, end: int) -> Stretch:
        """Take rows out of the ribbon and return them; what stands above and below closes up."""
        taken = self.rows.part(slice(first, end)).copy()
        size = len(self.rows)
        if first == 0 and end <= self.top:
            self._above = int(taken["place"][-1])
        elif end == size and first >= self.top + self._height:
            self._below = int(taken["place"][0])
        if first < self.top:
            self.top -= min(end, self.top) - first
        if first == 0:
            self._bound(self._first + end, self._end)
        elif end == size:
            self._bound(self._first, self._end - (end - first))
        else:
            self._hold([self.rows.part(slice(0, first)), self.rows.part(slice(end, None))])
        return taken

    def renew(self, first: int, end: int) -> Stretch:
        """Forget what rows in view showed, since they show something else from when that was first doubted; return it.

        What was there for a moment only was the same, not yet clear.
        """
        rows = self.view.part(slice(first, end))
        old = rows.copy()
        rows.forget(old["place"], NEVER, NEVER)
        rows["stood"][:] = np.arange(first, end)
        rows["renewed"][:] = True
        moment_H = old["last_ms"] - old["first_ms"] < MOMENT_MS
        for name, doubted in (("first_ms", "doubt_ms"), ("unseen_ms", "doubt_unseen_ms"), ("last_ms", "doubt_ms")):
            rows[name][:] = np.where(moment_H, old[name], old[doubted])
        return old
