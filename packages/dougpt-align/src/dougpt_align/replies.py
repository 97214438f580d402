"""Chat that answers chat: the attribution core with every earlier message as a possible parent.

Takes authors, texts, times and places of messages, knows nothing of files, and gives what `attribution.fit` needs:
pairs, a kernel over the distance in messages, and marks (who speaks to whom, words in common).
Shape suffixes: N messages (in order), P pairs of a message and an earlier one, K names in a message.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pyarrow as pa

from dougpt_align.arrays import Bools, Floats, Ints, expand
from dougpt_align.attribution import Parameters, Posterior, Problem, Trust, fit
from dougpt_align.candidates import Pairs
from dougpt_align.lag import Kernel
from dougpt_align.marks import Mark
from dougpt_align.tokens import build_lexicon, shared_weight

REACH = 100
NAMES = 3
# So many units a message in the kernel, so that its smoothing (in seconds) stays within one message.
STEP = 10.0
OVERLAP_EDGES = np.array([1e-9, 3.0, 4.5, 6.0, 8.0, 11.0, 15.0])
OVERLAP_START = np.array([0.8, 1.2, 1.6, 2.2, 3.0, 4.0, 5.0, 6.0])
# Each message draws about one reply, unlike an utterance to thousands; and what a log's start says of turns counts for
# so many times its own messages, because the reader of one channel sees too few of each turn to trust the fit alone.
EVEN, SURE = 30.0, 3.0
# A name that is an everyday word in the channel is a name only at the head of a message.
EVERYDAY, RARE = 0.01, 5
EDGES = re.compile(r"^\W+|\W+$")


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages of one or several logs, in order.

    `author_N` numbers authors (of different logs differently), `named_NK` the authors that a message names, -1 beyond
    them, `is_headed_N` whether the first stands at its head; `line_N` is the place in the log, other lines counted.
    """

    author_N: Ints
    texts: pa.Array
    time_s_N: Floats
    line_N: Ints
    log_N: Ints
    named_NK: Ints
    is_headed_N: Bools

    @property
    def addressees(self) -> Ints:
        """The author that a message is addressed to, -1 if none."""
        return self.named_NK[:, 0]


def read_messages(authors: Sequence[str], texts: Sequence[str], times_s: Floats, lines: Ints, logs: Ints) -> Messages:
    """Number the authors and find whom each message names."""
    keys = list(zip(logs.tolist(), (_plain(author) for author in authors), strict=True))
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    words = [[EDGES.sub("", word).lower() for word in text.split()] for text in texts]
    counts: dict[str, int] = {}
    for word in (word for row in words for word in set(row[1:])):
        counts[word] = counts.get(word, 0) + 1
    everyday = {word for word, count in counts.items() if count > max(EVERYDAY * len(words), RARE)}
    named = np.full((len(keys), NAMES), -1, dtype=np.int64)
    headed = np.zeros(len(keys), dtype=np.bool_)
    for row, (key, said) in enumerate(zip(keys, words, strict=True)):
        found = [
            (numbers[key[0], _plain(word)], place)
            for place, word in enumerate(said)
            if (key[0], _plain(word)) in numbers and (place == 0 or (len(word) > 2 and word not in everyday))
        ]
        others = dict.fromkeys(number for number, _ in found if number != numbers[key])
        named[row, : min(len(others), NAMES)] = list(others)[:NAMES]
        headed[row] = bool(others) and found[0][1] == 0
    author = np.array([numbers[key] for key in keys], dtype=np.int64)
    return Messages(author, pa.array(texts, pa.string()), times_s, lines, logs, named, headed)


def _plain(name: str) -> str:
    """Names as people type them: no case, no marks around ('nick_' is 'nick')."""
    return name.lower().strip("_`|^-[]{}\\") or name.lower()


def pair_up(messages: Messages, reach: int = REACH) -> Pairs:
    """Pair each message with all of its log at most `reach` lines before it."""
    stride = int(messages.line_N.max(initial=0)) + reach + 2
    place = messages.log_N * stride + messages.line_N
    rows = np.arange(len(place), dtype=np.int64)
    first = np.maximum(
        np.searchsorted(place, place - reach, side="left"), np.searchsorted(messages.log_N, messages.log_N)
    )
    counts = rows - first
    ptr = np.r_[0, np.cumsum(counts)].astype(np.int64)
    parent, child = expand(first, counts), np.repeat(rows, counts)
    return Pairs(
        ptr,
        first,
        parent.astype(np.int32),
        child.astype(np.int32),
        STEP * (child - parent).astype(np.float64),
        dropped=0,
    )


