"""Samples of an earlier curation, which commands go on with and say so."""

from dougpt.plan import Plan, State
from dougpt.project import Project
from dougpt.terminal import note


def note_if_earlier(project: Project) -> None:
    """Say so where the samples are not what today's settings ask for."""
    job = Plan(project).job("curate", project.settings.dataset.name)
    if job.state is not State.DONE:
        note(f"note: these samples are of an earlier curation; today's {job.state.told} ({'; '.join(job.why)})")
