"""Links of all recordings to samples by split."""

import pyarrow as pa
from dougpt_curate import curate, dataset_card, holdout_json
from dougpt_schema import CHAT_EVENTS, LINKS, PROFILE, REJECTS, SAMPLES, UTTERANCES, Contract, Split, atomic_write
from pyarrow import compute as pc

from dougpt.execute import Task, told
from dougpt.nameset import NameSet

PRODUCER = "dougpt-curate"


def run(task: Task) -> str:
    """Write the splits, rejects, profile, holdout and card of a dataset."""
    plan, project = task.plan, task.project
    members = sorted(plan.usable_members())
    curated = curate(
        _all(task, "utterances", UTTERANCES, members),
        _all(task, "chat_events", CHAT_EVENTS, members),
        _all(task, "links", LINKS, members),
        project.settings.curate,
        holdout=plan.assignment,
        names=NameSet.of(project, members),
    )
    report = curated.report.to_dict()
    atomic_write(project.workspace.holdout_file(task.subject), holdout_json(plan.assignment))
    atomic_write(task.folder / "card.md", dataset_card(curated.report, task.subject).encode())
    task.write_json("report_curate.json", report=report, recordings=members)
    task.write("rejects", curated.rejects, REJECTS, PRODUCER)
    task.write("profile", curated.profile, PROFILE, PRODUCER)
    counts = {}
    for split in (Split.TEST, Split.VALIDATION, Split.TRAIN):
        rows = curated.samples.filter(pc.equal(curated.samples["split"], split.value))
        counts[split.value] = rows.num_rows
        task.write(split.value, rows, SAMPLES, PRODUCER)
    numbers = ", ".join(f"{split} {count}" for split, count in sorted(counts.items()))
    warnings = told(report["warnings"], "report_curate.json")
    return f"{sum(counts.values())} samples of {len(members)} recordings ({numbers}){warnings}"


def _all(task: Task, name: str, contract: Contract, members: list[str]) -> pa.Table:
    tables = [task.read(name, contract, member).select(contract.schema.names) for member in members]
    return pa.concat_tables(tables) if tables else contract.empty()
