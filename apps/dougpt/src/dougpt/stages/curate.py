"""Links of all recordings to samples by split."""

import shutil

import pyarrow as pa
from dougpt_curate import (
    CuratedPieces,
    GateError,
    Suite,
    curate_in_pieces,
    dataset_card,
    dataset_page,
    expectation_table,
    expectations,
    holdout_json,
    next_suite,
    read_suite,
    require,
)
from dougpt_schema import (
    CHAT_EVENTS,
    CLOCK,
    LINKS,
    PROFILE,
    REJECTS,
    SAMPLES,
    UTTERANCES,
    Split,
    atomic_write,
)
from pyarrow import compute as pc

from dougpt.advice import advice
from dougpt.allowing import allowed
from dougpt.execute import Task, told
from dougpt.nameset import NameSet
from dougpt.terminal import note
from dougpt.workspace import to_json

PRODUCER = "dougpt-curate"


def run(task: Task) -> str:
    """Write the splits, rejects, profile, holdout and card of a dataset."""
    plan, project = task.plan, task.project
    members = sorted(plan.usable_members())
    frozen = _frozen(task)
    task.folder.mkdir(parents=True, exist_ok=True)
    with curate_in_pieces(
        members,
        lambda member: _staged(task, member),
        project.settings.curate,
        holdout=plan.assignment,
        blocks=frozen.blocks if frozen else None,
        names=NameSet.of(project, members),
        folder=task.folder,
    ) as curated:
        return _write(task, members, frozen, curated)


def _write(task: Task, members: list[str], frozen: Suite | None, curated: CuratedPieces) -> str:
    project = task.project
    suite = next_suite(frozen, curated.report.suite, project.settings.curate.suite)
    gates = expectations(
        curated.report,
        curated.samples(),
        project.settings.curate.expect,
        clock_margin=_clock_margin(task, members),
        allow=allowed(project.workspace, task.subject, task.recipe.fingerprint),
    )
    report = curated.report.to_dict()
    card = dataset_card(curated.report, task.subject, suite=suite.number, expectations=gates)
    page = dataset_page(
        curated.report, curated.samples(), curated.profile, task.subject, suite=suite.number, expectations=gates
    )
    described = {
        "card.md": card.encode(),
        "dataset.html": page.encode(),
        "expectations.json": to_json({"expectations": [gate.to_dict() for gate in gates]}),
    }
    refused = project.workspace.refused(task.subject)
    try:
        require(gates)
    except GateError as error:
        # What stands in the dataset's folder is the dataset before, and its card has to stay with it.
        for name, content in described.items():
            atomic_write(refused / name, content)
        note(expectation_table(gates))
        note(f"the card and page of what was refused are in {refused}")
        failed = [word for one in error.expectations if one.verdict == "FAILS" for word in ("--allow", one.name)]
        note(f"to let it pass: {advice(project.workspace.root, 'curate', *failed)}")
        raise
    shutil.rmtree(refused, ignore_errors=True)
    atomic_write(task.folder / "card.md", described["card.md"])
    atomic_write(project.workspace.report(task.subject) / "dataset.html", described["dataset.html"])
    atomic_write(task.folder / "expectations.json", described["expectations.json"])
    atomic_write(project.workspace.holdout_file(task.subject), holdout_json(suite))
    task.write_json("report_curate.json", report=report, recordings=members)
    task.write_pieces("rejects", curated.rejects(), REJECTS, PRODUCER)
    task.write("profile", curated.profile, PROFILE, PRODUCER)
    counts = {
        split.value: task.write_pieces(split.value, curated.samples(split.value), SAMPLES, PRODUCER)
        for split in (Split.TEST, Split.VALIDATION, Split.TRAIN)
    }
    numbers = ", ".join(f"{split} {count}" for split, count in sorted(counts.items()))
    warnings = told(report["warnings"], task.folder / "report_curate.json")
    return f"{sum(counts.values())} samples of {len(members)} recordings ({numbers}){warnings}"


def _frozen(task: Task) -> Suite | None:
    path = task.project.workspace.holdout_file(task.subject)
    return read_suite(path.read_bytes()) if path.exists() else None


def _clock_margin(task: Task, members: list[str]) -> float | None:
    """Return the smallest margin of any stretch of a clock, None where there is none."""
    margins = [pc.min(task.read("clock", CLOCK, member)["margin"]).as_py() for member in members]
    return min((margin for margin in margins if margin is not None), default=None)


def _staged(task: Task, member: str) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Return utterances, chat events and links of a recording."""
    utterances, chat_events, links = (
        task.read(contract.name, contract, member).select(contract.schema.names)
        for contract in (UTTERANCES, CHAT_EVENTS, LINKS)
    )
    return utterances, chat_events, links
