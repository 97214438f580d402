"""A trained adapter at the gate: noise on its weights fails, the same adapter drawn anew passes."""

import random
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from dougpt_eval import EvaluateSettings, Report, evaluate, gate
from dougpt_schema import SAMPLES
from dougpt_train import ChatModel, TrainSettings, load, train
from dougpt_train.few_shot import load_bases

THINGS = ("boss", "toaster", "giraffe", "bridge", "goat", "banana")
ANSWERS = ("yes {}", "no {}", "{} wins", "why the {}", "Sadge", "KEKW")
QUICK = EvaluateSettings(draws=200, ranked=16, candidates=6, baselines=("another_minute",))
RERUNS = 20


def samples(split: str, recordings: int, windows: int) -> pa.Table:
    draw = random.Random(split)  # noqa: S311 - chat, no secrets
    rows = []
    for recording in range(recordings):
        for window in range(windows):
            thing, sample_id = draw.choice(THINGS), f"{split}-{recording:02d}-{window:02d}"
            texts = [draw.choice(ANSWERS).format(thing) for _ in range(draw.choice((1, 2, 3)))]
            reply = {"style": "plain", "weight": 1.0, "confidence": 0.9, "multiplicity": 1}
            rows.append(
                {
                    "sample_id": sample_id, "recording_id": sample_id[:-3], "split": split, "context": [],
                    "prompt": f"should we take the {thing}", "rate_bucket": "slow", "utterance_ids": [window],
                    "responses": [reply | {"event_id": f"{sample_id}-{k}", "text": t} for k, t in enumerate(texts)],
                    "links_fingerprint": "0" * 16,
                }
            )  # fmt: skip
    return SAMPLES.table(rows)


@pytest.fixture(scope="module")
def training() -> pa.Table:
    return samples("train", 4, 16)


@pytest.fixture(scope="module")
def held_out() -> pa.Table:
    return samples("test", 6, 6)


@pytest.fixture(scope="module")
def run(training: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = TrainSettings(
        device="cpu", single_share=1.0, prompt_tokens=64, reply_tokens=24, epochs=1, max_steps=16, batch_rows=8,
        eval_steps=0, tiny_vocabulary=512, tiny_width=64, tiny_layers=2, tiny_steps=60, tiny_batch_rows=12,
    )  # fmt: skip
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = train(training, settings, tmp_path_factory.mktemp("runs") / "run", git_commit="abc").run_folder
    torch.set_num_threads(before)
    return folder


@pytest.fixture(scope="module")
def report(run: Path, held_out: pa.Table, training: pa.Table) -> Report:
    references = load_bases(run, {"base": training.slice(0, 2)})
    return evaluate(load(run), held_out, QUICK, training=training, references=references)


def with_noise(model: ChatModel, size: float) -> ChatModel:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, weights in model.network.named_parameters():
            if "lora_" in name:
                weights.add_(size * torch.randn(weights.shape, generator=generator))
    return model


def test_an_adapter_tells_how_it_stopped_and_its_base_stands_beside_it(report: Report) -> None:
    assert report.model.measures["stop_rate"].value is not None
    assert [result.name for result in report.baselines] == ["base", "another_minute"]
    assert report.baselines[0].measures["bits_per_byte"] != report.model.measures["bits_per_byte"]


def test_noise_on_an_adapter_fails_the_gate(run: Path, report: Report, held_out: pa.Table, training: pa.Table) -> None:
    worse = evaluate(with_noise(load(run), 0.3), held_out, QUICK, training=training)
    verdict = gate(worse, report)
    assert not verdict.passed
    assert "bits_per_byte" in [row.measure for row in verdict.rows if row.status == "worse"]
    assert gate(report, report).passed


@pytest.mark.slow
def test_an_equal_adapter_passes_at_least_nineteen_times_in_twenty(
    run: Path, held_out: pa.Table, training: pa.Table
) -> None:
    model, passed = load(run), 0
    for seed in range(RERUNS):
        fresh = replace(QUICK, seed=seed, reply_seed=seed)
        before, after = (
            evaluate(model, held_out, replace(fresh, reply_seed=seed + side), training=training) for side in (0, 1000)
        )
        assert before.model.measures["distinct_2"] != after.model.measures["distinct_2"]
        passed += gate(after, before).passed
    assert passed >= RERUNS - 1
