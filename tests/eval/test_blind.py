"""A blind comparison keeps its key to itself and counts what people answer; a real browser drives the page."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from dougpt_eval.blind import (
    BlindAnswersError,
    BlindKey,
    BlindTrial,
    draw_trials,
    read_answers,
    render_trials,
    score_answers,
)
from hypothesis import given
from hypothesis import strategies as st

HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
OTHER = {"left": "right", "right": "left"}


@pytest.fixture(scope="module")
def trials(parrot, held_out: pa.Table) -> list[BlindTrial]:
    return draw_trials(parrot("hello", HOSTILE), held_out, trials=30)


@pytest.fixture(scope="module")
def key(parrot, trials: list[BlindTrial]) -> BlindKey:
    return BlindKey.of(trials, parrot(), "0a1b")


def test_both_sides_have_as_many_lines_and_the_real_one_stands_on_either(trials: list[BlindTrial]) -> None:
    assert len(trials) == 30
    assert all(len(trial.left) == len(trial.right) for trial in trials)
    assert sum(trial.real == "left" for trial in trials) == 15
    assert all("hello" not in getattr(trial, trial.real) for trial in trials)


def test_the_same_seed_draws_the_same_trials(parrot, held_out: pa.Table, trials: list[BlindTrial]) -> None:
    assert draw_trials(parrot("hello", HOSTILE), held_out, trials=30) == trials
    assert draw_trials(parrot("hello", HOSTILE), held_out, trials=30, seed=1) != trials
    retrained = parrot("hello", HOSTILE)
    retrained.fingerprint = "retrained"
    others = draw_trials(retrained, held_out, trials=30)
    assert [(trial.prompt, trial.real) for trial in others] != [(trial.prompt, trial.real) for trial in trials]
    assert {trial.prompt for trial in others} == {trial.prompt for trial in trials}


@given(trials=st.integers(1, 60), seed=st.integers(0, 99))
def test_questions_are_spread_over_the_recordings(trials: int, seed: int, parrot, held_out: pa.Table) -> None:
    drawn = draw_trials(parrot("hello"), held_out, trials=trials, seed=seed)
    asked = Counter(trial.recording_id for trial in drawn)
    counts = [asked[recording] for recording in set(held_out["recording_id"].to_pylist())]
    assert sum(counts) == trials
    assert max(counts) - min(counts) <= 1
    assert abs(2 * sum(trial.real == "left" for trial in drawn) - trials) <= 1


def test_windows_that_cannot_be_asked_make_room_for_others(oracle, held_out: pa.Table) -> None:
    class Often(oracle):
        """Says what chat said, in most windows, and something else in the others."""

        def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:
            ids = samples["sample_id"].to_pylist()
            said = super().generate(samples, seed)
            return [["hm"] if name.endswith("3") else own for name, own in zip(ids, said, strict=True)]

    asked = draw_trials(Often(held_out), held_out, trials=10)
    assert len(asked) == 10
    assert len(draw_trials(Often(held_out), held_out, trials=500)) == 12


def test_a_silent_model_has_no_trials(parrot, held_out: pa.Table) -> None:
    assert draw_trials(parrot("", " "), held_out, trials=30) == []


def test_the_key_holds_no_text_and_the_page_no_key(trials: list[BlindTrial], key: BlindKey) -> None:
    assert BlindKey.from_json(key.to_json()) == key
    page = render_trials(trials)
    assert '"real"' not in page
    assert HOSTILE not in page
    assert trials[0].recording_id not in page
    assert not [trial for trial in trials if json.dumps(trial.prompt) in key.to_json()]
    # Which side is real changes no byte beside the two sides themselves.
    turned = [BlindTrial(**asdict(trial) | {"real": OTHER[trial.real]}) for trial in trials]
    assert render_trials(turned) == page
    with pytest.raises(BlindAnswersError, match="no key of a blind page"):
        BlindKey.from_json("[{}]")


def test_the_score_is_how_often_the_model_is_taken_for_real(key: BlindKey) -> None:
    caught = {row.trial_id: row.real for row in key.rows}
    fooled = {row.trial_id: OTHER[row.real] for row in key.rows}
    unsure = dict.fromkeys(caught, "unsure")
    assert [score_answers(key, one).taken_for_real.value for one in (caught, fooled, unsure)] == [0, 1, 0.5]
    never, always = (score_answers(key, one).taken_for_real for one in (caught, fooled))
    # Clopper and Pearson: 1 - .025^(1/30).
    assert (never.low, never.high) == (0, pytest.approx(0.1157, abs=1e-4))
    assert (always.low, always.high) == (pytest.approx(0.8843, abs=1e-4), 1)
    half = score_answers(key, dict.fromkeys(caught, "left"))
    estimate = half.taken_for_real
    assert half.answered == 30
    assert estimate.low is not None
    assert estimate.value is not None
    assert estimate.high is not None
    assert 0 <= estimate.low < estimate.value < estimate.high <= 1


@pytest.mark.parametrize(
    ("answers", "said"), [({}, "no answer yet"), ({"x": "left"}, "belongs to none"), ({None: "middle"}, "is 'middle'")]
)
def test_answers_that_do_not_fit_are_refused(key: BlindKey, answers: dict[str, str], said: str) -> None:
    given = {key.rows[0].trial_id if trial_id is None else trial_id: side for trial_id, side in answers.items()}
    with pytest.raises(BlindAnswersError, match=said):
        score_answers(key, given)


@pytest.mark.parametrize("text", ["{", "[]", '{"page": 1, "answers": {}}', '{"page": "x", "answers": []}'])
def test_a_file_that_holds_no_answers_is_refused(text: str) -> None:
    with pytest.raises(BlindAnswersError, match="these are no blind answers"):
        read_answers(text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium, where there is one."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def test_a_person_answers_by_keyboard_and_the_file_is_read_back(
    browser: Any, trials: list[BlindTrial], parrot, tmp_path: Path
) -> None:
    asked = trials[:4]
    (tmp_path / "blind.html").write_text(render_trials(asked), encoding="utf-8")
    page = browser.new_page(accept_downloads=True)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto((tmp_path / "blind.html").as_uri())
    assert page.locator("#said p").last.inner_text() == asked[0].prompt
    assert page.locator("#left span").all_inner_texts() == [" ".join(text.split()) for text in asked[0].left]

    # Left, a change of mind back to it, right, then by digits: left, cannot tell, and right.
    for key in ("ArrowLeft", "Backspace", "ArrowRight", "1", "0", "2"):
        page.keyboard.press(key)
    assert page.locator("#place").inner_text() == "4 of 4 answered"
    with page.expect_download() as waiting:
        page.click("#save")
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    page.close()

    found, answers = read_answers(text)
    key = BlindKey.of(asked, parrot(), "run")
    assert found == key.page
    assert answers == dict(zip([t.trial_id for t in asked], ["right", "left", "unsure", "right"], strict=True))
    assert score_answers(key, answers).unsure == 1
    assert complaints == []


def test_a_reload_keeps_the_answers_and_stopping_saves_them(
    browser: Any, trials: list[BlindTrial], tmp_path: Path
) -> None:
    asked, others = trials[:3], trials[3:6]
    for name, shown in (("blind.html", asked), ("other.html", others)):
        (tmp_path / name).write_text(render_trials(shown), encoding="utf-8")
    page = browser.new_context(accept_downloads=True).new_page()
    page.goto((tmp_path / "blind.html").as_uri())
    page.keyboard.press("1")
    page.reload()
    assert page.locator("#place").inner_text() == "2 of 3"
    page.keyboard.press("2")
    page.goto((tmp_path / "other.html").as_uri())
    assert page.locator("#place").inner_text() == "1 of 3"

    page.goto((tmp_path / "blind.html").as_uri())
    with page.expect_download() as waiting:
        page.click("#stop")
    _, answers = read_answers(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert answers == {asked[0].trial_id: "left", asked[1].trial_id: "right"}
    page.click("#again")
    assert page.locator("#place").inner_text() == "3 of 3"
    page.keyboard.press("0")
    page.reload()
    assert page.locator("#place").inner_text() == "3 of 3 answered"
    page.click("#anew")
    page.reload()
    assert page.locator("#place").inner_text() == "1 of 3"
    assert page.locator("#lost").is_hidden()
    page.close()


def test_what_the_policy_does_not_name_does_not_run(browser: Any, trials: list[BlindTrial], tmp_path: Path) -> None:
    text = render_trials(trials[:1])
    assert re.search(r"default-src 'none'; .*script-src 'sha256-[^']+'", text)
    assert "unsafe-inline'; script" not in text.replace("style-src 'unsafe-inline'", "")
    strange = text.replace("</body>", "<script>document.title = 'owned'</script></body>")
    (tmp_path / "strange.html").write_text(strange, encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "strange.html").as_uri())
    assert page.title() == "dougpt: which is the real chat?"
    assert page.locator("#place").inner_text() == "1 of 1"
    page.close()
