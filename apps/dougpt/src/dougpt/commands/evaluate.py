"""`dougpt evaluate`: measures on held-out samples, the report page, gates, and the blind comparison by people."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from dougpt import options
from dougpt.cli import EXIT_GATE, EXIT_NOT_COMPARABLE
from dougpt.stage_command import as_job_option, run_stage

if TYPE_CHECKING:
    from dougpt_eval import Report

    from dougpt.measuring import Dataset
    from dougpt.measuring.models import Opened
    from dougpt.project import Project

EXISTING = click.Path(path_type=Path, exists=True)


@click.command()
@options.workspace
@options.run
@click.option("--merged", type=EXISTING, metavar="FOLDER", help="A model that `dougpt merge` wrote from that run.")
@click.option("--server", metavar="URL", help="An OpenAI-compatible server, such as http://127.0.0.1:8080/v1.")
@click.option("--server-model", metavar="NAME", help="The model's name there; by default the only one it has.")
@click.option(
    "--interface",
    type=click.Choice(["completions", "chat"]),
    default="completions",
    help="How a server is asked: plain text with examples, or the user's turn that runs are trained on.",
)
@click.option(
    "--api-key", envvar="DOUGPT_API_KEY", metavar="KEY", show_envvar=True, help="What the server wants to be shown."
)
@click.option("--reply-seed", type=int, help="Draw other replies than the settings' reply_seed does.")
@click.option(
    "--against",
    metavar="REPORT",
    help="Fail where a measure became worse than in a report_evaluate.json, than when the run whose id begins so was"
    " measured, or than in the 'previous' line of the history.",
)
@click.option("--blind", is_flag=True, help="Write a page that asks a person which of two replies is real.")
@click.option(
    "--trials",
    default=50,
    type=click.IntRange(min=1),
    help="Questions on that page, at most; spread over the held-out recordings.",
)
@click.option("--blind-answers", type=EXISTING, metavar="FILE", help="Score what that page saved.")
@options.dry_run
@options.as_json
@as_job_option
def command(
    workspace: Path,
    run_id: str | None,
    merged: Path | None,
    server: str | None,
    server_model: str | None,
    interface: Literal["completions", "chat"],
    api_key: str | None,
    reply_seed: int | None,
    against: str | None,
    blind: bool,
    trials: int,
    blind_answers: Path | None,
    dry_run: bool,
    as_json: bool,
    as_job: bool,
) -> None:
    """Measure a model on held-out samples and write the report page.

    Measures today's run on the test split beside its baselines; numbers and page go to reports/<dataset>/, a line to
    the history there. Another run, a merged model or a server goes to reports/<dataset>/models/. With --against, exit
    code 3 says that a measure became worse, 4 that the two reports do not compare. --blind and --blind-answers measure
    nothing: they write the page for people, and read their answers.

    \b
    Example:
      dougpt evaluate --workspace doug
      dougpt evaluate --against previous
      dougpt evaluate --server http://127.0.0.1:8080/v1
      dougpt evaluate --blind
      dougpt evaluate --blind-answers answers-0a1b2c3d4e5f6071.json
    """
    if blind_answers is not None:
        _score(workspace, blind_answers, as_json=as_json)
        return
    other = any(value is not None for value in (run_id, merged, server, reply_seed))
    if not other and not blind:
        run_stage("evaluate", workspace, (), dry_run=dry_run, as_json=as_json and against is None, as_job=as_job)
        if not (dry_run or as_job or as_json):
            _tell(workspace, beside=against is not None)
        if against is not None and not dry_run:
            _gate(workspace, None, against, as_json=as_json)
        return
    from contextlib import nullcontext

    from dougpt.measuring import Dataset
    from dougpt.measuring.models import Choice, open_choice
    from dougpt.project import Project
    from dougpt.runs import run_folder
    from dougpt.terminal import told_while_loading

    project = Project.open(workspace)
    if dry_run:
        what = "a page of questions would be written" if blind else "held-out samples would be measured"
        click.echo(f"{what} with {server or merged or run_id or 'the run of today'}; nothing was run or written")
        return
    dataset = Dataset.open(project, project.settings.dataset.name)
    folder = None if server is not None else run_folder(workspace, run_id)
    with told_while_loading() if folder is not None else nullcontext():
        opened = open_choice(Choice(folder, merged, server, server_model, interface, api_key), dataset)
    if blind:
        _ask(dataset, opened, trials, as_json=as_json)
        return
    report = _measure(dataset, opened, reply_seed, as_json=as_json and against is None, beside=against is not None)
    if against is not None:
        _gate(workspace, report, against, as_json=as_json)


def _tell(workspace: Path, *, beside: bool) -> None:
    """Print what the report of today's run says."""
    from dougpt.project import Project

    project = Project.open(workspace)
    _say(_todays_report(project), project.workspace.report(project.settings.dataset.name), beside=beside)


