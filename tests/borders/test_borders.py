"""What one package writes the next one reads, through files, with the default settings of each."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
from dougpt_align import AlignSettings, align, segment
from dougpt_chat import name_tester, read_chat
from dougpt_curate import curate
from dougpt_eval import EvaluateSettings, evaluate
from dougpt_media import ingest, read_captions
from dougpt_schema import (
    CHAT_EVENTS,
    LINKS,
    PROFILE,
    SAMPLES,
    SOURCES,
    UTTERANCES,
    WORDS,
    Contract,
    SourceRole,
    read_table,
    write_table,
)
from dougpt_train import TrainSettings, preflight
from pyarrow import compute as pc

RECORDINGS = 4
LENIENT = AlignSettings(accept_probability=0.3)


def tiny() -> ModuleType:
    path = Path(__file__).resolve().parents[1] / "pipeline" / "tiny.py"
    spec = importlib.util.spec_from_file_location("tiny_recordings", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Names:
    """What the app hands from chat to curate: a test for names, without the names."""

    def __init__(self, hashes: list[str]) -> None:
        self.contains = name_tester(hashes)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Everything from files to samples, each table written by its package and read back for the next."""
    folder = tmp_path_factory.mktemp("borders")
    folders = tiny().make_recordings(folder / "in", RECORDINGS, minutes=6)

    def through_a_file(table: pa.Table, contract: Contract) -> pa.Table:
        path = folder / f"{contract.name}.parquet"
        write_table(table, path, contract)
        return read_table(path, contract)

    found = ingest(folders)
    sources = through_a_file(found.sources, SOURCES).to_pylist()
    tables: dict[str, list[pa.Table]] = {"words": [], "events": [], "utterances": [], "links": []}
    hashes: list[str] = []
    for row in sources:
        place = Path(found.whereabouts[row["source_id"]]["path"])
        if row["role"] == SourceRole.CAPTIONS:
            words = read_captions(place, recording_id=row["recording_id"], source_id=row["source_id"]).words
            tables["words"].append(through_a_file(words, WORDS))
        else:
            read = read_chat(place, recording_id=row["recording_id"], source_id=row["source_id"])
            tables["events"].append(through_a_file(read.events, CHAT_EVENTS))
            hashes += read.name_hashes
    by_recording = sorted(tables["events"], key=lambda table: table["recording_id"][0].as_py())
    for words, events in zip(
        sorted(tables["words"], key=lambda table: table["recording_id"][0].as_py()), by_recording, strict=True
    ):
        utterances = through_a_file(segment(words), UTTERANCES)
        tables["utterances"].append(utterances)
        tables["links"].append(through_a_file(align(utterances, events, LENIENT).links, LINKS))
    curated = curate(
        pa.concat_tables(tables["utterances"]),
        pa.concat_tables(tables["events"]),
        pa.concat_tables(tables["links"]),
        names=Names(hashes),
    )
    samples = through_a_file(curated.samples, SAMPLES)
    return {"sources": sources, "samples": samples, "profile": through_a_file(curated.profile, PROFILE), **tables}


def split(samples: pa.Table, name: str) -> pa.Table:
    return samples.filter(pc.equal(samples["split"], name))


def test_ingest_finds_each_recording_with_its_captions_and_chat(made: dict[str, Any]) -> None:
    roles = sorted((row["recording_id"], row["role"]) for row in made["sources"])

    assert len({recording for recording, _ in roles}) == RECORDINGS
    assert [role for _, role in roles] == ["captions", "chat"] * RECORDINGS


def test_every_chat_event_gets_one_link(made: dict[str, Any]) -> None:
    for events, links in zip(
        sorted(made["events"], key=lambda table: table["recording_id"][0].as_py()), made["links"], strict=True
    ):
        assert links["event_id"].to_pylist() == sorted(events["event_id"].to_pylist())


def test_captions_without_word_times_make_samples_with_the_default_quality_rules(made: dict[str, Any]) -> None:
    assert split(made["samples"], "train").num_rows > 5
    assert split(made["samples"], "test").num_rows > 1


def test_each_reply_of_a_sample_is_an_accepted_link_to_one_of_its_utterances(made: dict[str, Any]) -> None:
    parents = {
        (row["recording_id"], row["event_id"]): row["utterance_id"]
        for links in made["links"]
        for row in links.to_pylist()
        if row["accepted"]
    }

    for sample in made["samples"].to_pylist():
        for reply in sample["responses"]:
            assert parents[sample["recording_id"], reply["event_id"]] in sample["utterance_ids"]


def test_training_accepts_what_curation_wrote(made: dict[str, Any], tmp_path: Path) -> None:
    settings = TrainSettings(tiny_steps=1, max_steps=1)
    found = preflight(split(made["samples"], "train"), settings, test=split(made["samples"], "test"), folder=tmp_path)

    assert [check.found for check in found.checks if check.status == "failed"] == []


class Echo:
    """A model that answers with the prompt; enough to be measured."""

    fingerprint = "echo"

    def logprobs(self, samples: pa.Table) -> list[list[float]]:
        """Give every reply the same small probability a byte."""
        return [[-8.0 * (len(reply["text"]) + 1) for reply in replies] for replies in samples["responses"].to_pylist()]

    def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:  # noqa: ARG002  # the protocol's
        """Say the prompt again."""
        return [[prompt] for prompt in samples["prompt"].to_pylist()]


def test_evaluation_measures_what_curation_wrote(made: dict[str, Any]) -> None:
    settings = EvaluateSettings(draws=100, generated=10, ranked=10)
    report = evaluate(
        Echo(),
        split(made["samples"], "test"),
        settings,
        profile=made["profile"],
        training=split(made["samples"], "train"),
    )

    assert report.suite.samples == split(made["samples"], "test").num_rows
    assert report.baselines
