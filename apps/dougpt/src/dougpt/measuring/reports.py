"""Where the report of a model goes that is no run of today's settings."""

import re
from dataclasses import replace
from pathlib import Path

from dougpt_eval import Report
from dougpt_eval.history import remember
from dougpt_schema import atomic_write

from dougpt.measuring.dataset import Dataset
from dougpt.page import collect, render_page
from dougpt.plan import Plan
from dougpt.workspace import to_json

_ODD = re.compile(r"[^\w.-]+")


def write_report(dataset: Dataset, name: str, report: Report) -> Path:
    """Write numbers and page below reports/<dataset>/models/ and a line of the history; return the folder."""
    project = dataset.project
    seed = report.settings["reply_seed"]
    label = name if seed == project.settings.evaluate.reply_seed else f"{name} reply seed {seed}"
    folder = project.workspace.model_report(dataset.name, _ODD.sub("-", label).strip("-."))
    atomic_write(folder / "report_evaluate.json", to_json({"name": label, "report": report.to_dict()}))
    remember(project.workspace.history_file(dataset.name), report, label)
    facts = collect(project.workspace.root, dataset.name, Plan(project).run_id)
    atomic_write(folder / "index.html", render_page(replace(facts, evaluation=report.to_dict())).encode())
    return folder
