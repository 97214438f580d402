"""Samples to an adapter: the preflight first, then TRL's SFT on rows whose labels were proven.

TRL is handed tokens and labels, not text: what the preflight decoded is what is trained on, and nothing is
cut or masked behind its back. All work happens in `<run_folder>.partial`, which becomes the run's folder by
one rename at the end; a run that was killed leaves no more than that, and the next one clears it away.
"""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from datasets import Dataset
from dougpt_schema import ArrowStream, file_sha256, fingerprint
from transformers import PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from dougpt_train.adapter import lora_config, renames_kept_quiet, save_adapter
from dougpt_train.base import find_device, load_weights, make_tiny_base, model_files
from dougpt_train.checklist import Preflight, check
from dougpt_train.checks.reload import check_reload, reference_logits
from dougpt_train.errors import PreflightFailedError, RunFolderError
from dougpt_train.prepare import Prepared, prepare
from dougpt_train.record import (
    ADAPTER,
    BASE,
    FORMAT,
    FULL,
    METRICS,
    PREFLIGHT,
    RUN,
    WEIGHTS,
    describe_inputs,
    write_json,
    write_settings,
)
from dougpt_train.render import Encoded
from dougpt_train.settings import TINY, TrainSettings

PARTIAL = ".partial"
# Renamed in transformers 5.
_CHECKPOINTING = next(
    name for name in ("activation_checkpointing", "gradient_checkpointing") if name in SFTConfig.__dataclass_fields__
)
REFERENCE_ROWS = 4


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `stage` is "base" (the tiny model's first training) or "adapter"; loss in nats a token."""

    stage: str
    done: int
    total: int
    loss: float | None = None


@dataclass(frozen=True, slots=True)
class TrainResult:
    """A finished run.

    Attributes:
        run_folder: Where it is.
        run_id: The fingerprint of what went in.
        weights_sha256: The SHA-256 of the adapter's weights (of the model's first file after full fine-tuning).
        preflight: The checks that let it start.
        metrics: What metrics.json holds.
        tokens: Tokens in the training rows, prompts included.
        seconds: How long the adapter's training took.
    """

    run_folder: Path
    run_id: str
    weights_sha256: str
    preflight: Preflight
    metrics: Mapping[str, Any]
    tokens: int
    seconds: float


def train(
    samples: ArrowStream,
    settings: TrainSettings | None = None,
    run_folder: Path | str = "run",
    *,
    validation: ArrowStream | None = None,
    preflight: Preflight | None = None,
    progress: Callable[[Progress], None] | None = None,
    git_commit: str | None = None,
) -> TrainResult:
    """Train an adapter on `samples` and write the run to `run_folder`, which must not exist.

    Args:
        samples: Samples of the training split.
        settings: How to train.
        run_folder: Where the run is written.
        validation: Samples to measure on; nothing is learnt from them.
        preflight: The checks of an earlier call; made anew unless they were made for exactly this run.
        progress: Called after each step.
        git_commit: Noted in run.json.

    Raises:
        PreflightFailedError: A check failed; nothing was trained or written.
        RunFolderError: The folder exists.
        BaseModelError: The base model, or the device asked for, is not there.
        NotReproducedError: The saved adapter does not compute what was trained.
    """
    settings = settings or TrainSettings()
    folder = Path(run_folder)
    if folder.exists():
        raise RunFolderError(folder, "exists; a finished run is never written over")
    prepared = prepare(samples, settings, validation)
    inputs = describe_inputs(prepared)
    checks = (
        preflight if preflight and preflight.fingerprint == fingerprint(inputs) else check(prepared, inputs, folder)
    )
    if not checks.passed:
        raise PreflightFailedError(checks)

    work = folder.with_name(folder.name + PARTIAL)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    write_settings(work, settings)
    write_json(work / PREFLIGHT, checks.to_dict())
    base_losses: list[float] = []
    if settings.base == TINY:
        rows = [row.ids for row in prepared.rows]
        tell = _teller(progress, "base")
        base, base_losses = make_tiny_base(prepared.base, rows, settings, work / BASE, tell)
        prepared = replace(prepared, base=base)
    started = time.monotonic()
    metrics, results = _fit(prepared, work, progress)
    seconds = time.monotonic() - started
    metrics |= {"base": [round(loss, 6) for loss in base_losses]}
    write_json(work / METRICS, metrics)
    results |= {"metrics": file_sha256(work / METRICS), "preflight": file_sha256(work / PREFLIGHT)}
    if settings.base == TINY:
        results["base"] = model_files(work / BASE)
    record: dict[str, Any] = {"format": FORMAT, "run_id": fingerprint(inputs), "inputs": inputs, "results": results}
    write_json(work / RUN, record | {"git_commit": git_commit})
    work.rename(folder)
    trained = results["adapter" if "adapter" in results else "model"]
    tokens = sum(len(row.ids) for row in prepared.rows)
    return TrainResult(folder, record["run_id"], next(iter(trained.values())), checks, metrics, tokens, seconds)


def _fit(
    prepared: Prepared, work: Path, progress: Callable[[Progress], None] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Train, save, and prove the saved weights; return metrics and hashes."""
    settings = prepared.settings
    device = find_device(settings)
    curve = _Curve(_teller(progress, "adapter"), settings.patience)
    has_validation = bool(prepared.validation_rows)
    with renames_kept_quiet():
        trainer = SFTTrainer(
            model=load_weights(prepared.base, settings, device),
            args=_arguments(settings, work, device, len(prepared.rows), measure=has_validation),
            train_dataset=_dataset(prepared.rows),
            eval_dataset=_dataset(prepared.validation_rows) if has_validation else None,
            processing_class=prepared.base.tokenizer,
            peft_config=None if settings.method == "full" else lora_config(settings),
            callbacks=[curve],
        )
    trainer.remove_callback(PrinterCallback)
    before = trainer.evaluate()["eval_loss"] if has_validation else None
    trainer.train()
    curve.restore_best(trainer.model)
    after = trainer.evaluate()["eval_loss"] if has_validation else None
    trained = reference_logits(trainer.model, prepared.rows[:REFERENCE_ROWS])
    metrics = {"train": curve.train, "validation": curve.validation, "steps": trainer.state.global_step}
    if before is not None and after is not None:
        metrics |= {"validation_loss_before": round(before, 6), "validation_loss": round(after, 6)}
    results: dict[str, Any] = {}
    if settings.method == "full":
        trainer.model.save_pretrained(work / FULL)
        prepared.base.tokenizer.save_pretrained(work / FULL)
        results["model"] = model_files(work / FULL)
    else:
        save_adapter(trainer.model, work / ADAPTER, prepared.base.name)
        results["adapter"] = {WEIGHTS: file_sha256(work / ADAPTER / WEIGHTS)}
    results["reload"] = check_reload(prepared, work, device, trained)
    shutil.rmtree(work / "trainer", ignore_errors=True)
    return metrics, results


def _arguments(settings: TrainSettings, work: Path, device: str, n_rows: int, *, measure: bool) -> SFTConfig:
    steps = -(-n_rows // (settings.batch_rows * settings.accumulate))
    steps = min(steps, settings.max_steps) if settings.max_steps else steps
    return SFTConfig(
        output_dir=str(work / "trainer"),
        per_device_train_batch_size=settings.batch_rows,
        per_device_eval_batch_size=settings.score_rows,
        gradient_accumulation_steps=settings.accumulate,
        num_train_epochs=1,  # the rows of all epochs are there already, each drawn anew
        max_steps=steps,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=round(steps * settings.warmup_share),
        optim="adamw_torch",
        seed=settings.seed,
        data_seed=settings.seed,
        use_cpu=device == "cpu",
        bf16=device == "cuda",
        **{_CHECKPOINTING: settings.gradient_checkpointing},
        max_length=None,  # rows are cut before, never through an answer
        packing=False,
        eval_strategy="steps" if measure and settings.eval_steps else "no",
        eval_steps=settings.eval_steps or None,
        logging_steps=settings.log_steps,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=device == "cuda",
    )


def _dataset(rows: Sequence[Encoded]) -> Dataset:
    return Dataset.from_dict({"input_ids": [row.ids for row in rows], "labels": [row.labels for row in rows]})


def _teller(progress: Callable[[Progress], None] | None, stage: str) -> Callable[[int, int, float | None], None]:
    def tell(done: int, total: int, loss: float | None) -> None:
        if progress is not None:
            progress(Progress(stage, done, total, loss))

    return tell


class _Curve(TrainerCallback):  # type: ignore[misc] # transformers ships no types
    """Keeps the loss curve, tells of progress, and stops a run that gets no better on the validation split."""

    def __init__(self, tell: Callable[[int, int, float | None], None], patience: int) -> None:
        self.train: list[dict[str, float]] = []
        self.validation: list[dict[str, float]] = []
        self._tell = tell
        self._patience = patience
        self._best: tuple[float, dict[str, Any]] | None = None
        self._worse = 0

    def on_step_end(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        """Tell of every step."""
        self._tell(state.global_step, state.max_steps, self.train[-1]["loss"] if self.train else None)

    def on_log(self, _args: Any, state: Any, _control: Any, logs: Mapping[str, float], **_: Any) -> None:
        """Keep what does not depend on the machine's speed."""
        if "loss" in logs:
            point = {name: round(float(logs[name]), 6) for name in ("loss", "grad_norm") if name in logs}
            self.train.append({"step": state.global_step, **point})

    def on_evaluate(self, _args: Any, state: Any, control: Any, metrics: Mapping[str, float], **kept: Any) -> None:
        """Keep the loss on the validation split, and the best weights where patience is asked for."""
        loss = float(metrics["eval_loss"])
        self.validation.append({"step": state.global_step, "loss": round(loss, 6)})
        if not self._patience or not state.global_step:
            return
        if self._best is None or loss < self._best[0]:
            self._best, self._worse = (loss, _trainable(kept["model"])), 0
        else:
            self._worse += 1
            control.should_training_stop = self._worse >= self._patience

    def restore_best(self, model: Any) -> None:
        """Put the best weights back."""
        if self._best is not None:
            model.load_state_dict(self._best[1], strict=False)


def _trainable(model: Any) -> dict[str, Any]:
    return {name: weight.detach().clone() for name, weight in model.named_parameters() if weight.requires_grad}
