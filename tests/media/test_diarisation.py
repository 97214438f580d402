"""Words and turns meet by time; the streamer is who speaks most, or who is like the sample, or who was pointed at."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dougpt_media import Audio, DiariseSettings, diarise, extras
from dougpt_media.diarisation import Diarised, StreamerNotHeardError, Turn, with_speakers
from dougpt_media.diarisation.turns import labels_of
from dougpt_media.progress import Progress
from dougpt_media.report import Report
from dougpt_media.windows import Span
from dougpt_schema import WORDS
from hypothesis import given
from hypothesis import strategies as st

RATE_HZ = 16_000
PUBLISHED = "pyannote/speaker-diarization-community-1"
TIMES = st.integers(0, 400)


def spans(most: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    pairs = st.tuples(TIMES, TIMES).map(lambda pair: (min(pair), max(pair)))
    return st.lists(pairs, max_size=most).map(sorted)


def words_at(*spans: tuple[int, int], flags: tuple[str, ...] = ()) -> pa.Table:
    return WORDS.table(
        {
            "recording_id": "r",
            "word_id": index,
            "start_ms": start_ms,
            "end_ms": end_ms,
            "text": "word",
            "normal": "word",
            "timing": "decoded",
            "segment_id": 0,
            "flags": list(flags),
            "source_id": "s",
        }
        for index, (start_ms, end_ms) in enumerate(spans)
    )


def turns_at(*turns: tuple[int, int, str]) -> tuple[Turn, ...]:
    return tuple(Turn(*turn) for turn in turns)


@given(spans(12), spans(12), st.data(), st.integers(0, 60))
def test_a_word_is_whose_voice_shares_most_of_it_else_the_nearest(
    words: list[tuple[int, int]], places: list[tuple[int, int]], data: st.DataObject, nearest_ms: int
) -> None:
    turns = [Turn(*place, data.draw(st.sampled_from("abc"))) for place in places]

    found = labels_of([Span(*word) for word in words], turns, nearest_ms=nearest_ms)

    assert len(found) == len(words)
    for (start_ms, end_ms), label in zip(words, found, strict=True):
        shared = {
            name: sum(
                max(0, min(end_ms, turn.end_ms) - max(start_ms, turn.start_ms)) for turn in turns if turn.label == name
            )
            for name in "abc"
        }
        apart = {
            name: min(
                (max(turn.start_ms - end_ms, start_ms - turn.end_ms, 0) for turn in turns if turn.label == name),
                default=nearest_ms + 1,
            )
            for name in "abc"
        }
        if max(shared.values()):
            assert label is not None
            assert shared[label] == max(shared.values())
        elif min(apart.values()) <= nearest_ms:
            assert label is not None
            assert apart[label] == min(apart.values())
        else:
            assert label is None


@given(spans(8), spans(8), st.integers(0, 100_000))
def test_shifting_words_and_turns_together_changes_no_label(
    words: list[tuple[int, int]], places: list[tuple[int, int]], shift_ms: int
) -> None:
    def labels(by_ms: int) -> list[str | None]:
        turns = [Turn(first + by_ms, last + by_ms, str(index % 3)) for index, (first, last) in enumerate(places)]
        return labels_of([Span(first + by_ms, last + by_ms) for first, last in words], turns, nearest_ms=50)

    assert labels(shift_ms) == labels(0)


def test_who_speaks_most_is_the_streamer_and_others_are_numbered_as_they_come() -> None:
    turns = turns_at((0, 900, "B"), (1000, 1500, "C"), (2000, 9000, "A"), (9000, 9100, "B"))
    words = words_at((100, 300), (1100, 1200), (2500, 2700), (9010, 9090), (20_000, 20_100), flags=("unaligned",))

    found = with_speakers(words, Diarised(turns))

    assert found.words["speaker"].to_pylist() == ["speaker_1", "speaker_2", "streamer", "speaker_1", None]
    assert found.words["flags"].to_pylist() == [["unaligned"]] * 4 + [["unaligned", "no_speaker"]]
    assert found.report.facts["streamer_by"] == "speaks most"
    assert found.report.counts == {
        "speakers": 3,
        "turns": 4,
        "words": 5,
        "words_of_streamer": 1,
        "words_of_nobody": 1,
    }


def test_doing_it_again_takes_old_speakers_and_flags_away() -> None:
    words = words_at((0, 100), (5000, 5100))
    once = with_speakers(words, Diarised(turns_at((0, 100, "A")))).words

    twice = with_speakers(once, Diarised(turns_at((0, 9000, "A"))))

    assert once["flags"].to_pylist() == [[], ["no_speaker"]]
    assert twice.words["flags"].to_pylist() == [[], []]
    assert twice.words["speaker"].to_pylist() == ["streamer", "streamer"]


@given(st.permutations(["A", "B", "C"]), st.floats(0.01, 100))
def test_the_voice_nearest_to_the_sample_is_the_streamers_however_loud(order: list[str], gain: float) -> None:
    voices = {"A": (1.0, 0.0), "B": (0.6, 0.8), "C": (0.0, 1.0)}
    turns = turns_at((0, 10, "A"), (10, 1000, "B"), (1000, 1010, "C"))
    sample = (gain * 0.1, gain * 0.99)

    found = with_speakers(
        words_at((0, 5), (20, 30), (1002, 1009)), Diarised(turns, {k: voices[k] for k in order}, sample)
    )

    assert found.words["speaker"].to_pylist() == ["speaker_1", "speaker_2", "streamer"]
    assert found.report.facts["streamer_by"] == "sample"


def test_a_sample_that_two_voices_are_like_is_warned_of() -> None:
    heard = Diarised(turns_at((0, 10, "A"), (10, 20, "B")), {"A": (1.0, 0.0), "B": (0.99, 0.1)}, (1.0, 0.05))

    assert "equally like" in with_speakers(words_at((0, 5)), heard).report.warnings[0]


def test_a_sample_that_no_voice_can_be_compared_with_is_refused() -> None:
    heard = Diarised(turns_at((0, 10, "A")), {"A": (0.0, 0.0)}, (1.0, 0.05))

    with pytest.raises(StreamerNotHeardError, match="give streamer_at instead"):
        with_speakers(words_at((0, 5)), heard)


def test_the_streamer_is_who_speaks_where_he_was_said_to() -> None:
    turns = turns_at((0, 50_000, "A"), (50_000, 52_000, "B"))
    settings = DiariseSettings(streamer_at=((50_500, 51_000),))

    found = with_speakers(words_at((100, 200), (50_100, 50_200)), Diarised(turns), settings)

    assert found.words["speaker"].to_pylist() == ["speaker_1", "streamer"]
    assert found.report.warnings == ()
    with pytest.raises(StreamerNotHeardError, match="correct streamer_at"):
        with_speakers(words_at((100, 200)), Diarised(turns), DiariseSettings(streamer_at=((60_000, 61_000),)))


def test_a_recording_in_which_nobody_is_heard_says_so() -> None:
    found = with_speakers(words_at((100, 200)), Diarised(()))

    assert found.words["speaker"].to_pylist() == [None]
    assert "heard nobody" in found.report.warnings[0]


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in (
        {"device": "tpu"},
        {"pipeline": ""},
        {"speakers": 0},
        {"nearest_ms": -1},
        {"streamer_at": ((5, 5),)},
        {"streamer_at": ((0, 5),), "streamer_sample": "a.wav"},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            DiariseSettings(**wrong)  # type: ignore[arg-type] # that is the point


@pytest.mark.parametrize(("asked", "told"), [(None, "false"), ("true", "true")])
def test_no_figures_of_use_are_sent_unless_asked_for(
    asked: str | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYANNOTE_METRICS_ENABLED", asked or "")
    if asked is None:
        monkeypatch.delenv("PYANNOTE_METRICS_ENABLED")

    importlib.reload(extras)

    assert os.environ["PYANNOTE_METRICS_ENABLED"] == told


# From here on the real library, which takes half a minute to import.


@pytest.fixture(scope="module")
def tones() -> ModuleType:
    pytest.importorskip("pyannote.audio", exc_type=ImportError)
    spec = importlib.util.spec_from_file_location("tone_diarisation", Path(__file__).with_name("tone_diarisation.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tone_diarisation"] = module
    spec.loader.exec_module(module)
    return module


def sound(*pieces: tuple[float, float]) -> Audio:
    """Tones of so many hertz for so many seconds; of 0 hertz is silence."""
    waves = [0.3 * np.sin(2 * np.pi * hz * np.arange(round(s * RATE_HZ)) / RATE_HZ) for hz, s in pieces]
    samples = (32767 * np.concatenate(waves)).astype(np.int16)
    return Audio(samples, RATE_HZ, 0, (), Report("made"))


TALK = ((0, 1), (440, 5), (0, 0.5), (880, 2), (0, 0.3), (440, 3), (1320, 1.5), (0, 1))
WORDS_OF_TALK = (
    (1100, 1500),
    (5900, 6000),
    (6500, 6600),
    (8400, 8500),
    (8800, 9100),
    (11_900, 12_000),
    (14_290, 14_300),
)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("clustering", ["VBX", "AGGLOMERATIVE"])
def test_tones_are_told_apart_exactly(clustering: str, tones: ModuleType, tmp_path: Path) -> None:
    folder = tones.make_tones(tmp_path / "pipeline", getattr(tones, clustering))
    told: list[Progress] = []

    found = diarise(
        words_at(*WORDS_OF_TALK),
        sound(*TALK),
        DiariseSettings(pipeline=str(folder), offline=True, device="cpu"),
        progress=told.append,
    )

    assert found.words["speaker"].to_pylist() == [
        *["streamer", "streamer", "speaker_1", "speaker_1", "streamer", "speaker_2"],
        None,
    ]
    assert found.report.counts["speakers"] == 3
    assert {one.step for one in told} == {"who speaks when", "whose voice"}
    assert all(0 <= one.done_ms <= one.total_ms == 14_300 for one in told)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_turns_stand_where_the_tones_sound_wherever_the_sound_begins(tones: ModuleType, tmp_path: Path) -> None:
    from dataclasses import replace

    from dougpt_media.diarisation.pyannote import listen

    settings = DiariseSettings(pipeline=str(tones.make_tones(tmp_path / "pipeline")), offline=True)
    audio = sound(*TALK)

    heard = listen(audio, settings)
    later = listen(replace(audio, start_ms=60_000), settings)

    true = [(1000, 6000), (6500, 8500), (8800, 11_800), (11_800, 13_300)]
    assert len(heard.turns) == len(true)
    for turn, (start_ms, end_ms) in zip(heard.turns, true, strict=True):
        assert abs(turn.start_ms - start_ms) <= 40
        assert abs(turn.end_ms - end_ms) <= 40
    assert [(turn.start_ms - 60_000, turn.label) for turn in later.turns] == [
        (turn.start_ms, turn.label) for turn in heard.turns
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_streamer_is_known_by_a_sample_of_his_voice(tones: ModuleType, tmp_path: Path) -> None:
    import wave

    folder = tones.make_tones(tmp_path / "pipeline")
    for name, hz in (("him.wav", 880), ("nobody.wav", 0)):
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(sound((hz, 5)).samples.tobytes())

    def known_by(name: str) -> Any:
        settings = DiariseSettings(pipeline=str(folder), offline=True, streamer_sample=str(tmp_path / name))
        return diarise(words_at(*WORDS_OF_TALK), sound(*TALK), settings)

    assert known_by("him.wav").words["speaker"].to_pylist()[:4] == ["speaker_1", "speaker_1", "streamer", "streamer"]
    from dougpt_media.diarisation.pyannote import SampleSilentError

    with pytest.raises(SampleSilentError, match=r"nobody\.wav: nobody is heard"):
        known_by("nobody.wav")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_models_of_the_published_classes_run_from_a_folder(tones: ModuleType, tmp_path: Path) -> None:
    settings = DiariseSettings(pipeline=str(tones.make_random(tmp_path / "pipeline")), offline=True, most_speakers=2)
    words = words_at(*WORDS_OF_TALK)

    one, two = (diarise(words, sound(*TALK), settings) for _ in range(2))

    assert one.words.equals(two.words)
    assert one.report == two.report


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_weights_that_are_not_there_are_named_with_the_way_to_get_them(
    tones: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub
    from dougpt_media.diarisation import pyannote

    def missing(pipeline: object, *, offline: bool = True) -> str:
        with pytest.raises(pyannote.MissingPipelineError) as caught:
            pyannote.listen(sound((440, 1)), DiariseSettings(pipeline=str(pipeline), offline=offline))
        return str(caught.value)

    (tmp_path / "empty").mkdir()
    broken = tones.make_tones(tmp_path / "broken")
    (broken / "segmentation" / "pytorch_model.bin").unlink()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))

    assert "config.yaml" in missing(tmp_path / "empty")
    assert "pytorch_model.bin" in missing(broken)
    assert "there is no such folder" in missing("/no/such/folder")
    assert "hf download pyannote/speaker-diarization-community-1 --local-dir FOLDER" in missing(
        "pyannote/speaker-diarization-community-1"
    )

    def gated(name: str, **_: object) -> str:
        raise huggingface_hub.errors.GatedRepoError("403", response=_Refusal())

    monkeypatch.setattr(huggingface_hub, "snapshot_download", gated)
    said = missing(PUBLISHED, offline=False)
    assert f"open https://hf.co/{PUBLISHED} signed in, accept its conditions" in said
    assert "HF_TOKEN" in said


class _Refusal:
    """As much of a web server's answer as the error reads."""

    status_code = 403
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody writes to it
    request = None
