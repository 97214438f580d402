"""A small channel whose replies follow from what is said, and models of known merit."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pytest
from dougpt_schema import SAMPLES, Split, fingerprint

TOPICS = {
    "bees": ("the bees are loose again", ["bee movie LULW", "save the bees", "BZZZ"]),
    "bridge": ("i will build a bridge of bread", ["bread bridge Pog", "architecture", "crumbs everywhere"]),
    "goat": ("this goat is the mayor now", ["GOAT", "mayor goat 2024", "vote goat"]),
    "sponsor": ("this video is brought to you by soup", ["soup KEKW", "no way a sponsor", "i love soup"]),
    "death": ("we died in the tutorial", ["F", "LULW skill issue", "tutorial boss"]),
}

type MakeSamples = Callable[..., pa.Table]


def samples_table(split: str, *, recordings: int, windows: int, seed: int = 0) -> pa.Table:
    """Windows of five topics; each has one to three of the topic's replies."""
    rng = np.random.default_rng(seed)
    rows = []
    for recording in range(recordings):
        for window in range(windows):
            said, replies = TOPICS[sorted(TOPICS)[int(rng.integers(len(TOPICS)))]]
            drawn = rng.permutation(len(replies))[: rng.integers(1, len(replies) + 1)]
            sample_id = f"{split}-{recording:02d}-{window:03d}"
            rows.append(
                {
                    "sample_id": sample_id,
                    "recording_id": f"{split}-{recording:02d}",
                    "split": str(split),
                    "context": ["so chat"] if window % 2 else [],
                    "prompt": f"{said} number {int(rng.integers(5))}",
                    "responses": [reply_row(f"{sample_id}-{k}", replies[index]) for k, index in enumerate(drawn)],
                    "rate_bucket": "steady",
                    "utterance_ids": [window],
                    "links_fingerprint": "0" * 16,
                }
            )
    return SAMPLES.table(rows)


def reply_row(event_id: str, text: str) -> Mapping[str, object]:
    return {
        "event_id": event_id,
        "text": text,
        "style": "talk",
        "weight": 1.0,
        "confidence": 0.9,
        "multiplicity": 1,
    }


class Oracle:
    """Knows what chat wrote to each prompt; `knows` in (0, 1) is what it gives to the true replies."""

    def __init__(self, truth: pa.Table, *, knows: float = 0.999, noise: float = 0.0) -> None:
        self._knows, self._noise = knows, noise
        self._replies = {row["sample_id"]: [reply["text"] for reply in row["responses"]] for row in truth.to_pylist()}
        self._prompts = {row["sample_id"]: (row["context"], row["prompt"]) for row in truth.to_pylist()}

    @property
    def fingerprint(self) -> str:
        return fingerprint("oracle", self._knows, self._noise)

    def logprobs(self, samples: pa.Table) -> list[list[float]]:
        rng = np.random.default_rng(0)
        return [
            [self._logprob(row, reply["text"], rng.standard_normal()) for reply in row["responses"]]
            for row in samples.to_pylist()
        ]

    def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:
        del seed
        return [self._replies[sample_id] for sample_id in samples["sample_id"].to_pylist()]

    def _logprob(self, row: Mapping[str, object], text: str, noise: float) -> float:
        true_prompt = (row["context"], row["prompt"]) == self._prompts[str(row["sample_id"])]
        known = true_prompt and text in self._replies[str(row["sample_id"])]
        return math.log(self._knows if known else 1e-9) - self._noise * abs(noise)


class Parrot:
    """Says the prompt, and what it is told to say besides."""

    fingerprint = "parrot"

    def __init__(self, *says: str) -> None:
        self._says = says

    def logprobs(self, samples: pa.Table) -> list[list[float]]:
        return [[-5.0 - len(reply["text"]) for reply in replies] for replies in samples["responses"].to_pylist()]

    def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:
        del seed
        return [list(self._says) or [prompt] for prompt in samples["prompt"].to_pylist()]


@pytest.fixture(scope="session")
def held_out() -> pa.Table:
    return samples_table(Split.TEST, recordings=12, windows=10, seed=1)


@pytest.fixture(scope="session")
def training() -> pa.Table:
    return samples_table(Split.TRAIN, recordings=6, windows=25, seed=2)


@pytest.fixture(scope="session")
def make_samples() -> MakeSamples:
    return samples_table


@pytest.fixture(scope="session")
def oracle() -> type[Oracle]:
    return Oracle


@pytest.fixture(scope="session")
def parrot() -> type[Parrot]:
    return Parrot
