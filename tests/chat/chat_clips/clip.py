"""What a clip is, and what is true of it once drawn."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from chat_clips.vocabulary import Piece, Said

Box = tuple[float, float, float, float]
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Moved:
    """From a second on the panel stands elsewhere, after a cut of the picture."""

    at_s: float
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip to be drawn. Pixels are those of the drawn picture, `rescaled` makes another size of it.

    Attributes:
        seed: Everything random comes from it.
        messages_per_s: The mean rate; arrivals are Poisson's, with bursts.
        before: Messages that stand in the panel when the clip begins.
        panel: left, top, width, height.
        moved: Where the panel stands later.
        hidden: Seconds during which there is no panel; the chat goes on.
        cuts: Seconds at which the picture behind is another.
        font_px: The size of the letters, as CSS tells it.
        row_px: The height of a row without an emote; 0: 1.6 times the font.
        gap_px: Between messages; -1: 0.4 times the font.
        scroll: `jump`: at every `tick_s` what came since stands there at once. `eased`: it slides in.
        newest: Where new messages come in.
        opacity: Of the panel's ground: 1 hides the picture behind, 0 leaves the text alone.
        outline_px: A dark edge round every letter.
        colon: Whether a colon ends a name; a gap does otherwise, as in YouTube's chat.
        name_color: Of all names, as HTML writes it; empty: each person's own.
        animated: Whether emotes move.
        removed: The share of messages that a moderator takes out a few seconds later.
        fade_s: Seconds after which a message fades, or None.
        cjk: The share of people with Japanese names; needs the fonts of the bench group.
        chat: An export in Twitch's own layout (v5) to take people and texts from; None makes them up.
        script: What is said, in order, instead of either; the last runs out the clip.
        crf: The encoder's quality; for VP9 its own scale.
        preset: libx264's speed; `veryfast` is what renderers of chats use, and good encoders of edits do better.
        hud: Other text that stands in the picture: a title and a score.
    """

    seed: int = 0
    seconds: float = 20.0
    fps: int = 30
    size: tuple[int, int] = (1280, 720)
    rescaled: tuple[int, int] | None = None
    messages_per_s: float = 1.5
    before: int = 0
    panel: tuple[int, int, int, int] = (904, 60, 340, 600)
    moved: tuple[Moved, ...] = ()
    hidden: tuple[Span, ...] = ()
    cuts: tuple[float, ...] = (7.0,)
    font: Literal["Inter", "DejaVu Sans"] = "Inter"
    font_px: int = 14
    row_px: int = 0
    gap_px: int = -1
    scroll: Literal["jump", "eased"] = "jump"
    tick_s: float = 0.2
    ease_s: float = 0.3
    newest: Literal["bottom", "top"] = "bottom"
    ground: str = "#111111"
    opacity: float = 1.0
    outline_px: int = 0
    colon: bool = True
    name_color: str = ""
    badges: bool = True
    emotes: bool = True
    animated: bool = False
    removed: float = 0.0
    fade_s: float | None = None
    cjk: float = 0.0
    chat: Path | None = None
    script: tuple[Said, ...] = ()
    codec: Literal["libx264", "libvpx-vp9"] = "libx264"
    crf: int = 23
    preset: Literal["ultrafast", "superfast", "veryfast", "medium"] = "veryfast"
    hud: bool = True

    @property
    def encoded(self) -> tuple[int, int]:
        """Width and height of the video."""
        return self.rescaled or self.size

    @property
    def scale(self) -> tuple[float, float]:
        """How many of the video's pixels a drawn one is, across and down."""
        return self.encoded[0] / self.size[0], self.encoded[1] / self.size[1]

    @property
    def frames(self) -> int:
        """How many pictures there are."""
        return round(self.seconds * self.fps)

    def ms(self, frame: int) -> int:
        """When a picture is shown."""
        return round(frame * 1000 / self.fps)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a message: its words (emotes left out) and where its ink stands from the panel's left edge."""

    text: str
    left: float
    right: float
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was wholly to be seen in some picture.

    Attributes:
        text: The words, with one space between them; emotes and emoji are left out.
        pieces: Words, emotes and emoji in order.
        color: Of the name, RGB.
        badges: How many stand before the name.
        first_frame: The first picture in which all of it is to be seen, not counting a fade.
        gone_frame: The picture after the last such.
        removed: Whether it went because a moderator took it out.
        rows: Its rows, from its own top.
    """

    name: str
    text: str
    pieces: tuple[Piece, ...]
    color: tuple[int, int, int]
    badges: int
    first_frame: int
    first_ms: int
    gone_frame: int
    gone_ms: int
    removed: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """From when to when the panel stands where: left, top, right, bottom in the video's pixels."""

    from_ms: int
    to_ms: int
    box: Box


@dataclass(frozen=True, slots=True)
class RowBox:
    """A row in one picture: which message, which of its rows, its text and its box in the video's pixels."""

    message: int
    row: int
    text: str
    box: Box
    whole: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a clip; messages in the order in which they came.

    `placed` holds, for pictures where it changed, the messages to be seen with their tops in the drawn picture.
    """

    clip: Clip
    messages: tuple[Message, ...]
    panels: tuple[Panel, ...]
    placed: dict[int, tuple[tuple[int, float], ...]] = field(repr=False)
    origins: tuple[tuple[int, tuple[int, int] | None], ...] = field(repr=False)

    def rows_at(self, frame: int) -> list[RowBox]:
        """Return the rows in a picture, also those that the panel's edge cuts."""
        frames = list(self.placed)
        at = bisect_right(frames, frame) - 1
        origin = self.origins[bisect_right([start for start, _ in self.origins], frame) - 1][1]
        if origin is None or at < 0:
            return []
        return list(self._boxes(origin, self.placed[frames[at]]))

    def _boxes(self, origin: tuple[int, int], placed: Iterable[tuple[int, float]]) -> Iterable[RowBox]:
        across, down = self.clip.scale
        left, top = origin
        bottom = top + self.clip.panel[3]
        for number, y in placed:
            for index, row in enumerate(self.messages[number].rows):
                row_top = y + row.top
                box = (left + row.left, row_top, left + row.right, row_top + row.height)
                scaled = (box[0] * across, box[1] * down, box[2] * across, box[3] * down)
                yield RowBox(number, index, row.text, scaled, box[1] >= top and box[3] <= bottom)
