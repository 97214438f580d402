"""A trained run measured on held-out samples, and the page that shows all of it."""

from dougpt_eval import evaluate
from dougpt_schema import PROFILE, SAMPLES, DougptError, Split, atomic_write, read_table
from dougpt_train import load

from dougpt.execute import Task
from dougpt.page import collect, render_page
from dougpt.terminal import note


class NothingHeldOutError(DougptError):
    """The test split is empty."""


def run(task: Task) -> str:
    """Write report_evaluate.json and index.html of a dataset's report."""
    workspace = task.project.workspace
    dataset = workspace.dataset(task.subject)
    test, training = (read_table(dataset / f"{split}.parquet", SAMPLES) for split in (Split.TEST, Split.TRAIN))
    if not test.num_rows:
        raise NothingHeldOutError(
            f"{dataset}: no test samples to evaluate on; bring more or longer recordings (or set embargo_s lower in [curate])"
        )
    report = evaluate(
        load(workspace.run(task.plan.run_id)),
        test,
        task.project.settings.evaluate,
        profile=read_table(dataset / "profile.parquet", PROFILE),
        training=training,
        progress=lambda name, done, total: note(f"evaluate: {name} ({done} of {total})"),
    )
    task.write_json("report_evaluate.json", report=report.to_dict())
    page = render_page(collect(workspace.root, task.subject, task.plan.run_id))
    atomic_write(task.folder / "index.html", page.encode())
    task.write_json("stage.json", dataset=task.subject, run=task.plan.run_id)
    return f"{test.num_rows} held-out samples measured"
