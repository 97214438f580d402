"""The readers beside those of chat and media: what they read whole, and how a damaged file is given to them."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import campaign
import tiny
from dougpt.commands.status import facts
from dougpt.labels import labels_of
from dougpt.own_settings import read_own_settings
from dougpt.plan import Plan
from dougpt.project import Project
from dougpt.removal import Removal, commit
from dougpt.settings import load_settings, write_template
from dougpt.workspace import Workspace
from dougpt_curate.holdout import holdout_json, read_suite
from dougpt_media.captions import read_captions
from dougpt_media.metadata import said_by_content
from dougpt_media.recognise import recognise
from dougpt_schema import CONTRACTS, read_provenance, read_table

TESTS = Path(campaign.__file__).resolve().parents[1]
RELEASED = TESTS / "schema" / "released"
RECORDING = "0123456789abcdef"
type Originals = list[tuple[str, bytes]]

SRV3 = b"""<?xml version="1.0" encoding="utf-8" ?><timedtext format="3"><body>
<p t="100" d="2000"><s ac="255">hello</s><s t="400" ac="200"> chat</s></p><p t="2500" d="900">what now</p>
</body></timedtext>"""
WHISPERX = b"""{"segments": [{"start": 0.5, "end": 2.25, "text": " hello chat what now", "words": [
{"word": "hello", "start": 0.5, "end": 0.9, "score": 0.93}, {"word": "chat", "start": 1.0, "end": 1.4, "score": 0.8},
{"word": "what"}, {"word": "now", "start": 1.9, "end": 2.25, "score": 0.4}]}], "language": "en"}"""
INFO = b"""{"id": "v91000001", "title": "A stream", "duration": 1200.5, "channel": "Somebody", "channel_id": "77",
"uploader": "Somebody", "timestamp": 1768330800, "extractor": "twitch:vod", "extractor_key": "TwitchVod",
"webpage_url": "https://www.twitch.tv/videos/91000001", "upload_date": "20260113", "is_live": false,
"chapters": [{"start_time": 0.0, "title": "x", "end_time": 1200.5}], "_type": "video"}"""
HELIX = b"""{"data": [{"id": "91000001", "user_login": "somebody", "created_at": "2026-01-13T19:00:00Z",
"duration": "20m1s", "muted_segments": [{"duration": 30, "offset": 120}], "title": "A stream", "type": "archive"}]}"""


@dataclass(frozen=True)
class Reader:
    """One way into the program.

    Attributes:
        name: For people, and part of the seed.
        originals: Makes the whole files, below a folder that stays until the last case.
        read: Reads one file whose content is given.
    """

    name: str
    originals: Callable[[Path], Originals]
    read: Callable[[Path, str, bytes], object]


def _captions(_: Path) -> Originals:
    sys.path.insert(0, str(TESTS.parent / "examples"))
    from generator import captions
    from generator.dice import dice
    from generator.script import closing, cues
    from generator.voice import speak

    lines = speak(cues("Bread Quest", [], dice("a")), closing("Bread Quest", dice("b")), 60_000, dice("c"))
    heard, written = captions.heard(lines, dice("d")), captions.transcribed(lines, dice("e"))
    return [
        ("a.json3", captions.json3(heard, 60_000)),
        ("b.vtt", captions.rolling_vtt(heard, 60_000)),
        ("c.srt", captions.srt(written)),
        ("d.vtt", captions.vtt(written)),
        ("e.srv3", SRV3),
        ("f.json", WHISPERX),
    ]


def _read_captions(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.write_bytes(content)
    read_captions(path, recording_id=RECORDING).report.to_dict()


def _tables(_: Path) -> Originals:
    return [(path.name, path.read_bytes()) for path in sorted(RELEASED.rglob("*.parquet"))]


def _read_table(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.write_bytes(content)
    contract = next(CONTRACTS[known] for known in sorted(CONTRACTS, key=len, reverse=True) if name.startswith(known))
    read_provenance(path)
    read_table(path, contract).to_pylist()


def _settings(folder: Path) -> Originals:
    write_template(folder / "dougpt.toml")
    template = (folder / "dougpt.toml").read_text(encoding="utf-8")
    lines = [line for line in template.splitlines() if "=" in line or line.startswith("[")]
    every = "\n".join(line.removeprefix("# ") for line in lines)
    own = b'[speech]\nengine = "pocketsphinx"\n\n[transcribe]\nmodel = "small"\nbeam_size = 3\n'
    return [("dougpt.toml", every.encode()), ("dougpt.toml", template.encode()), ("settings.toml", own)]


def _read_settings(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.write_bytes(content)
    (load_settings if name == "dougpt.toml" else read_own_settings)(path)


def _labels(_: Path) -> Originals:
    return [(path.name, path.read_bytes()) for path in sorted(RELEASED.rglob("labels*.parquet"))]


def _read_labels(folder: Path, name: str, content: bytes) -> None:
    place = Workspace(folder / "labelled")
    place.labels.mkdir(parents=True, exist_ok=True)
    (place.labels / name).write_bytes(content)
    labels_of(place, RECORDING)


def _descriptions(_: Path) -> Originals:
    return [("a.info.json", INFO), ("b.json", HELIX)]


def _read_description(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.write_bytes(content)
    said_by_content(recognise(path))


def _holdouts(_: Path) -> Originals:
    return [("holdout.json", holdout_json({RECORDING: "train", "f" * 16: "test"}))]


def _read_holdout(_: Path, __: str, content: bytes) -> None:
    read_suite(content)


def _workspace(folder: Path) -> Originals:
    """A workspace in which one recording was ingested; each of its files is damaged by turns."""
    from dougpt.ingesting import ingest_paths

    place = campaign.kill_pipeline.make_workspace(folder / "whole")
    tiny.make_recordings(folder / "in", 1, minutes=1)
    ingest_paths(Project.open(place), [folder / "in"], yes=True)
    (place / "secret" / "forgotten.json").write_text('{\n  "authors": [\n    "0123456789abcdef"\n  ]\n}\n')
    cut_short = Removal("0123456789abcdef", {"r": ["e"]}, [place / "a"], [place / "b"], {"removed": {"links": 1}})
    commit(Workspace(place), cut_short)
    for name in ("failures", "timings"):
        (place / ".dougpt" / name).mkdir(exist_ok=True)
    subject = next(path.parent.name for path in place.glob("raw/*/sources.parquet"))
    (place / f".dougpt/failures/chat-{subject}.json").write_text(
        '{\n  "error": "cut",\n  "exit_code": 1,\n  "fingerprint": "0"\n}\n'
    )
    (place / f".dougpt/timings/chat-{subject}.json").write_text('{\n  "seconds": 1.5\n}\n')
    files = [path for path in sorted(place.rglob("*")) if path.is_file() and path.name not in {"lock", ".gitignore"}]
    return [(path.relative_to(place).as_posix(), path.read_bytes()) for path in files if path.stat().st_size < 9000]


def _read_workspace(folder: Path, name: str, content: bytes) -> None:
    path = folder / "whole" / name
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        plan = Plan(Project.open(folder / "whole", unfinished=True))
        facts(plan)
        _expected(plan)
        _ = plan.project.key
    finally:
        path.write_bytes(before)


def _expected(plan: Plan) -> None:
    from dougpt.estimate import expected_s

    for job in plan.jobs():
        expected_s(plan, job)


READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        Reader("captions", _captions, _read_captions),
        Reader("tables", _tables, _read_table),
        Reader("settings", _settings, _read_settings),
        Reader("labels", _labels, _read_labels),
        Reader("descriptions", _descriptions, _read_description),
        Reader("holdouts", _holdouts, _read_holdout),
        Reader("workspaces", _workspace, _read_workspace),
    )
}
