"""The messages on which people disagree, as the page lists them."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import ArrowStream, Verdict
from dougpt_schema.page.words import clock

from dougpt_align.disputes import disputes
from dougpt_align.page.told import Told


@dataclass(frozen=True, slots=True)
class Contested:
    """A message with what each person said: (rater, meaning, the words that are meant or None)."""

    at_ms: int
    message: str
    answers: tuple[tuple[str, str, str | None], ...]


def contested(told: Told, labels: ArrowStream | None, recording_id: str) -> tuple[Contested, ...]:
    """Return what people disagree on of one recording; answers to messages that are not there are left out."""
    found = disputes(labels, recording_id)
    rows = pc.index_in(pa.array([one.event_id for one in found], pa.string()), value_set=told.event_ids).to_pylist()
    return tuple(
        Contested(int(told.at_ms_N[row]), str(told.messages[row].as_py()), tuple(map(_meant, one.answers)))
        for one, row in zip(found, rows, strict=True)
        if row is not None
    )


def _meant(row: dict[str, object]) -> tuple[str, str, str | None]:
    rater, start_ms = str(row["rater"]), row["utterance_start_ms"]
    if row["verdict"] != Verdict.REPLY:
        return rater, "it answers nothing", None
    if not isinstance(start_ms, int):
        return rater, "it is a reply", None
    return rater, f"it answers what was said at {clock(start_ms)}", str(row["utterance_text"] or "")
