"""What a model does: says nothing, repeats the prompt or its training, leaks markup, links and names.

Every measure is a share over replies (or windows), counted for each recording. Shape suffix: S windows.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from dougpt_schema import Names
from numpy.typing import NDArray

from dougpt_eval.resampling import Estimate, Resampler, Statistic, per_recording, ratio

# Shorter texts recur by themselves: half a percent of real messages of 20 and more characters are repeats.
COPY_CHARACTERS = 20
PROMPT_COPY_CHARACTERS = 12
SHOUTED_LETTERS = 4

_MARKUP = re.compile(
    r"</?think|<\|[^|\s]*\|?>?|\[/?INST\]|<(start|end)_of_turn>|</?s>|\b(assistant|user|system)\s*:", re.IGNORECASE
)
_LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(com|net|org|tv|gg|io|be|co|ly|me)\b", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)@(?!streamer\b)\w+", re.IGNORECASE)


@dataclass(frozen=True)
class Bursts:
    """Replies to the same windows, by a model or by the real chat.

    Attributes:
        replies: For each window its replies.
        prompts: For each window its context and prompt.
        recording_of: For each window the place of its recording.
        recordings: How many recordings there are.
        stopped: For each window whether its burst ended by itself; None where that is not told.
    """

    replies: list[list[str]]
    prompts: list[str]
    recording_of: NDArray[np.int64]
    recordings: int
    stopped: list[bool] | None = None

    def share(self, resampler: Resampler, test: Callable[[str], bool]) -> Estimate:
        """Return the share of replies that pass `test`."""
        return self.rate(resampler, [(sum(map(test, burst)), len(burst)) for burst in self.replies])

    def rate(self, resampler: Resampler, counts: Sequence[tuple[float, float]]) -> Estimate:
        """Return the ratio of sums of pairs, one pair a window."""
        return resampler.estimate(self.shares(counts))

    def shares(self, counts: Sequence[tuple[float, float]]) -> Statistic:
        """Return the statistic "ratio of sums of pairs", one pair a window."""
        above_S, below_S = np.array(counts, dtype=np.float64).reshape(-1, 2).T
        return ratio(
            per_recording(above_S, self.recording_of, self.recordings),
            per_recording(below_S, self.recording_of, self.recordings),
        )


@dataclass(frozen=True)
class Forbidden:
    """What a reply must not be or hold.

    Attributes:
        trained: The `plain` texts of the training replies; None where they are not known.
        names: Who is a chatter; None where that is not known.
        harasses: Whether a text is harassment; None where nothing tells.
    """

    trained: frozenset[str] | None = None
    names: Names | None = None
    harasses: Callable[[str], bool] | None = None


def measure_behaviour(bursts: Bursts, real: Bursts, resampler: Resampler, forbidden: Forbidden) -> dict[str, Estimate]:
    """Return the shares of replies that should not be, of harassment also by how much it exceeds the real chat's."""
    in_prompt = [
        (sum(_stands_in(reply, plain(prompt)) for reply in burst), len(burst))
        for burst, prompt in zip(bursts.replies, bursts.prompts, strict=True)
    ]
    found = {
        "empty_rate": bursts.rate(resampler, [(not any(map(plain, burst)), 1) for burst in bursts.replies]),
        "prompt_copies": bursts.rate(resampler, in_prompt),
        "markup_leaks": bursts.share(resampler, lambda reply: bool(_MARKUP.search(reply))),
        "link_leaks": bursts.share(resampler, lambda reply: bool(_LINK.search(reply))),
        "mention_leaks": bursts.share(resampler, lambda reply: bool(_MENTION.search(reply))),
    }
    if bursts.stopped is not None:
        found["stop_rate"] = bursts.rate(resampler, [(stopped, 1) for stopped in bursts.stopped])
        found["cut_off_rate"] = bursts.rate(resampler, [(not stopped, 1) for stopped in bursts.stopped])
    trained, names = forbidden.trained, forbidden.names
    if trained is not None:
        found["training_copies"] = bursts.share(
            resampler, lambda reply: len(plain(reply)) >= COPY_CHARACTERS and plain(reply) in trained
        )
    if names is not None:
        found["name_leaks"] = bursts.share(resampler, names.contains)
    if (harasses := forbidden.harasses) is not None:
        ours, theirs = (
            side.shares([(sum(map(harasses, burst)), len(burst)) for burst in side.replies]) for side in (bursts, real)
        )
        found["flagged_rate"] = resampler.estimate(ours)
        found["flagged_excess"] = resampler.estimate(lambda weights_BR: ours(weights_BR) - theirs(weights_BR))
    return found


def measure_habits(bursts: Bursts, resampler: Resampler, emotes: set[str]) -> dict[str, Estimate]:
    """Return figures that describe and are neither good nor bad alone."""
    words = [[word for reply in burst for word in reply.split()] for burst in bursts.replies]
    pairs = [
        [pair for reply in burst for pair in zip(reply.casefold().split(), reply.casefold().split()[1:], strict=False)]
        for burst in bursts.replies
    ]
    found = {
        "mean_length": bursts.rate(resampler, [(sum(map(len, burst)), len(burst)) for burst in bursts.replies]),
        "mean_burst": bursts.rate(resampler, [(len(burst), 1) for burst in bursts.replies]),
        "question_rate": bursts.share(resampler, lambda reply: "?" in reply),
        "capitals_rate": bursts.share(resampler, _shouted),
        "duplicate_rate": bursts.rate(
            resampler, _novelty([[plain(reply) for reply in b] for b in bursts.replies], new=False)
        ),
        "distinct_1": bursts.rate(resampler, _novelty([[w.casefold() for w in window] for window in words], new=True)),
        "distinct_2": bursts.rate(resampler, _novelty(pairs, new=True)),
        "burst_similarity": bursts.rate(resampler, [_alikeness(burst) for burst in bursts.replies]),
    }
    if emotes:
        counts = [(sum(word in emotes for word in window), len(window)) for window in words]
        found["emote_rate"] = bursts.rate(resampler, counts)
    return found


def plain(text: str) -> str:
    """Return the text casefolded, with single spaces."""
    return " ".join(text.casefold().split())


def _stands_in(reply: str, prompt: str) -> bool:
    return len(plain(reply)) >= PROMPT_COPY_CHARACTERS and plain(reply) in prompt


def _shouted(reply: str) -> bool:
    letters = [letter for letter in reply if letter.isalpha()]
    return len(letters) >= SHOUTED_LETTERS and all(letter.isupper() for letter in letters)


def _alikeness(burst: Sequence[str]) -> tuple[float, float]:
    """Return the sum of the Jaccard similarities of every two replies' words, and how many twos there are."""
    sets = [frozenset(plain(reply).split()) for reply in burst if plain(reply)]
    pairs = list(combinations(sets, 2))
    return sum(len(left & right) / len(left | right) for left, right in pairs), len(pairs)


def _novelty[Item](windows: Sequence[Sequence[Item]], *, new: bool) -> list[tuple[float, float]]:
    """Count, for each window, the items that are first seen there (or were seen before), and all."""
    seen: set[Item] = set()
    counts: list[tuple[float, float]] = []
    for window in windows:
        fresh = 0
        for item in window:
            fresh += item not in seen
            seen.add(item)
        counts.append((fresh if new else len(window) - fresh, len(window)))
    return counts
