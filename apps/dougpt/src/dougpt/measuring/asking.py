"""The blind comparison in a workspace: the page goes to the reports, the key to the secrets."""

from pathlib import Path

from dougpt_eval.blind import (
    BlindAnswersError,
    BlindKey,
    BlindScore,
    draw_trials,
    read_answers,
    render_trials,
    score_answers,
)
from dougpt_schema import DougptError, atomic_write, fingerprint

from dougpt.measuring.dataset import Dataset
from dougpt.measuring.models import Opened
from dougpt.workspace import read_json, to_json


class NothingToAskError(DougptError):
    """The model says nothing to any window that is asked about."""


def write_page(dataset: Dataset, opened: Opened, trials: int, seed: int) -> tuple[Path, int]:
    """Write the page and, apart from it, its key; return where the page is and how many questions it asks.

    Raises:
        NothingToAskError: The model has no reply to any window.
    """
    drawn = draw_trials(opened.model, dataset.test, trials=trials, seed=seed)
    if not drawn:
        raise NothingToAskError(
            f"{opened.name} says nothing, or what was really said, to all {dataset.test.num_rows} held-out windows:"
            " there is nothing to compare"
        )
    key = BlindKey.of(drawn, opened.model, opened.name)
    workspace = dataset.project.workspace
    atomic_write(workspace.blind_key_file(key.page), key.to_json().encode())
    place = workspace.blind_page(dataset.name)
    atomic_write(place, render_trials(drawn).encode())
    return place, len(drawn)


def read_back(dataset: Dataset, answers: Path) -> tuple[BlindKey, BlindScore]:
    """Score a file that the page saved, and write the result beside the reports.

    Raises:
        BlindAnswersError: The file holds no answers, or none to a page of this workspace.
    """
    try:
        page, given = read_answers(answers.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise BlindAnswersError(f"{answers}: no text") from error
    except BlindAnswersError as error:
        raise BlindAnswersError(f"{answers}: {error}") from error
    workspace = dataset.project.workspace
    key_file = workspace.blind_key_file(page)
    if not page.isalnum() or not key_file.is_file():
        raise BlindAnswersError(
            f"{answers}: the page {page!r} was not made in this workspace, so nothing tells its sides"
        )
    key = BlindKey.from_json(key_file.read_text(encoding="utf-8"))
    try:
        score = score_answers(key, given, seed=dataset.project.settings.evaluate.seed)
    except BlindAnswersError as error:
        raise BlindAnswersError(f"{answers}: {error}") from error
    results = workspace.blind_results(dataset.name)
    known = read_json(results) if results.is_file() else {}
    # A page saves everybody's answers under one name: those of another person stand beside them.
    name = f"{page} {answers.name} {fingerprint(given)[:6]}"
    told = {"name": key.name, "model": key.model, "trials": len(key.rows), **score.to_dict()}
    atomic_write(results, to_json(known | {name: told}))
    return key, score
