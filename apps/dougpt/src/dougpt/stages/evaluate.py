"""A trained run measured on held-out samples, and the page that shows all of it beside earlier runs."""

from dougpt_eval.history import remember
from dougpt_schema import atomic_write

from dougpt.execute import Task
from dougpt.measuring import Dataset, references_of
from dougpt.page import collect, render_page
from dougpt.terminal import told_while_loading


def run(task: Task) -> str:
    """Write report_evaluate.json and index.html of a dataset's report, and a line of its history."""
    with told_while_loading():
        from dougpt_train import load  # noqa: PLC0415 - loads PyTorch
    workspace = task.project.workspace
    dataset, folder = Dataset.open(task.project, task.subject), workspace.run(task.plan.run_id)
    report = dataset.measure(load(folder), references_of(dataset, folder))
    task.write_json("report_evaluate.json", report=report.to_dict())
    remember(workspace.history_file(task.subject), report, task.plan.run_id)
    page = render_page(collect(workspace.root, task.subject, task.plan.run_id))
    atomic_write(task.folder / "index.html", page.encode())
    task.write_json("stage.json", dataset=task.subject, run=task.plan.run_id)
    return f"{dataset.test.num_rows} held-out samples measured"