def _say(report: "Report", place: Path, *, beside: bool) -> None:
    """Print a report in words, and where its page is: on stderr where it stands beside another result, a gate's."""
    from dougpt.page.verdict import verdict
    from dougpt.terminal import safe

    for line in (*verdict(report), f"page: {place / 'index.html'}"):
        click.echo(safe(line), err=beside)


def _todays_report(project: "Project") -> "Report":
    from dougpt_eval import Report

    from dougpt.workspace import read_json

    place = project.workspace.report(project.settings.dataset.name)
    return Report.from_dict(read_json(place / "report_evaluate.json")["report"])


def _measure(dataset: "Dataset", opened: "Opened", reply_seed: int | None, *, as_json: bool, beside: bool) -> "Report":
    from dougpt.measuring.reports import write_report

    changes = {} if reply_seed is None else {"reply_seed": reply_seed}
    report = dataset.measure(opened.model, opened.references, **changes)
    place = write_report(dataset, opened, report)
    if as_json:
        options.print_json(report.to_dict())
    else:
        _say(report, place, beside=beside)
    return report


def _gate(workspace: Path, report: "Report | None", against: str, *, as_json: bool) -> None:
    from dougpt_eval import gate
    from dougpt_eval.history import read_history

    from dougpt.measuring.gating import earlier_report, gate_table
    from dougpt.project import Project

    project = Project.open(workspace)
    after = report or _todays_report(project)
    past = read_history(project.workspace.history_file(project.settings.dataset.name))
    before = earlier_report(against, past, after)
    verdict = gate(after, before.report, project.settings.gate)
    if as_json:
        options.print_json({"against": before.name, **verdict.to_dict()})
    else:
        click.echo(f"held against: {before.name}")
        click.echo(gate_table(verdict) if verdict.comparable else f"not comparable: {verdict.reason}")
        if verdict.comparable:
            click.echo("passed" if verdict.passed else "a measure became worse, or is beyond its limit")
    if not verdict.comparable:
        click.get_current_context().exit(EXIT_NOT_COMPARABLE)
    if not verdict.passed:
        click.get_current_context().exit(EXIT_GATE)


def _ask(dataset: "Dataset", opened: "Opened", trials: int, *, as_json: bool) -> None:
    from dougpt_schema.page.words import plural

    from dougpt.advice import advice
    from dougpt.measuring.asking import write_page

    page, asked = write_page(dataset, opened, trials, dataset.project.settings.evaluate.reply_seed)
    if as_json:
        options.print_json({"page": str(page), "name": opened.name, "trials": asked})
        return
    if asked < trials:
        held = plural(dataset.test.num_rows, "held-out window")
        click.echo(f"{trials} questions were asked for; the {held} give {asked} in which something can be told apart")
    read = advice(dataset.project.workspace.root, "evaluate", "--blind-answers", "FILE")
    click.echo(f"{page}: {plural(asked, 'question')}; open it in a browser, answer, save, and read with: {read}")


def _score(workspace: Path, answers: Path, *, as_json: bool) -> None:
    from dougpt.measuring import Dataset
    from dougpt.measuring.asking import read_back
    from dougpt.project import Project

    project = Project.open(workspace)
    key, score = read_back(Dataset.open(project, project.settings.dataset.name), answers)
    if as_json:
        options.print_json({"name": key.name, "trials": len(key.rows)} | score.to_dict())
        return
    taken = score.taken_for_real
    within = "" if taken.low is None or taken.high is None else f" (95 %: {taken.low:.0%} to {taken.high:.0%})"
    click.echo(
        f"{key.name} was taken for the real chat in {taken.value or 0:.0%} of {score.answered} answers{within};"
        f" {score.unsure} could not tell, which counts half. 50 % would mean that nobody can tell them apart."
    )
