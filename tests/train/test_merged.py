"""A merged model is asked as its run is, and only as its own run."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from dougpt_train import ChatModel, TrainResult, merge
from dougpt_train.errors import RunFolderError
from dougpt_train.merged import load_merged


@pytest.fixture(scope="module")
def merged(result: TrainResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("merged") / "model"
    merge(result.run_folder, place, precision="float32")
    return place


def test_it_expects_what_the_adapter_expects_and_says_the_same(
    merged: Path, result: TrainResult, model: ChatModel, validation: pa.Table
) -> None:
    opened = load_merged(merged, result.run_folder)
    ours, theirs = ([n for row in one.logprobs(validation) for n in row] for one in (opened, model))
    assert ours == pytest.approx(theirs, abs=1e-2)
    assert opened.generate(validation, 3) == model.generate(validation, 3)
    assert opened.fingerprint != model.fingerprint


def test_what_was_not_merged_from_the_run_is_refused(merged: Path, result: TrainResult, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="no merged model"):
        load_merged(tmp_path, result.run_folder)
    record = merged / "dougpt.json"
    whole = record.read_text()
    for name, value, said in (
        ("run_id", "0" * 64, "merged from another run"),
        ("files", {}, "was changed since it was merged"),
    ):
        record.write_text(json.dumps(json.loads(whole) | {name: value}))
        with pytest.raises(RunFolderError, match=said):
            load_merged(merged, result.run_folder)
    record.write_text(whole)
