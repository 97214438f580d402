"""What reading from the picture tells on the way and afterwards: how far it is, and where each row of text stood."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PictureProgress:
    """Pictures decoded so far, ms of the video they are, and of how many; 0 where the file does not say."""

    pictures: int
    done_ms: int
    total_ms: int


Tell = Callable[[PictureProgress], object]


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A row of text that was read: secret like the names, which it may hold.

    Attributes:
        at_ms: A picture in which it stood in `box`: the first that showed all of it.
        box: left, top, width, height in the video's pixels.
        text: What was read.
        score: The probability that its message was read without a mistake; of a row in none, what the engine says.
        used: Whether it became part of a message.
        last_ms: The last picture that showed it; None where it is told anew for every picture.
        ribbon_px: Its place on the endless ribbon of its panel, where that is known: rows of one panel that stand at
            the same time stand as far apart as there.
        panel: The number of its panel.
        reason: Why it is in no message; see `Unread`.
    """

    at_ms: int
    box: tuple[float, float, float, float]
    text: str
    score: float
    used: bool
    last_ms: int | None = None
    ribbon_px: float | None = None
    panel: int = 0
    reason: str = ""
