"""On a GPU: 16 and 4 bits, packs, a killed run, and a memory that is too small. Skipped where there is none."""

import gc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from dougpt_train import Progress, TrainResult, TrainSettings, load, merge, preflight, train
from dougpt_train.attention import rows_attention
from dougpt_train.errors import GpuFullError, PreflightFailedError
from torch.nn.functional import scaled_dot_product_attention

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"),
    pytest.mark.filterwarnings("ignore"),  # of the libraries that only a GPU loads
]
LIKE = 0.02
"""Losses of 16-bit arithmetic, of the same training done twice or in another order, differ by less than this share."""

WORKSPACE_BYTES = 1 << 16
"""Less than the tiny base takes."""


@pytest.fixture
def on_gpu(result: TrainResult, settings: TrainSettings) -> TrainSettings:
    """Settings of a training on the tiny base, which counts as any other local one."""
    return replace(settings, base=str(result.run_folder / "base"), device="cuda", method="lora", max_steps=8)


@pytest.fixture
def little_memory() -> Iterator[None]:
    """A GPU of which only a few hundred kilobytes may be used."""
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1e-6)
    yield
    torch.cuda.set_per_process_memory_fraction(1.0)


@pytest.mark.parametrize("method", ["lora", "qlora", "full"])
def test_a_run_is_measured_trained_reloaded_and_answers(
    method: str, samples: pa.Table, validation: pa.Table, on_gpu: TrainSettings, tmp_path: Path
) -> None:
    if method == "qlora":
        pytest.importorskip("bitsandbytes")
    settings = replace(on_gpu, method=method)  # type: ignore[arg-type] # one of the three

    run = train(samples, settings, tmp_path / "run", validation=validation)
    model = load(run.run_folder)
    scores = model.logprobs(validation)

    steps = next(check for check in run.preflight.checks if check.name == "two steps")
    assert steps.status == "passed"
    assert float(str(steps.facts["peak"])) > 1e6
    assert run.metrics["validation_loss"] < run.metrics["validation_loss_before"]
    assert all(score < 0 for row in scores for score in row)
    assert model.generate(validation, 3) == model.generate(validation, 3)
    if method != "full":
        assert merge(run.run_folder, tmp_path / "merged")["merged"] <= 1e-3


def test_a_gpu_scores_as_a_cpu_does(
    samples: pa.Table, validation: pa.Table, on_gpu: TrainSettings, tmp_path: Path
) -> None:
    run = train(samples, on_gpu, tmp_path / "run").run_folder

    pairs = zip(
        load(run, device="cuda").logprobs(validation), load(run, device="cpu").logprobs(validation), strict=True
    )

    for gpu, cpu in pairs:
        assert gpu == pytest.approx(cpu, rel=0.05)


def test_small_steps_of_all_weights_are_not_rounded_away(
    samples: pa.Table, validation: pa.Table, on_gpu: TrainSettings, tmp_path: Path
) -> None:
    settings = replace(on_gpu, method="full", learning_rate=1e-5, max_steps=30, epochs=8)

    metrics = train(samples, settings, tmp_path / "run", validation=validation).metrics

    assert metrics["validation_loss"] < metrics["validation_loss_before"]


def test_packs_learn_what_rows_do(
    samples: pa.Table, validation: pa.Table, on_gpu: TrainSettings, tmp_path: Path
) -> None:
    losses = []
    for packing in (False, True):
        settings = replace(on_gpu, packing=packing, group_by_length=False, max_steps=0, epochs=3)
        run = train(samples, settings, tmp_path / str(packing), validation=validation)
        losses.append(run.metrics["validation_loss"])

    assert run.preflight.of("P11").status == "passed"
    assert losses[1] == pytest.approx(losses[0], rel=5 * LIKE)


@pytest.mark.parametrize("shared_by", [1, 4])
def test_rows_attend_in_one_call_and_send_back_the_same_gradients(shared_by: int) -> None:
    torch.manual_seed(1)
    lengths, heads, width = [5, 1, 130, 64], 8, 64
    tokens = sum(lengths)
    kinds = [torch.randn(1, tokens, count, width, device="cuda") for count in (heads, *[heads // shared_by] * 2)]
    wanted = torch.randn(1, tokens, heads, width, device="cuda")
    of_row = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths)).cuda()
    mask = (of_row[:, None] == of_row) & torch.ones(tokens, tokens, dtype=torch.bool, device="cuda").tril()
    starts = torch.tensor([0, *lengths], dtype=torch.int32).cumsum(0, dtype=torch.int32).cuda()

    exact = [kind.transpose(1, 2).double().requires_grad_() for kind in kinds]
    masked = scaled_dot_product_attention(*exact, attn_mask=mask, enable_gqa=True).transpose(1, 2)
    half = [kind.transpose(1, 2).bfloat16().requires_grad_() for kind in kinds]
    found, _ = rows_attention(torch.nn.Module(), *half, None, cu_seq_lens_q=starts, max_length_q=max(lengths))

    torch.testing.assert_close(found.double(), masked, atol=0.03, rtol=0.03)
    for one, other in zip(
        torch.autograd.grad((found * wanted).sum(), half),
        torch.autograd.grad((masked * wanted).sum(), exact),
        strict=True,
    ):
        assert float((one.double() - other).norm() / other.norm()) < 0.01


def test_a_killed_run_goes_on_to_what_an_undisturbed_one_becomes(
    samples: pa.Table, validation: pa.Table, on_gpu: TrainSettings, tmp_path: Path
) -> None:
    settings = replace(on_gpu, save_steps=2)

    def killed(progress: Progress) -> None:
        if progress.stage == "adapter" and progress.done == 5:
            raise KeyboardInterrupt

    calm = train(samples, settings, tmp_path / "calm", validation=validation)
    with pytest.raises(KeyboardInterrupt):
        train(samples, settings, tmp_path / "run", validation=validation, progress=killed)
    resumed = train(samples, settings, tmp_path / "run", validation=validation, resume=True)

    assert resumed.metrics["validation_loss"] == pytest.approx(calm.metrics["validation_loss"], rel=LIKE)


def test_a_memory_that_is_too_small_is_told_before_the_first_step_and_during_use(
    samples: pa.Table, on_gpu: TrainSettings, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    checks = preflight(samples, on_gpu, folder=tmp_path)
    run = train(samples, on_gpu, tmp_path / "run", preflight=checks)
    model = load(run.run_folder)
    request.getfixturevalue("little_memory")

    with pytest.raises(PreflightFailedError, match=r"two steps on the longest batch do not fit into .* GB"):
        train(samples, on_gpu, tmp_path / "other")
    with pytest.raises(GpuFullError, match=r"GB are full, .*: take fewer batch_rows with more accumulate"):
        train(samples, on_gpu, tmp_path / "other", preflight=checks)
    with pytest.raises(GpuFullError, match="take fewer score_rows"):
        model.logprobs(samples)


def test_nothing_of_a_run_stays_on_the_gpu(samples: pa.Table, on_gpu: TrainSettings, tmp_path: Path) -> None:
    train(samples, on_gpu, tmp_path / "first")  # from then on libraries keep a workspace each
    gc.collect()
    before = torch.cuda.memory_allocated()

    train(samples, on_gpu, tmp_path / "run")
    gc.collect()

    assert torch.cuda.memory_allocated() <= before + WORKSPACE_BYTES
