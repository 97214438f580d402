"""What has to be there before a job can begin, told without loading anything heavy."""

from collections.abc import Iterable

from dougpt_schema import DougptError

from dougpt.advice import advice
from dougpt.plan import Job, Plan, State
from dougpt.recipes import STAGES


class InputMissingError(DougptError):
    """A stage before is not done."""


def require_startable(plan: Plan, job: Job) -> None:
    """Raise what `job` would end with at its start.

    Raises:
        InputMissingError: A stage before is missing, stale or failed.
        BaseModelError: The base model of a training is not there.
        MissingExtraError: What trains is not installed.
    """
    require_inputs(plan, job)
    require_trainable(plan, [job])


def require_trainable(plan: Plan, jobs: Iterable[Job]) -> None:
    """Raise what a training among the jobs would end with, whatever comes before it.

    Raises:
        BaseModelError: The base model is not there.
        MissingExtraError: What trains is not installed.
    """
    if any(job.stage.name == "train" for job in jobs):
        from dougpt_train import require_base  # noqa: PLC0415 - an extra

        require_base(plan.project.settings.train)


def require_inputs(plan: Plan, job: Job) -> None:
    """Raise InputMissingError where a stage before is not done; failed recordings are no part of a dataset."""
    usable, root = plan.usable_members(), plan.project.workspace.root
    if job.stage.per == "dataset" and not usable:
        raise InputMissingError(f"the dataset {job.subject!r} has no usable recording; see: {advice(root, 'status')}")
    waiting = list(_open_before(plan, job, usable).values())
    if waiting:
        first = waiting[0]
        more = f", and {len(waiting) - 1} more before it not done" if len(waiting) > 1 else ""
        raise InputMissingError(
            f"{job.stage.name} of {job.subject}: {first.stage.name} of {first.subject} {first.state.told}"
            f" ({', '.join(first.why)}){more}; run: {_way(plan, waiting)}"
        )


def _open_before(plan: Plan, job: Job, usable: list[str]) -> dict[tuple[str, str], Job]:
    """Return the jobs that have to be done before, the first ones first."""
    found: dict[tuple[str, str], Job] = {}
    for before in plan.upstream(job):
        left_out = before.stage.per != job.stage.per and before.subject not in usable
        if before.state is not State.DONE and not left_out:
            found |= _open_before(plan, before, usable)
            found[before.stage.name, before.subject] = before
    return found


def _way(plan: Plan, waiting: list[Job]) -> str:
    """Return what does them: command by command where they are of one recording or dataset, else the pipeline."""
    root = plan.project.workspace.root
    if len({job.subject for job in waiting}) > 1:
        last = max((job.stage.name for job in waiting), key=list(STAGES).index)
        return advice(root, "pipeline", "--until", last)
    only = {"recording": ("--only", waiting[0].subject), "dataset": ()}
    return " && ".join(advice(root, job.stage.name, *only[job.stage.per]) for job in waiting)
