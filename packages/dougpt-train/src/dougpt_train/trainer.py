"""TRL's SFT trainer, handed tokens and labels, with everything that decides a run set here.

TRL is given no text: what the preflight decoded is what is trained on, and nothing is cut or masked behind
its back.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch.utils.data import SequentialSampler
from transformers import PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from dougpt_train.adapter import known_noise_kept_quiet, lora_config
from dougpt_train.base import Base, find_device, load_weights, spread
from dougpt_train.packing import dataset_of, fitting, packed
from dougpt_train.render import Encoded
from dougpt_train.settings import TrainSettings
from dougpt_train.unsloth import unsloth_model

STATE = "trainer_state.json"
BEST = "best-{}-{}.safetensors"
"""By process, which may hold a part of the weights only, and by the step at which they were measured."""
# Renamed in transformers 5.
CHECKPOINTING = next(
    name for name in ("activation_checkpointing", "gradient_checkpointing") if name in SFTConfig.__dataclass_fields__
)

Tell = Callable[[int, int, float | None], None]


def make_trainer(
    base: Base,
    settings: TrainSettings,
    rows: Sequence[Encoded],
    *,
    validation_rows: Sequence[Encoded] = (),
    folder: Path,
    watcher: "Watcher",
) -> Any:
    """Return an `SFTTrainer` with the base's weights loaded; its checkpoints go to `folder`.

    Rows are trained on in the order given, or in packs whose order the seed draws.
    """
    device = find_device(settings)
    dataset = packed(rows, settings) if settings.packing else dataset_of(rows)
    batched = fitting(settings, dataset, len(rows)) if settings.packing else settings
    arguments = _arguments(batched, folder, device, len(dataset), measure=bool(validation_rows))
    ours = settings.backend == "trl"
    with known_noise_kept_quiet():
        trainer = _in_order(SFTTrainer)(
            model=load_weights(base, settings, device, for_training=True) if ours else unsloth_model(base, settings),
            args=arguments,
            train_dataset=dataset,
            eval_dataset=dataset_of(validation_rows) if validation_rows else None,
            processing_class=base.tokenizer,
            # TRL seeds the adapter's first weights where it makes the adapter itself.
            peft_config=lora_config(settings) if ours and settings.method != "full" else None,
            callbacks=[watcher],
        )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _in_order(trainer: type) -> type:
    """Return TRL's trainer, or the one that Unsloth made of it, reading its rows in their order."""

    class InOrder(trainer):  # type: ignore[misc] # untyped, and known only now
        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return SequentialSampler(train_dataset if train_dataset is not None else self.train_dataset)

        def _load_optimizer_and_scheduler(self, checkpoint: Any) -> None:
            super()._load_optimizer_and_scheduler(checkpoint)
            _take_rate(self.optimizer, self.lr_scheduler, self.args.learning_rate)

    return InOrder


def _take_rate(optimizer: Any, scheduler: Any, rate: float) -> None:
    """Go on at the rate of the settings: a checkpoint brings its own, which drift that was allowed has changed."""
    for at, (group, before) in enumerate(zip(optimizer.param_groups, scheduler.base_lrs, strict=True)):
        if before != rate:
            scheduler.base_lrs[at] = group["initial_lr"] = rate
            group["lr"] *= rate / before


def last_checkpoint(folder: Path, processes: int = 1) -> Path | None:
    """Return the last whole checkpoint in `folder`.

    The state is written last, so one without it was cut off; each of several processes writes its own random state.
    """
    whole = [
        path.parent
        for path in folder.glob(f"checkpoint-*/{STATE}")
        if _is_json(path) and len(list(path.parent.glob("rng_state*.pth"))) == processes
    ]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def curves(history: Sequence[Mapping[str, float]]) -> dict[str, list[dict[str, float]]]:
    """Return the loss curves of a trainer's log, the validation loss of step 0 among them, without speeds."""
    train = [
        {"step": int(entry["step"])}
        | {name: round(float(entry[name]), 6) for name in ("loss", "grad_norm") if name in entry}
        for entry in history
        if "loss" in entry
    ]
    validation = [
        {"step": int(entry["step"]), "loss": round(float(entry["eval_loss"]), 6)}
        for entry in history
        if "eval_loss" in entry
    ]
    return {"train": train, "validation": validation}


