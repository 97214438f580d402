"""What the page is made of: plain tables and the reports that the stages left behind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from dougpt_eval.history import PastResult

type Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """One recording; what its stages did not leave is None.

    Attributes:
        recording_id: The recording.
        sources: Its files, a table of the `sources` contract.
        transcribe: The report of the words.
        chat: The report of the chat.
        align: The report of the links.
        links: Columns `accepted`, `reason`, `probability` and `lag_ms` of the `links` contract.
        clock: A table of the `clock` contract.
        words: How many words were heard.
        events: How many chat events there are.
        align_page: The page of its alignment, as a link from this one.
    """

    recording_id: str
    sources: pa.Table | None = None
    transcribe: Facts | None = None
    chat: Facts | None = None
    align: Facts | None = None
    links: pa.Table | None = None
    clock: pa.Table | None = None
    words: int | None = None
    events: int | None = None
    align_page: str | None = None


@dataclass(frozen=True, slots=True)
class LineageRow:
    """By which recipe an artifact was made.

    Attributes:
        artifact: Its place in the workspace.
        producer: The package that made it.
        fingerprint: The recipe's fingerprint.
        settings: The fingerprint of its settings.
        code: The fingerprint of its code.
        inputs: The fingerprints of what it was made from.
    """

    artifact: str
    producer: str
    fingerprint: str
    settings: str
    code: str
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageFacts:
    """One run of the pipeline, from files to figures.

    Attributes:
        dataset: The dataset's name.
        run_id: The training run; None where a page shows a model that is none, such as one behind a server.
        model: What the measured model is called, where the page shows another one than the run of today's settings.
        recordings: The recordings of the dataset.
        curate: The report of the curation.
        settings: The settings of the training.
        preflight: The report of the checks before training.
        metrics: The loss curves of the training.
        run: The record of the run.
        evaluation: The report of the evaluation.
        history: What was measured on the dataset before, oldest first, lines of its history file.
        blind: What people took for the real chat, by page and file of answers.
        lineage: By which recipes all this was made.
        missing: What is not there, in words.
    """

    dataset: str
    run_id: str | None
    model: str | None = None
    recordings: tuple[RecordingFacts, ...] = ()
    curate: Facts | None = None
    settings: Facts | None = None
    preflight: Facts | None = None
    metrics: Facts | None = None
    run: Facts | None = None
    evaluation: Facts | None = None
    history: tuple[PastResult, ...] = ()
    blind: Facts | None = None
    lineage: tuple[LineageRow, ...] = ()
    missing: tuple[str, ...] = ()
