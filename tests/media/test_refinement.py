"""Forced alignment moves words to where they are heard and never loses, adds or reorders one."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import pytest
from dougpt_media import Audio, RefineSettings, normal, read_audio, refine
from dougpt_media.report import Report
from dougpt_schema import WORDS

pytest.importorskip("pocketsphinx")

Gold = list[tuple[int, int, str]]
AsCues = Callable[[Gold, int], pa.Table]
KEPT = ["recording_id", "word_id", "text", "normal", "probability", "speaker", "segment_id", "source_id"]


def noise(seconds: float, seed: int = 0) -> Audio:
    samples = np.random.default_rng(seed).normal(0, 300, round(seconds * 16_000)).astype(np.int16)
    return Audio(samples, 16_000, 0, (), Report("read_audio"))


def made_up(words: list[str], *, word_ms: int = 400, from_ms: int = 500) -> pa.Table:
    return WORDS.table(
        {
            "recording_id": "r",
            "word_id": index,
            "start_ms": from_ms + index * word_ms,
            "end_ms": from_ms + (index + 1) * word_ms,
            "text": word,
            "normal": normal(word),
            "timing": "interpolated",
            "segment_id": index // 6,
            "flags": [],
            "source_id": "s",
        }
        for index, word in enumerate(words)
    )


def start_errors(words: pa.Table, gold: Gold) -> list[int]:
    return [abs(at - start) for at, (start, _, _) in zip(words["start_ms"].to_pylist(), gold, strict=True)]


def test_words_land_where_a_person_heard_them(conversation: tuple[Audio, Gold], as_cues: AsCues) -> None:
    audio, gold = conversation
    captions = as_cues(gold, 8)

    refined = refine(captions, audio)

    errors = start_errors(refined.words, gold)
    assert median(start_errors(captions, gold)) > 100
    assert median(errors) < 25, f"median {median(errors)} ms"
    assert np.quantile(errors, 0.95) < 150
    assert set(refined.words["timing"].to_pylist()) == {"forced"}
    assert refined.words.select(KEPT).equals(captions.select(KEPT))


def test_a_cue_that_stands_a_second_off_is_put_right(conversation: tuple[Audio, Gold], as_cues: AsCues) -> None:
    audio, gold = conversation
    late = [(start + 1000, end + 1000, word) for start, end, word in gold]

    refined = refine(as_cues(late, 8), audio)

    assert median(start_errors(refined.words, gold)) < 40


def test_the_same_words_and_sound_give_the_same_times(exchange: tuple[Audio, Gold], as_cues: AsCues) -> None:
    audio, gold = exchange

    one, two = (refine(as_cues(gold, 5), audio) for _ in range(2))

    assert one.words.equals(two.words)
    assert one.report.to_dict() == two.report.to_dict()


def test_shifting_sound_and_captions_shifts_the_words(exchange: tuple[Audio, Gold], as_cues: AsCues) -> None:
    audio, gold = exchange
    silence = np.random.default_rng(0).normal(0, 5, 16_000 * 20).astype(np.int16)
    later = replace(audio, samples=np.concatenate([silence, audio.samples]))

    here = refine(as_cues(gold, 8), audio).words
    there = refine(as_cues([(a + 20_000, b + 20_000, word) for a, b, word in gold], 8), later).words

    shifts = [b - a - 20_000 for a, b in zip(here["start_ms"].to_pylist(), there["start_ms"].to_pylist(), strict=True)]
    assert median(map(abs, shifts)) <= 10


def test_captions_of_something_else_keep_their_times(conversation: tuple[Audio, Gold]) -> None:
    audio, _ = conversation
    text = "meanwhile in the kingdom of denmark seven giraffes prepared an enormous birthday cake for their emperor"
    captions = made_up((text + " " + text).split(), word_ms=500)

    refined = refine(captions, audio)

    flags = refined.words["flags"].to_pylist()
    assert sum("unaligned" in own for own in flags) > 0.7 * len(flags)
    assert any("not found in the sound" in warning for warning in refined.report.warnings)


def test_a_word_timed_by_its_caption_does_not_stray_from_its_neighbours(
    conversation: tuple[Audio, Gold], as_cues: AsCues
) -> None:
    audio, gold = conversation
    timed = as_cues(gold, 1)
    timed = timed.set_column(timed.schema.get_field_index("timing"), "timing", pa.array(["decoded"] * len(gold)))

    refined = refine(timed, audio, RefineSettings(max_stray_ms=60))

    counts = refined.report.counts
    assert counts["strayed"] == counts["unaligned"] > 0
    assert max(start_errors(refined.words, gold)) <= 150


def test_noise_leaves_every_word_in_its_place_with_a_flag() -> None:
    captions = made_up(["so", "hello", "chat", "today", "we", "play", "a", "game"])

    refined = refine(captions, noise(6))

    assert refined.words["text"].equals(captions["text"])
    assert refined.words["start_ms"].equals(captions["start_ms"])
    assert all(flags == ["unaligned"] for flags in refined.words["flags"].to_pylist())


@pytest.mark.parametrize(
    "words",
    [
        ["—", "...", "♪"],
        ["日本", "hello", "日本"],
        ["$1,234,567.89", "(beep)", "xqcow"],
        ["a"] * 40,
        ["supercalifragilisticexpialidocious"] * 12,
    ],
)
def test_whatever_the_words_each_comes_back_once_in_order(words: list[str]) -> None:
    captions = made_up(words, word_ms=100)

    refined = refine(captions, noise(2)).words

    WORDS.check(refined)
    assert refined.select(KEPT).equals(captions.select(KEPT))
    borders = [ms for row in refined.to_pylist() for ms in (row["start_ms"], row["end_ms"])]
    assert borders == sorted(borders)


def test_captions_beyond_the_sound_are_warned_of() -> None:
    refined = refine(made_up(["hello", "there"], from_ms=90_000), noise(3))

    assert any("after the end of the sound" in warning for warning in refined.report.warnings)


def test_no_words_are_no_error() -> None:
    refined = refine(WORDS.empty(), noise(1))

    assert refined.words.num_rows == refined.gaps.num_rows == 0


def test_numbers_are_aligned_as_spoken_and_stay_as_written(speech: Path) -> None:
    audio = read_audio(speech / "cards-005.wav")
    text = (speech / "cards.transcription").read_text()
    spoken = re.findall(r"<s> (.*?) </s> \(005\)", text.replace("  ", " "))[0].split()
    digits = {"eight": "8", "four": "4", "seven": "7"}
    captions = made_up([digits.get(word, word) for word in spoken], word_ms=300, from_ms=200)

    refined = refine(captions, audio).words

    assert set(refined["timing"].to_pylist()) == {"forced"}
    assert refined["text"].to_pylist() == captions["text"].to_pylist()


def test_real_read_speech_is_aligned_in_full(speech: Path) -> None:
    text = (speech / "librivox.transcription").read_text()
    for sentence, number in re.findall(r"<s> (.*?) </s> \(\S+-(\d+)\)", text):
        audio = read_audio(speech / f"librivox-{number}.wav")
        words = sentence.split()

        refined = refine(made_up(words, word_ms=(audio.end_ms - 600) // len(words), from_ms=300), audio)

        assert refined.report.counts["unaligned"] == 0, number


def test_another_sampling_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="16000 Hz, not 8000"):
        refine(WORDS.empty(), replace(noise(1), rate_hz=8000))


def test_settings_outside_their_range_are_refused() -> None:
    for wrong in ({"window_ms": 0}, {"pad_ms": -1}, {"beams": ()}, {"beams": (2.0,)}):
        with pytest.raises(ValueError, match="must"):
            RefineSettings(**wrong)
