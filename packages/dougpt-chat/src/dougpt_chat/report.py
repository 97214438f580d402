"""What reading a chat found out, to be kept and shown; no name or text of anybody is in it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from dougpt_chat.clock import ClockSegment
from dougpt_chat.residuals import Residuals


@dataclass(frozen=True, slots=True)
class Counts:
    """Where the messages went; `messages` = `events` + `duplicates` + the sum of `rejects`.

    Attributes:
        messages: Complete records in the source.
        events: Rows in the events table.
        duplicates: Records whose message stood there before.
        rejects: Records that could not be used, by reason.
    """

    messages: int
    events: int
    duplicates: int
    rejects: Mapping[str, int]

    def __post_init__(self) -> None:
        if self.messages != self.events + self.duplicates + sum(self.rejects.values()):
            raise ValueError(f"the counts do not add up: {self}")


@dataclass(frozen=True, slots=True)
class ChatReport:
    """What reading one export, or one video's picture, found out.

    Attributes:
        origin: The format's name.
        version: The format's version, where the file tells.
        platform: The platform of the video, where the file tells.
        video_id: The platform's id of the video, where the file tells.
        counts: Where the messages went.
        kinds: Events by kind.
        offset_sources: Events by how their time was found.
        authors: How many different authors.
        slope: How fast wall-clock time runs along the video; None where too few messages tell.
        copied_times: Whether the file's times are those of copying the chat (highlights, uploads), not of sending.
        segments: The pieces of the rebuilt clock.
        repairs: What was repaired in the text of the file, by kind.
        removals: Records by which moderators removed messages.
        passed_over: Records of the file that are no messages, by kind.
        truncated: Whether the source was cut off.
        cut: Where and why, if it was.
        lossy: Whether the exporter kept one message a second and lost the others.
        partial: Whether the messages end long before the video does.
        residuals: What the clock was rebuilt from, thinned, for `page.clock_page`.
        warnings: What a person should know, in sentences.
    """

    origin: str
    counts: Counts
    version: str | None = None
    platform: str | None = None
    video_id: str | None = None
    kinds: Mapping[str, int] = field(default_factory=dict)
    offset_sources: Mapping[str, int] = field(default_factory=dict)
    authors: int = 0
    slope: float | None = None
    copied_times: bool = False
    segments: tuple[ClockSegment, ...] = ()
    repairs: Mapping[str, int] = field(default_factory=dict)
    removals: int = 0
    passed_over: Mapping[str, int] = field(default_factory=dict)
    truncated: bool = False
    cut: str | None = None
    lossy: bool = False
    partial: bool = False
    residuals: Residuals = field(default_factory=Residuals)
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values that JSON can hold; the same for the same source and settings."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class PanelReport:
    """Where chat was to be seen (left, top, width, height in pixels), and the first and the last picture of it.

    A panel that is hidden for a while, or moves, is told of once for each time that it was there.
    """

    region: tuple[int, int, int, int]
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class RenderedReport:
    """What reading a video's picture found out.

    Attributes:
        engine: What recognised the text.
        counts: `messages` counts the messages read, and the rows of text that belong to none.
        kinds: Events by kind.
        size: Width and height of the picture in pixels.
        region: left, top, width, height of what was to be read; None where the panels were looked for.
        panels: Where chat was read, and from when to when it was to be seen there; none where there was none.
        rows: How many rows of text there were.
        brief_rows: How many were gone so soon that nobody could have read them, and were left out.
        compared: How many pictures of panels were compared closely.
        decoded: How many pictures were decoded.
        seconds: How much of the video was read.
        broken_packets: How many packets of the video could not be decoded.
        truncated: Whether the video could not be read to its end.
        visible_at_start: Messages that stood there when their panel was first seen; they came some time before.
        repaired: How many `names`, `words` and `mentions` were read otherwise and put right.
        warnings: What a person should know, in sentences.
    """

    engine: str
    counts: Counts
    kinds: Mapping[str, int]
    size: tuple[int, int]
    region: tuple[int, int, int, int] | None
    panels: tuple[PanelReport, ...]
    rows: int
    brief_rows: int
    compared: int
    decoded: int
    seconds: float
    broken_packets: int
    truncated: bool
    visible_at_start: int
    repaired: Mapping[str, int]
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values that JSON can hold."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What merging several exports of a recording found out.

    Attributes:
        counts: `messages` counts those of all exports; `duplicates` those that stand in more than one.
        taken: Events taken from each export, in the order given.
        shift_ms: How far the later exports' offsets lie behind the first's, the median over shared messages;
            None where they share none.
        parts: The reports of the exports.
        warnings: What a person should know, in sentences.
    """

    counts: Counts
    taken: tuple[int, ...]
    shift_ms: tuple[int | None, ...]
    parts: tuple["AnyReport", ...]
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values that JSON can hold."""
        return asdict(self)


AnyReport = ChatReport | RenderedReport | MergeReport
