"""Where the report of a model goes that is no run of today's settings."""

import re
from dataclasses import replace
from pathlib import Path

from dougpt_eval import Report
from dougpt_eval.history import remember
from dougpt_schema import atomic_write, fingerprint

from dougpt.measuring.dataset import Dataset
from dougpt.measuring.models import Opened
from dougpt.page import collect, render_page
from dougpt.workspace import to_json

_ODD = re.compile(r"[^\w.,-]+")
_PLAIN = re.compile(r"(server )?[\w.-]+(, chat| merged)?( reply seed -?\d+)?")
"""Labels that keep apart without a hash: the spaces and the comma in them are ours."""


def write_report(dataset: Dataset, opened: Opened, report: Report) -> Path:
    """Write numbers and page below reports/<dataset>/models/ and a line of the history; return the folder."""
    project = dataset.project
    seed = report.settings["reply_seed"]
    label = opened.name if seed == project.settings.evaluate.reply_seed else f"{opened.name} reply seed {seed}"
    folder = project.workspace.model_report(dataset.name, folder_of(label))
    atomic_write(folder / "report_evaluate.json", to_json({"name": label, "report": report.to_dict()}))
    remember(project.workspace.history_file(dataset.name), report, label)
    facts = collect(project.workspace.root, dataset.name, opened.run_id, model=label)
    atomic_write(folder / "index.html", render_page(replace(facts, evaluation=report.to_dict())).encode())
    return folder


def folder_of(label: str) -> str:
    """Return a folder's name, another one for each label; what a file system may not bear is replaced."""
    name = _ODD.sub("-", label.replace(", ", ",")).strip("-.,")
    return name if _PLAIN.fullmatch(label) else f"{name}-{fingerprint(label)[:6]}"
