"""What is chosen for a recording stays with it: status and pipeline agree, and nothing is done again unasked."""

import importlib.util
import json
import shutil
import sys
import wave
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import numpy as np
import pytest
from dougpt.commands.transcribe import DEVICES, ENGINES, PLACES
from dougpt.own_settings import Settable, joined, read_own_settings, with_own_settings, write_own_settings
from dougpt.plan import Plan
from dougpt.project import Project
from dougpt.settings import Engine, Settings, SettingsError
from dougpt.telling import Telling
from dougpt_schema import WORDS, read_table
from hypothesis import given, settings
from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
OWN = st.fixed_dictionaries(
    {},
    optional={
        "speech": st.fixed_dictionaries({}, optional={"engine": st.sampled_from(ENGINES), "diarise": st.booleans()}),
        "transcribe": st.fixed_dictionaries({}, optional={"model": TEXTS, "batch_size": st.integers(1, 64)}),
        "diarise": st.fixed_dictionaries(
            {}, optional={"streamer_at": st.lists(st.just([0, 5]), max_size=2), "speakers": st.integers(1, 9)}
        ),
    },
)


def states(root: Path) -> dict[str, str]:
    project = Project.open(root)
    return {name: str(Plan(project).job("transcribe", name).state) for name in project.recordings}


def first_of(root: Path) -> str:
    return next(iter(Project.open(root).recordings))


@settings(max_examples=40, deadline=None)
@given(OWN)
def test_what_is_set_for_a_recording_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, own: dict[str, Any]
) -> None:
    path = tmp_path_factory.mktemp("own") / "settings.toml"

    write_own_settings(path, own)

    assert read_own_settings(path) == own
    found = with_own_settings(Settings(), own, path)
    for table, values in own.items():
        for name, value in values.items():
            held = getattr(getattr(found, table), name)
            assert held == (tuple(map(tuple, value)) if name == "streamer_at" else value)


@given(OWN, OWN)
def test_a_later_choice_lies_over_the_earlier_one(before: dict[str, Any], now: dict[str, Any]) -> None:
    both = joined(before, now)

    for table, values in both.items():
        assert values == {**before.get(table, {}), **now.get(table, {})}
    assert set(both) == set(before) | set(now)


def test_options_are_settings_that_there_are() -> None:
    assert get_args(Engine) == ENGINES
    for table, name in PLACES.values():
        assert hasattr(getattr(Settable(), table), name)
    for device in DEVICES:
        assert with_own_settings(Settings(), {"transcribe": {"device": device}}, Path("x"))


def test_a_choice_is_kept_and_nothing_is_done_again_for_it(done: Path, run: Any) -> None:
    name = first_of(done)

    result = run("transcribe", "--only", name, "--no-refine", "--engine", "pocketsphinx", "-w", done)

    assert result.exit_code == 0
    assert 'set for it: speech.engine = "pocketsphinx", speech.refine_captions = false' in result.stderr
    assert f"transcribe {name}: it has captions and no sound, so that its words and their times come" in result.stderr
    assert "no-captions" not in result.stderr  # there is nothing to hear
    # Neither matters for captions without sound, and so nothing is stale.
    assert set(states(done).values()) == {"done"}
    assert run("transcribe", "-w", done).stderr.count("up to date") == 3
    shown = json.loads(run("status", "-w", done, "--json").stdout)["recordings"]
    assert {one["recording_id"]: one["own_settings"] for one in shown}[name] == {
        "speech": {"engine": "pocketsphinx", "refine_captions": False}
    }
    assert "set for it alone: speech.engine" in run("status", "-w", done).stdout


def test_dvc_knows_of_a_choice(done: Path, run: Any) -> None:
    name = first_of(done)
    run("transcribe", "--only", name, "--model", "small", "-w", done)

    assert run("export", "--as", "dvc", "-w", done).exit_code == 0

    assert f"raw/{name}/settings.toml" in (done / "dvc.yaml").read_text()


def test_a_reset_gives_dougpt_toml_back(done: Path, run: Any) -> None:
    name = first_of(done)
    run("transcribe", "--only", name, "--model", "small", "-w", done)
    assert (done / "raw" / name / "settings.toml").exists()

    result = run("transcribe", "--only", name, "--reset", "-w", done)

    assert "the settings of dougpt.toml hold" in result.stderr
    assert not (done / "raw" / name / "settings.toml").exists()


def test_a_dry_run_shows_a_choice_and_keeps_none(done: Path, run: Any) -> None:
    name = first_of(done)

    result = run("transcribe", "--only", name, "--model", "small", "--dry-run", "-w", done)

    assert result.exit_code == 0
    assert 'transcribe.model = "small"' in result.stderr
    assert not (done / "raw" / name / "settings.toml").exists()


