"""The frozen suite: held-out windows with all their real replies, in one order, under one fingerprint."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from dougpt_schema import SAMPLES, DougptError, Split, as_table, fingerprint
from dougpt_schema.contract import ArrowStream
from numpy.typing import NDArray

# The contract knows no empty prompt.
NO_PROMPT = "…"


class HoldoutError(DougptError):
    """The samples cannot serve as a holdout."""


# When a turn was said, where curation tells: it is what holds training apart within one recording.
TIMES = ("start_ms", "end_ms")


@dataclass(frozen=True)
class Suite:
    """Held-out samples, sorted by recording and id.

    Attributes:
        samples: The samples table.
    """

    samples: pa.Table

    @classmethod
    def of(cls, samples: ArrowStream) -> "Suite":
        """Freeze held-out samples.

        Raises:
            ContractError: They are no samples table.
            HoldoutError: There are none, or some belong to the training split.
        """
        table = SAMPLES.check(SAMPLES.conform(as_table(samples), sort=True))
        trained = sum(split == Split.TRAIN for split in table["split"].to_pylist())
        if trained:
            raise HoldoutError(f"{trained} of {len(table)} samples are of the training split; evaluate the test split")
        if not len(table):
            raise HoldoutError("there is no held-out sample to evaluate on; curate with more recordings")
        order = [("recording_id", "ascending"), ("sample_id", "ascending")]
        told = [name for name in TIMES if name in table.schema.names]
        return cls(table.select([*SAMPLES.schema.names, *told]).sort_by(order).combine_chunks())

    def __len__(self) -> int:
        return len(self.samples)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every prompt and reply, whoever made the samples and by which links."""
        columns = ("recording_id", "sample_id", "context", "prompt", "rate_bucket")
        return fingerprint([self.samples[name].to_pylist() for name in columns], self.replies)

    @cached_property
    def recordings(self) -> tuple[str, ...]:
        """The held-out recordings, sorted."""
        return tuple(sorted(set(self.samples["recording_id"].to_pylist())))

    @cached_property
    def recording_of(self) -> NDArray[np.int64]:
        """For each sample, the place of its recording in `recordings`."""
        place = {name: index for index, name in enumerate(self.recordings)}
        return np.array([place[name] for name in self.samples["recording_id"].to_pylist()], dtype=np.int64)

    @cached_property
    def prompts(self) -> list[str]:
        """For each sample, its context and prompt as one text."""
        return prompts_of(self.samples)

    @cached_property
    def replies(self) -> list[list[str]]:
        """For each sample, the texts of its real replies, in order."""
        return replies_of(self.samples)

    def some(self, most: int, seed: int) -> NDArray[np.int64]:
        """Return the places of at most `most` samples, drawn by `seed`, in the suite's order."""
        drawn = np.random.default_rng([seed, 1]).permutation(len(self))[:most]
        return np.sort(drawn).astype(np.int64)

    def spread(self, seed: int) -> NDArray[np.int64]:
        """Return the places of all samples, drawn by `seed` so that any first ones are spread over the recordings."""
        drawn = np.random.default_rng([seed, 9]).permutation(len(self))
        met = dict.fromkeys(range(len(self.recordings)), 0)
        rounds = []
        for recording in self.recording_of[drawn].tolist():
            rounds.append(met[recording])
            met[recording] += 1
        return drawn[np.argsort(rounds, kind="stable")].astype(np.int64)

    def derangement(self, seed: int) -> NDArray[np.int64]:
        """Return a permutation of the samples that leaves none in its place (but a single one)."""
        cycle = np.random.default_rng([seed, 2]).permutation(len(self))
        donors = np.empty(len(self), dtype=np.int64)
        donors[cycle] = np.roll(cycle, 1)
        return donors


def with_prompts_of(samples: pa.Table, donors: pa.Table) -> pa.Table:
    """Return `samples` with context and prompt of `donors`, row by row; the chat's pace stays with the replies."""
    for name in ("context", "prompt"):
        samples = samples.set_column(samples.schema.get_field_index(name), SAMPLES.schema.field(name), donors[name])
    return samples


def without_prompts(samples: pa.Table) -> pa.Table:
    """Return `samples` with `…` for a prompt and no context: what is likely to be said at all."""
    kept = pa.schema([SAMPLES.schema.field("context"), SAMPLES.schema.field("prompt")])
    silent = pa.table({"context": [[]] * len(samples), "prompt": [NO_PROMPT] * len(samples)}, schema=kept)
    return with_prompts_of(samples, silent)


def with_replies(samples: pa.Table, replies: list[list[str]]) -> pa.Table:
    """Return `samples` with other texts for replies."""
    rows = [
        [
            {"event_id": f"{n}", "text": text, "style": "", "weight": 1.0, "confidence": 1.0, "multiplicity": 1}
            for n, text in enumerate(texts)
        ]
        for texts in replies
    ]
    field = SAMPLES.schema.field("responses")
    return samples.set_column(samples.schema.get_field_index("responses"), field, pa.array(rows, field.type))


def prompts_of(samples: pa.Table) -> list[str]:
    """Return context and prompt of each sample as one text, a line an utterance."""
    columns = zip(samples["context"].to_pylist(), samples["prompt"].to_pylist(), strict=True)
    return ["\n".join([*context, prompt]) for context, prompt in columns]


def replies_of(samples: pa.Table) -> list[list[str]]:
    """Return the texts of each sample's replies."""
    return [[reply["text"] for reply in replies] for replies in samples["responses"].to_pylist()]
