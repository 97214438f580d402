"""The outcome for every event, and the tables it is written to."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from dougpt_schema import CANDIDATES, CLOCK, LINKS, DecidedBy
from numpy.typing import NDArray

from dougpt_align.arrays import Bools, Floats, Ints, expand, order_of_ids
from dougpt_align.decide import NONE, REASONS
from dougpt_align.prepared import Prepared

EVENTS_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """One entry an event of the chat table (N): parent as a row of the speech (-1: none), probabilities, reason."""

    parent_N: Ints
    probability_N: Floats
    runner_up_N: Floats
    background_N: Floats
    reason_N: Ints
    by_label_N: Bools

    @property
    def is_accepted(self) -> Bools:
        """Which events count as answers."""
        return np.asarray(self.reason_N == NONE)

    def lag_ms(self, prepared: Prepared) -> Ints:
        """From the parent's end to the event; 0 where there is no parent."""
        end_ms = prepared.scene.speech.end_ms
        if not len(end_ms):
            return np.zeros(len(self.parent_N), dtype=np.int64)
        lag = prepared.time_ms - end_ms[np.maximum(self.parent_N, 0)]
        return np.where(self.parent_N >= 0, lag, 0)


def links_table(prepared: Prepared, outcome: Outcome, *, is_certified: bool) -> pa.Table:
    """The `links` table: one row an event."""
    scene = prepared.scene
    order = order_of_ids(scene.chat.ids)
    parent = outcome.parent_N[order]
    none = parent < 0
    ids = scene.speech.ids[np.maximum(parent, 0)] if len(scene.speech.ids) else np.zeros(len(none), np.int64)
    by_label, accepted = outcome.by_label_N[order], outcome.is_accepted[order]
    columns = [
        _repeated(scene.chat.recording_id, len(none)),
        scene.chat.ids.take(pa.array(order)),
        pa.array(ids, pa.int64(), mask=none),
        _share(outcome.probability_N[order]),
        _share(outcome.runner_up_N[order]),
        _share(outcome.background_N[order]),
        pa.array(outcome.lag_ms(prepared)[order], pa.int64(), mask=none),
        pa.array(accepted),
        _named(outcome.reason_N[order], [reason.value for reason in REASONS]),
        _named(by_label.astype(np.int8), [DecidedBy.MODEL.value, DecidedBy.LABEL.value]),
        pa.array(accepted & ~by_label & is_certified),
    ]
    return LINKS.check(pa.Table.from_arrays(columns, schema=LINKS.schema))


def candidates_table(
    prepared: Prepared, probability_P: Floats, time_P: NDArray[np.float32], content_P: NDArray[np.float32]
) -> pa.Table:
    """The `candidates` table: pairs whose probability does not round to 0."""
    scene, pairs = prepared.scene, prepared.pairs
    rank = np.empty(len(scene.chat.ids), dtype=np.int64)
    rank[order_of_ids(scene.chat.ids)] = np.arange(len(rank))
    events = np.argsort(rank[prepared.rows])
    # A stretch of events at a time: what lies between pairs and table would be as large as the table itself.
    stretches = [events[first : first + EVENTS_AT_ONCE] for first in range(0, len(events), EVENTS_AT_ONCE)]
    batches = []
    for kept, event in (_in_order(prepared, probability_P, stretch) for stretch in stretches):
        parent = pairs.parent_P[kept]
        columns = [
            _repeated(scene.chat.recording_id, len(kept)),
            scene.chat.ids.take(pa.array(event)),
            pa.array(scene.speech.ids[parent]),
            pa.array(prepared.time_ms[event] - scene.speech.end_ms[parent]),
            pa.array(time_P[kept]),
            pa.array(content_P[kept]),
            _share(probability_P[kept]),
        ]
        batches.append(pa.RecordBatch.from_arrays(columns, schema=CANDIDATES.schema))
    return pa.Table.from_batches(batches, schema=CANDIDATES.schema)


def _in_order(prepared: Prepared, probability_P: Floats, events: Ints) -> tuple[Ints, Ints]:
    """Likely pairs of these events, utterances of one event in the order of their ids; and the event of each."""
    pairs, ids = prepared.pairs, prepared.scene.speech.ids
    counts = np.diff(pairs.ptr)[events]
    found, event = expand(pairs.ptr[:-1][events], counts), np.repeat(events, counts)
    likely = probability_P[found] > 0
    found, event = found[likely], event[likely]
    id_of = ids[pairs.parent_P[found]]
    if np.any((id_of[1:] < id_of[:-1]) & (event[1:] == event[:-1])):
        found = found[np.lexsort((id_of, np.repeat(np.arange(len(events)), counts)[likely]))]
    return found, prepared.rows[event]


def _named(numbers: NDArray[np.integer[Any]], names: list[str]) -> pa.Array:
    """Names by number, null for negative ones."""
    codes = pa.array(numbers.astype(np.int8), mask=numbers < 0)
    return pa.DictionaryArray.from_arrays(codes, pa.array(names, pa.string())).dictionary_decode()


def clock_table(prepared: Prepared) -> pa.Table:
    """The `clock` table: one row a piece of chat's clock."""
    path = prepared.path
    columns = [
        _repeated(prepared.scene.chat.recording_id, len(path.from_ms)),
        pa.array(path.from_ms),
        pa.array(path.to_ms),
        pa.array(path.offset_ms),
        pa.array(path.sd_ms.round().astype(np.int64)),
        pa.array(path.margin.round(4).astype(np.float32)),
    ]
    return CLOCK.check(pa.Table.from_arrays(columns, schema=CLOCK.schema))


def _share(values: NDArray[np.float64]) -> pa.Array:
    return pa.array(values.astype(np.float32))


def _repeated(value: str, times: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), times)
