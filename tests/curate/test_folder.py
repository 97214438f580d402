"""What is exported is read by the libraries that it is meant for, with the types that they document."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dougpt_curate import (
    CurateSettings,
    curate,
    dataset_card,
    llama_factory_info,
    messages_jsonl,
    prompt_completion_jsonl,
    sharegpt_jsonl,
    write_dataset_folder,
    write_parquet,
)
from dougpt_schema import SAMPLES


@pytest.fixture(scope="module")
def made(make_recordings: Callable[..., Any]) -> Any:
    return curate(*make_recordings(list("abcdef"), messages=60).tables, CurateSettings(min_confidence=0.1))


def by_split(samples: pa.Table) -> dict[str, pa.Table]:
    splits = samples["split"].to_pylist()
    return {name: samples.filter([split == name for split in splits]) for name in ("train", "validation", "test")}


def test_parquet_gives_the_samples_back_in_the_same_bytes(made: Any, tmp_path: Path) -> None:
    one, two = (write_parquet(made.samples, tmp_path / name) for name in ("a.parquet", "b.parquet"))

    assert one.read_bytes() == two.read_bytes()
    assert pq.read_table(one).to_pylist() == made.samples.select(SAMPLES.schema.names).to_pylist()


def test_a_dataset_folder_is_the_same_bytes_wherever_it_is_written(made: Any, tmp_path: Path) -> None:
    card = dataset_card(made.report, "d")
    files = [write_dataset_folder(by_split(made.samples), tmp_path / name, card) for name in "ab"]

    assert [path.relative_to(tmp_path / "a").as_posix() for path in files[0]] == [
        "data/train.parquet",
        "data/validation.parquet",
        "data/test.parquet",
        "README.md",
    ]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]


def test_datasets_reads_the_folder_with_the_features_that_its_card_names(made: Any, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    splits = by_split(made.samples)
    write_dataset_folder(splits, tmp_path / "d", dataset_card(made.report, "d"))

    found = datasets.load_dataset(str(tmp_path / "d"), cache_dir=str(tmp_path / "cache"))

    for name, table in splits.items():
        assert found[name].num_rows == table.num_rows
        assert list(found[name]) == table.select(SAMPLES.schema.names).to_pylist()
    response = found["train"].features["responses"]
    assert {field: value.dtype for field, value in response.feature.items()} == {
        "event_id": "string",
        "text": "string",
        "style": "string",
        "weight": "float32",
        "confidence": "float32",
        "multiplicity": "int64",
    }


def test_json_lines_load_with_the_schema_that_trainers_document(made: Any, tmp_path: Path) -> None:
    """TRL: lists of role and content; axolotl and LLaMA-Factory: conversations of from and value, human first."""
    datasets = pytest.importorskip("datasets")
    text = datasets.Value("string")
    messages, turns = [{"role": text, "content": text}], [{"from": text, "value": text}]
    origin = {"sample_id": text, "split": text}
    forms = {
        "p": (prompt_completion_jsonl, {"prompt": messages, "completion": messages}),
        "m": (messages_jsonl, {"messages": messages}),
        "s": (sharegpt_jsonl, {"conversations": turns}),
    }
    for name, (lines, columns) in forms.items():
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(line + "\n" for line in lines(made.samples)), encoding="utf-8")
        features = datasets.Features(columns | origin)

        rows = datasets.load_dataset(
            "json", data_files=str(path), features=features, split="train", cache_dir=str(tmp_path / "cache")
        )

        assert rows.num_rows == made.samples.num_rows
        assert rows.features == features
        if name == "s":
            assert {tuple(turn["from"] for turn in row["conversations"]) for row in rows} == {("human", "gpt")}


def test_llama_factory_is_told_where_the_words_are() -> None:
    info = json.loads(llama_factory_info({"train": "train.sharegpt.jsonl"}))

    assert info["train"]["formatting"] == "sharegpt"
    assert info["train"]["file_name"] == "train.sharegpt.jsonl"
    assert info["train"]["columns"] == {"messages": "conversations"}
    assert info["train"]["tags"]["user_tag"] == "human"
