"""Samples to an adapter: the preflight first, then the tiny base where it is wanted, the adapter, and the proof.

All work happens in `<run_folder>.partial`, which becomes the run's folder by one rename at the end. A run that
was killed leaves no more than that: the next one clears it away, or goes on in it where it is told to resume
and nothing that went in has changed.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dougpt_schema import ArrowStream, file_sha256, fingerprint

from dougpt_train.base import Base, make_tiny_base, model_files, open_folder
from dougpt_train.base_folder import let_others_read
from dougpt_train.checklist import Preflight, check, check_weights, machine, waiting_canary
from dougpt_train.checks.check import Check
from dougpt_train.checks.reload import check_reload
from dougpt_train.checks.resume import changed_since
from dougpt_train.checks.setup import check_disk
from dougpt_train.errors import PreflightFailedError, ResumeRefusedError, RunFolderError, SeveralProcessesError
from dougpt_train.fitting import REFERENCE_ROWS, TRAINER, Learning, fit
from dougpt_train.full_disk import full_disk_told
from dougpt_train.gpu_memory import full_gpu_told, give_back
from dougpt_train.order import training_order
from dougpt_train.prepare import Prepared, prepare, samples_of
from dougpt_train.progress import Progress, Teller
from dougpt_train.record import (
    ADAPTER,
    BASE,
    BASE_MADE,
    FORMAT,
    FULL,
    INPUTS,
    METRICS,
    PREFLIGHT,
    RUN,
    WEIGHTS,
    describe_inputs,
    hardware,
    write_json,
    write_settings,
)
from dougpt_train.settings import TINY, TrainSettings
from dougpt_train.several import JOB, fit_in_several
from dougpt_train.threads import few_threads
from dougpt_train.trainer import Tell

PARTIAL = ".partial"
WEIGHED = "weighed"
FULL_GPU = "take fewer batch_rows with more accumulate, fewer score_rows, shorter rows, or gradient_checkpointing"


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
    test: ArrowStream | None = None,
    preflight: Preflight | None = None,
    checked: Callable[[Preflight], None] | None = None,
    progress: Callable[[Progress], None] | None = None,
    git_commit: str | None = None,
    resume: bool | Path = False,
    allow_drift: bool = False,
) -> TrainResult:
    """Train an adapter on `samples` and write the run to `run_folder`, which must not exist.

    Args:
        samples: Samples of the training split.
        settings: How to train.
        run_folder: Where the run is written.
        validation: Samples to measure on; nothing is learnt from them.
        test: Samples kept for evaluation, to see that none of their moments is trained on.
        preflight: The checks of an earlier call; made anew unless they were made for exactly this run and machine.
        checked: Called with all that was found before the adapter's first step; a failed check raises before.
        progress: Called after each step.
        git_commit: Noted in run.json.
        resume: Go on from the last checkpoint (`save_steps`) of a run that was killed, if there is one; a path is
            the folder of a killed run that had another name.
        allow_drift: Resume even if what goes in has changed; run.json then says what.

    Raises:
        PreflightFailedError: A check failed; nothing was trained or written.
        RunFolderError: The folder exists.
        SeveralProcessesError: It was started as one of several processes, or cannot start as many as it is told to.
        ResumeRefusedError: What goes in is not what the killed run was made from.
        BaseModelError: The base model is not there.
        NoGpuError: A GPU is asked for, and there is none.
        RenderError: The base model's chat template refuses the conversations.
        NotReproducedError: The saved adapter does not compute what was trained.
        GpuFullError: It does not fit into the memory of the GPU.
        DiskFullError: The disk filled up; what was saved before stays for the next try.
    """
    settings = settings or TrainSettings()
    folder = Path(run_folder)
    if folder.exists():
        raise RunFolderError(folder, "exists; a finished run is never written over")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise SeveralProcessesError(
            "start it without `accelerate launch`: `processes` in [train] makes it launch its own"
        )
    prepared = prepare(samples, settings, validation)
    settings, held_out = prepared.settings, samples_of(test)
    inputs = describe_inputs(prepared, held_out)
    run_id = fingerprint(inputs)
    checks = _reused(preflight, prepared, run_id, folder) or check(prepared, inputs, folder, held_out)
    if not checks.passed:
        raise PreflightFailedError(checks)

    work = folder.with_name(folder.name + PARTIAL)
    drift = _enter(work, inputs, resume=resume, allow_drift=allow_drift)
    if drift:
        checks = checks.with_check(Check("P13", "resume", "warning", f"drift was allowed: {', '.join(drift)}", drift))
    write_settings(work, settings)
    base_losses: list[float] = []
    mean_tokens = sum(len(row.ids) for row in prepared.rows) / len(prepared.rows)
    with few_threads(settings), full_disk_told(work):
        if settings.base == TINY:
            tell = Teller(progress, "base", mean_tokens * settings.tiny_batch_rows)
            base, base_losses = _tiny_base(prepared, work, tell)
            prepared = replace(prepared, base=base)
        checks = _with_weights(checks, prepared, work)
        if checked is not None:
            checked(checks)
        started = time.monotonic()
        tell = Teller(progress, "adapter", mean_tokens * settings.batch_rows * settings.accumulate * settings.processes)
        metrics, results, reload = _fit(prepared, work, tell)
        seconds = time.monotonic() - started
    checks = checks.with_check(reload)
    metrics |= {"base": [round(loss, 6) for loss in base_losses]}
    write_json(work / PREFLIGHT, checks.to_dict())
    write_json(work / METRICS, metrics)
    results |= {"reload": dict(reload.facts)}
    results |= {"metrics": file_sha256(work / METRICS), "preflight": file_sha256(work / PREFLIGHT)}
    if settings.base == TINY:
        results["base"] = model_files(work / BASE)
    record = {"format": FORMAT, "run_id": run_id, "inputs": inputs, "results": results, "drift": drift}
    write_json(work / RUN, record | {"git_commit": git_commit, "hardware": hardware(settings)})
    _leave(work, folder)
    trained = results["adapter" if "adapter" in results else "model"]
    tokens = sum(len(row.ids) for row in prepared.rows)
    return TrainResult(folder, run_id, next(iter(trained.values())), checks, metrics, tokens, seconds)


def _reused(found: Preflight | None, prepared: Prepared, run_id: str, folder: Path) -> Preflight | None:
    """Return an earlier preflight if it was made for this run on this machine, with the disk looked at anew."""
    if found is None or found.fingerprint != run_id or found.machine != machine(prepared.settings):
        return None
    if prepared.settings.canary and found.of("P12").status == "skipped":
        found = found.with_check(waiting_canary())
    return found.with_check(check_disk(prepared, folder, found.of("P9")))


def _enter(work: Path, inputs: Mapping[str, Any], *, resume: bool | Path, allow_drift: bool) -> dict[str, Any]:
    """Make the working folder, or keep a killed run's; return what has changed since then."""
    drift: dict[str, Any] = {}
    killed = resume if isinstance(resume, Path) else work
    if resume and (killed / INPUTS).is_file():
        changed = changed_since(inputs, killed)
        if changed and not allow_drift:
            raise ResumeRefusedError(killed, changed)
        drift = json.loads((killed / INPUTS).read_text(encoding="utf-8"))["drift"] | changed
        if killed != work:
            shutil.rmtree(work, ignore_errors=True)
            killed.rename(work)
    elif isinstance(resume, Path):
        raise RunFolderError(killed, "is no killed run: there is nothing to go on from")
    else:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
    write_json(work / INPUTS, {"inputs": inputs, "drift": drift})
    return drift


