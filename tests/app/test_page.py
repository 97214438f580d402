"""The page shows what is there, says what is not, and lets no stranger's text out of its place."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from dougpt.page import PageFacts, collect, render_page
from dougpt.page.recordings import recordings_view
from dougpt_eval import EvaluateSettings, Report, evaluate
from dougpt_eval.baselines import prompt_blind
from dougpt_eval.baselines.prompt_blind import TrainingText
from dougpt_eval.measures import MEASURES
from dougpt_schema import CHAT_EVENTS, CLOCK, LINKS, SAMPLES, SOURCES, WORDS, Provenance, write_table

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> \u202e {{ 7*7 }} $x^2$ \x1b[31m Z\u0351\u0352\u0353\u0354"
)
SAID = ("so chat the bees are loose in the bakery again", "i bet nobody can beat this", "what is your favourite soup")
WROTE = ("BEES LULW", "skill issue", "i can beat it", "tomato soup", "KEKW", HOSTILE)
RECORDINGS = [f"{number:016x}" for number in (11, 22, 33)]
RUN = "ab12cd34ef56"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_workspace(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def page(workspace: Path) -> str:
    return render_page(collect(workspace, "default", RUN))


def build_workspace(root: Path) -> Path:
    """Three recordings, the last one unrelated and truncated, curated, trained and evaluated."""
    for place, recording_id in enumerate(RECORDINGS):
        stage_recording(root, recording_id, np.random.default_rng(place), related=place < 2)
    held_out, training = samples("test", 2, 14), samples("train", 4, 30)
    curated = root / "curated" / "default"
    for split, table in (("test", held_out), ("train", training), ("validation", SAMPLES.empty())):
        write_table(table, curated / f"{split}.parquet", SAMPLES, recipe("dougpt-curate"))
    write_json(curated / "report_curate.json", {"recipe": {}, "report": curate_report(), "recordings": RECORDINGS})
    run = root / "runs" / RUN
    write_json(run / "settings.json", {"base": "tiny", "method": "lora", "epochs": 3, "learning_rate": 1e-3})
    write_json(
        run / "preflight.json", {"checks": [check("P1", "passed"), check("P12", "warning"), check("P3", "failed")]}
    )
    write_json(run / "metrics.json", metrics())
    inputs = {"samples": "5" * 64, "code": "6" * 64, "versions": {"torch": "2.8.0"}}
    write_json(run / "run.json", {"run_id": "7" * 64, "inputs": inputs, "git_commit": "8" * 40})
    model = prompt_blind.words(TrainingText([["BEES LULW", "skill issue"], ["tomato soup"]], 4), order=2)
    report = evaluate(model, held_out, EvaluateSettings(draws=200, ranked=10), training=training)
    write_json(root / "reports" / "default" / "report_evaluate.json", {"recipe": {}, "report": report.to_dict()})
    return root


def stage_recording(root: Path, recording_id: str, rng: np.random.Generator, *, related: bool) -> None:
    staged, recipe_ = root / "staged" / recording_id, recipe("dougpt-align")
    source = {
        "recording_id": recording_id, "source_id": recording_id, "role": "video", "channel": "doug & co",
        "sha256": recording_id * 4, "bytes": 123_456_789, "name": f"{HOSTILE}.mp4", "container": "mp4",
        "duration_ms": 1_200_000, "part_index": 0, "part_start_ms": 0, "status": "ok" if related else "truncated",
    }  # fmt: skip
    write_table(SOURCES.table([source]), root / "raw" / recording_id / "sources.parquet", SOURCES)
    word = {
        "recording_id": recording_id, "word_id": 0, "start_ms": 0, "end_ms": 400, "text": "so", "normal": "so",
        "timing": "forced", "segment_id": 0, "flags": [], "source_id": recording_id,
    }  # fmt: skip
    write_table(WORDS.table([word]), staged / "words.parquet", WORDS, recipe("dougpt-media"))
    write_table(CHAT_EVENTS.empty(), staged / "chat_events.parquet", CHAT_EVENTS, recipe("dougpt-chat"))
    why = "background" if related else "unrelated"
    accepted = rng.random(300) < (0.3 if related else 0.0)
    link = {
        "recording_id": recording_id,
        "runner_up": 0.1,
        "background": 0.2,
        "decided_by": "model",
        "certified": False,
    }
    links = [
        link | {
            "event_id": f"e{n:04d}", "utterance_id": n, "probability": 0.8, "accepted": bool(yes),
            "lag_ms": int(1000 * (2 + rng.gamma(3, 1.2))), "reason": None if yes else why,
        }
        for n, yes in enumerate(accepted)
    ]  # fmt: skip
    write_table(LINKS.table(links), staged / "links.parquet", LINKS, recipe_)
    pieces = [(0, 500_000, 700), (500_000, 900_000, 18_400), (900_000, 1_200_000, 18_500)]
    clock = [
        {"recording_id": recording_id, "from_ms": a, "to_ms": b, "offset_ms": c, "offset_sd_ms": 180, "margin": 9.0}
        for a, b, c in pieces
    ]
    write_table(CLOCK.table(clock), staged / "clock.parquet", CLOCK, recipe_)
    examples = [
        {
            "event_id": f"e{n:04d}", "message": WROTE[n % len(WROTE)], "utterance": SAID[n % 3], "lag_s": 3.2 + n,
            "probability": 0.91 - n / 20, "reason": None if n < 6 and related else "background",
        }
        for n in range(12)
    ]  # fmt: skip
    counts = {why: int((~accepted).sum())}
    align = {
        "recipe": {}, "recording_id": recording_id, "events": 300, "accepted": int(accepted.sum()), "reasons": counts,
        "share": {"value": 0.35, "pinned_by": "default", "labels": 0}, "threshold": {"probability": 0.5},
        "belonging": {"relation": "related" if related else "unrelated", "words_z": 12.3, "timing_z": 4.5},
        "examples": {"accepted": examples[:6], "rejected": examples[6:]},
        "clock": [{name: value for name, value in piece.items() if name != "recording_id"} for piece in clock],
        "warnings": [f"the share of replies is estimated at {0.3 + int(recording_id, 16) / 1100:.2f}"],
    }  # fmt: skip
    write_json(staged / "report_align.json", align)
    write_json(staged / "report_chat.json", {"origin": "twitchdownloader", "kinds": {"message": 300}, "warnings": []})
    write_json(staged / "report_transcribe.json", {"warnings": [] if related else ["words were recognised, not read"]})


def samples(split: str, recordings: int, windows: int) -> pa.Table:
    rng = np.random.default_rng(recordings)
    response = {"style": "talk", "weight": 1.0, "confidence": 0.9, "multiplicity": 1}
    return SAMPLES.table(
        {
            "sample_id": f"{split}-{recording}-{window}", "recording_id": f"{split}-{recording}", "split": split,
            "context": ["so chat", HOSTILE], "prompt": SAID[rng.integers(3)], "rate_bucket": "steady",
            "responses": [
                response | {"event_id": f"{split}{recording}.{window}.{k}", "text": WROTE[rng.integers(len(WROTE))]}
                for k in range(rng.integers(1, 4))
            ],
            "utterance_ids": [window], "links_fingerprint": "0" * 16,
        }
        for recording in range(recordings)
        for window in range(windows)
    )  # fmt: skip


def curate_report() -> Mapping[str, object]:
    return {
        "links": {"total": 900, "accepted": 180},
        "replies": {"kept": 150, "merged": 12, "rejected": {"low_reading": 18}},
        "turns": {"spoken": 400, "answered": 120, "kept": 118, "rejected": {"too_long": 2}},
        "splits": {
            "train": {"recordings": 1, "samples": 90, "replies": 110},
            "test": {"recordings": 2, "samples": 28, "replies": 40},
        },
        "styles": {"emote": {"natural": 0.6, "balanced": 0.4}, "talk": {"natural": 0.4, "balanced": 0.6}},
        "rates": {"steady": 118}, "warnings": ["only one recording to train on"],
    }  # fmt: skip


def metrics() -> Mapping[str, object]:
    rng = np.random.default_rng(0)
    base = [6 * np.exp(-step / 60) + 2 + rng.random() / 2 for step in range(200)]
    train = [{"step": step, "loss": 2.5 * np.exp(-step / 80) + 1} for step in range(10, 200, 10)]
    validation = [{"step": 50, "loss": 2.9}, {"step": 100, "loss": 2.5}, {"step": 150, "loss": 2.4}]
    return {
        "base": base,
        "train": train,
        "validation": validation,
        "steps": 190,
        "validation_loss_before": 3.1,
        "validation_loss": 2.4,
    }


def check(code: str, status: str) -> Mapping[str, object]:
    return {
        "code": code,
        "name": "target is reply and stop",
        "status": status,
        "found": f"all rows {HOSTILE}",
        "facts": {},
    }


def recipe(producer: str) -> Provenance:
    return Provenance(producer, fingerprint="1" * 64, inputs=("2" * 64,), settings="3" * 64, code="4" * 64)


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


class Outline(HTMLParser):
    """Collects what a browser would load, run or anchor."""

    VOID = frozenset({"meta", "br", "img", "link", "path", "use", "rect"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_every_section_stands_on_the_page(page: str) -> None:
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert headings == ["Recordings", "Alignment", "Curation", "Training", "Evaluation", "Lineage"]
    assert page.count("<svg") >= 9


def test_figures_of_the_reports_are_on_the_page(page: str) -> None:
    text = " ".join(" ".join(Outline(page).text).split())
    assert "Taken to be answers: 35 % of ordinary messages, pinned by the default, no label told." in text
    assert "do not belong together" in text
    assert "only one recording to train on" in text
    assert "words were recognised, not read" in text
    assert "bits for a byte of held-out chat" in text
    assert "character n-gram" in text
    assert "Validation loss 3.100 before and 2.400 after." in text
    assert "Loss while training; held out 3.10, 2.90, 2.50, 2.40, 2.40" in page


def test_the_verdict_stands_first_and_equal_warnings_are_one(page: str) -> None:
    text = " ".join(" ".join(Outline(page).text).split())
    assert text.index("How it answers The model needs") < text.index("To know before reading on")
    assert text.index("To know before reading on evaluate:") < text.index("curate: only one recording to train on")
    assert "align: the share of replies is estimated at 0.31 to 0.33 (3 recordings)" in text
    assert text.count("align: the share of replies") == 1


def test_the_page_of_another_model_is_its_own(workspace: Path) -> None:
    facts = collect(workspace, "default", RUN)
    report = Report.from_dict(facts.evaluation)
    scored = {
        name: one for name, one in report.model.measures.items() if MEASURES[name].axis not in {"fit", "relevance"}
    }
    silent = replace(report, model=replace(report.model, measures=scored, unscored="it keeps them to itself"))
    shown = replace(collect(workspace, "default", None, model="server talker, chat"), evaluation=silent.to_dict())
    page = render_page(shown)
    text = " ".join(" ".join(Outline(page).text).split())
    assert "<title>dougpt: default, server talker, chat</title>" in page
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["Evaluation"]
    assert "training run" not in text.replace("it is no training run of this workspace", "")
    assert "Not on this page" not in text
    assert "Bits per byte, prompt gain and relevance could not be had" in text
    assert "it keeps them to itself" in text
    assert "as like the chat as chat of another minute is" in text
    assert "No figures of the measured model: it keeps them to itself." in text
    # It has a row of its own where others have figures.
    fit = page[page.index("Does it expect what chat wrote?") : page.index("Does the answer belong to the prompt?")]
    assert "the measured model" in fit


def test_strangers_text_stays_text(page: str) -> None:
    outline = Outline(page)
    assert "script" not in outline.tags
    assert "img" not in outline.tags
    assert not [name for name, _ in outline.attributes if name.startswith("on")]
    assert "{{ 7*7 }}" in page
    assert "\x1b" not in page
    assert "Z\u0351\u0352\u0353" not in page


def test_nothing_is_loaded_from_elsewhere(page: str) -> None:
    outline = Outline(page)
    assert not {"link", "iframe", "object", "embed", "base"} & set(outline.tags)
    targets = [value for name, value in outline.attributes if name in {"src", "href", "xlink:href", "action"}]
    assert all(value is not None and value.startswith("#") for value in targets)
    assert "url(http" not in page
    assert "@import" not in page


def test_the_page_of_an_alignment_is_linked_where_there_is_one(tmp_path: Path) -> None:
    root = build_workspace(tmp_path)
    own = root / "reports" / f"align-{RECORDINGS[0]}.html"
    own.write_text("<!doctype html>")

    links = re.findall(r'href="([^#"]+)"', render_page(collect(root, "default", RUN)))

    assert [(root / "reports" / "default" / link).resolve() for link in links] == [own.resolve()]


def test_tags_are_closed_in_order_and_ids_are_not_repeated(page: str) -> None:
    outline = Outline(page)
    assert outline.open == []
    ids = [value for name, value in outline.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_equal_facts_give_equal_bytes(workspace: Path, page: str) -> None:
    assert render_page(collect(workspace, "default", RUN)) == page
    assert not re.search(r"20\d\d-\d\d-\d\dT", page)
    assert str(workspace) not in page


def test_figures_take_their_colours_from_the_page(page: str) -> None:
    assert not re.search(r"#01010[1-6]", page)
    assert "var(--one)" in page


def test_an_empty_workspace_gives_a_page_that_says_so(tmp_path: Path) -> None:
    text = render_page(collect(tmp_path, "default", "none"))
    assert "Not on this page, since it was not found: the evaluation" in text
    assert re.findall(r"<h2>(.*?)</h2>", text) == ["Recordings", "Lineage"]


@pytest.mark.parametrize("gone", ["evaluation", "metrics", "preflight", "run", "curate", "settings"])
def test_a_missing_piece_is_left_out_and_not_an_error(workspace: Path, gone: str) -> None:
    facts = collect(workspace, "default", RUN)
    kept = {name: getattr(facts, name) for name in PageFacts.__slots__}
    assert render_page(PageFacts(**kept | {"recordings": (), gone: None}))


def test_a_surrogate_from_broken_json_does_not_keep_the_page_from_being_written(workspace: Path) -> None:
    facts = collect(workspace, "default", RUN)
    kept = {name: getattr(facts, name) for name in PageFacts.__slots__}
    broken = render_page(PageFacts(**kept | {"recordings": (), "evaluation": None, "missing": ("a \ud800 surrogate",)}))
    assert "a ? surrogate" in broken
    broken.encode()


def test_recordings_stand_by_date_under_what_people_call_them(workspace: Path) -> None:
    facts = collect(workspace, "default", RUN)
    days = [datetime(2026, 3, 2, tzinfo=UTC), None, datetime(2026, 3, 1, tzinfo=UTC)]
    recordings = []
    for one, day in zip(facts.recordings, days, strict=True):
        known = {"platform": "twitch", "video_id": "2041234567", "broadcast_start": day} if day else {}
        recordings.append(replace(one, sources=SOURCES.table([one.sources.to_pylist()[0] | known])))

    rows = recordings_view(replace(facts, recordings=tuple(recordings)))

    assert [row["id"] for row in rows] == [RECORDINGS[2], RECORDINGS[0], RECORDINGS[1]]
    assert [row["name"] for row in rows] == ["twitch 2041234567"] * 2 + [f"{HOSTILE}.mp4"]
