"""`dougpt ingest` reads what changed and nothing else, and what it was told of silence reaches the gaps."""

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from dougpt import ingest_progress
from dougpt.ingest_progress import ProgressLines
from dougpt.project import Project
from dougpt.workspace import WorkspaceError
from dougpt_media.progress import DownloadProgress, FileProgress
from dougpt_schema import GAPS, SOURCES, read_table

RATE_HZ = 16_000
VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nhello\n\n00:00:09.000 --> 00:00:10.000\nthere\n"


def sound(path: Path, seconds: int) -> Path:
    """Write noise, since silence is found by itself."""
    noise = np.random.default_rng(seconds).integers(-500, 500, (1, seconds * RATE_HZ)).astype(np.int16)
    with av.open(str(path), "w", format="wav") as out:
        stream = out.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE_HZ, 0
        out.mux([*stream.encode(frame), *stream.encode(None)])
    return path


@pytest.fixture
def place(tmp_path: Path, run: Callable[..., Any]) -> Path:
    assert run("init", tmp_path / "w", "--example-key").exit_code == 0
    return tmp_path / "w"


def state(place: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in sorted(place.rglob("*")) if path.is_file() and path.name not in {"lock", "jobs"})
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_a_recording_is_meant_by_its_name_or_the_start_of_it(
    tmp_path: Path, place: Path, run: Callable[..., Any]
) -> None:
    for number, name in enumerate(("late-talk", "late-show", "late"), 1):
        sound(tmp_path / f"{name}.wav", number)
        assert run("ingest", tmp_path / f"{name}.wav", "--yes", "-w", place).exit_code == 0
    project = Project.open(place)
    titles = {one.recording_id: one.title for one in project.recordings.values()}

    for meant, title in (
        ("late-talk.wav", "late-talk.wav"),
        ("late-talk", "late-talk.wav"),
        ("late-t", "late-talk.wav"),
        ("late", "late.wav"),
    ):
        assert [titles[name] for name in project.select([meant])] == [title]
    assert project.select([next(iter(titles))[:8]]) == [next(iter(titles))]
    with pytest.raises(WorkspaceError, match=r"no recordings fit 'late-tolk'; near it: late-talk\.wav"):
        project.select(["late-tolk"])
    with pytest.raises(WorkspaceError, match=r"2 recordings fit 'late-': late-"):
        project.select(["late-"])
    with pytest.raises(WorkspaceError, match=r"no recordings fit 'zzz'; see"):
        project.select(["zzz"])


def test_an_empty_workspace_and_a_dry_run_say_that_nothing_is_there(
    tmp_path: Path, place: Path, run: Callable[..., Any]
) -> None:
    result = run("ingest", sound(tmp_path / "talk.wav", 1), "--dry-run", "-w", place)

    assert "nothing was written" in result.stderr
    status = run("status", "-w", place).stdout
    assert "no recordings here yet; register some with: dougpt ingest" in status
    assert "up to date" not in status


