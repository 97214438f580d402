"""Faults that training would not show are found before the first step, and sound set-ups pass."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from dougpt_schema import SAMPLES
from dougpt_train import Preflight, TrainSettings, preflight
from dougpt_train.adapter import lora_config
from dougpt_train.base import Base
from dougpt_train.checks import setup
from dougpt_train.checks.check import Check
from dougpt_train.checks.labels import check_amounts, check_labels, check_prompts
from dougpt_train.checks.reading import read_labels
from dougpt_train.checks.setup import check_adapter, check_disk, check_versions
from dougpt_train.prepare import Prepared, prepare

Saved = Callable[..., Path]


def failed(found: Preflight) -> set[str]:
    return {check.code for check in found.checks if check.status == "failed"}


def labels_of(prepared: Prepared) -> Check:
    return check_labels(prepared, read_labels(prepared))


def with_split(table: pa.Table, split: str) -> pa.Table:
    at = table.schema.get_field_index("split")
    return table.set_column(at, table.schema.field("split"), pa.array([split] * table.num_rows))


def test_a_sound_run_passes_and_says_what_was_found(
    samples: pa.Table, validation: pa.Table, settings: TrainSettings
) -> None:
    found = preflight(samples, settings, validation=validation)

    assert found.passed
    assert list(dict.fromkeys(check.code for check in found.checks)) == [f"P{number}" for number in range(1, 16)]
    assert {check.code for check in found.checks if check.status == "skipped"} == {"P10", "P11", "P12", "P15"}
    assert all(check.found for check in found.checks)
    rows: Any = found.of("P2").facts["rows"]
    assert f"in all {sum(rows.values())} rows" in found.of("P3").found


@pytest.mark.parametrize(("measured", "patience", "idle"), [(8, 1, False), (8, 9, True), (0, 1, True)])
def test_patience_that_never_acts_is_warned_of(
    splits: tuple[pa.Table, pa.Table], settings: TrainSettings, measured: int, patience: int, idle: bool
) -> None:
    samples, validation = splits
    prepared = prepare(samples, replace(settings, patience=patience), validation.slice(0, measured))

    found = check_amounts(prepared)

    assert found.status == ("warning" if idle else "passed")
    assert (f"patience = {patience} ends no run" in found.found) == idle


def test_a_few_rows_are_shown_as_read_and_learnt(samples: pa.Table, settings: TrainSettings) -> None:
    shown = preflight(samples, settings).of("P3").facts["shown"]

    assert len(shown) == 5
    assert all(one["read"].endswith("<|im_start|>assistant\n") for one in shown)
    assert all(one["stop"] == "<|im_end|>" and "<|im_end|>" not in one["learnt"] for one in shown)


def test_it_is_the_same_again_and_survives_being_stored(samples: pa.Table, settings: TrainSettings) -> None:
    found = preflight(samples, settings)

    assert preflight(samples, settings) == found
    assert Preflight.from_dict(found.to_dict()) == found


@pytest.mark.parametrize("change", [{"seed": 5}, {"burst_lines": 3}, {"rank": 4}])
def test_another_run_has_another_fingerprint(
    samples: pa.Table, settings: TrainSettings, change: dict[str, int]
) -> None:
    one, other = preflight(samples, settings), preflight(samples, replace(settings, **change))  # type: ignore[arg-type]

    assert one.fingerprint != other.fingerprint
    assert preflight(samples.slice(1), settings).fingerprint != one.fingerprint


def test_rows_of_the_test_split_among_the_training_rows_are_found(samples: pa.Table, settings: TrainSettings) -> None:
    found = preflight(with_split(samples, "test"), settings)

    assert failed(found) == {"P1"}
    assert f"{samples.num_rows} among train" in found.of("P1").found


def test_copied_turns_are_a_warning(samples: pa.Table, validation: pa.Table, settings: TrainSettings) -> None:
    def long_answers(table: pa.Table) -> pa.Table:
        rows = table.to_pylist()
        for row in rows:
            row["prompt"] = "what now"
            row["responses"] = [row["responses"][0] | {"text": "the same old copypasta again"}]
        return SAMPLES.table(rows)

    found = preflight(long_answers(samples), settings, validation=long_answers(validation))

    assert found.passed
    assert found.of("P1").status == "warning"
    assert found.of("P8").status == "warning"


def test_a_template_that_thinks_before_the_reply_is_found(
    samples: pa.Table, settings: TrainSettings, saved_base: Saved
) -> None:
    def think(base: Base) -> None:
        template = base.tokenizer.chat_template
        base.tokenizer.chat_template = template.replace(
            "{{- message['content'] + '<|im_end|>' -}}",
            "{{- '<think>\\n\\n</think>' + message['content'] + '<|im_end|>' -}}",
        )

    found = preflight(samples, replace(settings, base=str(saved_base(think))))

    assert {"P3", "P4"} <= failed(found)


def test_a_base_without_a_template_is_a_failed_check(
    samples: pa.Table, settings: TrainSettings, saved_base: Saved
) -> None:
    folder = saved_base()
    (folder / "chat_template.jinja").unlink()

    found = preflight(samples, replace(settings, base=str(folder)))

    assert failed(found) == {"P2"}
    assert "no chat template" in found.of("P2").found


def test_padding_that_is_a_stop_is_a_warning(samples: pa.Table, settings: TrainSettings, saved_base: Saved) -> None:
    def pad_with_the_stop(base: Base) -> None:
        base.tokenizer.pad_token = base.tokenizer.eos_token

    found = preflight(samples, replace(settings, base=str(saved_base(pad_with_the_stop))))

    assert found.passed
    assert found.of("P5").status == "warning"


def test_many_replies_left_out_as_too_long_are_a_warning(samples: pa.Table, settings: TrainSettings) -> None:
    found = preflight(samples, replace(settings, reply_tokens=2))

    assert found.of("P6").status == "warning"
    assert found.of("P6").facts["left_out_share"] > 0.02


def test_rows_longer_than_the_model_can_read_are_found(samples: pa.Table, settings: TrainSettings) -> None:
    prepared = prepare(samples, settings)
    prepared.base.config.max_position_embeddings = 20
    from dougpt_train.checks.labels import check_lengths

    assert check_lengths(prepared).status == "failed"


def test_labels_that_hold_the_prompt_are_found(samples: pa.Table, settings: TrainSettings) -> None:
    prepared = prepare(samples, settings)
    on_the_prompt = [replace(row, prompt_ids=row.prompt_ids[:3]) for row in prepared.rows]

    found = labels_of(replace(prepared, rows=on_the_prompt))

    assert found.status == "failed"
    assert f"{len(prepared.rows)} rows teach something else" in found.found


def test_labels_cut_before_the_stop_are_found(samples: pa.Table, settings: TrainSettings) -> None:
    prepared = prepare(samples, settings)
    one_cut = [replace(prepared.rows[0], ids=prepared.rows[0].ids[:-1]), *prepared.rows[1:]]

    assert labels_of(replace(prepared, rows=one_cut)).found.startswith("1 rows teach no stop")


def test_a_prompt_asked_otherwise_than_trained_is_found(samples: pa.Table, settings: TrainSettings) -> None:
    prepared = prepare(samples, settings)
    shifted = [replace(prepared.rows[0], ids=prepared.rows[0].ids[1:]), *prepared.rows[1:]]

    changed = replace(prepared, rows=shifted)
    assert check_prompts(changed, read_labels(changed)).status == "failed"


@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings:UserWarning")
def test_an_adapter_on_the_output_layer_is_found(samples: pa.Table, settings: TrainSettings) -> None:
    prepared = prepare(samples, settings)
    lora = lora_config(settings)
    lora.target_modules = ["lm_head", "q_proj"]

    assert "lm_head" in check_adapter(prepared, lora).found


def test_an_adapter_that_misses_layers_is_found(samples: pa.Table, settings: TrainSettings) -> None:
    prepared = prepare(samples, settings)
    lora = lora_config(settings)
    lora.target_modules = ["q_proj"]
    lora.layers_to_transform = [0]

    assert check_adapter(prepared, lora).status == "failed"


@pytest.mark.parametrize(("rank", "status"), [(512, "passed"), (513, "warning")])
def test_a_rank_that_servers_refuse_is_a_warning(
    samples: pa.Table, settings: TrainSettings, rank: int, status: str
) -> None:
    high = replace(settings, rank=rank)

    assert check_adapter(prepare(samples, high), lora_config(high)).status == status


@pytest.mark.parametrize(("version", "status"), [("1.15.9", "failed"), ("1.16.3", "passed"), ("1.17.0", "warning")])
def test_versions_are_compared_with_those_tested(monkeypatch: pytest.MonkeyPatch, version: str, status: str) -> None:
    real = setup.library_versions
    monkeypatch.setattr(setup, "library_versions", lambda *names: real(*names) | {"trl": version})

    assert check_versions().status == status


def test_a_full_disk_is_found(
    monkeypatch: pytest.MonkeyPatch, samples: pa.Table, settings: TrainSettings, tmp_path: Path
) -> None:
    prepared = prepare(samples, settings)
    adapter = check_adapter(prepared, lora_config(settings))
    usage = setup.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(setup.shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))

    found = check_disk(prepared, tmp_path / "not" / "yet", adapter)

    assert found.status == "failed"
    assert "1 MB are free" in found.found
