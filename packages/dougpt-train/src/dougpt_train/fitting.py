"""The training itself: ordered rows to weights on disk, in one process or as one of several."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from dougpt_train.adapter import known_noise_kept_quiet, save_adapter
from dougpt_train.base import Base, find_device, precision
from dougpt_train.checks.reload import reference_logits
from dougpt_train.record import ADAPTER, FULL
from dougpt_train.render import Encoded
from dougpt_train.settings import TrainSettings
from dougpt_train.trainer import Tell, Watcher, curves, last_checkpoint, make_trainer

TRAINER = "trainer"
REFERENCE_ROWS = 4


@dataclass(frozen=True, slots=True)
class Learning:
    """The rows of a training.

    Attributes:
        training: What is learnt, in this order.
        validation: What is measured on.
        probes: A few whose logits prove what was saved.
    """

    training: Sequence[Encoded]
    validation: Sequence[Encoded]
    probes: Sequence[Encoded]


def fit(
    base: Base,
    settings: TrainSettings,
    rows: Learning,
    work: Path,
    tell: Tell,
) -> tuple[dict[str, Any], torch.Tensor]:
    """Train from the last checkpoint in `work`, save the weights there, and return metrics and logits over the probes.

    Of several processes each one calls this with the same arguments, and the first one writes.
    """
    watcher = Watcher(tell, settings.patience, work / TRAINER)
    trainer = make_trainer(
        base, settings, rows.training, validation_rows=rows.validation, folder=work / TRAINER, watcher=watcher
    )
    checkpoint = last_checkpoint(work / TRAINER, settings.processes)
    # Never measured before train(): accelerate then takes the model for prepared, and processes train each on its own.
    trainer.args.eval_on_start = bool(rows.validation) and checkpoint is None
    with known_noise_kept_quiet():
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    metrics: dict[str, Any] = curves(trainer.state.log_history) | {"steps": trainer.state.global_step}
    kept = watcher.restore_best(trainer.model, trainer.state.log_history)
    metrics |= {} if kept is None else {"kept_step": kept}
    if rows.validation:
        metrics |= {"validation_loss_before": metrics["validation"].pop(0)["loss"]}
        metrics |= {"validation_loss": round(trainer.evaluate()["eval_loss"], 6)}
    trained = reference_logits(trainer.model, rows.probes)
    _save(trainer, base, settings, work)
    return metrics, trained


def _save(trainer: Any, base: Base, settings: TrainSettings, work: Path) -> None:
    """Write the trained weights; spread ones are gathered first, by all processes together."""
    gathered = trainer.accelerator.get_state_dict(trainer.model) if trainer.is_fsdp_enabled else None
    if not trainer.is_world_process_zero():
        return
    model = trainer.accelerator.unwrap_model(trainer.model)
    if settings.method == "full":
        model.to(precision(find_device(settings)))  # trained in 32 bits
        model.save_pretrained(work / FULL, state_dict=gathered)
        base.tokenizer.save_pretrained(work / FULL)
    else:
        save_adapter(model, work / ADAPTER, base.name, gathered)