class Watcher(TrainerCallback):  # type: ignore[misc] # transformers is taken as untyped
    """Tells of progress, and ends a run that gets no better on the validation split, keeping its best weights.

    What it knows comes from the trainer's own log, so that a resumed run goes on as an undisturbed one.

    Args:
        tell: Called with steps done, steps in all, and the last loss.
        patience: Measurements without a better one before the run ends; 0 for never.
        folder: Where the best weights are kept.
    """

    def __init__(self, tell: Tell, patience: int, folder: Path) -> None:
        self._tell = tell
        self._patience = patience
        self._folder = folder

    def on_step_end(self, _args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell of every step; log the loss with each checkpoint, since a resumed run averages from there."""
        control.should_log = control.should_log or control.should_save
        losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
        self._tell(state.global_step, state.max_steps, losses[-1] if losses else None)

    def on_evaluate(self, args: Any, state: Any, control: Any, model: Any, **_: Any) -> None:
        """Keep the best weights and end the run where patience is at an end."""
        measured = _measured(state.log_history)
        if not self._patience or not measured:
            return
        best = _best_step(measured)
        if best == measured[-1][0]:
            self._folder.mkdir(parents=True, exist_ok=True)
            save_file(_trainable(model), self._weights(best))
            if args.save_strategy == "no":
                self._forget_all_but(best)
        if sum(step > best for step, _ in measured) >= self._patience:
            control.should_training_stop = True

    def on_save(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        """Forget earlier best weights: only now does a resumed run not go back to them."""
        if measured := _measured(state.log_history):
            self._forget_all_but(_best_step(measured))

    def restore_best(self, model: Any, history: Sequence[Mapping[str, float]]) -> int | None:
        """Put the best weights back and return their step; None where those of the end stay."""
        measured = _measured(history)
        if not self._patience or not measured or not self._weights(_best_step(measured)).is_file():
            return None
        best = load_file(self._weights(_best_step(measured)))
        for name, weight in model.named_parameters():
            if name in best:
                weight.data.copy_(best[name])
        return _best_step(measured)

    def _weights(self, step: int | str) -> Path:
        return self._folder / BEST.format(os.environ.get("RANK", "0"), step)

    def _forget_all_but(self, step: int) -> None:
        for path in self._folder.glob(self._weights("*").name):
            if path != self._weights(step):
                path.unlink()


def _arguments(settings: TrainSettings, folder: Path, device: str, n_rows: int, *, measure: bool) -> SFTConfig:
    steps = -(-n_rows // (settings.batch_rows * settings.accumulate * settings.processes))
    steps = min(steps, settings.max_steps) if settings.max_steps else steps
    return SFTConfig(
        output_dir=str(folder),
        per_device_train_batch_size=settings.batch_rows,
        per_device_eval_batch_size=settings.score_rows,
        gradient_accumulation_steps=settings.accumulate,
        num_train_epochs=1,  # the rows of all epochs are there already, each drawn anew
        max_steps=steps,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=round(steps * settings.warmup_share),
        # The fused one needs no copy of all weights for a step; on a CPU bytes are kept as they were.
        optim="adamw_torch_fused" if device == "cuda" else "adamw_torch",
        seed=settings.seed,
        data_seed=settings.seed,
        use_cpu=device == "cpu",
        bf16=device == "cuda",
        **{CHECKPOINTING: settings.gradient_checkpointing, f"{CHECKPOINTING}_kwargs": _checkpointing(settings, device)},
        max_length=None,  # rows are cut before, never through an answer
        packing=False,  # packs are made before, for a batch of them to be known
        padding_free=settings.packing,
        eval_strategy="steps" if measure and settings.eval_steps else "no",
        eval_steps=settings.eval_steps or None,
        logging_steps=settings.log_steps,
        save_strategy="steps" if settings.save_steps else "no",
        save_steps=settings.save_steps or 500,
        save_total_limit=2,  # the last one may be cut off by a kill
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=device == "cuda",
        ddp_find_unused_parameters=False,
    )


def _checkpointing(settings: TrainSettings, device: str) -> dict[str, bool] | None:
    """Return how activations are computed anew; None leaves it to TRL. FSDP with NF4 weights needs the old way."""
    return {"use_reentrant": True} if spread(settings, device) and settings.method == "qlora" else None


def _trainable(model: Any) -> dict[str, Any]:
    return {name: weight.detach().clone() for name, weight in model.named_parameters() if weight.requires_grad}


def _measured(history: Sequence[Mapping[str, float]]) -> list[tuple[int, float]]:
    """Return what was measured on held-out rows since the first step, as (step, loss)."""
    return [(int(entry["step"]), entry["eval_loss"]) for entry in history if "eval_loss" in entry and entry["step"]]


def _best_step(measured: Sequence[tuple[int, float]]) -> int:
    return min(measured, key=lambda one: one[1])[0]


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True