def test_ingesting_again_reads_and_writes_nothing(
    tmp_path: Path, place: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.vtt").write_text(f"{VTT}{number}")
    (folder / "notes.txt").write_text("buy milk\n")
    first = json.loads(run("ingest", folder, "--yes", "--json", "-w", place).stdout)
    before = state(place)
    monkeypatch.setattr("dougpt_media.inspection.recognise", lambda *_: pytest.fail("read again"))

    again = run("ingest", folder, "--yes", "--json", "-w", place)

    assert state(place) == before
    assert "4 files are as they were: nothing to do" in again.stderr
    rows = json.loads(again.stdout)
    assert sorted(row["source_id"] for row in rows) == sorted(row["source_id"] for row in first)
    assert {name for row in rows for name in row} == {name for row in first for name in row}


@pytest.mark.parametrize("change", ["touched", "another option", "manifest lost"])
def test_where_something_changed_the_files_are_looked_at_and_the_manifest_stays_if_it_holds(
    tmp_path: Path, place: Path, run: Callable[..., Any], change: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    captions = folder / "a.vtt"
    captions.write_text(VTT)
    assert run("ingest", folder, "--yes", "-w", place).exit_code == 0
    (manifest,) = place.glob("raw/*/sources.parquet")
    before = manifest.read_bytes(), manifest.stat().st_mtime_ns
    if change == "touched":
        captions.touch()
    elif change == "manifest lost":
        manifest.unlink()

    again = run("ingest", folder, "--yes", *(["--keep-truncated"] if change == "another option" else []), "-w", place)

    assert "nothing to do" not in again.output
    assert manifest.read_bytes() == before[0]
    assert (manifest.stat().st_mtime_ns == before[1]) == (change != "manifest lost")


def test_what_twitch_muted_and_what_lies_between_parts_is_in_the_staged_gaps(
    tmp_path: Path, place: Path, run: Callable[..., Any]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, seconds in (("2026-01-01_20-00-00", 20), ("2026-01-01_20-00-30", 10)):
        sound(folder / f"{name}.wav", seconds)
        (folder / f"{name}.vtt").write_text(VTT + name)
    video = {"id": "123456789", "duration": "40s", "muted_segments": [{"offset": 15, "duration": 5}]}
    (folder / "2026-01-01_20-00-00.json").write_text(json.dumps(video))

    assert run("ingest", folder, "--yes", "-w", place).exit_code == 0
    assert run("transcribe", "-w", place).exit_code == 0

    (recording,) = Project.open(place).recordings
    gaps = read_table(place / "staged" / recording / "gaps.parquet", GAPS).to_pylist()
    assert [(gap["from_ms"], gap["to_ms"], gap["cause"]) for gap in gaps] == [
        (15_000, 20_000, "muted"),
        (20_000, 30_000, "no_signal"),
    ]
    rows = read_table(place / "raw" / recording / "sources.parquet", SOURCES).to_pylist()
    assert {row["name"]: row["part_start_ms"] for row in rows if row["role"] == "audio"} == {
        "2026-01-01_20-00-00.wav": 0,
        "2026-01-01_20-00-30.wav": 30_000,
    }


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    folder = tmp_path / "site"
    folder.mkdir()
    sound(folder / "talk.wav", 4)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/talk.wav"
        server.shutdown()


def test_an_address_is_fetched_into_the_workspace_and_registered_once(
    place: Path, run: Callable[..., Any], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    yt_dlp = pytest.importorskip("yt_dlp")
    generic = pytest.importorskip("yt_dlp.extractor.generic")
    only = lambda fetcher: fetcher.add_info_extractor(generic.GenericIE())  # noqa: E731
    monkeypatch.setattr(yt_dlp.YoutubeDL, "add_default_info_extractors", only)

    first = run("ingest", address, "--height", "0", "--yes", "-w", place)
    before = state(place)
    again = run("ingest", address, "--yes", "-w", place)

    assert "download: 1 fetched, 0 here already, 0 failed" in first.stderr
    assert "download: 0 fetched, 1 here already, 0 failed" in again.stderr
    assert state(place) == before
    (recording,) = Project.open(place).recordings.values()
    (source,) = recording.sources
    assert source.path.is_relative_to(place.resolve() / "raw" / "downloads")
    assert source.row["name"] == "talk [talk].wav"


def test_options_of_addresses_are_refused_for_files_and_the_other_way_round(
    tmp_path: Path, place: Path, run: Callable[..., Any]
) -> None:
    (tmp_path / "a.vtt").write_text(VTT)

    assert run("ingest", tmp_path / "a.vtt", "--most", 3, "-w", place).exit_code == 2
    assert run("ingest", "http://127.0.0.1:9/x", "--dry-run", "-w", place).exit_code == 2
    assert not (place / "raw" / "downloads").exists()


def test_an_error_cannot_move_the_cursor(tmp_path: Path, place: Path, run: Callable[..., Any]) -> None:
    said = run("ingest", tmp_path / "a\x1b[2J\u202eb.mp4", "-w", place)

    assert said.exit_code == 1
    assert "\x1b" not in said.stderr
    assert "\u202e" not in said.stderr


def test_progress_is_a_line_every_two_seconds_with_bytes_and_the_time_left() -> None:
    now, lines = [0.0], list[str]()
    progress = ProgressLines(lines.append, lambda: now[0])
    for second in range(9):
        now[0] = float(second)
        progress.file(FileProgress("a.mp4", 2, 500, second * 10**8, 4 * 10**9))

    assert lines == [
        "ingest: 2 of 500 files, 0 B of 4.0 GB: a.mp4",
        "ingest: 2 of 500 files, 200.0 MB of 4.0 GB: a.mp4",
        "ingest: 2 of 500 files, 400.0 MB of 4.0 GB, about 36 s left: a.mp4",
        "ingest: 2 of 500 files, 600.0 MB of 4.0 GB, about 34 s left: a.mp4",
        "ingest: 2 of 500 files, 800.0 MB of 4.0 GB, about 32 s left: a.mp4",
    ]
    progress.fetched(DownloadProgress("b\n.mp4", 5_000, None))
    assert lines[-1] == "download: 5.0 kB: b\\x0a.mp4"
    assert ingest_progress.size(999) == "999 B"


def test_the_table_says_what_a_recording_lacks_and_tells_files_of_one_name_apart(
    tmp_path: Path, place: Path, run: Callable[..., Any]
) -> None:
    for folder, cue in (("monday", VTT), ("friday", VTT.replace("hello", "bye"))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "vod.vtt").write_text(cue)

    lines = run("ingest", tmp_path / "monday", tmp_path / "friday", "--yes", "-w", place).stdout.splitlines()

    assert [line.endswith("(no chat export yet)") for line in lines if line.startswith("recording")] == [True, True]
    assert {line.split()[1] for line in lines if "captions" in line} == {"monday/vod.vtt", "friday/vod.vtt"}
