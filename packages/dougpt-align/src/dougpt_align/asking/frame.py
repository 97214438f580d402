"""The events that may be asked about, what the model thinks of each, and the strata that they fall into (N events).

A stratum is a rate of the chat, a type of message and a score: how probable the best link is. Recordings change all
three, so estimates from strata hold up where one of them goes with being a reply.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import CANDIDATES, CHAT_EVENTS, LINKS, UTTERANCES, ArrowStream, ChatKind, DecidedBy, LinkReason
from numpy.typing import NDArray

from dougpt_align.arrays import Bools, Floats, Ints, flat

COULD_BE_REPLIES = (ChatKind.MESSAGE.value, ChatKind.ACTION.value)
# Written to somebody else or elsewhere, or about what no rater can hear.
NOT_ASKED = (LinkReason.SHARED_CHAT.value, LinkReason.REPLY_TO_CHATTER.value, LinkReason.CUT.value)
RATES, TYPES, SCORES = ("slow", "steady", "busy"), ("emotes", "short", "long"), ("unlikely", "open", "likely")
OPEN_FROM, LIKELY_FROM = 0.3, 0.8
RATE_HALF_MS = 30_000
SHORT_WORDS = 2
LEAST_STRATUM = 8
ANY = "any"


@dataclass(frozen=True, slots=True)
class Frame:
    """What may be asked, in the order of chat's clock.

    `probability_N` and `runner_up_N` are the model's for the two best utterances, whatever a person has decided;
    `background_N` that it answers nothing; `parent_N` the best utterance's id (-1: none).
    """

    recording_id: str
    event_ids: tuple[str, ...]
    texts: pa.Array
    probability_N: Floats
    runner_up_N: Floats
    background_N: Floats
    parent_N: Ints
    strata_N: NDArray[np.object_]
    threshold: float

    def places(self) -> dict[str, int]:
        """The row of each event."""
        return {event: row for row, event in enumerate(self.event_ids)}


def read_frame(links: ArrowStream, candidates: ArrowStream, utterances: ArrowStream, chat_events: ArrowStream) -> Frame:
    """Read what `align` was given and made of one recording.

    Raises:
        ContractError: A table breaks its contract.
        ValueError: An event has no link, or a candidate no utterance: the tables are not of one alignment.
    """
    chat = CHAT_EVENTS.check(CHAT_EVENTS.conform(chat_events))
    decided = LINKS.check(LINKS.conform(links))
    weighed = CANDIDATES.check(CANDIDATES.conform(candidates))
    place = pc.index_in(flat(chat["event_id"]), value_set=flat(decided["event_id"]))
    if place.null_count:
        raise ValueError("chat_events has events without a link: these tables are not of one alignment")
    spoken = UTTERANCES.check(UTTERANCES.conform(utterances))["utterance_id"]
    if not pc.all(pc.is_in(weighed["utterance_id"], value_set=flat(spoken)), min_count=0).as_py():
        raise ValueError("candidates name utterances that are not there: these tables are not of one alignment")
    decided = decided.take(place)
    keep = np.flatnonzero(_askable(chat, decided))
    chat, decided = chat.take(pa.array(keep)), decided.take(pa.array(keep))
    texts = flat(chat["text"])
    best = _weighed(weighed, flat(chat["event_id"]))
    strata = _strata(chat["offset_ms"].to_numpy(), texts, best.probability_N)
    recordings = chat["recording_id"].unique().to_pylist()
    return Frame(
        recording_id=str(recordings[0]) if recordings else "",
        event_ids=tuple(chat["event_id"].to_pylist()),
        texts=texts,
        probability_N=best.probability_N,
        runner_up_N=best.runner_up_N,
        background_N=1.0 - best.total_N,
        parent_N=best.parent_N,
        strata_N=strata,
        threshold=_threshold(decided),
    )


@dataclass(frozen=True, slots=True)
class Weighed:
    """The model's two best utterances of each event, and the sum over all."""

    probability_N: Floats
    runner_up_N: Floats
    total_N: Floats
    parent_N: Ints


