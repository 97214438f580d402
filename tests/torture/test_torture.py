"""A small share of what `just torture` does at length, and what it has found."""

import html
from importlib import import_module
from pathlib import Path

import pytest
from campaign import Asked
from damaged_files import READERS
from dougpt_schema import LABELS
from dougpt_schema.journal import append_journal
from hostile import RUNS, page_problems
from inputs import case, fuzz, tasks
from sittings import not_once

QUICK = ("captions", "descriptions", "holdouts", "settings")


@pytest.mark.parametrize("name", QUICK)
def test_damaged_inputs_are_read_or_refused(name: str, tmp_path: Path) -> None:
    failures, endings = fuzz(READERS[name], 60, seed=20_000, keep=tmp_path)

    assert failures == []
    assert endings.total() == 60
    assert endings["read"] < 60 or name == "descriptions"


def test_a_case_is_the_same_whenever_it_is_made(tmp_path: Path) -> None:
    reader = READERS["holdouts"]
    whole = reader.originals(tmp_path)

    assert case(reader, whole, 1, 7) == case(reader, whole, 1, 7)
    assert len({case(reader, whole, 1, number)[1] for number in range(20)}) > 10


def test_a_reader_that_crashes_is_a_failure_and_the_others_go_on(tmp_path: Path) -> None:
    import os
    import signal
    from dataclasses import replace

    def crash(_: Path, __: str, content: bytes) -> None:
        if len(content) % 3 == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if len(content) % 3 == 1:
            raise KeyError(content[:10])

    failures, endings = fuzz(replace(READERS["holdouts"], read=crash), 20, seed=1, keep=tmp_path)

    assert endings.total() == 20
    assert any("the process died with" in line for line in failures)
    assert any("KeyError" in line for line in failures)
    assert len(failures) == endings["failure"]


@pytest.mark.parametrize("text", [f"<script>{RUNS}</script>", f"<img src=x onerror={RUNS}>"])
def test_a_page_on_which_a_text_runs_is_seen(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><html><body><p>{text}</p></body></html>")

    assert page_problems(page)

    page.write_text(f"<!doctype html><html><body><p>{html.escape(text)}</p></body></html>")
    assert page_problems(page) == []


def test_answers_that_are_lost_or_kept_twice_are_seen(tmp_path: Path) -> None:
    def row(label_id: str) -> dict[str, object]:
        drawn = {"asked_as": "random", "stratum": "all", "inclusion_probability": 0.5, "blind": False, "at_order": 1}
        return {"label_id": label_id, "recording_id": "r", "event_id": "e", "verdict": "unsure", "rater": "a"} | drawn

    for sitting, kept in (("a", ["once", "twice"]), ("b", ["twice", "stray"])):
        append_journal(tmp_path / "labels" / f"{sitting}.jsonl", LABELS, map(row, kept))

    found = not_once(tmp_path, [{"answer_id": name} for name in ("once", "twice", "lost")])

    assert [line.split()[1] for line in found] == ["twice", "lost", "stray"]


def test_inputs_that_are_gone_on_with_miss_no_case() -> None:
    def cases(*slices: tuple[int, int]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for first, until in slices:
            for name, (begin, count) in tasks(first, until).items():
                found.setdefault(name, []).extend(range(begin, begin + count))
        return found

    assert cases((0, 1000), (1000, 2500), (2500, 9000)) == cases((0, 9000))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", ["inputs", "kills", "disk", "clocks", "together", "readonly", "hostile"])
def test_a_campaign_finds_nothing(name: str, tmp_path: Path) -> None:
    count = {"inputs": 400, "kills": 3, "clocks": 2, "together": 2, "readonly": 4}.get(name, 1)

    outcome = import_module(name).run(Asked(tmp_path / "work", tmp_path / "kept", 3, 0, count))

    assert outcome.failures == []
    assert outcome.endings
