"""Where the results of a workspace are, for the end of a pipeline."""

from typing import Any

from dougpt.plan import Plan, State
from dougpt.recipes import STAGES
from dougpt.workspace import read_json


def results_of(plan: Plan) -> dict[str, Any]:
    """Return dataset, adapter and report as far as they are done, and how many links were accepted."""
    found: dict[str, Any] = {}
    links = [_links(plan, name) for name in plan.usable_members() if plan.job("align", name).state is State.DONE]
    if links:
        accepted, total = sum(one[0] for one in links), sum(one[1] for one in links)
        found["links"] = f"{accepted} of {total} messages accepted as answers, in {len(links)} recordings"
    for stage, name, below in (
        ("curate", "dataset", ""),
        ("train", "adapter", "adapter"),
        ("evaluate", "report", "index.html"),
    ):
        if plan.subjects(stage) and plan.usable_members() and plan.job(stage, plan.dataset).state is State.DONE:
            found[name] = str(plan.folder(STAGES[stage], plan.dataset) / below)
            if stage == "curate":
                found["read it"] = str(plan.project.workspace.report(plan.dataset) / "dataset.html")
    return found


def _links(plan: Plan, recording_id: str) -> tuple[int, int]:
    report = read_json(plan.project.workspace.staged(recording_id) / "report_align.json")["report"]
    return int(report["accepted"]), int(report["events"])
