"""A blind comparison keeps its key to itself and counts what people answer; a real browser drives the page."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest
from dougpt_eval.blind import (
    BlindAnswersError,
    BlindTrial,
    draw_trials,
    render_trials,
    score_answers,
    trials_from_json,
    trials_to_json,
)

HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
OTHER = {"left": "right", "right": "left"}


@pytest.fixture(scope="module")
def trials(parrot, held_out: pa.Table) -> list[BlindTrial]:
    return draw_trials(parrot("hello", HOSTILE), held_out, trials=30)


def test_both_sides_have_as_many_lines_and_the_real_one_stands_on_either(trials: list[BlindTrial]) -> None:
    assert len(trials) == 30
    assert all(len(trial.left) == len(trial.right) for trial in trials)
    assert 5 < sum(trial.real == "left" for trial in trials) < 25
    assert all("hello" not in getattr(trial, trial.real) for trial in trials)


def test_the_same_seed_draws_the_same_trials(parrot, held_out: pa.Table, trials: list[BlindTrial]) -> None:
    assert draw_trials(parrot("hello", HOSTILE), held_out, trials=30) == trials
    assert draw_trials(parrot("hello", HOSTILE), held_out, trials=30, seed=1) != trials


def test_a_silent_model_has_no_trials(parrot, held_out: pa.Table) -> None:
    assert draw_trials(parrot("", " "), held_out, trials=30) == []


def test_the_key_comes_back_and_does_not_stand_on_the_page(trials: list[BlindTrial]) -> None:
    assert trials_from_json(trials_to_json(trials)) == trials
    page = render_trials(trials)
    assert '"real"' not in page
    assert HOSTILE not in page
    with pytest.raises(BlindAnswersError, match="no blind trials"):
        trials_from_json("[{}]")


def test_the_score_is_how_often_the_model_is_taken_for_real(trials: list[BlindTrial]) -> None:
    caught = {trial.trial_id: trial.real for trial in trials}
    fooled = {trial.trial_id: OTHER[trial.real] for trial in trials}
    unsure = dict.fromkeys(caught, "unsure")
    assert [score_answers(trials, one).taken_for_real.value for one in (caught, fooled, unsure)] == [0, 1, 0.5]
    half = score_answers(trials, dict.fromkeys(caught, "left"))
    estimate = half.taken_for_real
    assert half.answered == 30
    assert estimate.low is not None
    assert estimate.value is not None
    assert estimate.high is not None
    assert estimate.low < estimate.value < estimate.high


@pytest.mark.parametrize(
    ("answers", "said"), [({}, "no answer yet"), ({"x": "left"}, "belongs to none"), ({None: "middle"}, "is 'middle'")]
)
def test_answers_that_do_not_fit_are_refused(trials: list[BlindTrial], answers: dict[str, str], said: str) -> None:
    given = {trials[0].trial_id if trial_id is None else trial_id: side for trial_id, side in answers.items()}
    with pytest.raises(BlindAnswersError, match=said):
        score_answers(trials, given)


def test_a_browser_takes_answers_by_keyboard(trials: list[BlindTrial], tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    asked = trials[:3]
    # Left, a change of mind back to it, right, and then: cannot tell.
    keys = ["ArrowLeft", "Backspace", "ArrowRight", "ArrowLeft", "ArrowDown"]
    press = f"for (const key of {json.dumps(keys)}) dispatchEvent(new KeyboardEvent('keydown', {{ key }}));"
    show = "document.body.dataset.answers = document.getElementById('answers').value;"
    page = render_trials(asked).replace("</body>", f"<script>{press}{show}</script></body>")
    (tmp_path / "blind.html").write_text(page, encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    command += ["--dump-dom", (tmp_path / "blind.html").as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    found = re.search(r'data-answers="([^"]*)"', dom)
    assert found is not None
    answers = json.loads(html.unescape(found.group(1)))
    assert answers == dict(zip([trial.trial_id for trial in asked], ["right", "left", "unsure"], strict=True))
    assert score_answers(asked, answers).unsure == 1
    assert "owned" not in re.findall(r"<title>(.*?)</title>", dom)
