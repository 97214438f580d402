"""The answers of one rater: each is on the disk before it is acknowledged, and none is there twice."""

import re
import statistics
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa
from dougpt_schema import LABELS, DougptError, Verdict
from dougpt_schema.journal import append_journal

from dougpt_review.material import Question

ANSWER_ID = re.compile(r"[0-9a-f]{32}")
PACE_OF = 20  # answers
FEWEST_GAPS, LONGEST_GAP_S = 3, 180.0  # a longer one is a pause


class RefusedError(DougptError):
    """An answer that cannot be taken as it is; nothing was written."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said about a question: a verdict and, of a reply, what it answers."""

    verdict: Verdict
    start_ms: int | None = None
    end_ms: int | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How far a sitting is: answers of this rater in all, in this sitting, and seconds an answer; None before a few."""

    given: int
    today: int
    seconds: float | None


class Book:
    """Answers of `rater`, added to a journal of its own.

    Args:
        path: The journal of this sitting; made with the first answer.
        rater: Who answers.
        blind: Whether the model's guess is hidden.
        labels: All labels of the workspace so far, of everybody.
        again: Messages, as (recording_id, event_id), that this rater may answer anew: the old answer is undone then.
    """

    def __init__(
        self,
        path: Path,
        *,
        rater: str,
        blind: bool,
        labels: pa.Table,
        again: Collection[tuple[str, str]] = (),
    ) -> None:
        self.path, self.rater, self.blind = path, rater, blind
        self._lock = Lock()
        self._times: deque[float] = deque(maxlen=PACE_OF + 1)
        self._mine_today: list[str] = []
        self._next = 0
        self._rows: dict[str, dict[str, Any]] = {}
        self._last: dict[tuple[str, str], dict[str, Any]] = {}
        for row in labels.to_pylist():
            self._remember(row)
        self._replaces = {event: self._last[event]["label_id"] for event in again if event in self._last}

    def give(self, answer_id: str, question: Question, answer: Answer) -> dict[str, Any]:
        """Keep an answer and return its label; the same answer again gives the label that is there.

        Raises:
            RefusedError: The id is none or was used for another answer, or this rater has answered already.
            ArtifactError: It could not be written, and is not kept.
        """
        row = self._row(answer_id, question, answer)
        with self._lock:
            if (known := self._known(row)) is not None:
                return known
            if self._is_answered(question):
                raise RefusedError("this message was answered meanwhile, in another window")
            return self._keep(row)

    def undo(self, answer_id: str, label_id: str) -> dict[str, Any]:
        """Take a label of this rater back and return the row that says so: unsure, until it is answered again.

        Raises:
            RefusedError: The label is not there, is somebody else's, or does not stand.
            ArtifactError: It could not be written; the label stands.
        """
        with self._lock:
            row = self._rows.get(label_id)
            if row is None or row["rater"] != self.rater or _takes_back(row):
                raise RefusedError("there is no such answer of yours to take back")
            taken_back = row | {
                "label_id": _checked(answer_id),
                "verdict": Verdict.UNSURE.value,
                "utterance_start_ms": None,
                "utterance_end_ms": None,
                "utterance_text": None,
                "blind": self.blind,
                "undoes": label_id,
            }
            if (known := self._known(taken_back)) is not None:
                return known
            if self._last.get((row["recording_id"], row["event_id"])) != row:
                raise RefusedError("this answer was taken back already")
            return self._keep(taken_back)

    def last(self) -> str | None:
        """Return the id of this sitting's last answer that stands."""
        with self._lock:
            return next((name for name in reversed(self._mine_today) if self._stands(name)), None)

    def given(self) -> list[dict[str, Any]]:
        """Return this rater's last label of each message."""
        with self._lock:
            return list(self._last.values())

    def taken_back(self) -> list[dict[str, Any]]:
        """Return the rows by which this rater took answers back that were not given anew."""
        with self._lock:
            return [row for row in self._last.values() if _takes_back(row)]

    def has_answered(self, question: Question) -> bool:
        """Whether this rater's answer stands."""
        with self._lock:
            return self._is_answered(question)

    def pace(self) -> Pace:
        """Return how far this sitting is."""
        with self._lock:
            given = sum(not _takes_back(row) for row in self._last.values())
            gaps = [later - earlier for earlier, later in zip(self._times, list(self._times)[1:], strict=False)]
            gaps = [gap for gap in gaps if gap <= LONGEST_GAP_S]
            seconds = statistics.median(gaps) if len(gaps) >= FEWEST_GAPS else None
            return Pace(given, sum(self._stands(name) for name in self._mine_today), seconds)

    def _is_answered(self, question: Question) -> bool:
        event = (question.recording_id, question.event_id)
        last = self._last.get(event)
        return last is not None and not _takes_back(last) and last["label_id"] != self._replaces.get(event)

    def _row(self, answer_id: str, question: Question, answer: Answer) -> dict[str, Any]:
        event = (question.recording_id, question.event_id)
        return {
            "label_id": _checked(answer_id),
            "recording_id": question.recording_id,
            "event_id": question.event_id,
            "verdict": answer.verdict.value,
            "utterance_start_ms": answer.start_ms,
            "utterance_end_ms": answer.end_ms,
            "utterance_text": answer.text,
            "rater": self.rater,
            "asked_as": question.asked_as.value,
            "stratum": question.stratum,
            "inclusion_probability": question.inclusion_probability,
            "blind": self.blind,
            # A later answer stands anyhow; one that undoes another and is unsure would be none.
            "undoes": None if answer.verdict is Verdict.UNSURE else self._replaces.get(event),
        }

    def _known(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """The label that is there already; its place in the order is not part of what was said."""
        known = self._rows.get(row["label_id"])
        if known is None:
            return None
        same = ("recording_id", "event_id", "verdict", "utterance_start_ms", "utterance_end_ms", "rater")
        if any(known[name] != row[name] for name in same) or _taken_back_by(known) != _taken_back_by(row):
            raise RefusedError("another answer was given under this id already")
        return known

    def _keep(self, row: dict[str, Any]) -> dict[str, Any]:
        row = row | {"at_order": self._next}
        append_journal(self.path, LABELS, [row])
        self._remember(row)
        self._mine_today.append(row["label_id"])
        self._times.append(time.monotonic())
        return row

    def _remember(self, row: dict[str, Any]) -> None:
        self._rows[row["label_id"]] = row
        self._next = max(self._next, row["at_order"] + 1)
        if row["rater"] == self.rater:
            self._last[row["recording_id"], row["event_id"]] = row

    def _stands(self, label_id: str) -> bool:
        row = self._rows[label_id]
        return not _takes_back(row) and self._last[row["recording_id"], row["event_id"]] == row


def _takes_back(row: dict[str, Any]) -> bool:
    """Whether a row only says that another one does not stand, and is no answer itself."""
    return row["undoes"] is not None and row["verdict"] == Verdict.UNSURE


def _taken_back_by(row: dict[str, Any]) -> str | None:
    """Which label a row takes back; None of an answer, whatever it replaces."""
    return row["undoes"] if _takes_back(row) else None


def _checked(answer_id: str) -> str:
    if not ANSWER_ID.fullmatch(answer_id):
        raise RefusedError("an answer needs an id of 32 hex digits")
    return answer_id