def _leave(work: Path, folder: Path) -> None:
    """Take away what only a resumed run would need, and give the run its name."""
    for name in (TRAINER, JOB):
        shutil.rmtree(work / name, ignore_errors=True)
    for name in (INPUTS, BASE_MADE):
        (work / name).unlink(missing_ok=True)
    let_others_read(work)
    work.rename(folder)


def _tiny_base(prepared: Prepared, work: Path, tell: Tell) -> tuple[Base, list[float]]:
    """Train the tiny base, or take the one that a killed run has finished."""
    if (work / BASE_MADE).is_file():
        made = json.loads((work / BASE_MADE).read_text(encoding="utf-8"))
        if made["files"] == model_files(work / BASE):
            return replace(open_folder(TINY, work / BASE), name=TINY), made["losses"]
    base, losses = make_tiny_base(
        prepared.base, [(row.ids, len(row.prompt_ids)) for row in prepared.rows], prepared.settings, work / BASE, tell
    )
    write_json(work / BASE_MADE, {"files": model_files(work / BASE), "losses": losses})
    return base, losses


def _with_weights(checks: Preflight, prepared: Prepared, work: Path) -> Preflight:
    """Return the checks with those that waited for the base's weights; a failed one leaves nothing behind."""
    checks = check_weights(checks, prepared, work / WEIGHED)
    shutil.rmtree(work / WEIGHED, ignore_errors=True)
    if not checks.passed:
        shutil.rmtree(work)
        raise PreflightFailedError(checks)
    return checks


def _fit(prepared: Prepared, work: Path, tell: Teller) -> tuple[dict[str, Any], dict[str, Any], Check]:
    """Train, save, and prove the saved weights; return metrics, hashes and the proof."""
    settings, base = prepared.settings, prepared.base
    ordered = training_order(prepared.rows, settings)
    rows = Learning(ordered, prepared.validation_rows, prepared.rows[:REFERENCE_ROWS])
    if settings.processes > 1:
        metrics, trained = fit_in_several(base, settings, rows, work, tell)
    else:
        with full_gpu_told(FULL_GPU):
            metrics, trained = fit(base, settings, rows, work, tell)
    give_back()
    full = settings.method == "full"
    saved = {"model": model_files(work / FULL)} if full else {"adapter": _adapter_files(work / ADAPTER)}
    return metrics, saved, check_reload(prepared, work, trained)


def _adapter_files(folder: Path) -> dict[str, str]:
    return {WEIGHTS: file_sha256(folder / WEIGHTS)}
