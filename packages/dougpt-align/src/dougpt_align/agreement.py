"""Whether people agree: Cohen's kappa on the events that two raters both answered, and on what was answered.

kappa = (observed - expected) / (1 - expected), with the agreement that two raters would reach by chance from how often
each says "reply". Its standard error is that of Fleiss, Cohen and Everitt (1969).
"""

from collections import defaultdict
from dataclasses import asdict, dataclass
from itertools import combinations
from math import sqrt
from typing import Any

import numpy as np
from dougpt_schema import ArrowStream, Verdict

from dougpt_align.arrays import Floats
from dougpt_align.majority import names_speech, same_speech
from dougpt_align.standing import standing_labels

NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two raters on the events that both answered.

    Attributes:
        raters: Who, in order of name.
        items: Events that both called a reply or none.
        unsure: Events that both answered and at least one was unsure about; left out.
        agreed: Of the items, how many both called the same.
        kappa: Cohen's kappa; None where both always say one and the same, so that chance explains everything.
        low: The lower end of its 95 % interval.
        high: The upper end.
        replies: Events that both called a reply and named speech for.
        same_speech: Of these, how many name the same stretch of speech.
        conflicts: The events on which they differ, as (recording_id, event_id): verdict first, then speech.
    """

    raters: tuple[str, str]
    items: int
    unsure: int
    agreed: int
    kappa: float | None
    low: float | None
    high: float | None
    replies: int
    same_speech: int
    conflicts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How each pair of raters agrees."""

    pairs: tuple[PairAgreement, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def kappa(labels: ArrowStream) -> Agreement:
    """Compare every two raters on the events that both answered; the last answer of each that stands counts.

    Raises:
        ContractError: The table breaks its contract.
    """
    answers: dict[str, dict[tuple[str, str], dict[str, Any]]] = defaultdict(dict)
    for label in standing_labels(labels):
        answers[label["rater"]][label["recording_id"], label["event_id"]] = label
    found = [_compare((one, two), answers[one], answers[two]) for one, two in combinations(sorted(answers), 2)]
    return Agreement(tuple(pair for pair in found if pair.items or pair.unsure))


def _compare(
    raters: tuple[str, str],
    ones: dict[tuple[str, str], dict[str, Any]],
    twos: dict[tuple[str, str], dict[str, Any]],
) -> PairAgreement:
    both = sorted(set(ones) & set(twos))
    sure = [event for event in both if Verdict.UNSURE not in {ones[event]["verdict"], twos[event]["verdict"]}]
    table = np.zeros((2, 2))
    for event in sure:
        table[int(ones[event]["verdict"] == Verdict.REPLY), int(twos[event]["verdict"] == Verdict.REPLY)] += 1
    named = [event for event in sure if names_speech(ones[event]) and names_speech(twos[event])]
    apart = [event for event in named if not same_speech(ones[event], twos[event])]
    differ = [event for event in sure if ones[event]["verdict"] != twos[event]["verdict"]]
    value, low, high = cohens_kappa(table)
    return PairAgreement(
        raters=raters,
        items=len(sure),
        unsure=len(both) - len(sure),
        agreed=len(sure) - len(differ),
        kappa=value,
        low=low,
        high=high,
        replies=len(named),
        same_speech=len(named) - len(apart),
        conflicts=tuple(differ + apart),
    )


def cohens_kappa(table: Floats) -> tuple[float | None, float | None, float | None]:
    """Kappa of a square table of counts with its 95 % interval; None where chance explains everything."""
    n = float(table.sum())
    if not n:
        return None, None, None
    value, _ = _kappa(table / n)
    if value is None:
        return None, None, None
    # Half an answer in each cell: raters of whom a few answers agree are not certain to agree on all.
    _, deviation = _kappa((table + 0.5) / (n + 0.5 * table.size))
    reach = NORMAL_95 * deviation / sqrt(n)
    return value, max(value - reach, -1.0), min(value + reach, 1.0)


def _kappa(share: Floats) -> tuple[float | None, float]:
    """Kappa of a table of shares, and the standard deviation of one item's part in it."""
    row, column = share.sum(axis=1), share.sum(axis=0)
    observed, expected = float(np.trace(share)), float(row @ column)
    if expected >= 1.0 - 1e-12:
        return None, 0.0
    value = (observed - expected) / (1 - expected)
    sums = column[:, None] + row[None, :]
    same = np.diag(share)
    agreeing = float(same @ (1 - np.diag(sums) * (1 - value)) ** 2)
    differing = (1 - value) ** 2 * float((share * sums**2).sum() - same @ np.diag(sums) ** 2)
    variance = agreeing + differing - (value - expected * (1 - value)) ** 2
    return value, sqrt(max(variance, 0.0)) / (1 - expected)
