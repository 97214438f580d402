"""What the commands say of a workspace: status, show, trace, forget, export, and what dry runs promise."""

import json
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from dougpt.plan import Plan, State
from dougpt.project import Project
from dougpt.stages.align import result
from dougpt_chat import pseudonym
from dougpt_schema import CHAT_EVENTS, SAMPLES, MissingExtraError, read_provenance, read_table, write_table
from dougpt_schema.installing import install_command


def table(path: Path) -> Any:
    with pq.ParquetFile(path) as file:
        return file.read()


def samples(root: Path) -> list[dict[str, Any]]:
    return [row for split in ("train", "test") for row in table(root / f"curated/default/{split}.parquet").to_pylist()]


def test_status_names_every_job_and_why_it_is_not_done(curated: Path, run: Any) -> None:
    found = json.loads(run("status", "--workspace", curated, "--json").stdout)

    states = {(job["stage"], job["state"]) for job in found["jobs"]}
    assert states == {
        ("transcribe", "done"),
        ("chat", "done"),
        ("align", "done"),
        ("curate", "done"),
        ("train", "missing"),
        ("evaluate", "missing"),
    }
    assert len(found["recordings"]) == 3
    assert "run: dougpt pipeline" in run("status", "--workspace", curated).stdout


def test_what_is_stale_for_one_reason_is_one_line_with_the_settings_that_changed(done: Path, run: Any) -> None:
    toml = done / "dougpt.toml"
    toml.write_text(toml.read_text().replace("# pause_ms = 700", "pause_ms = 650"))
    names = Project.open(done).members()

    lines = run("status", "--workspace", done).stdout.splitlines()
    each = run("status", "--workspace", done, "--all").stdout.splitlines()

    assert "align of 3 recordings is stale: settings changed (align.pause_ms)" in lines
    assert "curate default is stale: input changed" in lines
    assert not [line for line in lines if line.startswith("align ") and "is stale" in line][1:]
    assert {f"align {name} is stale: settings changed (align.pause_ms)" for name in names} <= set(each)


def test_a_stage_that_is_done_says_so_and_writes_nothing(done: Path, run: Any) -> None:
    before = {path: path.stat().st_mtime_ns for path in done.rglob("*.parquet")}

    result = run("align", "--workspace", done)

    assert result.exit_code == 0
    assert result.stderr.count("up to date") == 3
    assert {path: path.stat().st_mtime_ns for path in done.rglob("*.parquet")} == before


def test_a_stage_refuses_to_run_on_what_is_not_done(fresh: Path, run: Any) -> None:
    result = run("curate", "--workspace", fresh)

    assert result.exit_code == 1
    assert "is missing (new), and 8 more before it not done; run: dougpt pipeline --until align" in result.stderr


def test_what_comes_before_on_one_recording_can_be_pasted_as_one_line(fresh: Path, run: Any) -> None:
    name = Project.open(fresh).members()[0]

    result = run("align", "--workspace", fresh, "--only", name)

    commands = [f"dougpt {stage} --only {name} --workspace {fresh}" for stage in ("transcribe", "chat")]
    assert result.stderr.endswith(f"; run: {' && '.join(commands)}\n")


def test_a_dry_run_of_a_stage_says_what_comes_first_and_promises_no_run(done: Path, run: Any) -> None:
    toml = done / "dougpt.toml"
    assert run("train", "--workspace", done, "--dry-run").exit_code == 0
    toml.write_text(toml.read_text().replace("# pause_ms = 700", "pause_ms = 650"))

    result = run("train", "--workspace", done, "--dry-run")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "train of default: align of" in result.stderr
    assert "is stale (settings changed), and 3 more before it not done; run: dougpt pipeline" in result.stderr


