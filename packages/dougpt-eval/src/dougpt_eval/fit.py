"""How well a model expects what chat really wrote: bits per byte, and what the prompt is worth.

Bits are those of each held-out reply and of stopping after it; bytes are those of its text in UTF-8, so that
models with different tokenisers compare. Shape suffix: S samples.
"""

import math

import numpy as np
from dougpt_schema import Model
from numpy.typing import NDArray

from dougpt_eval.answers import logprobs_of
from dougpt_eval.resampling import Estimate, Floats, Resampler, per_recording, ratio
from dougpt_eval.suite import Suite, with_prompts_of


def measure_fit(model: Model, suite: Suite, resampler: Resampler, *, seed: int) -> dict[str, Estimate]:
    """Return bits per byte, and the prompt gain: how many more they are under other windows' prompts."""
    bytes_R = _by_recording(suite, bytes_of(suite))
    bits_S = bits_of(logprobs_of(model, suite.samples))
    found = {"bits_per_byte": resampler.estimate(ratio(_by_recording(suite, bits_S), bytes_R))}
    if len(suite) > 1:
        shuffled = with_prompts_of(suite.samples, suite.samples.take(suite.derangement(seed)))
        gain_S = bits_of(logprobs_of(model, shuffled)) - bits_S
        found["prompt_gain"] = resampler.estimate(ratio(_by_recording(suite, gain_S), bytes_R))
    return found


def bits_of(logprobs: list[list[float]]) -> NDArray[np.float64]:
    """Return the bits of all replies of each sample."""
    return np.array([-math.fsum(numbers) / math.log(2) for numbers in logprobs], dtype=np.float64)


def bytes_of(suite: Suite) -> Floats:
    """Return the UTF-8 bytes of all replies of each sample."""
    return np.array([sum(len(text.encode()) for text in texts) for texts in suite.replies], dtype=np.float64)


def _by_recording(suite: Suite, values_S: Floats) -> Floats:
    return per_recording(values_S, suite.recording_of, len(suite.recordings))
