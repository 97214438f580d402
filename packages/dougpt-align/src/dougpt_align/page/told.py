"""Decisions beside their events and utterances, as columns (N events in the order of chat's clock)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import CHAT_EVENTS, UTTERANCES, ArrowStream, DecidedBy, LinkReason
from numpy.typing import NDArray

from dougpt_align.aligner import Alignment
from dougpt_align.arrays import Bools, Floats, Ints, flat

ACCEPTED = -1
NO_UTTERANCE = -1


@dataclass(frozen=True, slots=True)
class Told:
    """What the page tells of every event.

    `reason_N` counts in the order of `LinkReason`, -1 where accepted; `utterance_N` is a row of the speech, -1
    where the event has no candidate; `lag_s_N` is NaN there. `at_ms_N` is on chat's clock, `start_ms_U` and
    `end_ms_U` on the recording's.
    """

    event_ids: pa.Array
    messages: pa.Array
    at_ms_N: Ints
    reason_N: Ints
    utterance_N: Ints
    lag_s_N: Floats
    probability_N: Floats
    runner_up_N: Floats
    background_N: Floats
    by_label_N: Bools
    certified_N: Bools
    utterance_ids: pa.Array
    said: pa.Array
    start_ms_U: Ints
    end_ms_U: Ints

    @property
    def is_accepted(self) -> Bools:
        """Which events count as answers."""
        return np.asarray(self.reason_N == ACCEPTED)

    @property
    def is_modelled(self) -> Bools:
        """Which events the model gave a probability, and no person decided."""
        return np.asarray((self.utterance_N != NO_UTTERANCE) & ~self.by_label_N)


def put_together(alignment: Alignment, utterances: ArrowStream, chat_events: ArrowStream) -> Told:
    """Lay links, events and utterances side by side.

    Raises:
        ContractError: A table breaks its contract.
        ValueError: An event has no link or a link no utterance: these are other tables than `align` was given.
    """
    speech = UTTERANCES.check(UTTERANCES.conform(utterances))
    chat = CHAT_EVENTS.check(CHAT_EVENTS.conform(chat_events))
    place = pc.index_in(flat(chat["event_id"]), value_set=flat(alignment.links["event_id"]))
    if place.null_count or len(place) != alignment.links.num_rows:
        raise ValueError("chat_events is not the table that this alignment was made from")
    links = alignment.links.take(place)
    utterance = pc.index_in(flat(links["utterance_id"]), value_set=flat(speech["utterance_id"]))
    if utterance.null_count > links["utterance_id"].null_count:
        raise ValueError("utterances is not the table that this alignment was made from")
    reasons = pc.index_in(flat(links["reason"]), value_set=pa.array([reason.value for reason in LinkReason]))
    return Told(
        event_ids=flat(chat["event_id"]),
        messages=flat(chat["text"]),
        at_ms_N=chat["offset_ms"].to_numpy(),
        reason_N=_numbers(pc.fill_null(reasons, ACCEPTED)).astype(np.int64),
        utterance_N=_numbers(pc.fill_null(utterance, NO_UTTERANCE)).astype(np.int64),
        lag_s_N=_numbers(pc.fill_null(pc.cast(flat(links["lag_ms"]), pa.float64()), np.nan)) / 1000.0,
        probability_N=_numbers(links["probability"]).astype(np.float64),
        runner_up_N=_numbers(links["runner_up"]).astype(np.float64),
        background_N=_numbers(links["background"]).astype(np.float64),
        by_label_N=_numbers(pc.equal(flat(links["decided_by"]), DecidedBy.LABEL.value)),
        certified_N=_numbers(flat(links["certified"])),
        utterance_ids=flat(speech["utterance_id"]),
        said=flat(speech["text"]),
        start_ms_U=speech["start_ms"].to_numpy(),
        end_ms_U=speech["end_ms"].to_numpy(),
    )


def _numbers(values: pa.Array | pa.ChunkedArray) -> NDArray[Any]:
    return np.asarray(flat(values).to_numpy(zero_copy_only=False))