def test_a_base_model_that_is_not_there_is_named_before_anything_runs(done: Path, run: Any) -> None:
    toml = done / "dougpt.toml"
    toml.write_text(toml.read_text().replace('# base = "tiny"', 'base = "/gone"'))
    named = "error: base model /gone: no such folder with a config.json"

    alone = run("train", "--workspace", done, "--dry-run")
    whole = run("pipeline", "--workspace", done, "--dry-run", "--json")

    assert (alone.exit_code, alone.stdout) == (1, "")
    assert alone.stderr.startswith(named)
    assert [job["stage"] for job in json.loads(whole.stdout)["jobs"]] == ["train", "evaluate"]
    assert (whole.exit_code, whole.stderr.startswith(named)) == (1, True)
    assert run("pipeline", "--workspace", done, "--dry-run", "--until", "curate").exit_code == 0
    assert "--  base model: base model /gone: no such folder" in run("doctor", "--workspace", done).stdout


def test_a_dry_run_says_how_long_and_runs_nothing(fresh: Path, run: Any) -> None:
    found = json.loads(run("pipeline", "--workspace", fresh, "--dry-run", "--json").stdout)

    assert len(found["jobs"]) == 3 * 3 + 3
    assert found["expected_s"] > 0
    assert not list(fresh.glob("staged/*/*.parquet"))


def test_a_dry_run_names_what_is_done_only_where_a_failed_recording_may_change_it(done: Path, run: Any) -> None:
    plan = Plan(Project.open(done))
    name = plan.project.members()[0]
    failure = done / ".dougpt" / "failures" / f"align-{name}.json"
    failure.parent.mkdir(parents=True, exist_ok=True)
    recipe = plan.recipe("align", name).fingerprint
    failure.write_text(json.dumps({"fingerprint": recipe, "error": "it fails", "exit_code": 1}))
    (done / "staged" / name / "links.parquet").unlink()
    assert run("curate", "--workspace", done).exit_code == 0

    jobs = json.loads(run("pipeline", "--workspace", done, "--dry-run", "--json", "--until", "curate").stdout)["jobs"]
    alone = json.loads(run("curate", "--workspace", done, "--dry-run", "--json").stdout)["jobs"]

    assert [(job["stage"], job["subject"], job["state"], job["why"]) for job in jobs] == [
        ("align", name, "failed", ["it fails"]),
        ("curate", "default", "done", ["may be redone: a recording that failed is tried again"]),
    ]
    assert alone == []


def test_a_dry_run_ends_where_it_is_told_to(fresh: Path, run: Any) -> None:
    found = json.loads(run("pipeline", "--workspace", fresh, "--dry-run", "--json", "--until", "chat").stdout)

    assert {job["stage"] for job in found["jobs"]} == {"transcribe", "chat"}


def test_show_prints_accepted_replies_with_probability_and_others_with_their_reason(curated: Path, run: Any) -> None:
    text = run("show", "--workspace", curated, "--from", "0:30", "--to", "3:00").stdout

    assert "Chat, should I" in text
    assert "(background)" in text
    assert "(background)" not in run("show", "--workspace", curated, "--no-rejected").stdout


def test_align_leaves_a_page_of_each_recording_that_show_draws_again(done: Path, run: Any) -> None:
    pages = sorted(done.glob("reports/align-*.html"))
    first = pages[0].read_bytes()
    pages[0].unlink()

    result = run("show", pages[0].stem.removeprefix("align-"), "--page", "--workspace", done)

    assert len(pages) == 3
    assert result.stdout.strip() == str(pages[0])
    assert pages[0].read_bytes() == first
    assert str(done).encode() not in first
    assert b"Chat, should I" in first


