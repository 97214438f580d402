"""What WhisperX gets wrong is repaired or flagged: on speech of tones, where every time is known."""

import wave
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dougpt_media import TranscribeSettings, Transcript, transcribe
from dougpt_schema import WORDS

pytest.importorskip("whisperx")

from dougpt_media import speech_activity
from dougpt_media.transcription import whisperx as engine
from dougpt_media.weights import WHISPER_FILES
from tone_speech import SYMBOLS, Speech, ToneEars, loud_spans

Segments = list[dict[str, Any]]
Hear = Callable[..., Transcript]
WORST_MS = 40


@pytest.fixture
def hear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hear:
    """Transcribe tones as WhisperX would whose recogniser had written these segments."""

    def run(
        speech: Speech, segments: Segments, *, ears: ToneEars | None = None, again: str | None = None
    ) -> Transcript:
        path = tmp_path / "tones.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(speech.sound.tobytes())

        def second_hearing(samples: Any, **_: object) -> tuple[list[SimpleNamespace], None]:
            text = SimpleNamespace(start=0.0, end=len(samples) / 16_000, text=again, words=(), avg_logprob=-0.2)
            return ([text] if again else [], None)

        pipeline = SimpleNamespace(
            transcribe=lambda *_, **__: {"segments": segments}, model=SimpleNamespace(transcribe=second_hearing)
        )
        metadata = {"language": "en", "dictionary": SYMBOLS, "type": "torchaudio"}
        monkeypatch.setattr(engine.whisperx, "load_model", lambda *_, **__: pipeline)
        monkeypatch.setattr(engine.whisperx, "load_align_model", lambda *_, **__: (ears or ToneEars(), metadata))
        monkeypatch.setattr(speech_activity, "vad", SimpleNamespace(get_speech_timestamps=loud_spans))
        for name in WHISPER_FILES:
            (tmp_path / name).touch()
        own = TranscribeSettings(model=str(tmp_path), device="cpu")
        found = transcribe(path, recording_id="r", engine="whisperx", settings=own)
        WORDS.check(found.words)
        return found

    return run


def whole(speech: Speech, text: str | None = None, *, past_ms: int = 0) -> Segments:
    text = " ".join(said.text for said in speech.truth) if text is None else text
    return [{"start": 0.0, "end": (speech.now_ms + past_ms) / 1000, "text": text, "avg_logprob": -0.3}]


def said(text: str, **spoken: str) -> Speech:
    speech = Speech().pause(613)
    for word in text.split():
        speech.say(word, spoken.get(word.strip("$%,.")))
    return speech.pause(507)


def worst_ms(found: Transcript, speech: Speech) -> int:
    rows = {(row["text"], row["word_id"]): row for row in found.words.to_pylist()}
    starts = [row["start_ms"] for row in rows.values() if row["text"] in {word.text for word in speech.truth}]
    return max(abs(at - word.start_ms) for at, word in zip(starts, speech.truth, strict=True))


def test_numbers_and_symbols_are_placed_as_spoken_and_stay_as_written(hear: Hear) -> None:
    spoken = {"25": "twenty five dollars", "50": "fifty percent", "&": "and"}
    speech = said("that's $25, in total & 50% off", **spoken)

    found = hear(speech, whole(speech))

    assert found.words["text"].to_pylist() == ["that's", "$25,", "in", "total", "&", "50%", "off"]
    assert worst_ms(found, speech) <= WORST_MS
    assert set(found.words["timing"].to_pylist()) == {"forced"}
    assert min(found.words["probability"].to_pylist()) > 0.5


def test_a_segment_that_ends_after_the_sound_stretches_nothing(hear: Hear) -> None:
    speech = said("hello over there")

    found = hear(speech, whole(speech, past_ms=3_000))

    assert worst_ms(found, speech) <= WORST_MS
    assert found.words["end_ms"][-1].as_py() <= speech.now_ms


def test_words_nobody_said_are_kept_and_flagged_and_move_no_other(hear: Hear) -> None:
    speech = said("this is the end of the line")

    found = hear(speech, whole(speech, "this is the end of the line please subscribe for more"))

    assert worst_ms(found, speech) <= WORST_MS
    flags = found.words["flags"].to_pylist()
    assert flags == [[]] * 7 + [["unaligned"]] * 4
    assert found.words["timing"].to_pylist()[7:] == ["interpolated"] * 4
    assert found.report.counts["unaligned"] == 4