def _weighed(candidates: pa.Table, event_ids: pa.Array) -> Weighed:
    """Look the candidates of the events up; of equals, the later utterance leads, as in `align`."""
    owner = pc.fill_null(pc.index_in(flat(candidates["event_id"]), value_set=event_ids), -1)
    event_P = owner.to_numpy(zero_copy_only=False).astype(np.int64)
    mine = event_P >= 0
    event_P = event_P[mine]
    probability_P = candidates["probability"].to_numpy().astype(np.float64)[mine]
    lag_P, parent_P = candidates["lag_ms"].to_numpy()[mine], candidates["utterance_id"].to_numpy()[mine]
    order = np.lexsort((-parent_P, lag_P, -probability_P, event_P))
    event_P, probability_P, parent_P = event_P[order], probability_P[order], parent_P[order]
    rank = np.arange(len(event_P)) - np.searchsorted(event_P, event_P)
    found = [np.zeros(len(event_ids)), np.zeros(len(event_ids))]
    for place in (0, 1):
        found[place][event_P[rank == place]] = probability_P[rank == place]
    parent = np.full(len(event_ids), -1, dtype=np.int64)
    parent[event_P[rank == 0]] = parent_P[rank == 0]
    total = np.bincount(event_P, weights=probability_P, minlength=len(event_ids))
    return Weighed(found[0], found[1], np.minimum(total, 1.0), parent)


def _askable(chat: pa.Table, links: pa.Table) -> Bools:
    could = pc.is_in(chat["kind"], value_set=pa.array(COULD_BE_REPLIES))
    by_model = pc.equal(links["decided_by"], DecidedBy.MODEL.value)
    cannot = pc.and_(by_model, pc.is_in(links["reason"], value_set=pa.array(NOT_ASKED)))
    return np.asarray(pc.and_not(could, cannot).to_numpy(), dtype=np.bool_)


def _threshold(links: pa.Table) -> float:
    """From where on the model accepts: the least probability that it accepted, nearly 1 where it accepted none."""
    accepted = links.filter(pc.and_(links["accepted"], pc.equal(links["decided_by"], DecidedBy.MODEL.value)))
    least = pc.min(accepted["probability"]).as_py()
    return 0.9 if least is None else float(least)


def _strata(at_ms: Ints, texts: pa.Array, probability_N: Floats) -> NDArray[np.object_]:
    """The stratum of each event; small ones are joined over rates, then over types."""
    score = np.array(SCORES, dtype=object)[np.digitize(probability_N, (OPEN_FROM, LIKELY_FROM))]
    parts = [_rates(at_ms), _types(texts), score]
    for vague in (0, 1):
        names = _joined(parts)
        kinds, number, size = np.unique(names.astype(str), return_inverse=True, return_counts=True)
        small = (size < LEAST_STRATUM)[number] if len(kinds) else np.zeros(0, dtype=np.bool_)
        parts[vague] = np.where(small, ANY, parts[vague])
    return _joined(parts)


def _joined(parts: list[NDArray[np.object_]]) -> NDArray[np.object_]:
    rate, kind, score = parts
    return np.asarray(rate + " chat, " + kind + " message, " + score + " reply", dtype=object)


def _rates(at_ms: Ints) -> NDArray[np.object_]:
    """A third of the events each: how many others were written within half a minute."""
    around = np.searchsorted(at_ms, at_ms + RATE_HALF_MS, side="right") - np.searchsorted(at_ms, at_ms - RATE_HALF_MS)
    edges = np.quantile(around, (1 / 3, 2 / 3)) if len(around) else np.zeros(2)
    return np.asarray(np.array(RATES, dtype=object)[np.searchsorted(edges, around)])


def _types(texts: pa.Array) -> NDArray[np.object_]:
    worded = pc.match_substring_regex(texts, pattern=r"[\p{L}\p{N}]").to_numpy(zero_copy_only=False)
    words = pc.count_substring_regex(texts, pattern=r"\S+").to_numpy(zero_copy_only=False)
    return np.asarray(np.array(TYPES, dtype=object)[np.where(worded, 1 + (words > SHORT_WORDS), 0)])
