"""Bad input is one line that names the file and the cause, exit code 1, and nothing half-written."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import Result

FILE_LIMIT_BYTES = 1024


def files(root: Path) -> dict[str, bytes]:
    """Everything in a workspace but this machine's bookkeeping."""
    paths = (path for path in sorted(root.rglob("*")) if path.is_file() and ".dougpt" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def assert_refused(result: Result, *parts: str) -> None:
    errors = [line for line in result.stderr.splitlines() if line.startswith("error:")]
    assert result.exit_code == 1
    assert len(errors) == 1
    for part in parts:
        assert part in errors[0]


def write_video(path: Path, seconds: int = 4) -> None:
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        rng = np.random.default_rng(1)
        for _ in range(10 * seconds):
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def missing(folder: Path) -> Path:
    return folder / "missing.mp4"


def empty(folder: Path) -> Path:
    (folder / "empty.json").touch()
    return folder / "empty.json"


def nothing_usable(folder: Path) -> Path:
    (folder / "notes").mkdir()
    (folder / "notes" / "todo.txt").write_text("buy milk")
    return folder / "notes"


def text_as_video(folder: Path) -> Path:
    (folder / "film.mp4").write_text("this is no film\n" * 50)
    return folder / "film.mp4"


def cut_video(folder: Path) -> Path:
    write_video(folder / "whole.mp4")
    (folder / "cut.mp4").write_bytes((folder / "whole.mp4").read_bytes()[:-40_000])
    return folder / "cut.mp4"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (missing, ("missing.mp4", "no such file")),
        (empty, ("empty.json", "the file is empty")),
        (nothing_usable, ("notes", "none of 1 files")),
        (text_as_video, ("film.mp4", "text, but no captions")),
        (cut_video, ("cut.mp4", "cut off")),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_at_ingest(
    fresh: Path, tmp_path: Path, run: Any, make: Callable[[Path], Path], says: tuple[str, str]
) -> None:
    before = files(fresh)

    assert_refused(run("ingest", make(tmp_path), "--workspace", fresh, "--yes"), *says)
    assert files(fresh) == before


def one_recording(folder: Path, tiny: Any, run: Any) -> Path:
    tiny.make_recording(folder / "in", 0, minutes=3)
    run("init", folder / "w", "--example-key")
    return folder / "in"


def test_a_chat_export_cut_in_the_middle_is_refused(tmp_path: Path, tiny: Any, run: Any) -> None:
    export = one_recording(tmp_path, tiny, run) / "stream-0.json"
    export.write_bytes(export.read_bytes()[: export.stat().st_size // 2])
    assert run("ingest", tmp_path / "in", "--workspace", tmp_path / "w", "--yes").exit_code == 0
    before = files(tmp_path / "w")

    assert_refused(run("chat", "--workspace", tmp_path / "w"), "stream-0.json", "cut off")
    assert files(tmp_path / "w") == before


def test_captions_whose_times_run_backwards_are_refused(tmp_path: Path, tiny: Any, run: Any) -> None:
    captions = one_recording(tmp_path, tiny, run) / "stream-0.srt"
    cues = captions.read_text().split("\n\n")
    captions.write_text("\n\n".join(reversed(cues)))
    assert run("ingest", tmp_path / "in", "--workspace", tmp_path / "w", "--yes").exit_code == 0
    before = files(tmp_path / "w")

    assert_refused(run("transcribe", "--workspace", tmp_path / "w"), "stream-0.srt", "backwards")
    assert files(tmp_path / "w") == before


@pytest.mark.parametrize("command", ["status", "transcribe", "pipeline", "show"])
def test_a_workspace_from_a_newer_version_is_refused(fresh: Path, run: Any, command: str) -> None:
    path = next(fresh.glob("raw/*/sources.parquet"))
    with pq.ParquetFile(path) as file:
        table = file.read()
    newer = {**table.schema.metadata, b"dougpt.contract_version": b"2"}
    pq.write_table(table.replace_schema_metadata(newer), path)
    before = files(fresh)

    assert_refused(run(command, "--workspace", fresh), str(path), "newer", "upgrade dougpt")
    assert files(fresh) == before


@pytest.mark.parametrize("command", ["init", "status", "pipeline"])
def test_a_workspace_below_a_file_is_refused(tmp_path: Path, run: Any, command: str) -> None:
    (tmp_path / "file").write_text("x")

    assert_refused(run(command, "--workspace", tmp_path / "file" / "w"), "file/w", f"{tmp_path}/file is a file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("stage", ["transcribe", "chat"])
def test_a_full_disk_leaves_what_was_there(fresh: Path, stage: str) -> None:
    before = files(fresh)

    def fill_the_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT_BYTES, FILE_LIMIT_BYTES))

    # -B: under this limit Python would leave cut bytecode in the caches of this environment.
    command = [sys.executable, "-B", "-m", "dougpt", stage, "--workspace", str(fresh)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=fill_the_disk)

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"error: {fresh}/")
    assert "cannot be written" in done.stderr
    left = {name: content for name, content in files(fresh).items() if not name.startswith("secret/")}
    assert not [name for name in left if name.endswith((".partial", "words.parquet", "chat_events.parquet"))]
    assert {name: left[name] for name in before if not name.startswith("secret/")} == {
        name: content for name, content in before.items() if not name.startswith("secret/")
    }


def test_a_source_that_changed_since_ingest_is_refused(fresh: Path, ingested: Path, run: Any) -> None:
    local = next(fresh.glob("raw/*/local.json"))
    facts = json.loads(local.read_text())
    for place in facts["sources"].values():
        copy = fresh.parent / Path(place["path"]).name
        copy.write_bytes(Path(place["path"]).read_bytes() + b"\n")
        place["path"] = str(copy)
    local.write_text(json.dumps(facts))

    result = run("chat", "--workspace", fresh, "--only", local.parent.name)

    assert_refused(result, "changed since it was ingested; ingest it again")


def test_a_source_that_only_has_a_new_date_is_used(fresh: Path, run: Any) -> None:
    local = next(fresh.glob("raw/*/local.json"))
    facts = json.loads(local.read_text())
    for place in facts["sources"].values():
        place["mtime_ns"] = 1
    local.write_text(json.dumps(facts))

    assert run("chat", "--workspace", fresh, "--only", local.parent.name).exit_code == 0


def test_one_bad_recording_does_not_keep_the_others_from_going_on(
    fresh: Path, tmp_path: Path, tiny: Any, run: Any
) -> None:
    tiny.make_recording(tmp_path / "more", 7, minutes=3)
    captions = tmp_path / "more" / "stream-7.srt"
    captions.write_text("\n\n".join(reversed(captions.read_text().split("\n\n"))))
    run("ingest", tmp_path / "more", "--workspace", fresh, "--yes")

    assert_refused(run("transcribe", "--workspace", fresh), "stream-7.srt", "backwards")
    assert len(list(fresh.glob("staged/*/words.parquet"))) == 3


@pytest.mark.parametrize("content", ["{}", "[1]", '{"error": 3, "fingerprint": 4}', "{"])
def test_damaged_bookkeeping_is_named(fresh: Path, run: Any, content: str) -> None:
    one = next(fresh.glob("raw/*/sources.parquet")).parent.name
    path = fresh / ".dougpt" / "failures" / f"chat-{one}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)

    assert_refused(run("status", "--workspace", fresh), path.name)

    path.unlink()
    assert run("status", "--workspace", fresh).exit_code == 0


@pytest.mark.parametrize("content", ["{}", '{"sources": 3}', '{"sources": {"x": {"path": 3}}}'])
def test_damaged_places_of_sources_are_named(fresh: Path, run: Any, content: str) -> None:
    path = next(fresh.glob("raw/*/local.json"))
    path.write_text(content)

    assert_refused(run("status", "--workspace", fresh), "local.json: damaged", "ingest the files again")


def test_a_channel_that_is_not_there_is_told_beside_those_that_are(done: Path, run: Any) -> None:
    assert_refused(
        run("fit-channel", "nobody", "--workspace", done), "no channel 'nobody' here; there are tinystreamer"
    )