def test_without_what_draws_the_links_are_there_and_the_way_to_a_page_is_told(
    done: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = next(path.stem.removeprefix("align-") for path in sorted(done.glob("reports/align-*.html")))
    done.joinpath(f"reports/align-{name}.html").unlink()
    done.joinpath(f"staged/{name}/links.parquet").unlink()

    def refuse(*_: object, **__: object) -> None:
        raise MissingExtraError("dougpt-align[report]", "the report page of an alignment")

    monkeypatch.setattr("dougpt.align_page.draw_page", refuse)
    result = run("align", "--workspace", done, "--only", name)

    assert result.exit_code == 0
    assert f"{install_command('dougpt-align[report]')}; then: dougpt show {name} --page" in result.stderr
    assert done.joinpath(f"staged/{name}/links.parquet").exists()
    assert not done.joinpath(f"reports/align-{name}.html").exists()


def test_status_tells_of_a_chat_that_belongs_elsewhere(done: Path, run: Any) -> None:
    path = sorted(done.glob("staged/*/report_align.json"))[1]
    report = json.loads(path.read_text())
    report["report"]["belonging"]["relation"] = "unrelated"
    path.write_text(json.dumps(report))

    lines = run("status", "--workspace", done).stdout.splitlines()
    told = json.loads(run("status", "--workspace", done, "--json").stdout)["recordings"]

    (at,) = [number for number, line in enumerate(lines) if "its speech and chat do not belong together" in line]
    assert lines[at - 1].startswith(path.parent.name)
    assert [one["recording_id"] for one in told if one["relation"] == "unrelated"] == [path.parent.name]


def test_show_keeps_to_the_stretch_asked_for(curated: Path, run: Any) -> None:
    found = json.loads(run("show", "--workspace", curated, "--from", "60", "--to", "1:30", "--json").stdout)

    assert found["utterances"]
    assert all(row["end_ms"] > 60_000 and row["start_ms"] < 90_000 for row in found["utterances"])
    assert found["more"] is False


def test_show_says_what_it_shows_and_where_it_goes_on(curated: Path, run: Any) -> None:
    said = json.loads(run("show", "--workspace", curated, "--json").stdout)["utterances"]

    shown = run("show", "--workspace", curated, "--limit", 2).stdout.splitlines()
    on = run("show", "--workspace", curated, "--limit", 1, *shown[-1].split(", or ")[1].split()).stdout.splitlines()

    assert shown[0].startswith(min(Project.open(curated).recordings))
    assert shown[1].endswith("that they answer it; in brackets, why one was not accepted")
    assert shown[-1].startswith("there is more: --limit 4, or --from ")
    assert on[2].endswith(said[2]["text"])
    assert "there is more" not in run("show", "--workspace", curated, "--limit", len(said)).stdout
    assert run("show", "--workspace", curated, "--limit", 0).exit_code == 2


def test_a_hostile_message_cannot_move_the_cursor(done: Path, run: Any) -> None:
    path = next(done.glob("staged/*/chat_events.parquet"))
    events = read_table(path, CHAT_EVENTS)
    hostile = ["\x1b[2J\u202egone\r\x9b31m\u2028"] * events.num_rows
    rows = [row | {"text": text, "emotes": []} for row, text in zip(events.to_pylist(), hostile, strict=True)]
    write_table(CHAT_EVENTS.table(rows), path, CHAT_EVENTS, read_provenance(path))

    shown = run("show", path.parent.name, "--workspace", done).stdout

    assert "\\x1b[2J\\u202egone\\x0d\\x9b31m\\u2028" in shown
    assert not set(shown) & set("\x1b\u202e\r\x9b\u2028")


def test_trace_leads_back_to_the_bytes_and_the_row(curated: Path, run: Any) -> None:
    sample = samples(curated)[0]

    found = json.loads(run("trace", sample["sample_id"], "--workspace", curated, "--json").stdout)

    recording = Project.open(curated).recordings[sample["recording_id"]]
    reply = found["replies"][0]
    source = next(one for one in recording.sources if one.source_id == reply["source"]["source_id"])
    assert reply["source"]["sha256"] == source.row["sha256"]
    comment = json.loads(source.path.read_text())["comments"][reply["event"]["source_row"]]
    assert comment["message"]["body"] == reply["event"]["text"]
    assert found["utterances"][0]["words"][0]["text"] == sample["prompt"].split()[0]
    assert [stage["stage"] for stage in found["stages"]] == ["transcribe", "chat", "align", "curate"]
    assert found["stages"][2]["settings"]["align"]["accept_probability"] == 0.3
    assert "sha256" in run("trace", sample["sample_id"], "--workspace", curated).stdout


def test_trace_of_nothing_is_one_line(curated: Path, run: Any) -> None:
    result = run("trace", "zzzz", "--workspace", curated)

    assert result.exit_code == 1
    assert result.stderr.endswith("no samples have an id that starts with 'zzzz'\n")


def test_a_forgotten_person_is_in_no_table_now_and_in_none_that_is_made_later(done: Path, run: Any) -> None:
    key = (done / "secret/key").read_bytes()
    person = pseudonym("viewer3", key)
    events = [row for path in done.glob("staged/*/chat_events.parquet") for row in table(path).to_pylist()]
    theirs = {row["event_id"] for row in events if row["author"] == person}
    assert theirs

    found = json.loads(run("forget", "viewer3", "--workspace", done, "--json").stdout)

    def tables_without_them() -> None:
        for path in (
            *done.glob("staged/*/*.parquet"),
            *done.glob("curated/*/*.parquet"),
            *done.glob("secret/*/*.parquet"),
        ):
            rows = str(table(path).to_pylist())
            assert person not in rows
            assert "viewer3'" not in rows.lower()
            assert not any(event in rows for event in theirs)

    tables_without_them()
    of_recordings = {row["recording_id"] for row in events if row["author"] == person}
    assert not [name for name in of_recordings if (done / f"reports/align-{name}.html").exists()]
    assert found["removed"]["chat_events"] == len(theirs)
    assert found["datasets"] == ["default"]
    assert Plan(Project.open(done)).job("chat", events[0]["recording_id"]).state is State.STALE
    for stage in ("chat", "align", "curate"):
        assert run(stage, "--workspace", done).exit_code == 0
    tables_without_them()


def test_only_the_recordings_in_which_a_forgotten_person_occurs_are_stale(
    done: Path, tiny: Any, run: Any, tmp_path: Path
) -> None:
    export = tiny.make_recording(tmp_path / "more", 9, minutes=5) / "stream-9.json"
    export.write_text(export.read_text().replace("viewer3", "loner3").replace("Viewer3", "Loner3"))
    assert run("ingest", tmp_path / "more", "--workspace", done).exit_code == 0
    theirs = next(one.recording_id for one in Project.open(done).recordings.values() if "9" in one.title)
    for stage in ("transcribe", "chat", "align"):
        assert run(stage, "--workspace", done, "--only", theirs).exit_code == 0

    assert run("forget", "nobody_of_this_name", "--workspace", done).exit_code == 0
    plan = Plan(Project.open(done))
    assert {job.state for job in plan.jobs() if job.stage.name in {"chat", "align"}} == {State.DONE}

    assert run("forget", "loner3", "--workspace", done).exit_code == 0
    plan = Plan(Project.open(done))
    stale = [(job.stage.name, job.subject) for job in plan.jobs() if job.stage.per == "recording" and job.why]
    assert stale == [("chat", theirs), ("align", theirs)]

    (done / "secret/key").write_bytes(b"x" * 32)
    plan = Plan(Project.open(done))
    assert {job.state for job in plan.jobs() if job.stage.name == "chat"} == {State.STALE}


def test_a_person_who_wrote_in_no_recording_or_in_one_alone_is_forgotten_too(done: Path, run: Any) -> None:
    path = min(done.glob("staged/*/chat_events.parquet"))
    whole = read_table(path, CHAT_EVENTS)
    gone = pc.equal(whole["author"], pseudonym("viewer3", (done / "secret/key").read_bytes()))
    write_table(whole.filter(pc.invert(gone)), path, CHAT_EVENTS, read_provenance(path))

    for person in ("viewer3", "nobody_of_this_name"):
        told = run("forget", person, "--workspace", done, "--json")
        assert told.exit_code == 0, told.output


def test_a_name_of_several_words_is_masked_where_its_owner_never_wrote_now_and_when_that_chat_is_read_again(
    done: Path, tiny: Any, run: Any, tmp_path: Path
) -> None:
    writes, named = (tiny.make_recording(tmp_path / "more", number, minutes=2) for number in (8, 9))
    export = writes / "stream-8.json"
    export.write_text(export.read_text().replace('"Viewer3"', '"Doug Fan 99"').replace("viewer3", "longname"))
    export = named / "stream-9.json"
    chat = json.loads(export.read_text())
    for comment, text in zip(
        chat["comments"], ("ask doug fan 99", "@Doug Fan 99 look", "Doug is no fan"), strict=False
    ):
        comment["message"] |= {"body": text, "fragments": [{"text": text, "emoticon": None}]}
    export.write_text(json.dumps(chat))
    assert run("ingest", tmp_path / "more", "--workspace", done).exit_code == 0
    found = {one.title: one.recording_id for one in Project.open(done).recordings.values()}
    these = [word for number in (8, 9) for word in ("--only", found[f"stream-{number}.srt"])]
    assert run("chat", "--workspace", done, *these).exit_code == 0

    def texts() -> list[str]:
        return table(done / f"staged/{these[-1]}/chat_events.parquet")["text"].to_pylist()[:3]

    def raw() -> str:
        return str(table(done / f"secret/texts/{these[-1]}.parquet").to_pylist())

    assert "ask doug fan 99" in texts()
    assert run("forget", "longname", "--workspace", done).exit_code == 0
    masked = texts()
    assert masked[0] == "ask ___________"
    assert masked[1].startswith("@____")
    assert "99" not in masked[1] + raw()
    assert masked[2] == "Doug is no fan"
    assert "doug" not in (done / "secret/forgotten.json").read_text().lower()

    assert run("chat", "--workspace", done, *these).exit_code == 0
    assert texts() == masked
    assert "99" not in raw()


def test_pages_and_records_that_quote_samples_go_with_a_forgotten_person(done: Path, run: Any) -> None:
    quoting = done / "curated/default/refused/dataset.html"
    quoting.parent.mkdir()
    quoting.write_text("viewer3's words")
    made = done / "runs/0a1b"
    made.mkdir(parents=True)
    (made / "stage.json").write_text('{"dataset": "default", "run": "0a1b"}')
    (made / "index.html").write_text("viewer3's words")
    checks = {"checks": [{"code": "P3", "facts": {"never_stops": 0, "shown": [{"learnt": "viewer3's words"}]}}]}
    for path in (made / "preflight.json", done / "runs/0a1c.preflight.json"):
        path.write_text(json.dumps(checks))

    found = json.loads(run("forget", "viewer3", "--workspace", done, "--json").stdout)

    assert found["trained_on_them"] == ["0a1b"]
    assert sorted(path.name for path in (done / "runs").rglob("*") if path.is_file()) == [
        "forgotten.json",
        "preflight.json",
        "stage.json",
    ]
    assert json.loads((made / "preflight.json").read_text())["checks"][0]["facts"] == {"never_stops": 0}
    assert not quoting.exists()


def test_no_name_is_anywhere_outside_secret(curated: Path) -> None:
    paths = [path for path in curated.rglob("*") if path.is_file() and "secret" not in path.parts]
    text = "".join(str(table(path).to_pylist()) if path.suffix == ".parquet" else path.read_text() for path in paths)

    assert "viewer3" not in text.lower()


def test_samples_are_exported_as_messages(done: Path, run: Any) -> None:
    path = Path(run("export", "--as", "messages", "--workspace", done).stdout.strip())

    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == table(done / "curated/default/train.parquet").num_rows
    assert [message["role"] for message in rows[0]["messages"]][-1] == "assistant"


def test_every_table_keeps_its_contract_and_says_by_which_recipe_it_was_made(curated: Path) -> None:
    rows = read_table(curated / "curated/default/train.parquet", SAMPLES)
    made = read_provenance(curated / "curated/default/train.parquet")

    assert rows.num_rows
    assert made.producer == "dougpt-curate"
    assert made.fingerprint == Plan(Project.open(curated)).recipe("curate", "default").fingerprint
    assert made.key is None


def test_doctor_names_what_is_missing_with_the_command_that_gets_it(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dougpt_media.transcription.whisper_weights.find_model", lambda *_: None)
    found = json.loads(run("doctor", "--workspace", tmp_path, "--json").stdout)

    assert {row["what"] for row in found} >= {"GPU", "disk", "speech recognition", "training"}
    heard = [row["command"] for row in found if row["what"] == "speech recognition"]
    assert heard == [install_command("dougpt-media[whisperx]")]


def test_an_engine_without_its_model_is_not_ok(tmp_path: Path, run: Any) -> None:
    pytest.importorskip("faster_whisper")
    assert run("init", tmp_path / "w").exit_code == 0
    settings = tmp_path / "w" / "dougpt.toml"
    own = f"[transcribe]\nmodel_cache = '{tmp_path}'\nmodel = 'small'\n"
    settings.write_text(settings.read_text().replace("[transcribe]\n", own))

    lines = run("doctor", "--workspace", tmp_path / "w").stdout.splitlines()

    line = next(line for line in lines if "speech recognition without torch" in line)
    assert line.startswith("--  speech recognition without torch: faster_whisper, but not its model 'small'")
    assert "get it: hf download Systran/faster-whisper-small --local-dir" in line


def test_a_channel_prior_makes_its_recordings_stale_for_align_only(done: Path, run: Any) -> None:
    assert run("fit-channel", "--workspace", done).exit_code == 0

    states = {(job.stage.name, job.state, job.why) for job in Plan(Project.open(done)).jobs()}
    assert ("chat", State.DONE, ()) in states
    assert ("align", State.STALE, ("input changed",)) in states
    assert run("align", "--workspace", done).exit_code == 0


def test_what_another_command_is_doing_is_waited_for_by_nobody(fresh: Path, run: Any) -> None:
    from dougpt.lock import writing
    from dougpt.workspace import Workspace

    with writing(Workspace(fresh)):
        result = run("chat", "--workspace", fresh)

    assert result.exit_code == 1
    assert "another dougpt is at work here (process" in result.stderr


def test_the_page_of_chats_clock_is_written_on_demand(done: Path, run: Any) -> None:
    assert not list(done.glob("reports/chat-*.html"))

    result = run("chat", "--workspace", done, "--report")

    assert result.exit_code == 0
    pages = sorted(done.glob("reports/chat-*.html"))
    assert len(pages) == 3
    assert all(str(page) in result.stderr for page in pages)
    assert all("<svg" in page.read_text() and "stream-" in page.read_text() for page in pages)


def test_a_pipeline_that_is_interrupted_says_how_to_go_on(
    fresh: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("dougpt.running.run_snakemake", interrupted)

    told = run("pipeline", "--workspace", fresh, "--until", "align")

    assert told.exit_code != 0
    assert "the same command goes on from there" in told.output


def test_a_page_of_what_is_not_aligned_says_what_to_run(fresh: Path, run: Any) -> None:
    told = run("show", "stream-0", "--page", "--workspace", fresh)

    assert told.exit_code == 1
    assert "is not aligned" in told.output
    assert "dougpt align --only" in told.output


def test_an_alignment_of_two_streams_says_so_in_its_line() -> None:
    report = {"accepted": 0, "events": 9, "belonging": {"relation": "unrelated"}}

    assert result(report).startswith("0 of 9 messages accepted as answers: speech and chat do not belong together")
    assert result(report | {"belonging": {"relation": "related"}}) == "0 of 9 messages accepted as answers"


def test_to_forget_somebody_who_never_wrote_asks_for_the_spelling(fresh: Path, run: Any) -> None:
    told = run("forget", "nosuchperson", "--workspace", fresh)

    assert told.exit_code == 0
    assert "no message here is by nosuchperson" in told.output


def test_gguf_without_a_converter_is_refused_before_anything_is_loaded(fresh: Path, run: Any) -> None:
    told = run("export", "--as", "gguf", "--workspace", fresh)

    assert told.exit_code == 2
    assert "--converter" in told.output
