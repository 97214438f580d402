"""Which recipe a stage's output would carry, known before anything runs.

A recipe is the fingerprint of what goes in: source ids, the stage's settings, the pseudonym key's hash, the code of the
packages that compute it, the versions of the libraries that matter, and the recipes of the stages before. Nothing
derived is hashed, so recipes need no artifact to be there and agree between machines.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dougpt_schema import Provenance, code_fingerprint, file_sha256, fingerprint
from dougpt_schema.fingerprints import library_versions

STAGE_CODE = Path(__file__).parent / "stages"
SETTINGS_CHANGED = "settings changed"


@dataclass(frozen=True, slots=True)
class Stage:
    """What the app knows of a stage without importing it.

    Attributes:
        name: As on the command line.
        per: What one job of it works on.
        after: The stages whose output it reads.
        code: Packages whose source decides its output, beside dougpt_schema and the app's own stage module.
        libraries: Distributions whose version decides its output.
        outputs: Files below its folder that carry the recipe's fingerprint. The first one is JSON and holds the
            settings, the last one is written last.
        besides: Files below its folder that carry none and must be there.
        start_s: Seconds that a job takes before it works, on two cores of 2024.
        rate_s: Seconds a unit of size (see `estimate.size_of`).
    """

    name: str
    per: Literal["recording", "dataset"]
    after: tuple[str, ...]
    code: tuple[str, ...]
    libraries: tuple[str, ...]
    outputs: tuple[str, ...]
    start_s: float
    rate_s: float
    besides: tuple[str, ...] = ()


STAGES: dict[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage(
            name="transcribe",
            per="recording",
            after=(),
            code=("dougpt_media",),
            libraries=(),
            outputs=("report_transcribe.json", "gaps.parquet", "rejects_transcribe.parquet", "words.parquet"),
            start_s=2,
            rate_s=0.2,
        ),
        Stage(
            name="chat",
            per="recording",
            after=(),
            code=("dougpt_chat", "dougpt.picture"),
            libraries=(),
            outputs=("report_chat.json", "rejects_chat.parquet", "anchors.parquet", "chat_events.parquet"),
            start_s=2,
            rate_s=0.3,
        ),
        Stage(
            name="align",
            per="recording",
            after=("transcribe", "chat"),
            code=("dougpt_align",),
            libraries=("numpy",),
            outputs=(
                "report_align.json",
                "utterances.parquet",
                "clock.parquet",
                "candidates.parquet",
                "links.parquet",
            ),
            start_s=3,
            rate_s=1.0,
        ),
        Stage(
            name="curate",
            per="dataset",
            after=("align",),
            code=("dougpt_curate",),
            libraries=("numpy", "polars", "pyarrow", "rapidfuzz", "rensa"),
            outputs=(
                "report_curate.json",
                "rejects.parquet",
                "profile.parquet",
                "test.parquet",
                "validation.parquet",
                "train.parquet",
            ),
            besides=("holdout.json", "card.md"),
            start_s=3,
            rate_s=0.3,
        ),
        Stage(
            name="train",
            per="dataset",
            after=("curate",),
            code=("dougpt_train",),
            libraries=("torch", "transformers", "peft", "trl", "tokenizers", "datasets", "accelerate", "numpy"),
            outputs=("stage.json",),
            besides=("run.json",),
            start_s=100,
            rate_s=10,
        ),
        Stage(
            name="evaluate",
            per="dataset",
            after=("curate", "train"),
            code=("dougpt_eval", "dougpt_train", "dougpt_curate", "dougpt.page", "dougpt.measuring"),
            libraries=("torch", "transformers", "peft", "numpy", "bm25s", "markovify", "badwords-py", "matplotlib"),
            outputs=("report_evaluate.json", "stage.json"),
            besides=("index.html",),
            start_s=30,
            rate_s=5,
        ),
    )
}


SECTIONS = {
    "transcribe": ("speech", "transcribe", "refine", "diarise"),
    "chat": ("chat", "picture", "rendered"),
    "align": ("align",),
    "curate": ("dataset", "curate"),
    "train": ("train",),
    "evaluate": ("evaluate",),
}
"""The tables of dougpt.toml that a stage reads."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What goes into one output of one stage."""

    stage: str
    subject: str
    inputs: tuple[str, ...]
    settings: str
    code: str
    key: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """The identity of the output. The subject is not part of it: its inputs are."""
        return fingerprint(self.stage, self.inputs, self.settings, self.code, self.key, dict(self.versions))

    def provenance(self) -> Provenance:
        """Return what the artifact says of itself."""
        return Provenance(
            producer=f"dougpt {self.stage}",
            fingerprint=self.fingerprint,
            inputs=self.inputs,
            settings=self.settings,
            code=self.code,
            key=self.key,
            note={"versions": json.dumps(dict(self.versions), sort_keys=True)},
        )


def differences(old: Provenance, new: Recipe) -> list[str]:
    """Return why an artifact with provenance `old` is not what `new` would make."""
    changed = [
        ("made elsewhere", not old.fingerprint),
        ("input changed", old.inputs != new.inputs),
        (SETTINGS_CHANGED, old.settings != new.settings),
        ("code changed", old.code != new.code),
        ("key changed", old.key != new.key),
        ("library versions changed", json.loads(old.note.get("versions", "{}")) != dict(new.versions)),
    ]
    return [what for what, holds in changed if holds]


def stage_code(stage: Stage) -> str:
    """Return the fingerprint of the code that decides a stage's output."""
    own = file_sha256(STAGE_CODE / f"{stage.name}.py")
    return fingerprint(own, code_fingerprint("dougpt_schema", *stage.code))


def stage_versions(stage: Stage, *more: str) -> dict[str, str]:
    """Return the versions of the libraries that decide a stage's output."""
    return library_versions(*stage.libraries, *more)
