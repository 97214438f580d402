"""Examples with their texts: a few of each outcome, spread evenly over the recording."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from dougpt_schema import LINK_MEANINGS, LinkReason

from dougpt_align.arrays import Ints
from dougpt_align.page.reasons import words_of
from dougpt_align.page.reliability import best_candidates
from dougpt_align.page.told import ACCEPTED, NO_UTTERANCE, Told

ACCEPTED_SHOWN = 8
REJECTED_SHOWN = 3
RUNNER_UP_SHOWN = 0.05


@dataclass(frozen=True, slots=True)
class Pair:
    """A message, what it answers or would have answered, and how that was weighed; times in ms, lags in s."""

    message: str
    message_at_ms: int
    said: str | None
    said_at_ms: int | None
    lag_s: float | None
    probability: float
    background: float
    runner_up: float
    runner_up_said: str | None
    by_label: bool
    certified: bool
    model_probability: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Examples of the accepted events, or of those that one reason rejected."""

    title: str
    meaning: str
    count: int
    pairs: tuple[Pair, ...]


def pick(told: Told, candidates: pa.Table) -> tuple[Outcome, ...]:
    """Accepted ones first, then each reason that rejected any, the commonest first."""
    counts = {place: int((told.reason_N == place).sum()) for place in range(len(LinkReason))}
    places = sorted((place for place in counts if counts[place]), key=lambda place: (-counts[place], place))
    rows = {ACCEPTED: spread(np.flatnonzero(told.is_accepted), told.at_ms_N, ACCEPTED_SHOWN)}
    rows |= {place: spread(np.flatnonzero(told.reason_N == place), told.at_ms_N, REJECTED_SHOWN) for place in places}
    shown = pa.array([row for chosen in rows.values() for row in chosen], pa.int64())
    weighed = best_candidates(candidates, told.event_ids.take(shown))
    utterances = {name: row for row, name in enumerate(told.utterance_ids.to_pylist())}

    def pair(row: int) -> Pair:
        return _pair(told, row, weighed.get(told.event_ids[row].as_py(), []), utterances)

    reasons = list(LinkReason)
    return (
        Outcome("accepted", "counts as an answer", int(told.is_accepted.sum()), tuple(map(pair, rows.pop(ACCEPTED)))),
        *(
            Outcome(words_of(reasons[place]), LINK_MEANINGS[reasons[place]], counts[place], tuple(map(pair, chosen)))
            for place, chosen in rows.items()
        ),
    )


def spread(rows: Ints, at_ms_N: Ints, most: int) -> list[int]:
    """At most `most` of `rows`, which are in the order of time, evenly spaced in it: a burst is not shown whole."""
    if len(rows) <= most:
        return [int(row) for row in rows]
    at_ms = at_ms_N[rows]
    wanted = np.linspace(float(at_ms[0]), float(at_ms[-1]), 2 * most + 1)[1::2]
    places = np.searchsorted(at_ms, wanted).clip(max=len(rows) - 1)
    # Each place is used once: one that is taken gives way to the next, as far as enough are left for the others.
    for number in range(1, most):
        places[number] = max(places[number], places[number - 1] + 1)
    for number in range(most - 1, -1, -1):
        places[number] = min(places[number], len(rows) - most + number)
    return [int(row) for row in rows[places]]


def _pair(told: Told, row: int, weighed: list[dict[str, Any]], utterances: dict[int, int]) -> Pair:
    parent = int(told.utterance_N[row])
    has = parent != NO_UTTERANCE
    by_label = bool(told.by_label_N[row])
    runner_up = float(told.runner_up_N[row])
    others = [one for one in weighed if not has or one["utterance_id"] != told.utterance_ids[parent].as_py()]
    second = utterances.get(others[0]["utterance_id"]) if others and runner_up >= RUNNER_UP_SHOWN else None
    return Pair(
        message=told.messages[row].as_py(),
        message_at_ms=int(told.at_ms_N[row]),
        said=told.said[parent].as_py() if has else None,
        said_at_ms=int(told.start_ms_U[parent]) if has else None,
        lag_s=float(told.lag_s_N[row]) if has else None,
        probability=float(told.probability_N[row]),
        background=float(told.background_N[row]),
        runner_up=runner_up,
        runner_up_said=None if second is None else told.said[second].as_py(),
        by_label=by_label,
        certified=bool(told.certified_N[row]),
        model_probability=float(weighed[0]["probability"]) if by_label and weighed else None,
    )
