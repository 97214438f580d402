"""All panels of a video followed at once, picture by picture: their rows of text as they leave the screen.

Rows come out in the order in which they appeared, as soon as no older text is still held, so that hours of video need
no more memory than minutes.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from statistics import median

from dougpt_chat.rendered.cutting import rows_of
from dougpt_chat.rendered.frames import Picture, Video
from dougpt_chat.rendered.panel import Panel
from dougpt_chat.rendered.rows import Row
from dougpt_chat.rendered.tracks import Tracks

# What was to be seen for less than this, in ms, was a blend or another scene; nobody could have read it.
LEAST_SEEN_MS = 350

# A row of text is at least this high, against the usual row of its panel: a word of small letters alone, such as
# "one", has not half of the height of a row with a badge.
LEAST_HEIGHT = 0.36
USUAL_OF = 32
# Rows that come in at the top within this of each other came in one slide.
SLIDE_MS = 150

Tell = Callable[[int, int], None]


@dataclass(slots=True)
class Followed:
    """What following found out.

    Attributes:
        rows: How many rows of text there were.
        brief: How many stood for so short a time that they were left out.
        compared: How many pictures of panels were compared closely.
        left_out: How many showed a panel's text blended or not at all.
        shown: From when to when what panels showed was to be seen, by the number of the panel.
        downward: The numbers of panels in which new text comes in at the top.
    """

    rows: int = 0
    brief: int = 0
    compared: int = 0
    left_out: int = 0
    shown: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    downward: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Following:
    """One panel; its rows wait until no older one can come."""

    panel: Panel
    tracks: Tracks
    last_ms: int = 0
    waiting: list[Row] = field(default_factory=list)
    heights: deque[float] = field(default_factory=lambda: deque(maxlen=USUAL_OF))

    def feed(self, picture: Picture) -> None:
        self.last_ms = picture.at_ms
        self.tracks.feed(picture)
        for stretch in self.tracks.taken():
            self.waiting += rows_of(stretch)

    def finish(self) -> None:
        self.tracks.finish()
        for stretch in self.tracks.taken():
            self.waiting += rows_of(stretch)

    def ready(self) -> list[Row]:
        """The rows that are older than all text still held, in order."""
        if not self.waiting:
            return []
        oldest_ms = self.tracks.oldest_ms
        waiting = sorted(self.waiting, key=lambda row: (row.first_full_ms, row.top_px))
        end = len(waiting)
        if oldest_ms is not None:
            end = bisect_left(waiting, oldest_ms, key=lambda row: row.first_full_ms)
        if not self.tracks.goes_down:
            self.waiting = waiting[end:]
            return waiting[:end]
        slides = _slides(waiting[:end], is_whole=oldest_ms is None)
        self.waiting = waiting[sum(map(len, slides)) :]
        return [row for slide in slides for row in sorted(slide, key=lambda row: row.top_px)]

    def is_noise(self, row: Row) -> bool:
        """Whether a row was gone at once, though the panel was not, or is far too low for text."""
        self.heights.append(row.height_px)
        if row.height_px < LEAST_HEIGHT * median(self.heights):
            return True
        return row.last_ms - row.first_full_ms < LEAST_SEEN_MS and self.last_ms - row.last_ms > LEAST_SEEN_MS


def track_rows(video: Video, panels: Iterable[Panel], followed: Followed, tell: Tell | None = None) -> Iterator[Row]:
    """Yield the rows of text that the panels of a video show.

    Args:
        video: The video; it is gone through once.
        panels: Where they stand, and when.
        followed: Is filled in with what was found out on the way.
        tell: Is called with the number of pictures so far and the time of the last, in ms.
    """
    followings = [_Following(panel, Tracks(panel.region)) for panel in panels]
    for picture in video:
        for following in followings:
            if following.panel.holds(picture.at_ms):
                following.feed(picture)
                yield from _numbered(following, followed)
        if tell is not None:
            tell(video.decoded, picture.at_ms)
    for following in followings:
        following.finish()
        yield from _numbered(following, followed)
        followed.compared += following.tracks.looked_at
        followed.left_out += following.tracks.left_out
        if following.tracks.goes_down:
            followed.downward.add(following.panel.panel_id)
        followed.shown[following.panel.panel_id] = following.tracks.shown


def _slides(rows: list[Row], *, is_whole: bool) -> list[list[Row]]:
    """Rows by the slide with which they came in, where new text comes in at the top and the last row of it first.

    The last slide may not be whole yet.
    """
    slides: list[list[Row]] = []
    for row in rows:
        if not slides or row.first_full_ms - slides[-1][-1].first_full_ms > SLIDE_MS:
            slides.append([])
        slides[-1].append(row)
    return slides if is_whole else slides[:-1]


def _numbered(following: _Following, followed: Followed) -> Iterator[Row]:
    for row in following.ready():
        if following.is_noise(row):
            followed.brief += 1
            continue
        yield replace(row, row_id=followed.rows, panel_id=following.panel.panel_id)
        followed.rows += 1
