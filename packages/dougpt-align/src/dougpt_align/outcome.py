"""The outcome for every event, and the tables it is written to."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from dougpt_schema import CANDIDATES, CLOCK, LINKS, DecidedBy
from numpy.typing import NDArray

from dougpt_align.arrays import Bools, Floats, Ints
from dougpt_align.decide import NONE, reason_names
from dougpt_align.prepared import Prepared


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
    none = outcome.parent_N < 0
    ids = scene.speech.ids[np.maximum(outcome.parent_N, 0)] if len(scene.speech.ids) else np.zeros(len(none), np.int64)
    decided = np.where(outcome.by_label_N, DecidedBy.LABEL.value, DecidedBy.MODEL.value)
    columns = [
        _repeated(scene.chat.recording_id, len(none)),
        scene.chat.ids,
        pa.array(ids, pa.int64(), mask=none),
        _share(outcome.probability_N),
        _share(outcome.runner_up_N),
        _share(outcome.background_N),
        pa.array(outcome.lag_ms(prepared), pa.int64(), mask=none),
        pa.array(outcome.is_accepted),
        pa.array(reason_names(outcome.reason_N), pa.string()),
        pa.array(decided, pa.string()),
        pa.array(outcome.is_accepted & ~outcome.by_label_N & is_certified),
    ]
    return LINKS.check(LINKS.sort(pa.Table.from_arrays(columns, schema=LINKS.schema)))


def candidates_table(prepared: Prepared, probability_P: Floats, time_P: Floats, content_P: Floats) -> pa.Table:
    """The `candidates` table: pairs whose probability does not round to 0."""
    scene, pairs = prepared.scene, prepared.pairs
    kept = np.flatnonzero(probability_P > 0)
    parent = pairs.parent_P[kept]
    event = prepared.rows[pairs.event_P[kept]]
    lag_ms = prepared.time_ms[event] - scene.speech.end_ms[parent]
    columns = [
        _repeated(scene.chat.recording_id, len(kept)),
        scene.chat.ids.take(pa.array(event)),
        pa.array(scene.speech.ids[parent]),
        pa.array(lag_ms),
        pa.array(time_P[kept].round(4).astype(np.float32)),
        pa.array(content_P[kept].round(4).astype(np.float32)),
        _share(probability_P[kept]),
    ]
    return CANDIDATES.sort(pa.Table.from_arrays(columns, schema=CANDIDATES.schema))


def clock_table(prepared: Prepared) -> pa.Table:
    """The `clock` table: one row a piece of chat's clock."""
    path = prepared.path
    columns = [
        _repeated(prepared.scene.chat.recording_id, len(path.from_ms)),
        pa.array(path.from_ms),
        pa.array(path.to_ms),
        pa.array(path.offset_ms),
        pa.array(path.sd_ms.round(1).astype(np.float32)),
        pa.array(path.margin.round(4).astype(np.float32)),
    ]
    return CLOCK.check(pa.Table.from_arrays(columns, schema=CLOCK.schema))


def _share(values: NDArray[np.float64]) -> pa.Array:
    return pa.array(values.astype(np.float32))


def _repeated(value: str, times: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), times)
