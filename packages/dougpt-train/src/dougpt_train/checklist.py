"""The preflight: a run is proven right before its first step.

Fine-tuning that looks successful and is not (trained on the prompt, never stops, truncated in silence) shows
a normal loss curve. So every row is rendered and decoded first, and a failed check keeps the run from starting.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from dougpt_schema import ArrowStream, fingerprint

from dougpt_train.adapter import lora_config
from dougpt_train.base import find_device, load_weights, spread
from dougpt_train.checks.canary import check_canary
from dougpt_train.checks.check import Check, skipped
from dougpt_train.checks.labels import (
    check_amounts,
    check_control_tokens,
    check_labels,
    check_lengths,
    check_prompts,
    check_rendering,
    check_vocabulary,
)
from dougpt_train.checks.memory import check_memory, check_steps, memory_of
from dougpt_train.checks.packing import check_packing
from dougpt_train.checks.reading import read_labels
from dougpt_train.checks.resume import check_resume
from dougpt_train.checks.setup import check_adapter, check_disk, check_versions
from dougpt_train.checks.splits import check_splits
from dougpt_train.errors import RenderError
from dougpt_train.gpu_memory import give_back
from dougpt_train.prepare import Prepared, prepare, samples_of
from dougpt_train.record import describe_inputs, hardware
from dougpt_train.settings import TrainSettings
from dougpt_train.threads import few_threads

WEIGHED = (("P10", "two steps"), ("P11", "packing"), ("P12", "canary"))
"""Checks that need the base's weights."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What the checks found.

    Attributes:
        checks: In their order.
        fingerprint: Of everything the run is made from; the same run needs no second preflight.
        machine: Of the device and its memory, for which the checks hold too.
    """

    checks: tuple[Check, ...]
    fingerprint: str
    machine: str = ""

    @property
    def passed(self) -> bool:
        """Whether the run may start; warnings do not hold it back."""
        return all(check.status != "failed" for check in self.checks)

    def of(self, code: str) -> Check:
        """Return the first check of that code."""
        return next(check for check in self.checks if check.code == code)

    @property
    def shown(self) -> Sequence[Mapping[str, str]]:
        """A few rows: `sample_id`, `form`, what is `read`, what is `learnt`, and the `stop`, which is learnt too."""
        labels = next((check.facts for check in self.checks if check.code == "P3"), {})
        rows: Any = labels.get("shown", ())
        return list(rows)

    def with_check(self, new: Check) -> "Preflight":
        """Return the preflight with the check of that code and name replaced."""
        same = (new.code, new.name)
        return replace(self, checks=tuple(new if (one.code, one.name) == same else one for one in self.checks))

    def to_dict(self) -> dict[str, object]:
        """Return everything, ready for JSON."""
        return {
            "passed": self.passed,
            "fingerprint": self.fingerprint,
            "machine": self.machine,
            "checks": [check.to_dict() for check in self.checks],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Preflight":
        """Return what `to_dict` wrote, so that a stored preflight can be reused."""
        checks = tuple(Check(**check) for check in content["checks"])
        return cls(checks, str(content["fingerprint"]), str(content["machine"]))


def preflight(
    samples: ArrowStream,
    settings: TrainSettings | None = None,
    *,
    validation: ArrowStream | None = None,
    test: ArrowStream | None = None,
    folder: Path | str = ".",
    killed: Path | None = None,
) -> Preflight:
    """Check a run before its first step; `dougpt_train.train` does the same when it is handed nothing.

    Args:
        samples: Samples of the training split.
        settings: How the run would train.
        validation: Samples it would measure on.
        test: Samples kept for evaluation, to see that none of their moments is trained on.
        folder: Where the run would be written, for the room on its disk.
        killed: The folder of a killed run that it would go on in.

    Raises:
        ContractError: A table is no table of samples.
        BaseModelError: The base model is not there.
    """
    settings = settings or TrainSettings()
    held_out = samples_of(test)
    try:
        prepared = prepare(samples, settings, validation)
    except RenderError as error:
        refused = Check("P2", "rendering", "failed", str(error))
        return Preflight((refused,), fingerprint("refused", str(error)), machine(settings))
    inputs = describe_inputs(prepared, held_out)
    found = check(prepared, inputs, Path(folder), held_out, killed)
    if prepared.base.folder is None or not found.passed:
        return found
    with few_threads(prepared.settings), TemporaryDirectory() as place:
        return check_weights(found, prepared, Path(place))


def check(
    prepared: Prepared, inputs: Mapping[str, object], folder: Path, test: pa.Table, killed: Path | None = None
) -> Preflight:
    """Make every check that needs no weights on a prepared run; the others wait for `check_weights`."""
    adapter = check_adapter(prepared, lora_config(prepared.settings))
    learnt = read_labels(prepared)
    checks = (
        check_splits(prepared.samples, prepared.validation, test),
        check_rendering(prepared),
        check_labels(prepared, learnt),
        check_prompts(prepared, learnt),
        check_control_tokens(prepared),
        check_lengths(prepared),
        check_vocabulary(prepared, learnt),
        check_amounts(prepared),
        adapter,
        check_memory(prepared),
        *_waiting(prepared.settings),
        check_resume(inputs, killed),
        check_versions(),
        check_disk(prepared, folder, adapter),
        skipped("P15", "reload", "made once the adapter is saved"),
    )
    return Preflight(checks, fingerprint(inputs), machine(prepared.settings))


def check_weights(found: Preflight, prepared: Prepared, place: Path) -> Preflight:
    """Make the checks that wait for weights: two steps, packing, canary.

    Args:
        found: What was found without weights.
        prepared: The run, its base with weights.
        place: A folder for the trainer's files.
    """
    settings, base = prepared.settings, prepared.base
    device = find_device(settings)

    def make(waiting: Check) -> Check:
        give_back()
        match waiting.code:
            case "P10":
                estimate = float(found.of("P10").facts["needed"]["total"])  # type: ignore[index] # our own check's
                return check_steps(base, prepared, place / "steps", estimate=estimate, device=device)
            case "P11":
                pad = base.tokenizer.pad_token_id or 0
                model = load_weights(base, settings, device, for_training=True)
                return check_packing(model, prepared.rows, pad, device)
            case _:
                return check_canary(base, settings, prepared.rows, place / "canary")

    return replace(found, checks=tuple(make(one) if one.facts.get("waiting") else one for one in found.checks))


def machine(settings: TrainSettings) -> str:
    """Return what of this machine a preflight holds for: the device and its memory."""
    device = find_device(settings)
    return fingerprint(hardware(settings), memory_of(device))


def waiting_canary() -> Check:
    """Return the canary's check as it stands before there are weights."""
    return _waits("P12", "canary")


def _waits(code: str, name: str) -> Check:
    return skipped(code, name, "waits for the base's weights", waiting=True)


def _waiting(settings: TrainSettings) -> tuple[Check, ...]:
    device = find_device(settings)
    if spread(settings, device):
        why = f"the weights are spread over {settings.processes} GPUs, and this check is made in one process"
        return tuple(skipped(code, name, why) for code, name in WEIGHED)
    asked = (
        (device == "cuda", "two steps are measured on a GPU only, and none is used"),
        (settings.packing, "rows are not packed (packing = true)"),
        (settings.canary, "not asked for (canary = true)"),
    )
    return tuple(
        _waits(code, name) if wanted else skipped(code, name, why)
        for (code, name), (wanted, why) in zip(WEIGHED, asked, strict=True)
    )
