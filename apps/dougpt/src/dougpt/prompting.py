"""A line of a person at the keyboard as a sample, so that a model can be asked."""

from collections.abc import Sequence

import pyarrow as pa
from dougpt_schema import SAMPLES, Split


def as_sample(prompt: str, context: Sequence[str] = (), *, name: str = "typed", pace: str = "") -> pa.Table:
    """Return a samples table of one row; its one response is a placeholder that generation does not read.

    Args:
        prompt: What is said.
        context: What was said before, oldest first.
        name: The sample's id, which decides the draws together with a seed.
        pace: How fast chat is, such as slow.
    """
    reply = {"event_id": "0", "text": "-", "style": "", "weight": 1.0, "confidence": 1.0, "multiplicity": 1}
    row = {
        "sample_id": name,
        "recording_id": "typed",
        "split": Split.TEST.value,
        "context": list(context),
        "prompt": prompt,
        "responses": [reply],
        "rate_bucket": pace,
        "utterance_ids": [0],
        "links_fingerprint": "",
    }
    return SAMPLES.table([row])
