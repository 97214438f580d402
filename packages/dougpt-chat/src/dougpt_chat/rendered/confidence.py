"""How likely it is that a message was read without a mistake, by what the engine says of each letter.

An engine is too sure of itself: of messages whose letters it calls right with a probability of .9 together, fewer are.
Three numbers correct that. They were fitted to messages of drawn clips, good and bad, and checked on others:
`just bench confidence --fit` finds them again.
"""

import math
from collections.abc import Iterable

# No letter is less likely: what engines say below it means nothing.
LEAST = 1e-3
# The logarithm of the odds, and how it falls with the doubt and with the doubt's logarithm.
ODDS, FALL, FALL_OF_LOG = 0.613, 0.951, 0.638
NO_DOUBT = 0.01


def doubt_of(letters: Iterable[float]) -> float:
    """Minus the logarithm of the probability that all letters are right, by the engine's own word for each."""
    return -sum(math.log(max(one, LEAST)) for one in letters)


def confidence(doubt: float) -> float:
    """Return the probability that a message whose letters are so doubtful together has no mistake."""
    odds = ODDS - FALL * doubt - FALL_OF_LOG * math.log(max(doubt, 0.0) + NO_DOUBT)
    return round(1 / (1 + math.exp(-odds)), 4)
