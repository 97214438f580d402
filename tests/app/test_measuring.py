"""Evaluation by the command line: other models, the history, gates with their exit codes, and people's answers."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from dougpt.forgetting import forget
from dougpt.measuring.gating import earlier_report
from dougpt.measuring.reports import folder_of
from dougpt.project import Project
from dougpt_eval import Report
from dougpt_eval.report import ReportFormatError
from dougpt_schema import CHAT_EVENTS, SAMPLES, read_provenance, read_table, write_table

QUICK = {
    "draws": "100",
    "generated": "6",
    "ranked": "3",
    "candidates": "4",
    "baselines": '["characters", "another_minute"]',
}


class Talker(BaseHTTPRequestHandler):
    """Says one thing by the seed, and gives every character the probability that its server has."""

    def do_GET(self) -> None:
        self.tell({"data": [{"id": "talker"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not asked.get("echo"):
            said = f"we all agree {asked['seed'] % 5}"
            return self.tell({"choices": [{"text": said, "message": {"content": said}, "finish_reason": "stop"}]})
        text, each = asked["prompt"], self.server.each
        told = {"tokens": list(text), "token_logprobs": [None, *[each] * (len(text) - 1)]}
        told["text_offset"] = list(range(len(text)))
        return self.tell({"choices": [{"text": text, "logprobs": told, "finish_reason": "length"}]})

    def tell(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Any]:
    talker = ThreadingHTTPServer(("127.0.0.1", 0), Talker)
    talker.each = -2.0
    threading.Thread(target=talker.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield talker
    talker.shutdown()
    talker.server_close()


@pytest.fixture
def place(done: Path) -> Path:
    """A curated workspace whose evaluation is quick."""
    settings = done / "dougpt.toml"
    lines = settings.read_text().splitlines()
    for index, line in enumerate(lines):
        name = line.removeprefix("# ").partition(" = ")[0]
        if name in QUICK and line.startswith("# "):
            lines[index] = f"{name} = {QUICK[name]}"
    settings.write_text("\n".join(lines) + "\n")
    test = done / "curated/default/test.parquet"
    write_table(read_table(test, SAMPLES).slice(0, 10), test, SAMPLES, read_provenance(test))
    return done


def test_a_server_is_measured_remembered_and_gated(place: Path, server: Any, run: Any) -> None:
    url = f"http://127.0.0.1:{server.server_port}/v1"
    measure = ("evaluate", "--server", url, "--workspace", place)
    alone = run(*measure, "--against", "previous")
    assert alone.exit_code == 1
    assert "no other model was measured" in alone.stderr
    reports = place / "reports" / "default"
    path = reports / "models" / "server-talker" / "report_evaluate.json"
    report = Report.from_dict(json.loads(path.read_text())["report"])
    assert report.model.measures["prompt_gain"].value == 0
    assert {"name_leaks", "flagged_rate", "style_divergence", "stop_rate"} <= set(report.model.measures)

    assert run(*measure, "--against", path).exit_code == 0
    dry = run(*measure, "--dry-run")
    assert f"would be measured with {url}" in dry.stdout
    assert len((reports / "history.jsonl").read_text().splitlines()) == 1

    server.each = -9.0
    # One recording is held out here, which decides nothing by itself: an absolute limit does.
    settings = place / "dougpt.toml"
    settings.write_text(settings.read_text() + "\n[gate.limit]\nbits_per_byte = 6.0\n")
    worse = run(*measure, "--server-model", "other", "--against", "server talker")
    assert worse.exit_code == 3
    assert worse.stdout.splitlines()[0] == "held against: server talker"
    assert worse.stdout.splitlines()[2].startswith("beyond limit  bits_per_byte")
    assert len((reports / "history.jsonl").read_text().splitlines()) == 2
    assert "Beside earlier runs" in (reports / "models" / "server-other" / "index.html").read_text()

    # The previous one is the newest of another model on the same holdout with the same measures.
    history = reports / "history.jsonl"
    elsewhere, mute = (json.loads(history.read_text().splitlines()[0]) for _ in range(2))
    elsewhere["suite"]["fingerprint"], elsewhere["model"]["fingerprint"] = "0" * 64, "1" * 64
    mute["name"], mute["model"]["fingerprint"] = "server mute", "2" * 64
    del mute["model"]["measures"]["bits_per_byte"]
    history.write_text("".join([history.read_text(), *(json.dumps(line) + "\n" for line in (elsewhere, mute))]))
    newest = run(*measure, "--server-model", "other", "--against", "previous", "--json")
    assert newest.exit_code == 3
    assert json.loads(newest.stdout)["comparable"]
    assert json.loads(newest.stdout)["against"] == "server talker"

    changed = json.loads(path.read_text())
    changed["report"]["suite"]["fingerprint"] = "0" * 64
    (place / "old.json").write_text(json.dumps(changed))
    apart = run(*measure, "--against", place / "old.json")
    assert apart.exit_code == 4
    assert "not comparable: the suites differ" in apart.stdout


def test_the_two_ways_to_ask_a_server_are_kept_apart(place: Path, server: Any, run: Any) -> None:
    measure = ("evaluate", "--server", f"http://127.0.0.1:{server.server_port}/v1", "--workspace", place)
    assert run(*measure).exit_code == 0
    chat = run(*measure, "--interface", "chat")
    assert chat.exit_code == 0
    why = "chat completions give no log-probabilities of a reply that is handed to them"
    assert (
        f"Bits per byte, prompt gain and relevance could not be had, since they ask for log-probabilities: {why}."
        in (chat.stdout)
    )
    assert "It ended 100% of its bursts by itself" in chat.stdout
    reports = place / "reports" / "default"
    assert sorted(path.name for path in (reports / "models").iterdir()) == ["server-talker", "server-talker,chat"]
    page = (reports / "models" / "server-talker,chat" / "index.html").read_text()
    assert "<title>dougpt: default, server talker, chat</title>" in page
    assert "<h1>How it answers: server talker, chat</h1>" in page
    past = [json.loads(line) for line in (reports / "history.jsonl").read_text().splitlines()]
    assert [one["name"] for one in past] == ["server talker", "server talker, chat"]
    assert past[0]["model"]["fingerprint"] != past[1]["model"]["fingerprint"]

    # What one of them lacks stands last, with the reason.
    held = run(*measure, "--interface", "chat", "--against", "server talker")
    assert held.exit_code == 0
    table = held.stdout[held.stdout.index("held against: server talker\n") :].splitlines()[2:-1]
    missing = [line for line in table if line.startswith("missing")]
    assert table[-len(missing) :] == missing
    assert next(line for line in missing if line.split()[1] == "bits_per_byte").endswith(f"{why} (now)")


def test_a_limit_of_the_settings_fails_a_report_alone(place: Path, server: Any, run: Any) -> None:
    settings = place / "dougpt.toml"
    before = settings.read_text()
    measure = ("evaluate", "--server", f"http://127.0.0.1:{server.server_port}/v1", "--workspace", place)
    assert run(*measure).exit_code == 0
    for limit, exit_code in (("stop_rate = 0.5", 0), ("duplicate_rate = 0.5", 1), ("stop_rat = 0.5", 1)):
        settings.write_text(f"{before}\n[gate.limit]\n{limit}\n")
        found = run(*measure, "--against", "server talker")
        assert found.exit_code == exit_code, found.output
    assert "did you mean 'stop_rate'" in found.stderr


@pytest.mark.parametrize(("content", "said"), [("[1]", "no evaluation report"), ("{}", "format 1 was expected")])
def test_a_file_that_is_no_report_is_named(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "before.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ReportFormatError, match=rf"before\.json: .*{said}"):
        earlier_report(str(path), [], None)  # type: ignore[arg-type] # not looked at before the file is read


def test_a_blind_page_says_how_many_questions_there_are(place: Path, server: Any, run: Any) -> None:
    ask = ("evaluate", "--blind", "--server", f"http://127.0.0.1:{server.server_port}/v1", "--workspace", place)
    assert "10 held-out windows give 10 in which" in run(*ask, "--trials", 50).stdout
    few = run(*ask, "--trials", 4).stdout
    assert "blind.html: 4 questions; open it" in few
    assert few.strip().endswith(f"dougpt evaluate --blind-answers FILE --workspace {place}")


@pytest.mark.parametrize(
    ("first", "second"),
    [("server a", "server a, chat"), ("server a b", "server a-b"), ("server a-chat", "server a, chat"),
     ("server a/b", "server a-b"), ("server a,chat", "server a, chat"), ("1a2b", "1a2b merged")],
)  # fmt: skip
def test_no_two_models_share_a_folder(first: str, second: str) -> None:
    assert folder_of(first) != folder_of(second)
    assert re.fullmatch(r"[\w.,-]+", folder_of(first))


def test_people_answer_blind_and_their_answers_are_read_back(place: Path, server: Any, run: Any) -> None:
    url = f"http://127.0.0.1:{server.server_port}/v1"
    asked = run("evaluate", "--blind", "--trials", 6, "--server", url, "--workspace", place, "--json")
    assert asked.exit_code == 0
    page = Path(json.loads(asked.stdout)["page"]).read_text()
    (key_file,) = (place / "secret" / "blind").glob("*.json")
    key = json.loads(key_file.read_text())
    assert key["page"] in page
    assert key["rows"][0]["trial_id"] in page

    caught = {row["trial_id"]: row["real"] for row in key["rows"]}
    answers = place / "answers.json"
    answers.write_text(json.dumps({"page": key["page"], "answers": caught}))
    found = json.loads(run("evaluate", "--blind-answers", answers, "--workspace", place, "--json").stdout)
    assert found["taken_for_real"]["value"] == 0
    assert found["answered"] == len(caught)
    assert "taken for the real chat in 0%" in run("evaluate", "--blind-answers", answers, "--workspace", place).stdout
    answers.write_text(json.dumps({"page": key["page"], "answers": dict.fromkeys(caught, "unsure")}))
    assert run("evaluate", "--blind-answers", answers, "--workspace", place).exit_code == 0
    kept = json.loads(next(place.rglob("blind.json")).read_text())
    assert sorted(one["taken_for_real"]["value"] for one in kept.values()) == [0, 0.5]

    assert run("evaluate", "--server", url, "--workspace", place).exit_code == 0
    assert (
        "What people took for the real chat" in (place / "reports/default/models/server-talker/index.html").read_text()
    )

    answers.write_text(json.dumps({"page": "../../x", "answers": caught}))
    strange = run("evaluate", "--blind-answers", answers, "--workspace", place)
    assert strange.exit_code == 1
    assert "was not made in this workspace" in strange.stderr

    asked_nothing = json.dumps({"page": key["page"], "answers": {}})
    for content, why in (("{}", "a page's id and its answers are wanted"), (asked_nothing, "there is no answer yet")):
        answers.write_text(content)
        refused = run("evaluate", "--blind-answers", answers, "--workspace", place)
        assert refused.exit_code == 1
        assert refused.stderr.startswith(f"error: {answers}: ")
        assert why in refused.stderr


def test_forgetting_a_person_keeps_the_history_and_no_text(place: Path, server: Any, run: Any) -> None:
    url = f"http://127.0.0.1:{server.server_port}/v1"
    assert run("evaluate", "--server", url, "--workspace", place).exit_code == 0
    assert run("evaluate", "--blind", "--server", url, "--workspace", place).exit_code == 0
    project = Project.open(place)
    rows = [
        row
        for split in ("train", "test")
        for row in read_table(place / f"curated/default/{split}.parquet", SAMPLES).to_pylist()
    ]
    event_id = rows[0]["responses"][0]["event_id"]
    events = [
        row
        for name in project.recordings
        for row in read_table(project.workspace.staged(name) / "chat_events.parquet", CHAT_EVENTS).to_pylist()
    ]
    author = next(row["author"] for row in events if row["event_id"] == event_id)
    forget(project, author, is_pseudonym=True)
    assert [path.name for path in (place / "reports" / "default").iterdir()] == ["history.jsonl"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--server", "http://127.0.0.1:9/v1", "--server-model", "x", "--merged", "."), "not both"),
        (("--run", "feed"), "no finished runs begin with 'feed'"),
    ],
)
def test_a_model_that_cannot_be_had_is_named(words: tuple[str, ...], said: str, place: Path, run: Any) -> None:
    refused = run("evaluate", *words, "--workspace", place)
    assert refused.exit_code == 1
    assert said in refused.stderr


TINY = {"tiny_steps": "8", "max_steps": "2", "tiny_width": "64", "tiny_layers": "1", "reply_tokens": "16"}


@pytest.mark.slow
def test_a_merged_model_is_measured_beside_its_run_and_its_base(place: Path, run: Any) -> None:
    settings = place / "dougpt.toml"
    text = settings.read_text()
    for name, value in TINY.items():
        text = re.sub(rf"^# {name} = .*$", f"{name} = {value}", text, flags=re.MULTILINE)
    settings.write_text(text)
    assert run("train", "--workspace", place).exit_code == 0
    (folder,) = (path for path in (place / "runs").iterdir() if (path / "run.json").exists())
    merged = Path(run("merge", "--precision", "float32", "--workspace", place).stdout.strip())

    assert run("evaluate", "--run", folder.name[:6], "--workspace", place).exit_code == 0
    found = run("evaluate", "--merged", merged, "--workspace", place, "--against", folder.name, "--json")
    assert found.exit_code == 0, found.output
    verdict = json.loads(found.stdout)
    assert verdict["against"] == folder.name
    differs = {row["measure"]: row["worse_by"] for row in verdict["rows"] if row["status"] != "missing"}
    assert differs["bits_per_byte"] == pytest.approx(0, abs=1e-4)

    models = place / "reports" / "default" / "models"
    report = Report.from_dict(json.loads((models / f"{folder.name}-merged/report_evaluate.json").read_text())["report"])
    others = [result.name for result in report.baselines]
    assert others == ["base", "base_few_shot", "characters", "another_minute"]
    page = (models / f"{folder.name}-merged/index.html").read_text()
    assert f"<h1>How it answers: {folder.name} merged</h1>" in page
    assert "base model, the same prompt" in page

    elsewhere = place / "nothing"
    elsewhere.mkdir()
    refused = run("evaluate", "--merged", elsewhere, "--workspace", place)
    assert refused.exit_code == 1
    assert "no merged model" in refused.stderr
