"""Do this speech and this chat belong together at all? Tested against copies of the chat shifted in time.

If they do, messages share rare words with what was just said, and come more often after speech, than the
same messages at other times of the same recording do. The shifted copies keep everything else: how both
sides burst, repeat themselves and dwell on topics.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from dougpt_align.arrays import Floats, Ints
from dougpt_align.moves import weigh_moves, without_doubtful
from dougpt_align.offset import LOBE_S, OffsetPath, constant_path, find_path, lobe, votes_of
from dougpt_align.scene import Scene

SHIFTS = 32
# Topics last: copies shifted by less would still be talking of the same things.
SHORTEST_SHIFT_S, SHORTEST_SHIFT_SHARE = 300.0, 0.16
MIN_SPAN_S = 300.0
MAX_EVENTS = 20_000
BELONG_Z = 4.5
APART_Z = 0.5
# A message in fifty echoes a rare word of what it answers, by less than one vote's usual strength: the least
# that chat which belongs to speech has been seen to do.
LEAST_ECHO = 0.02 * 2.0
POWER_Z = 6.0
EVENT_CAP = 5.0
# Broadcast latencies beyond the usual one, of which the best is taken, in copies as in the real chat.
LATENCIES_S = (-3.0, 0.0, 4.0, 8.0, 14.0, 20.0)


class Relation(StrEnum):
    """What the test says."""

    RELATED = "related"
    UNRELATED = "unrelated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Belonging:
    """The outcome, and standard scores of shared words and of timing over the shifted copies.

    `power` is the score that the faintest real relation would reach in these data.
    """

    relation: Relation
    words_z: float
    timing_z: float
    power: float

    @property
    def is_doubtful(self) -> bool:
        """Whether the data would have shown a real relation, and neither showed one nor ruled it out."""
        return self.relation is Relation.UNKNOWN and self.power >= POWER_Z

    def rounded(self) -> dict[str, str | float]:
        """The findings as plain values."""
        scores = {"words_z": self.words_z, "timing_z": self.timing_z, "power": self.power}
        return {"relation": self.relation.value} | {name: round(score, 2) for name, score in scores.items()}


UNTESTED = Belonging(Relation.UNKNOWN, 0.0, 0.0, 0.0)


def place_chat(
    scene: Scene, use_E: Ints, anchors: tuple[Ints, Ints, Floats] | None, max_offset_ms: int
) -> tuple[OffsetPath, Belonging]:
    """Find chat's clock path and whether the two belong together.

    They are tested on a clock that stands still, since a path was chosen by looking at them. Only moves that stand
    out from what chance finds are kept; such moves say that the two belong together, whatever they look like without.
    """
    path = find_path(scene, use_E, anchors, max_offset_ms)
    if anchors is not None:
        return path, weigh_belonging(scene, use_E, path)
    still = constant_path(int(path.from_ms[0]), int(path.to_ms[-1]), 0, 0.0)
    found = weigh_belonging(scene, use_E, still)
    if not np.any(path.offset_ms):
        return path, found
    moves = weigh_moves(scene, use_E[:MAX_EVENTS], path, max_offset_ms)
    sure = without_doubtful(path, moves.believed)
    if np.any(sure.offset_ms):
        moved = weigh_belonging(scene, use_E, sure)
        found = Belonging(Relation.RELATED, max(moved.words_z, moves.total_z), moved.timing_z, moved.power)
    elif moves.total_z >= APART_Z and found.relation is Relation.UNRELATED:
        found = replace(found, relation=Relation.UNKNOWN)
    return sure, found


def weigh_belonging(scene: Scene, use_E: Ints, path: OffsetPath) -> Belonging:
    """Compare the recording under a `path` that was not chosen by looking at it with shifted copies of its chat."""
    at_ms = scene.chat.at_ms
    piece = path.piece_of(at_ms)
    at_ms = at_ms - path.offset_at(piece)
    use = use_E[piece[use_E] >= 0][:MAX_EVENTS]
    if not len(use) or not len(scene.speech.end_ms):
        return UNTESTED
    at_ms = at_ms[use]
    begin, end = int(at_ms.min()), int(at_ms.max())
    if end - begin < MIN_SPAN_S * 1000:
        return UNTESTED
    span_ms = end - begin + 1
    shortest_ms = min(SHORTEST_SHIFT_S * 1000, SHORTEST_SHIFT_SHARE * span_ms)
    shifts = np.linspace(shortest_ms, span_ms - shortest_ms, SHIFTS).astype(np.int64)
    words = np.empty(SHIFTS + 1)
    timing = np.empty(SHIFTS + 1)
    tokens = scene.lexicon.events.take(use).by_token()
    for number, shift_ms in enumerate([0, *shifts.tolist()]):
        moved = begin + (at_ms - begin + shift_ms) % span_ms
        words[number] = _echo(scene, tokens, moved)
        timing[number] = _followed(scene.speech.end_ms, moved)
    words_z, timing_z = _standard_score(words), _standard_score(timing)
    power = LEAST_ECHO * len(use) / max(float(words[1:].std(ddof=1)), 1.0)
    return Belonging(_judge(words_z, timing_z, power), words_z, timing_z, power)


def _judge(words_z: float, timing_z: float, power: float) -> Relation:
    # Words and timing are two looks at one question: their scores add up (Stouffer).
    both_z = (words_z + timing_z) / np.sqrt(2.0)
    if max(words_z, timing_z, both_z) >= BELONG_Z:
        return Relation.RELATED
    if words_z < APART_Z and timing_z < BELONG_Z - 1 and power >= POWER_Z:
        return Relation.UNRELATED
    return Relation.UNKNOWN


def _echo(scene: Scene, tokens: tuple[Ints, Ints], at_ms_M: Ints) -> float:
    """Evidence of shared rare words at the reply lag that shows most; no event counts for more than `EVENT_CAP`."""
    votes = votes_of(scene, tokens, at_ms_M, LOBE_S[0] + LATENCIES_S[0], LOBE_S[1] + LATENCIES_S[-1])
    sums = []
    for latency_s in LATENCIES_S:
        weight = votes.weight * lobe(votes.lag_s - latency_s)
        per_event = np.bincount(votes.event, weights=weight, minlength=1)
        sums.append(float(np.minimum(per_event, EVENT_CAP).sum()))
    return max(sums)


def _followed(end_ms_U: Ints, at_ms_E: Ints) -> float:
    """How many utterances ended 2 to 12 s before an event, summed over events."""
    recent = np.searchsorted(end_ms_U, at_ms_E - 2000) - np.searchsorted(end_ms_U, at_ms_E - 12_000)
    return float(recent.sum())


def _standard_score(values: Floats) -> float:
    spread = float(values[1:].std(ddof=1))
    return float((values[0] - values[1:].mean()) / max(spread, 1.0))
