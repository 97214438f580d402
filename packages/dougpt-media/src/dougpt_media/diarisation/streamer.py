"""Which of the voices is the streamer's: by a sample, by where he is known to speak, else the one heard most."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dougpt_schema import DougptError

from dougpt_media.diarisation.turns import Diarised, Turn

CLOSE = 0.1  # of cosine similarity: the next voice is nearly as like the sample


class StreamerNotHeardError(DougptError):
    """What was given to know the streamer by fits none of the voices."""


@dataclass(frozen=True, slots=True)
class Found:
    """The streamer's label, how it was found, and what to be warned of."""

    label: str
    by: str
    facts: dict[str, float]
    warnings: tuple[str, ...] = ()


def find_streamer(diarised: Diarised, ranges_ms: Sequence[tuple[int, int]] = ()) -> Found | None:
    """Return which voice is the streamer's, or None where nobody speaks.

    Args:
        diarised: The voices, with the sample's embedding where a sample was given.
        ranges_ms: Stretches in which the streamer is known to speak.

    Raises:
        StreamerNotHeardError: Nobody speaks in the stretches, or no voice can be compared with the sample.
    """
    if not diarised.turns:
        return None
    if ranges_ms:
        return _by_ranges(diarised.turns, ranges_ms)
    if diarised.sample is not None:
        return _by_sample(diarised.voices, diarised.sample)
    spoken = _spoken_ms(diarised.turns, [(0, max(turn.end_ms for turn in diarised.turns))])
    most = max(spoken, key=lambda label: spoken[label])
    return Found(most, "speaks most", {"streamer_share": round(spoken[most] / max(sum(spoken.values()), 1), 4)})


def _by_ranges(turns: Sequence[Turn], ranges_ms: Sequence[tuple[int, int]]) -> Found:
    spoken = _spoken_ms(turns, ranges_ms)
    most = max(spoken, key=lambda label: spoken[label])
    if not spoken[most]:
        raise StreamerNotHeardError(
            "nobody is heard in the stretches in which the streamer is said to speak: correct streamer_at"
        )
    share = spoken[most] / sum(spoken.values())
    warnings = []
    if share < 1 - CLOSE:
        warnings.append(f"in the streamer's stretches his voice is {share:.0%} of the speech: do they hold others too?")
    return Found(most, "given stretches", {"share_of_stretches": round(share, 4)}, tuple(warnings))


def _by_sample(voices: dict[str, tuple[float, ...]], sample: tuple[float, ...]) -> Found:
    likeness = {label: like for label, voice in voices.items() if (like := _cosine(voice, sample)) is not None}
    if not likeness:
        raise StreamerNotHeardError(
            "no voice of the recording can be compared with the streamer's sample: give streamer_at instead"
        )
    first, *others = sorted(likeness, key=lambda label: -likeness[label])
    facts = {"sample_similarity": round(likeness[first], 4)}
    warnings = []
    if others:
        facts["next_similarity"] = round(likeness[others[0]], 4)
        if likeness[first] - likeness[others[0]] < CLOSE:
            warnings.append("two voices are about equally like the streamer's sample: look at who is called streamer")
    return Found(first, "sample", facts, tuple(warnings))


def _spoken_ms(turns: Sequence[Turn], ranges_ms: Sequence[tuple[int, int]]) -> dict[str, int]:
    spoken: dict[str, int] = {}
    for turn in turns:
        common_ms = sum(max(0, min(turn.end_ms, to_ms) - max(turn.start_ms, from_ms)) for from_ms, to_ms in ranges_ms)
        spoken[turn.label] = spoken.get(turn.label, 0) + common_ms
    return spoken


def _cosine(one: Sequence[float], other: Sequence[float]) -> float | None:
    lengths = math.hypot(*one) * math.hypot(*other)
    if len(one) != len(other) or not math.isfinite(lengths) or lengths == 0:
        return None
    return math.fsum(a * b for a, b in zip(one, other, strict=True)) / lengths
