"""Every engine's words come out as the same table, on the recording's clock, and what is missing is named."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from dougpt_media import Audio, TranscribeSettings, normal, read_audio, transcribe
from dougpt_media.report import Report
from dougpt_media.transcription import MissingWeightsError, UnknownEngineError
from dougpt_media.transcription.copying_back import Times, copied_back
from dougpt_schema import GAPS, WORDS, DougptError, MissingExtraError
from hypothesis import given
from hypothesis import strategies as st

WRITTEN = st.sampled_from(["hello", "$25", "mp4", "—", "it's", "3rd", "1,234", "♪"])


@given(st.lists(WRITTEN, min_size=1, max_size=12), st.data())
def test_times_of_spoken_forms_come_back_to_each_word_once_in_order(words: list[str], data: st.DataObject) -> None:
    tokens = [normal(word).split() for word in words]
    n_tokens = sum(map(len, tokens))
    found = [
        None if data.draw(st.booleans()) else Times(1000 + 100 * index, 1090 + 100 * index, 0.5)
        for index in range(data.draw(st.sampled_from([n_tokens, n_tokens, n_tokens + 1, 0])))
    ]

    back = list(copied_back(list(zip(words, tokens, strict=True)), found, segment_id=3, span_ms=(1000, 9000)))

    assert [word.text for word in back] == words
    starts = [word.start_ms for word in back]
    assert starts == sorted(starts)
    assert all(1000 <= word.start_ms <= word.end_ms <= 9000 for word in back)
    assert all((word.timing == "forced") == (word.probability is not None) for word in back)
    for word, spoken in zip(back, tokens, strict=True):
        assert word.timing == "forced" or word.flags == (("unaligned",) if spoken else ())


def test_a_word_of_several_spoken_forms_spans_them_all() -> None:
    found = [Times(100, 190, 0.5), Times(200, 290, 0.7), Times(300, 390, 0.9), Times(400, 490, 1.0)]

    costs, now = copied_back(
        [("$25", ["twenty", "five", "dollars"]), ("now", ["now"])], found, segment_id=0, span_ms=(0, 500)
    )

    assert (costs.start_ms, costs.end_ms, costs.probability) == (100, 390, pytest.approx(0.7))
    assert (now.start_ms, now.end_ms) == (400, 490)


def test_an_unknown_engine_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownEngineError, match="'siri': it is one of faster_whisper, pocketsphinx, whisperx"):
        transcribe(tmp_path / "a.wav", recording_id="r", engine="siri")


@pytest.mark.parametrize(("engine", "extra"), [("faster_whisper", "faster-whisper"), ("whisperx", "whisperx")])
def test_an_engine_that_is_not_installed_names_its_extra(engine: str, extra: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(engine):
        pytest.skip(f"{engine} is installed")

    with pytest.raises(MissingExtraError, match=rf"pip install 'dougpt-media\[{extra}\]'"):
        transcribe(tmp_path / "a.wav", recording_id="r", engine=engine)


def test_pocketsphinx_recognises_offline_and_warns_loudly(speech: Path) -> None:
    pytest.importorskip("pocketsphinx")
    one, two = (transcribe(speech / "cards-001.wav", recording_id="r", engine="pocketsphinx") for _ in range(2))

    WORDS.check(one.words)
    GAPS.check(one.gaps)
    assert one.words.num_rows
    assert set(one.words["timing"].to_pylist()) == {"decoded"}
    assert "50 to 70 of 100 words" in one.report.warnings[0]
    assert one.words.equals(two.words)


def test_pocketsphinx_refuses_another_language(speech: Path) -> None:
    pytest.importorskip("pocketsphinx")
    settings = TranscribeSettings(language="de")

    with pytest.raises(DougptError, match="English alone"):
        transcribe(speech / "cards-001.wav", recording_id="r", engine="pocketsphinx", settings=settings)


def test_settings_outside_their_range_are_refused() -> None:
    for wrong in ({"device": "tpu"}, {"batch_size": 0}, {"model": ""}):
        with pytest.raises(ValueError, match="must"):
            TranscribeSettings(**wrong)


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    """Libraries that answer as the real ones do, to see what is asked of them and what is made of the answer."""
    modules = {name: ModuleType(name) for name in ("faster_whisper", "whisperx", "torch", "nltk")}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("importlib.metadata.version", lambda _: "0")
    for engine in ("faster_whisper", "whisperx"):
        sys.modules.pop(f"dougpt_media.transcription.{engine}", None)
    yield modules
    for engine in ("faster_whisper", "whisperx"):
        sys.modules.pop(f"dougpt_media.transcription.{engine}", None)


def returns(answer: object) -> Callable[..., object]:
    return lambda *_, **__: answer


def sound(seconds: float) -> Audio:
    return Audio(np.zeros(round(seconds * 16_000), np.int16), 16_000, 0, (), Report("read_audio"))


def test_faster_whisper_is_given_samples_and_its_doubts_become_flags(stand_ins: dict[str, ModuleType]) -> None:
    heard = SimpleNamespace(start=1.0, end=1.5, word=" Hello,", probability=np.float64(0.75))
    doubtful = SimpleNamespace(start=2.0, end=1.9, word=" you", probability=1.5)
    segments = [
        SimpleNamespace(words=[heard], compression_ratio=1.0, no_speech_prob=0.0, avg_logprob=-0.1),
        SimpleNamespace(words=[doubtful], compression_ratio=3.0, no_speech_prob=0.9, avg_logprob=-2.0),
        SimpleNamespace(words=None, compression_ratio=1.0, no_speech_prob=0.0, avg_logprob=-0.1),
    ]
    asked: dict[str, object] = {}

    def recognise(samples: object, **options: object) -> tuple[list[SimpleNamespace], None]:
        asked.update(options, samples=samples)
        return segments, None

    stand_ins["faster_whisper"].WhisperModel = lambda name, **options: asked.update(options, model=name)
    stand_ins["faster_whisper"].BatchedInferencePipeline = returns(SimpleNamespace(transcribe=recognise))
    from dougpt_media.transcription import faster_whisper

    found = faster_whisper.recognise(sound(3), TranscribeSettings(model="tiny", offline=True))

    assert [(w.text, w.start_ms, w.end_ms, w.probability, w.flags) for w in found.words] == [
        ("Hello,", 1000, 1500, 0.75, ()),
        ("you", 2000, 2000, 1.0, ("repetitive", "perhaps_no_speech")),
    ]
    assert isinstance(asked["samples"], np.ndarray)
    assert asked["local_files_only"] is True


def test_whisperx_aligns_spoken_forms_within_the_sound(stand_ins: dict[str, ModuleType]) -> None:
    sent: list[dict[str, object]] = []

    def align(segments: list[dict[str, object]], *others: object) -> dict[str, list[dict[str, object]]]:
        sent.extend(segments)
        tokens = str(segments[0]["text"]).split()
        words = [{"word": token, "start": 1.0 + index, "end": 5.0, "score": 0.5} for index, token in enumerate(tokens)]
        return {"word_segments": words}

    fake = stand_ins["whisperx"]
    said = {"segments": [{"start": 0.5, "end": 9.0, "text": " That's $25."}]}
    fake.load_model = returns(SimpleNamespace(transcribe=returns(said)))
    fake.load_align_model = returns((None, {}))
    fake.align = align
    stand_ins["torch"].cuda = SimpleNamespace(is_available=returns(False))
    stand_ins["nltk"].data = SimpleNamespace(path=[])
    from dougpt_media.transcription import whisperx

    found = whisperx.recognise(sound(6), TranscribeSettings())

    assert sent == [{"start": 0.5, "end": 6.0, "text": "that's twenty five dollars"}]
    assert [(word.text, word.start_ms, word.timing) for word in found.words] == [
        ("That's", 1000, "forced"),
        ("$25.", 2000, "forced"),
    ]
    assert found.words[0].end_ms == 1000 + 300 + 6 * 120
    assert stand_ins["nltk"].data.path == []


@pytest.mark.parametrize("engine", ["faster_whisper", "whisperx"])
def test_missing_weights_are_named_with_what_to_do(
    engine: str, stand_ins: dict[str, ModuleType], tmp_path: Path
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise OSError("no route to host")

    stand_ins["faster_whisper"].WhisperModel = fail
    stand_ins["faster_whisper"].BatchedInferencePipeline = fail
    stand_ins["whisperx"].load_model = fail
    stand_ins["torch"].cuda = SimpleNamespace(is_available=returns(False))
    recognise = importlib.import_module(f"dougpt_media.transcription.{engine}").recognise

    with pytest.raises(
        MissingWeightsError, match=r"cannot load the model 'large-v3' \(no route to host\): name a folder"
    ):
        recognise(sound(1), TranscribeSettings())
    with pytest.raises(MissingWeightsError, match=r"lacks model\.bin, config\.json, tokenizer\.json"):
        recognise(sound(1), TranscribeSettings(model=str(tmp_path)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("engine", ["faster_whisper", "whisperx"])
def test_the_real_library_runs_on_a_tiny_model(engine: str, speech: Path, tmp_path: Path) -> None:
    pytest.importorskip(engine)
    spec = importlib.util.spec_from_file_location("tiny_models", Path(__file__).with_name("tiny_models.py"))
    assert spec is not None
    assert spec.loader is not None
    tiny = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tiny)
    settings = TranscribeSettings(
        model=str(tiny.make_whisper(tmp_path / "whisper")),
        align_model=str(tiny.make_wav2vec2(tmp_path / "wav2vec2")) if engine == "whisperx" else None,
        device="cpu",
        compute_type="float32",
        beam_size=1,
        offline=True,
    )

    one, two = (transcribe(speech / "jfk.flac", recording_id="r", engine=engine, settings=settings) for _ in range(2))

    WORDS.check(one.words)
    assert one.words.num_rows
    assert one.words.equals(two.words)
    assert max(one.words["end_ms"].to_pylist()) <= read_audio(speech / "jfk.flac").end_ms
