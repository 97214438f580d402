"""What a message says about what it answers: likelihood ratios of marks against a near null.

Content: the weight of the rare words and phrases that a pair shares, in bins; the ratio rises with it.
Shape: the kind of the message (emotes, short, question, answer-like, ...) given the kind of the
utterance (statement, question, call such as 'type 1'). The null is near: pairs of the same window that
are not linked, so that talk about one topic is no evidence by itself.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dougpt_align.arrays import Floats, Ints
from dougpt_align.candidates import Pairs
from dougpt_align.scene import Scene
from dougpt_align.shapes import rising
from dougpt_align.tokens import Tokens, shared_weight

CONTENT_EDGES = np.array([1e-9, 2.5, 4.0, 5.0, 6.0, 7.0, 9.0, 13.0])
CONTENT_START = np.array([0.75, 1.2, 2.0, 3.5, 6.0, 9.0, 14.0, 25.0, 40.0])
ANSWER = r"(?i)^\W*(?:y|n|yes|no|yeah|yep|yup|nope|nah|ye|true|false|\d{1,4})\W*$"
CALL = (
    r"(?i)\b(?:type|say|spam|put|press|vote|write|post)\b.{0,40}\b(?:chat|one|two|three|\d)\b"
    r"|\bchat\b.{0,30}\b(?:type|say|spam|vote)\b"
)


NULL_PAIRS = 40.0
MOST_RATIO = 50.0


class Said(IntEnum):
    """Kinds of utterances."""

    STATEMENT = 0
    QUESTION = 1
    CALL = 2


class Wrote(IntEnum):
    """Kinds of messages."""

    EMOTES = 0
    SHORT = 1
    LONG = 2
    QUESTION = 3
    ANSWER = 4
    TO_STREAMER = 5


# Where one side has no words to share, sharing none says nothing.
RATIO_STARTS: dict[str, Floats] = {
    "content": np.concatenate([np.ones(len(CONTENT_START)), CONTENT_START]),
    "shape": np.ones(len(Said) * len(Wrote)),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A discrete mark of pairs with a likelihood ratio a bin; bins are numbered group * size + kind.

    `is_near` marks differ between the candidates of one event, and their null is the pairs that are not linked.
    The others are kinds of the event, given a group of utterances: their null is the background's events. A rising
    mark's ratios rise with the bin.
    """

    name: str
    bins_P: NDArray[np.int16]
    groups: int
    size: int
    is_near: bool
    is_rising: bool


def read_marks(scene: Scene, rows: Ints, pairs: Pairs) -> tuple[tuple[Mark, ...], Floats]:
    """Marks of each pair of the events `rows`, and the shared weight behind the content mark, in nats."""
    shared = shared_weight(scene.lexicon.of(events=rows), pairs.ptr, pairs.first_E)
    counts = np.diff(pairs.ptr)
    comparable = _has_tokens(scene.lexicon.utterances)[pairs.parent_P] & np.repeat(_has_words(scene, rows), counts)
    content = comparable * np.int16(len(CONTENT_START))
    sharing = np.flatnonzero(shared)
    content[sharing] += np.searchsorted(CONTENT_EDGES, shared[sharing], side="right").astype(np.int16)
    said, wrote = said_kinds(scene).astype(np.int16) * np.int16(len(Wrote)), wrote_kinds(scene).astype(np.int16)[rows]
    shape = said[pairs.parent_P] + np.repeat(wrote, counts)
    marks = (
        Mark("content", content, 2, len(CONTENT_START), is_near=True, is_rising=True),
        Mark("shape", shape, len(Said), len(Wrote), is_near=False, is_rising=False),
    )
    return marks, shared


def said_kinds(scene: Scene) -> Ints:
    """`Said` of each utterance."""
    calls = pc.match_substring_regex(scene.speech.texts, pattern=CALL).to_numpy(zero_copy_only=False)
    kinds = np.where(scene.speech.is_question, int(Said.QUESTION), int(Said.STATEMENT))
    return np.where(calls, int(Said.CALL), kinds)


def wrote_kinds(scene: Scene) -> Ints:
    """`Wrote` of each event."""
    texts = scene.chat.texts
    kinds = np.where(matches(texts, r"\S\s+\S+\s+\S"), int(Wrote.LONG), int(Wrote.SHORT))
    kinds = np.where(matches(texts, r"\?\W*$"), int(Wrote.QUESTION), kinds)
    kinds = np.where(matches(texts, ANSWER), int(Wrote.ANSWER), kinds)
    kinds = np.where(scene.chat.emote_only, int(Wrote.EMOTES), kinds)
    return np.where(scene.chat.mentions_streamer, int(Wrote.TO_STREAMER), kinds)


def relearn(mark: Mark, anchor: Floats, linked_P: Floats, null_P: Floats, anchor_pairs: float) -> Floats:
    """Ratio of each bin among linked pairs to that under the null, shrunk towards `anchor`.

    Args:
        mark: The mark.
        anchor: Ratios to shrink to.
        linked_P: Weight of each pair as a link.
        null_P: Weight of each pair under the mark's null.
        anchor_pairs: How many linked pairs of a group the anchor counts for.
    """
    shape = (mark.groups, mark.size)
    null = np.bincount(mark.bins_P, weights=null_P, minlength=mark.groups * mark.size).reshape(shape)
    linked = np.bincount(mark.bins_P, weights=linked_P, minlength=mark.groups * mark.size).reshape(shape)
    null = null if mark.is_near else null.sum(axis=0)
    # What the null has hardly seen is as common there as overall, so that no ratio runs away.
    overall = null.reshape(-1, mark.size).sum(axis=0) + linked.sum(axis=0) + 1.0 / mark.size
    null = null + NULL_PAIRS * overall / overall.sum()
    null = np.broadcast_to(null / null.sum(axis=-1, keepdims=True), shape)
    expected = anchor.reshape(shape) * null
    linked = linked + anchor_pairs * expected / expected.sum(axis=1, keepdims=True)
    ratio = np.clip(linked / linked.sum(axis=1, keepdims=True) / null, 1 / MOST_RATIO, MOST_RATIO)
    if mark.is_rising:
        ratio = np.stack([rising(row, weight) for row, weight in zip(ratio, null, strict=True)])
    return np.asarray(ratio.reshape(-1))


def _has_tokens(tokens: Tokens) -> NDArray[np.bool_]:
    return np.asarray(np.diff(tokens.ptr) > 0)


def _has_words(scene: Scene, rows: Ints) -> NDArray[np.bool_]:
    return np.asarray((scene.lexicon.event_mass > 0) & ~scene.chat.emote_only)[rows]


def matches(texts: pa.Array, pattern: str) -> NDArray[np.bool_]:
    """Which texts hold what the regular expression describes."""
    return np.asarray(pc.match_substring_regex(texts, pattern=pattern).to_numpy(zero_copy_only=False))
