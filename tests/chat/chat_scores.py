"""How well a chat read from a picture agrees with the truth: messages matched in order, then texts, names, times.

Counts add up, so that the figures of a set of clips are those of all its messages together.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from chat_clips import Message, Panel, Truth
from dougpt_chat import ChatRead
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

MIN_SIMILARITY = 0.5
FOLDED = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2026": "...", "\u00b4": "'"})
# What stands in a text that was read where there was an emote, or an emoji.
EMOTE = re.compile("\\bemote[0-9]+\\b|<emote>|\ufffc|[\u2190-\u2bff\U0001f000-\U0001faff][\ufe0e\ufe0f]?")


@dataclass(frozen=True, slots=True)
class Read:
    """A message as it was read: who, what, when."""

    name: str
    text: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Counts over the messages of one clip or several.

    Attributes:
        truth: Messages there were.
        read: Messages that were read.
        matched: Pairs of the two.
        exact: Pairs alike in name and text.
        text_chars: Characters of the true texts of pairs.
        text_edits: What it takes to make the text read of the true one, over pairs.
        late_ms: Of each pair, the time read less the first picture in which all of it was to be seen.
    """

    truth: int = 0
    read: int = 0
    matched: int = 0
    exact: int = 0
    text_chars: int = 0
    text_edits: int = 0
    name_chars: int = 0
    name_edits: int = 0
    late_ms: tuple[int, ...] = ()

    def __add__(self, other: "Scores") -> "Scores":
        return Scores(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def recall(self) -> float:
        """The share of messages that were read."""
        return self.matched / self.truth if self.truth else 1.0

    @property
    def precision(self) -> float:
        """The share of what was read that was there."""
        return self.matched / self.read if self.read else 1.0

    @property
    def text_cer(self) -> float:
        """Edits for each character of text."""
        return self.text_edits / max(self.text_chars, 1)

    @property
    def name_cer(self) -> float:
        """Edits for each character of a name."""
        return self.name_edits / max(self.name_chars, 1)

    @property
    def exact_share(self) -> float:
        """The share of messages that were read without any mistake."""
        return self.exact / self.truth if self.truth else 1.0

    def error_ms(self, share: float) -> float:
        """The quantile of the errors in time, whatever their sign."""
        return float(np.quantile(np.abs(self.late_ms), share)) if self.late_ms else float("nan")


def messages_of(chat: ChatRead) -> list[Read]:
    """Return what was read, with the names and texts that the side tables hold."""
    names = {row["author"]: row["display_name"] or row["login"] for row in chat.names.to_pylist()}
    raw = {row["event_id"]: row["text"] for row in chat.raw_texts.to_pylist()}
    events = chat.events.select(["event_id", "author", "text", "offset_ms"]).to_pylist()
    return [
        Read(names.get(one["author"]) or "", raw.get(one["event_id"], one["text"]), one["offset_ms"]) for one in events
    ]


def folded(text: str) -> str:
    """A text without emotes, quotes straight, one space between words."""
    return " ".join(EMOTE.sub(" ", text.translate(FOLDED)).split())


def score(read: Sequence[Read], truth: Iterable[Message]) -> Scores:
    """Match what was read with the truth, in order, and count."""
    true = list(truth)
    mine = [(folded(one.name), folded(one.text)) for one in read]
    theirs = [(folded(one.name), folded(one.text)) for one in true]
    pairs = list(matched([" ".join(one) for one in mine], [" ".join(one) for one in theirs]))
    return Scores(
        truth=len(true),
        read=len(read),
        matched=len(pairs),
        exact=sum(mine[row] == theirs[column] for row, column in pairs),
        text_chars=sum(len(theirs[column][1]) for _, column in pairs),
        text_edits=sum(Levenshtein.distance(mine[row][1], theirs[column][1]) for row, column in pairs),
        name_chars=sum(len(theirs[column][0]) for _, column in pairs),
        name_edits=sum(Levenshtein.distance(mine[row][0], theirs[column][0]) for row, column in pairs),
        late_ms=tuple(read[row].at_ms - true[column].first_ms for row, column in pairs),
    )


def matched(read: Sequence[str], true: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the pairs, from last to first, whose similarities sum highest and whose order is that of both."""
    if not read or not true:
        return
    alike = process.cdist(read, true, scorer=Levenshtein.normalized_similarity, score_cutoff=MIN_SIMILARITY)
    best = np.zeros((len(read) + 1, len(true) + 1))
    for row, similar in enumerate(alike):
        gained = np.where(similar > 0, best[row, :-1] + similar, 0.0)
        best[row + 1, 1:] = np.maximum.accumulate(np.maximum(best[row, 1:], gained))
    row, column = len(read), len(true)
    while row and column:
        if best[row, column] == best[row - 1, column]:
            row -= 1
        elif best[row, column] == best[row, column - 1]:
            column -= 1
        else:
            row, column = row - 1, column - 1
            yield row, column


def iou(one: Sequence[float], other: Sequence[float]) -> float:
    """The area that two boxes (left, top, right, bottom) share, of that which either covers."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(across, 0.0) * max(down, 0.0)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / (areas - shared)


def panel_iou(truth: Truth, found: Sequence[Panel], step_ms: int = 100) -> float:
    """The mean over time of how well the panel found covers the true one: 0 where only one of them is there."""
    shares = []
    for at_ms in range(0, round(truth.clip.seconds * 1000), step_ms):
        true, mine = _at(truth.panels, at_ms), _at(found, at_ms)
        if true or mine:
            shares.append(iou(true.box, mine.box) if true and mine else 0.0)
    return float(np.mean(shares)) if shares else 1.0


def _at(panels: Sequence[Panel], at_ms: int) -> Panel | None:
    return next((panel for panel in panels if panel.from_ms <= at_ms < panel.to_ms), None)
