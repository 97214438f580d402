"""Features of pairs and messages for a stacker that learns from people's answers to 'who answers whom'.

They say in numbers what `replies` says in marks, and what one message knows of the others: who has lately talked
to whom, by names and by the attribution itself. Shape suffixes as in `replies`; F features of pairs, G of messages.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from dougpt_align.arrays import Floats, Ints, row_maxima, row_sums, take_rows
from dougpt_align.candidates import Pairs
from dougpt_align.marks import matches
from dougpt_align.replies import Messages, last_partners, overlap, relate

QUESTION = (
    r"(?i)\?|^\W*(?:\S+[:,]\s+)?(?:how|what|where|why|who|which|when|is|are|does|do|did|can|could|has|anyone|any)\b"
)
GREETING = r"(?i)^\W*(?:\S+[:,]\s+)?(?:hi|hello|hey|howdy|greetings|good (?:morning|evening|day)|re|yo|sup|all)\b"
THANKS = r"(?i)\b(?:thanks?|thx|ty|cheers)\b"
AGREEING = (
    r"(?i)^\W*(?:\S+[:,]\s+)?(?:y|n|yes|no|yeah|yep|yup|nope|nah|ok|okay|k|sure|right|true|oh|ah|hm+|lol|haha|heh)\b"
)
LINK = r"https?://|www\."
CODE = r"[/\\]\w+[/\\.]|--\w|[{};=<>|`$#]"
SEEKING = r"(?i)\b(?:any(?:one|body)|some(?:one|body)|help|problem|trouble|error|trying|need)\b"
SHAPES = {"question": QUESTION, "greeting": GREETING, "thanks": THANKS, "agreeing": AGREEING, "link": LINK,
          "code": CODE, "seeking": SEEKING}  # fmt: skip
FLOOR = 1e-6
# Beyond these the attribution is right in half a percent of messages; labels cannot teach what is so rare.
MOST = 25


@dataclass(frozen=True, slots=True)
class ReplyTable:
    """The likeliest candidates of some messages, as `pair_P` of all pairs, in rows; with features by name.

    The first feature of pairs is the log odds of the attribution against no parent.
    """

    ptr: Ints
    pair_P: Ints
    x: dict[str, Floats]
    z: dict[str, Floats]


def reply_features(messages: Messages, pairs: Pairs, link_P: Floats, background_N: Floats, rows: Ints) -> ReplyTable:
    """Features of the likeliest candidates of the messages `rows`, given what the attribution found."""
    ptr, kept = _likeliest(pairs, link_P, rows)
    child, parent = pairs.event_P[kept], pairs.parent_P[kept]
    part = Pairs(ptr, pairs.first_E[rows], parent, child, pairs.lag_s_P[kept], dropped=0)
    known = relate(messages, part)
    shape_N = {name: matches(messages.texts, pattern) for name, pattern in SHAPES.items()}
    words_N = np.log1p(pc.count_substring_regex(messages.texts, pattern=r"\S+").to_numpy(zero_copy_only=False))

    logodds = np.log(link_P[kept] + FLOOR) - np.log(background_N[child] + FLOOR)
    shared = overlap(messages, pairs)[kept]
    # Some logs carry seconds and some minutes; what is learned on one kind must hold on the other.
    minute_N = np.floor(messages.time_s_N / 60.0)
    answered, answered_by = _answered(messages, pairs, link_P)
    with_author = _Partners.of(messages, pairs, link_P)
    previous = _previous_own(messages.author_N)
    partner = last_partners(messages)
    own_previous = previous[child]
    x = {
        "log odds": logodds,
        "log odds over the best other": logodds - _best_other(logodds, ptr),
        "attribution": link_P[kept],
        "distance": np.log(child - parent),
        "lines": np.log(messages.line_N[child] - messages.line_N[parent]),
        "is previous": child - parent == 1,
        "gap": np.log1p(np.maximum(minute_N[child] - minute_N[parent], 0.0)),
        "own": known.own_P,
        "names": known.to_P,
        "is addressed": messages.addressees[child] == messages.author_N[parent],
        "named": known.from_P,
        "was addressed": messages.addressees[parent] == messages.author_N[child],
        "same target": known.same_target_P & known.names_P,
        "names another": known.names_P & ~known.to_P,
        "named another": known.named_P & ~known.from_P,
        "parent's messages between": np.log1p(known.by_parent_P),
        "child's messages between": np.log1p(known.by_child_P),
        "last of the named": known.to_P & (known.by_parent_P == 0),
        "fresh": known.from_P & (known.by_child_P == 0),
        "own and last": known.own_P & (known.by_child_P == 0),
        "overlap": shared,
        "overlap over the best other": shared - _best_other(shared, ptr),
        "answered": answered[kept],
        "answered by the child's author": answered_by[kept],
        "parent answers the child's author": with_author(parent.astype(np.int64), messages.author_N[child]),
        "child's last answers the parent's author": np.where(
            own_previous >= 0, with_author(np.maximum(own_previous, 0), messages.author_N[parent]), 0.0
        ),
        "partner": known.partner_P,
        "partner's partner": (partner[parent] == messages.author_N[child]) & ~known.own_P,
        "parent is new": background_N[parent],
        "parent is its author's first": previous[parent] < 0,
        "parent's words": words_N[parent],
    }
    x |= {f"parent {name}": values[parent] for name, values in shape_N.items()}
    z = {
        "names": messages.addressees[rows] >= 0,
        "headed": messages.is_headed_N[rows],
        "words": words_N[rows],
        "attribution": 1.0 - background_N[rows],
        "is first": previous[rows] < 0,
        "own distance": np.where(previous[rows] >= 0, np.log(np.maximum(rows - previous[rows], 1)), np.log(1000.0)),
        "has partner": partner[rows] >= 0,
        "named lately": row_maxima(known.from_P.astype(np.float64), ptr),
        "gap": np.log1p(np.maximum(minute_N[rows] - minute_N[np.maximum(rows - 1, 0)], 0.0)),
    }
    z |= {name: values[rows] for name, values in shape_N.items()}
    return ReplyTable(ptr, kept, {name: _float(v) for name, v in x.items()}, {name: _float(v) for name, v in z.items()})


def _likeliest(pairs: Pairs, link_P: Floats, rows: Ints) -> tuple[Ints, Ints]:
    """Row pointers and numbers of at most `MOST` pairs a message; of equals, the nearest."""
    ptr, mine = take_rows(pairs.ptr, rows)
    event = np.repeat(np.arange(len(rows)), np.diff(ptr))
    order = np.lexsort((-mine, -link_P[mine], event))
    rank = np.arange(len(order)) - ptr[:-1][event]
    kept = np.sort(order[rank < MOST])
    counts = np.bincount(event[kept], minlength=len(rows))
    return np.r_[0, np.cumsum(counts)].astype(np.int64), mine[kept]


def _best_other(values_P: Floats, ptr: Ints) -> Floats:
    """The highest value of the other candidates of the same row (its own where there is none)."""
    counts = np.diff(ptr)
    top = np.repeat(row_maxima(values_P, ptr), counts)
    is_top = values_P >= top
    second = row_maxima(np.where(is_top, -np.inf, values_P), ptr, empty=0.0)
    several = np.repeat(row_sums(is_top.astype(np.float64), ptr), counts) > 1
    other = np.where(is_top & ~several, np.repeat(second, counts), top)
    return np.where(np.isfinite(other), other, values_P)


def _answered(messages: Messages, pairs: Pairs, link_P: Floats) -> tuple[Floats, Floats]:
    """Replies that each pair's parent had drawn before the child, expected: by anybody, and by the child's author."""
    order = np.lexsort((pairs.event_P, pairs.parent_P))
    anybody, mine = np.zeros(len(link_P)), np.zeros(len(link_P))
    anybody[order] = _sum_before(link_P[order], pairs.parent_P[order].astype(np.int64))
    key = (
        pairs.parent_P.astype(np.int64) * (int(messages.author_N.max(initial=0)) + 1) + messages.author_N[pairs.event_P]
    )
    order = np.lexsort((pairs.event_P, key))
    mine[order] = _sum_before(link_P[order], key[order])
    return anybody, mine


def _sum_before(values: Floats, key: Ints) -> Floats:
    """Running sum of what came before within a run of equal keys."""
    total = np.cumsum(values) - values
    start = np.searchsorted(key, key)
    return total - total[start]


class _Partners:
    """The probability that a message answers one by a given author."""

    def __init__(self, keys: Ints, chance: Floats, stride: int) -> None:
        self.keys, self.chance, self.stride = keys, chance, stride

    @classmethod
    def of(cls, messages: Messages, pairs: Pairs, link_P: Floats) -> "_Partners":
        stride = int(messages.author_N.max(initial=0)) + 1
        keys, where = np.unique(
            pairs.event_P.astype(np.int64) * stride + messages.author_N[pairs.parent_P], return_inverse=True
        )
        return cls(keys, np.bincount(where, weights=link_P, minlength=len(keys)), stride)

    def __call__(self, message: Ints, author: Ints) -> Floats:
        wanted = message * self.stride + author
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[place] == wanted, self.chance[place], 0.0)


def _previous_own(author_N: Ints) -> Ints:
    """The message before of the same author, -1 if none."""
    order = np.argsort(author_N, kind="stable")
    previous = np.full(len(order), -1, dtype=np.int64)
    same = author_N[order][1:] == author_N[order][:-1]
    previous[order[1:][same]] = order[:-1][same]
    return previous


def _float(values: object) -> Floats:
    return np.asarray(values, dtype=np.float64)