class Turn(IntEnum):
    """How the child's author B and words relate to the parent's author A and words; the first that applies."""

    OWN_LAST_SAME = 0  # B goes on: B's own last message, to the same person or to nobody
    OWN_LAST_OTHER = 1
    OWN_EARLIER = 2
    TO_LAST_MUTUAL = 3  # B names A; A's last message, and it named B
    TO_LAST = 4
    TO_EARLIER_MUTUAL = 5
    TO_EARLIER = 6
    TO_ANOTHER = 7  # B names somebody else
    FROM_FRESH = 8  # B names nobody, A named B, and B has not spoken since
    FROM_ANSWERED = 9
    PARTNER_LAST = 10  # B names nobody and last had to do with A, whose last message it is
    PARTNER_EARLIER = 11
    FROM_TO_ANOTHER = 12  # A named somebody else
    OPEN_FRESH = 13  # neither names anybody; B has not spoken since
    OPEN = 14


# How many of a hundred replies are of each turn, roughly: people go on with what they said, and answer the last message
# of the one they name or were named by. The ratios to begin with are these over how many pairs are.
TURN_SHARES = np.array([20.0, 5.0, 3.0, 15.0, 15.0, 5.0, 5.0, 2.0, 10.0, 3.0, 4.0, 1.0, 2.0, 8.0, 2.0])
# Turns in three groups, near to far. A ratio is capped; the product of a group's and of the turn's within it is not.
NEARNESS = np.array([0, 0, 1, 0, 0, 1, 1, 2, 0, 1, 0, 2, 2, 0, 2])


@dataclass(frozen=True, slots=True)
class Relations:
    """What a pair's authors have to do with one another; counts of messages lie between parent and child."""

    own_P: Bools
    to_P: Bools
    from_P: Bools
    same_target_P: Bools
    names_P: Bools
    named_P: Bools
    partner_P: Bools
    by_parent_P: Ints
    by_child_P: Ints


def relate(messages: Messages, pairs: Pairs) -> Relations:
    """Compare authors and names of each pair."""
    child, parent = pairs.event_P, pairs.parent_P
    author, named = messages.author_N, messages.named_NK
    to = (named[child] == author[parent][:, None]).any(axis=1)
    came = (named[parent] == author[child][:, None]).any(axis=1)
    order, ordinal = _ordinals(author)
    stride = len(author) + 1
    keys = author[order] * stride + order
    # How many messages of the parent's author come before the child, less those up to the parent.
    begin = np.searchsorted(keys, author * stride)
    before = np.searchsorted(keys, author[parent] * stride + child) - begin[parent]
    by_child = ordinal[child] - (np.searchsorted(keys, author[child] * stride + parent) - begin[child])
    own = author[child] == author[parent]
    return Relations(
        own_P=own,
        to_P=to,
        from_P=came,
        same_target_P=messages.addressees[child] == messages.addressees[parent],
        names_P=(messages.addressees >= 0)[child],
        named_P=(messages.addressees >= 0)[parent],
        partner_P=(last_partners(messages)[child] == author[parent]) & ~own,
        by_parent_P=before - ordinal[parent] - 1,
        by_child_P=by_child - own,
    )


def turns(found: Relations) -> Ints:
    """`Turn` of each pair."""
    last, fresh = found.by_parent_P == 0, found.by_child_P == 0
    cases = [
        (found.own_P & fresh & found.same_target_P, Turn.OWN_LAST_SAME),
        (found.own_P & fresh, Turn.OWN_LAST_OTHER),
        (found.own_P, Turn.OWN_EARLIER),
        (found.to_P & last & found.from_P, Turn.TO_LAST_MUTUAL),
        (found.to_P & last, Turn.TO_LAST),
        (found.to_P & found.from_P, Turn.TO_EARLIER_MUTUAL),
        (found.to_P, Turn.TO_EARLIER),
        (found.names_P, Turn.TO_ANOTHER),
        (found.from_P & fresh, Turn.FROM_FRESH),
        (found.from_P, Turn.FROM_ANSWERED),
        (found.partner_P & last, Turn.PARTNER_LAST),
        (found.partner_P, Turn.PARTNER_EARLIER),
        (found.named_P, Turn.FROM_TO_ANOTHER),
        (fresh, Turn.OPEN_FRESH),
    ]
    return np.select([case for case, _ in cases], [int(turn) for _, turn in cases], int(Turn.OPEN)).astype(np.int64)