@pytest.mark.parametrize("p_blank", [0.999, 0.9, 0.5, 0.2])
def test_words_around_a_long_silence_stay_where_they_are(hear: Hear, p_blank: float) -> None:
    speech = said("before it").pause(25_000)
    for word in ("and", "after"):
        speech.say(word)

    found = hear(speech, whole(speech), ears=ToneEars(p_blank))

    assert worst_ms(found, speech) <= WORST_MS


def test_words_do_not_collapse_where_the_model_hears_anything_in_silence(hear: Hear) -> None:
    speech = said("before it").pause(25_000)
    for word in ("and", "after"):
        speech.say(word)

    found = hear(speech, whole(speech), ears=ToneEars(1 / len(SYMBOLS)))

    assert worst_ms(found, speech) <= WORST_MS


def test_words_do_not_collapse_where_the_model_takes_a_hum_for_speech(hear: Hear) -> None:
    speech = Speech().pause(400).hum(12_000).pause(300)
    for word in ["well", "then", "we", "are", "here", "at", "last", "the", "end"]:
        speech.say(word)

    found = hear(speech, whole(speech), ears=ToneEars().hears_a_hum())

    assert worst_ms(found, speech) <= WORST_MS
    assert set(found.words["timing"].to_pylist()) == {"forced"}


def test_no_word_ends_in_the_pause_after_it(hear: Hear) -> None:
    speech = said("wait").pause(8_000).say("now")

    found = hear(speech, whole(speech))

    ends = [abs(at - word.end_ms) for at, word in zip(found.words["end_ms"].to_pylist(), speech.truth, strict=True)]
    assert max(ends) <= 100


def test_more_text_than_there_is_time_for_is_kept_and_flagged(hear: Hear) -> None:
    speech = Speech().pause(100).say("a")
    text = " ".join(["impossible"] * 12)

    found = hear(speech, whole(speech, text), again=text)

    assert found.words["text"].to_pylist() == text.split()
    assert all(flags for flags in found.words["flags"].to_pylist())


def test_a_loop_over_silence_is_flagged_and_the_speech_around_it_is_not(hear: Hear) -> None:
    speech = said("good evening chat")
    loop_from_ms = speech.now_ms
    speech.pause(20_000)
    loop = {"start": loop_from_ms / 1000, "end": speech.now_ms / 1000, "text": "Thank you. " * 30, "avg_logprob": -0.1}

    found = hear(speech, [*whole(speech, "good evening chat"), loop])

    rows = found.words.to_pylist()
    assert worst_ms(found, speech) <= WORST_MS
    assert [row["flags"] for row in rows[:3]] == [[]] * 3
    assert {tuple(row["flags"]) for row in rows[3:]} == {("hallucinated", "repetitive", "no_speech")}
    assert found.report.counts["hallucinated"] == 60
    assert any("60 of 63 words seem made up" in warning for warning in found.report.warnings)


def test_a_loop_over_speech_is_heard_again_and_replaced(hear: Hear) -> None:
    speech = said("what was really said")

    found = hear(speech, whole(speech, "you know " * 20), again="what was really said")

    assert found.words["text"].to_pylist() == ["what", "was", "really", "said"]
    assert worst_ms(found, speech) <= WORST_MS
    assert {tuple(flags) for flags in found.words["flags"].to_pylist()} == {("heard_again",)}


def test_a_line_written_again_at_the_next_segment_is_flagged(hear: Hear) -> None:
    speech = said("and so we all went home")
    border_s = speech.now_ms / 1000
    for word in ["then", "we", "slept", "well"]:
        speech.say(word)
    first = {"start": 0.0, "end": border_s, "text": "and so we all went home", "avg_logprob": -0.1}
    second = {
        "start": border_s,
        "end": speech.now_ms / 1000,
        "text": "we all went home then we slept well",
        "avg_logprob": -0.1,
    }

    found = hear(speech, [first, second])

    rows = [row for row in found.words.to_pylist() if "repeated" not in row["flags"]]
    assert found.report.counts["repeated"] == 4
    assert [row["text"] for row in rows] == [word.text for word in speech.truth]
    assert max(abs(row["start_ms"] - word.start_ms) for row, word in zip(rows, speech.truth, strict=True)) <= WORST_MS