def test_a_file_that_does_not_fit_is_named_with_its_line(done: Path, run: Any) -> None:
    path = done / "raw" / first_of(done) / "settings.toml"
    path.write_text("[speech]\nengin = 'x'\n")

    result = run("status", "-w", done)

    assert result.exit_code == 1
    assert "settings.toml:2: unknown setting 'speech.engin'; did you mean 'speech.engine'?" in result.stderr
    path.write_text("[align]\npause_ms = 3\n")
    assert "unknown setting 'align'" in run("status", "-w", done).stderr
    path.write_text("[speech\n")
    assert "not valid TOML" in run("status", "-w", done).stderr


def test_values_that_contradict_are_refused_before_they_are_kept(done: Path, run: Any) -> None:
    project = Project.open(done)

    with pytest.raises(SettingsError, match="exclude each other"):
        project.choose(first_of(done), {"diarise": {"streamer_at": [[0, 5]], "streamer_sample": "a.wav"}})


def test_speakers_without_sound_are_one_and_said_so(done: Path, run: Any) -> None:
    name = first_of(done)
    report = done / "staged" / name / "report_transcribe.json"
    assert json.loads(report.read_text())["report"]["speakers"] == {
        "how": "not told apart: all words count as one speaker's",
        "names": [],
    }
    shutil.rmtree(done / "staged" / name)

    result = run("transcribe", "--only", name, "--diarise", "-w", done)

    assert result.exit_code == 0
    assert f"1 warnings in {report}" in result.stderr
    found = json.loads(report.read_text())
    assert "speakers cannot be told apart without sound" in found["report"]["warnings"][0]
    assert found["settings"]["speech"]["diarise"] is True


def test_the_page_of_captions_alone_is_silent(done: Path, run: Any) -> None:
    name = first_of(done)

    result = run("transcribe", "--only", name, "--report", "-w", done)

    page = done / "reports" / f"transcribe-{name}.html"
    assert f"transcribe {name}: {page}" in result.stderr
    assert "There is no sound to play" in page.read_text()
    assert not page.with_suffix(".webm").exists()


@pytest.fixture
def with_sound(tmp_path: Path, run: Any) -> Path:
    """A workspace with one recording: a minute of noise with captions."""
    samples = np.random.default_rng(0).normal(0, 300, 60 * 16_000).astype(np.int16)
    _write_wave(tmp_path / "talk.wav", samples)
    (tmp_path / "talk.srt").write_text("1\n00:00:01,000 --> 00:00:04,000\nhello there chat\n")
    assert run("init", tmp_path / "w").exit_code == 0
    assert run("ingest", tmp_path / "talk.wav", tmp_path / "talk.srt", "--yes", "-w", tmp_path / "w").exit_code == 0
    return tmp_path / "w"


def test_a_choice_that_matters_makes_exactly_its_recording_stale(with_sound: Path, run: Any) -> None:
    pytest.importorskip("pocketsphinx")
    name = first_of(with_sound)
    assert run("transcribe", "-w", with_sound).exit_code == 0
    before = Plan(Project.open(with_sound)).recipe("transcribe", name).fingerprint

    refused = run("transcribe", "--no-refine", "--dry-run", "-w", with_sound)
    kept = run("transcribe", "--no-refine", "-w", with_sound)

    assert "settings changed" in refused.stdout
    assert "3 words from captions" in kept.stderr
    assert states(with_sound) == {name: "done"}
    assert Plan(Project.open(with_sound)).recipe("transcribe", name).fingerprint != before
    pending = json.loads(run("pipeline", "--dry-run", "--json", "-w", with_sound).stdout)["jobs"]
    assert not [job for job in pending if job["stage"] == "transcribe"]
    run("transcribe", "--reset", "-w", with_sound)
    assert Plan(Project.open(with_sound)).recipe("transcribe", name).fingerprint == before