def overlap(messages: Messages, pairs: Pairs) -> Floats:
    """Weight of the rare words that a pair shares, in nats."""
    lexicon = build_lexicon(messages.texts, messages.texts)
    return shared_weight(lexicon, pairs.ptr, pairs.first_E)


def attribute(messages: Messages, pairs: Pairs, share: float, max_iterations: int = 30) -> Posterior:
    """Who answers whom without labels: the share of messages that answer something is given."""
    marks, ratios = reply_marks(messages, pairs)
    count = len(messages.author_N)
    problem = Problem(
        ptr=pairs.ptr,
        parent_P=pairs.parent_P,
        event_P=pairs.event_P,
        lag_s_P=pairs.lag_s_P,
        marks=marks,
        # All within one window: how often people begin anew has no rate of its own.
        time_s_E=np.arange(count) / max(count, 1),
        typed_E=np.zeros(count),
        weight_E=np.ones(count),
        class_U=np.zeros(count, dtype=np.int64),
        exposure_U=np.ones(count),
        # Nobody is later than others by a number of lines.
        author_E=np.arange(count, dtype=np.int64),
    )
    start = Parameters(_first_kernel(), ratios, np.ones(1))
    return fit(problem, start, share, Trust(marks=SURE * count, shape=EVEN), max_iterations)


def reply_marks(messages: Messages, pairs: Pairs) -> tuple[tuple[Mark, ...], dict[str, Floats]]:
    """Marks of pairs (the turn, in two steps, and words in common), and the ratios to begin with."""
    turn = turns(relate(messages, pairs))
    near = NEARNESS[turn]
    shared = np.searchsorted(OVERLAP_EDGES, overlap(messages, pairs), side="right")
    groups, size = int(NEARNESS.max()) + 1, len(Turn)
    null = np.bincount(turn, minlength=size) + 1.0
    linked = TURN_SHARES / TURN_SHARES.sum() * null.sum()
    by_group = np.bincount(NEARNESS, weights=linked) / np.bincount(NEARNESS, weights=null)
    marks = (
        Mark("near", near.astype(np.int16), 1, groups, is_near=True, is_rising=False),
        Mark("turn", (near * size + turn).astype(np.int16), groups, size, is_near=True, is_rising=False),
        Mark("overlap", shared.astype(np.int16), 1, len(OVERLAP_START), is_near=True, is_rising=True),
    )
    within = (linked / null)[None, :] / by_group[:, None]
    return marks, {"near": by_group, "turn": within.ravel(), "overlap": OVERLAP_START}


def _first_kernel() -> Kernel:
    """Nearer messages first: falling as one over the distance."""
    density = 1.0 / np.arange(1, REACH + 1)
    return Kernel(0.5 * STEP, STEP, density / (density.sum() * STEP), 0.0)


def _ordinals(author_N: Ints) -> tuple[Ints, Ints]:
    """Messages sorted by author and then place; and the number of each among its author's."""
    order = np.argsort(author_N, kind="stable")
    ordered = author_N[order]
    ordinal = np.empty(len(order), dtype=np.int64)
    ordinal[order] = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return order, ordinal


def last_partners(messages: Messages) -> Ints:
    """Whom the author of each message last addressed or was last addressed by, before it; -1 if nobody."""
    partner = np.full(len(messages.author_N), -1, dtype=np.int64)
    latest: dict[int, int] = {}
    for row, (author, target) in enumerate(zip(messages.author_N.tolist(), messages.addressees.tolist(), strict=True)):
        partner[row] = latest.get(author, -1)
        if target >= 0:
            latest[author], latest[target] = target, author
    return partner
