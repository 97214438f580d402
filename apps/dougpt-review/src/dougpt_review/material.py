"""What the page is made of: the tables of aligned recordings, the files to play, and what is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from dougpt_schema import AskedAs, fingerprint

NAME_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Medium:
    """A file that a browser may play, known by its source id alone; a path never comes from outside.

    Attributes:
        source_id: Its id in the manifest.
        path: Where it lies.
        media_type: What the browser is told that it is.
        start_ms: Where it begins on the recording's clock.
        end_ms: Where it has ended; None where that is not known.
        has_picture: Whether there is something to see.
    """

    source_id: str
    path: Path
    media_type: str
    start_ms: int
    end_ms: int | None
    has_picture: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """One aligned recording: what `align` was given and what it made, and its media in the order of time.

    `known_by` tells it from another one of the same title: a day, an id.
    """

    recording_id: str
    title: str
    utterances: pa.Table
    chat_events: pa.Table
    clock: pa.Table
    candidates: pa.Table
    links: pa.Table
    media: tuple[Medium, ...] = ()
    known_by: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A chat event that is asked about, and how it was drawn."""

    recording_id: str
    event_id: str
    asked_as: AskedAs
    stratum: str
    inclusion_probability: float
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """Name it by what it asks about: ids of events are strangers' texts, which no address should hold."""
        object.__setattr__(self, "name", name_of(self.recording_id, self.event_id))


@dataclass(frozen=True, slots=True)
class Material:
    """Everything of a sitting.

    Attributes:
        recordings: By id.
        questions: In the order of asking.
    """

    recordings: dict[str, Recording]
    questions: tuple[Question, ...]


def name_of(recording_id: str, event_id: str) -> str:
    """Return the name under which the page knows an event, the same in every sitting."""
    return fingerprint(recording_id, event_id)[:NAME_LENGTH]


def questions_of(table: pa.Table) -> list[Question]:
    """Return the rows of what `dougpt_align.asking.questions` returns."""
    return [question_of(row) for row in table.to_pylist()]


def question_of(row: Mapping[str, Any]) -> Question:
    """Return the question of such a row, or that which a label answers."""
    drawn = (AskedAs(row["asked_as"]), row["stratum"], row["inclusion_probability"])
    return Question(row["recording_id"], row["event_id"], *drawn)


def in_blocks(lists: list[list[Question]], block: int) -> list[Question]:
    """Join the questions of several recordings, some of one before some of the next: a person stays in a place."""
    rounds = max((len(one) for one in lists), default=0)
    return [question for start in range(0, rounds, block) for one in lists for question in one[start : start + block]]