def test_a_choice_that_fails_is_not_kept(with_sound: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faster_whisper")
    pytest.importorskip("pocketsphinx")
    monkeypatch.setattr("dougpt_media.gpu.has_gpu", lambda: False)
    own = with_sound / "raw" / first_of(with_sound) / "settings.toml"
    assert run("transcribe", "--no-refine", "-w", with_sound).exit_code == 0
    before = own.read_text()

    failed = run(
        "transcribe", "--engine", "faster_whisper", "--no-captions", "--model", str(with_sound), "-w", with_sound
    )
    refused = run("transcribe", "--engine", "pocketsphinx", "--device", "cuda", "-w", with_sound)

    assert failed.exit_code == 1
    assert "give captions, or, for a trial, take --engine pocketsphinx" in failed.stderr
    assert "it was not done, so that nothing of this choice is kept" in failed.stderr
    assert "no GPU is found here" in refused.stderr
    assert own.read_text() == before
    assert states(with_sound) == {first_of(with_sound): "done"}
    assert run("transcribe", "--reset", "--model", str(with_sound), "--no-refine", "-w", with_sound).exit_code == 0
    assert str(with_sound) in own.read_text()


def test_the_streamers_sample_is_part_of_the_recipe(with_sound: Path, run: Any) -> None:
    def recipe() -> str:
        project = Project.open(with_sound)
        name = first_of(with_sound)
        project.choose(name, {"speech": {"diarise": True}, "diarise": {"streamer_sample": "him.wav"}})
        return Plan(project).recipe("transcribe", name).fingerprint

    missing = recipe()
    (with_sound / "him.wav").write_bytes(b"one")
    one = recipe()
    (with_sound / "him.wav").write_bytes(b"two")

    assert len({missing, one, recipe()}) == 3


def test_the_page_of_a_recording_with_sound_has_it_beside_it(with_sound: Path, run: Any) -> None:
    name = first_of(with_sound)

    assert run("transcribe", "--no-refine", "--report", "-w", with_sound).exit_code == 0

    page, beside = (with_sound / "reports" / f"transcribe-{name}{ending}" for ending in (".html", ".webm"))
    first = (page.read_bytes(), beside.read_bytes())
    assert f'"sound":"{beside.name}"' in page.read_text()
    assert str(with_sound) not in page.read_text()
    assert run("transcribe", "--report", "-w", with_sound).exit_code == 0
    assert (page.read_bytes(), beside.read_bytes()) == first


def test_progress_of_a_stage_goes_to_stderr(with_sound: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pocketsphinx")
    monkeypatch.setattr("dougpt.telling.LINE_EVERY_S", -1.0)

    result = run("transcribe", "-w", with_sound)

    assert f"transcribe {first_of(with_sound)}: refining times: " in result.stderr
    assert "refining" not in result.stdout
    assert not Telling("x").redraws


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_voices_are_the_same_in_all_parts_of_a_recording(tmp_path: Path, run: Any) -> None:
    pytest.importorskip("pyannote.audio", exc_type=ImportError)
    tones = _tone_diarisation()
    folder = tones.make_tones(tmp_path / "pipeline")
    media = tmp_path / "in"
    media.mkdir()
    for part, pieces in ((1, ((440, 6), (880, 2))), (2, ((880, 3), (440, 5)))):
        waves = [8000 * np.sin(2 * np.pi * hz * np.arange(seconds * 16_000) / 16_000) for hz, seconds in pieces]
        _write_wave(media / f"talk part {part}.wav", np.concatenate(waves).astype(np.int16))
        cues = (f"00:00:01,000 --> 00:00:02,000\npart{part}", "00:00:07,000 --> 00:00:07,500\nlater")
        (media / f"talk part {part}.srt").write_text("\n\n".join(f"{n}\n{cue}\n" for n, cue in enumerate(cues, 1)))
    place = tmp_path / "w"
    run("init", place)
    assert run("ingest", media, "--yes", "-w", place).exit_code == 0
    name = first_of(place)
    own = {"speech": {"refine_captions": False}, "diarise": {"pipeline": str(folder), "offline": True}}
    write_own_settings(place / "raw" / name / "settings.toml", own)

    result = run("transcribe", "--diarise", "--report", "-w", place)

    assert result.exit_code == 0, result.stderr
    words = read_table(place / "staged" / name / "words.parquet", WORDS)
    assert list(zip(words["start_ms"].to_pylist(), words["speaker"].to_pylist(), strict=True)) == [
        (1000, "streamer"),
        (7000, "speaker_1"),
        (9000, "speaker_1"),
        (15_000, "streamer"),
    ]
    report = json.loads((place / "staged" / name / "report_transcribe.json").read_text())["report"]
    assert report["speakers"]["names"] == ["speaker_1", "streamer"]
    assert report["speakers"]["facts"]["streamer_by"] == "speaks most"
    assert run("transcribe", "-w", place).stderr.count("up to date") == 1


def _tone_diarisation() -> ModuleType:
    path = Path(__file__).resolve().parents[1] / "media" / "tone_diarisation.py"
    spec = importlib.util.spec_from_file_location("tone_diarisation", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tone_diarisation"] = module
    spec.loader.exec_module(module)
    return module


def _write_wave(path: Path, samples: Any) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.tobytes())
