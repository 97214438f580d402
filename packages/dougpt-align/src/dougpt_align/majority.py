"""What several people together say of a message: what more than half of them say.

Half of them are not more than half: two people who differ decide nothing, and a third decides between them. Whoever is
unsure has no part in it. The share of those who say so goes with the decision; how good each person is, is not guessed,
since on a few hundred answers by two or three people that cannot be told from chance.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dougpt_schema import Verdict

type Answer = dict[str, Any]

MIN_OVERLAP = 0.3
"""The share of the shorter of two stretches from which on they are the same speech."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What people decided of a message.

    Attributes:
        answer: The answer that stands for it.
        share: How many of them say that it is a reply, or that it is none, as `answer` does; over half, 1 where all do.
        on_speech: Whether some of them name other speech and no more than half of them the same.
    """

    answer: Answer
    share: float
    on_speech: bool


def decide(answers: Sequence[Answer]) -> Decision | None:
    """Return what the answers to one message decide, given in their order; None where they decide nothing.

    Args:
        answers: Rows of `labels` that stand, one a rater. Where people name several stretches of speech, that which
            most of them name counts; of as many, the one that was named last.
    """
    sure = [one for one in answers if one["verdict"] != Verdict.UNSURE]
    ((verdict, votes), *_) = Counter(one["verdict"] for one in sure).most_common(1) or [("", 0)]
    if not votes or 2 * votes <= len(sure):
        return None
    agreeing = [one for one in sure if one["verdict"] == verdict]
    like = [sum(_same(one, other) for other in agreeing) for one in agreeing]
    most = max(like)
    last = max(place for place, count in enumerate(like) if count == most)
    named = [one for one in agreeing if names_speech(one)]
    agreed = [sum(same_speech(one, other) for other in named) for one in named] or [0]
    on_speech = min(agreed) < len(named) and 2 * max(agreed) <= len(named)
    return Decision(agreeing[last], votes / len(sure), on_speech)


def _same(one: Answer, two: Answer) -> bool:
    """Whether both name the same speech, or neither names any."""
    both = names_speech(one) and names_speech(two)
    return same_speech(one, two) if both else names_speech(one) == names_speech(two)


def names_speech(label: Answer) -> bool:
    """Whether a label calls an event a reply and says to which speech."""
    return label["verdict"] == Verdict.REPLY and label["utterance_start_ms"] is not None


def same_speech(one: Answer, two: Answer) -> bool:
    """Whether two stretches overlap as much as a label must overlap an utterance to be attached to it."""
    start, end = "utterance_start_ms", "utterance_end_ms"
    if (one[start], one[end]) == (two[start], two[end]):
        return True
    shorter = max(min(one[end] - one[start], two[end] - two[start]), 1)
    return bool((min(one[end], two[end]) - max(one[start], two[start])) / shorter >= MIN_OVERLAP)
