"""The preflight: a run is proven right before its first step.

Fine-tuning that looks successful and is not (trained on the prompt, never stops, truncated in silence) shows
a normal loss curve. So every row is rendered and decoded first, and a failed check keeps the run from starting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dougpt_schema import SAMPLES, ArrowStream, fingerprint

from dougpt_train.adapter import lora_config
from dougpt_train.checks.check import Check
from dougpt_train.checks.labels import (
    check_amounts,
    check_control_tokens,
    check_labels,
    check_lengths,
    check_prompts,
    check_rendering,
    check_vocabulary,
)
from dougpt_train.checks.setup import check_adapter, check_disk, check_versions
from dougpt_train.checks.splits import check_splits
from dougpt_train.errors import RenderError
from dougpt_train.prepare import Prepared, prepare
from dougpt_train.record import describe_inputs
from dougpt_train.settings import TrainSettings


@dataclass(frozen=True, slots=True)
class Preflight:
    """What the checks found.

    Attributes:
        checks: In their order.
        fingerprint: Of everything the run is made from; the same run needs no second preflight.
    """

    checks: tuple[Check, ...]
    fingerprint: str

    @property
    def passed(self) -> bool:
        """Whether the run may start; warnings do not hold it back."""
        return all(check.status != "failed" for check in self.checks)

    def to_dict(self) -> dict[str, object]:
        """Return everything, ready for JSON."""
        return {
            "passed": self.passed,
            "fingerprint": self.fingerprint,
            "checks": [check.to_dict() for check in self.checks],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Preflight":
        """Return what `to_dict` wrote, so that a stored preflight can be reused."""
        checks = tuple(Check(**check) for check in content["checks"])
        return cls(checks, str(content["fingerprint"]))


def preflight(
    samples: ArrowStream,
    settings: TrainSettings | None = None,
    *,
    validation: ArrowStream | None = None,
    test: ArrowStream | None = None,
    folder: Path | str = ".",
) -> Preflight:
    """Check a run before its first step; `dougpt_train.train` does the same when it is handed nothing.

    Args:
        samples: Samples of the training split.
        settings: How the run would train.
        validation: Samples it would measure on.
        test: Samples kept for evaluation, to see that none of their recordings is trained on.
        folder: Where the run would be written, for the room on its disk.

    Raises:
        ContractError: A table is no table of samples.
        BaseModelError: The base model is not there.
    """
    settings = settings or TrainSettings()
    try:
        prepared = prepare(samples, settings, validation)
    except RenderError as error:
        refused = Check("P2", "rendering", "failed", str(error))
        return Preflight((refused,), fingerprint("refused", str(error)))
    return check(prepared, describe_inputs(prepared), Path(folder), test)


def check(prepared: Prepared, inputs: Mapping[str, object], folder: Path, test: ArrowStream | None = None) -> Preflight:
    """Run every check on a prepared run."""
    held_out = SAMPLES.empty() if test is None else SAMPLES.check(SAMPLES.conform(test))
    adapter = check_adapter(prepared, lora_config(prepared.settings))
    checks = (
        check_splits(prepared.samples, prepared.validation, held_out),
        check_rendering(prepared),
        check_labels(prepared),
        check_prompts(prepared),
        check_control_tokens(prepared),
        check_lengths(prepared),
        check_vocabulary(prepared),
        check_amounts(prepared),
        adapter,
        check_versions(),
        check_disk(prepared, folder, adapter),
    )
    return Preflight(checks, fingerprint(inputs))
