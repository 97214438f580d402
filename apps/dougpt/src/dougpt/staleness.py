"""Why outputs are not today's, in as few lines as there are reasons: one change often makes many of them stale."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dougpt_schema.page.words import plural

from dougpt.execute import plain
from dougpt.plan import Job, Plan, State
from dougpt.recipes import SECTIONS, SETTINGS_CHANGED
from dougpt.workspace import read_json

MOST_NAMED = 3


def stale_lines(plan: Plan, jobs: Iterable[Job], *, each: bool = False) -> list[str]:
    """Return a line for all jobs of a stage that are in one state for one reason; with `each`, a line a job.

    What failed is told one by one: it is the recording that is to blame.
    """
    groups: dict[tuple[str, State, str, str], list[Job]] = {}
    for job in jobs:
        alone = job.subject if each or job.state is State.FAILED else ""
        groups.setdefault((job.stage.name, job.state, why(plan, job), alone), []).append(job)
    return [f"{stage} {_whose(alike)} {state.told}: {reason}" for (stage, state, reason, _), alike in groups.items()]


def why(plan: Plan, job: Job) -> str:
    """Return why a job is not done, with the names of the settings that were others when its output was made."""
    names = list(changed_settings(plan, job)) if SETTINGS_CHANGED in job.why else []
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    named = f" ({', '.join(names[:MOST_NAMED])}{more})" if names else ""
    return ", ".join(reason + (named if reason == SETTINGS_CHANGED else "") for reason in job.why)


def changed_settings(plan: Plan, job: Job) -> Iterator[str]:
    """Yield the dotted names of settings that were others when the output was made, as far as it says."""
    path = plan.told_by(job)
    before = read_json(path).get("settings", {}) if path is not None else {}
    settings = plan.project.settings_of(job.subject)
    for section in SECTIONS[job.stage.name]:
        if section in before:
            yield from _different(section, before[section], plain(getattr(settings, section)))


def _whose(jobs: list[Job]) -> str:
    if len(jobs) == 1:
        return jobs[0].subject
    return f"of {plural(len(jobs), jobs[0].stage.per)}"


def _different(name: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _different(f"{name}.{key}", old.get(key), new.get(key))
    elif old != new:
        yield name
