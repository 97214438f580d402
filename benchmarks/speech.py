"""Word times: forced alignment against times that people and tones give, and WhisperX's own in the same run.

`just bench speech` prints, on real speech (shared/data beside the checkout, else skipped), where the embedded aligner
puts word starts when captions share out each cue's time; and on speech of tones, whose every time is known, the worst
start of WhisperX's aligner as it is and of ours. No real Whisper or wav2vec2 weights are measured here.
"""

import os
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import nltk
import numpy as np
import torch
import whisperx
from dougpt_media import Audio, RefineSettings, normal, read_audio, refine
from dougpt_media.align_models import AlignModel
from dougpt_media.forced import load_aligner
from dougpt_media.forced.ctc import viterbi
from dougpt_media.forced.wav2vec2 import Wav2vec2Aligner
from dougpt_media.report import Report
from dougpt_schema import WORDS
from pyarrow import Table
from whisperx import alignment

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "tests" / "media"))
from tone_speech import SYMBOLS, Speech, ToneEars  # noqa: E402 (the tests' own speech)

SPEECH = Path(os.environ.get("DOUGPT_REAL_DATA", CHECKOUT.parent / "shared" / "data")) / "speech"
NEIGHBOURS = 4  # words on either side
ASTRAY_MS = 300
PUNKT_FILES = ("abbrev_types.txt", "sent_starters.txt", "collocations.tab", "ortho_context.tab")
Gold = list[tuple[int, int, str]]


def gold_of(name: str) -> Gold:
    """Return where a TextGrid has the words, in ms."""
    text = (SPEECH / f"{name}.TextGrid").read_text(encoding="utf-8")
    tier = next(tier for tier in re.split(r"item \[\d+\]:", text) if re.search(r'name = "words?"', tier))
    intervals = re.findall(r'xmin = ([\d.]+)\s+xmax = ([\d.]+)\s+text = "([^"]*)"', tier)
    return [
        (round(float(first) * 1000), round(float(last) * 1000), word.strip())
        for first, last, word in intervals
        if word.strip() not in {"", "sil", "sp"}
    ]


def captions(spans: Sequence[tuple[int, int, Sequence[str]]]) -> Table:
    """Return words whose cue's time is shared out evenly."""
    rows: list[dict[str, Any]] = []
    for segment, (start_ms, end_ms, words) in enumerate(spans):
        for index, word in enumerate(words):
            first_ms, last_ms = (start_ms + (end_ms - start_ms) * at // len(words) for at in (index, index + 1))
            row = {"start_ms": max(0, first_ms), "end_ms": max(0, last_ms), "text": word, "normal": normal(word)}
            rows.append({**row, "segment_id": segment, "timing": "interpolated", "flags": []})
    return WORDS.table({"recording_id": "r", "source_id": "s", "word_id": at, **row} for at, row in enumerate(rows))


def cues(gold: Gold, size: int, shift_ms: int = 0) -> Table:
    """Return captions of so many words a cue."""
    runs = [gold[first : first + size] for first in range(0, len(gold), size)]
    return captions([(r[0][0] + shift_ms, r[-1][1] + shift_ms, [word for _, _, word in r]) for r in runs])


def errors_ms(words: Table, gold: Gold) -> list[int]:
    """Return how far each word's start is off."""
    return [abs(at - first) for at, (first, _, _) in zip(words["start_ms"].to_pylist(), gold, strict=True)]


def line(name: str, errors: Sequence[int], note: str = "") -> None:
    """Print one measurement."""
    print(f"  {name:44} {median(errors):6.0f} {np.quantile(errors, 0.95):6.0f} {max(errors):6.0f}  {note}")


def real_speech() -> None:
    """Print the errors of word starts on speech that people labelled."""
    print("Real speech: error of word starts in ms, embedded aligner   median    95 %    max")
    for name in ("conversation", "pypar"):
        audio, gold = read_audio(SPEECH / f"{name}.wav"), gold_of(name)
        text = [word for _, _, word in gold]
        layouts = {
            "8 words a cue": cues(gold, 8),
            "5 words a cue": cues(gold, 5),
            "8 words a cue, 0.7 s late": cues(gold, 8, 700),
            "8 words a cue, 0.7 s early": cues(gold, 8, -700),
            "text alone, one cue": captions([(0, audio.end_ms, text)]),
        }
        line(f"{name}: 8 words a cue, not refined", errors_ms(layouts["8 words a cue"], gold))
        for layout, words in layouts.items():
            began = time.process_time()
            refined = refine(words, audio)
            cost = (time.process_time() - began) / (audio.end_ms / 1000)
            line(f"{name}: {layout}", errors_ms(refined.words, gold), f"{cost:.3f} s of processor a second")


def left_out() -> None:
    """Print how far words go astray beside one that is said and stands in no caption, each word left out in turn."""
    audio, gold = read_audio(SPEECH / "conversation.wav"), gold_of("conversation")
    aligner = load_aligner(RefineSettings())
    worst = []
    for index in range(1, len(gold) - 1):
        heard = gold[:index] + gold[index + 1 :]
        errors = errors_ms(refine(cues(heard, 8), audio, aligner=aligner).words, heard)
        worst.append(max(errors[max(0, index - NEIGHBOURS) : index + NEIGHBOURS]))
    aligner.close()
    astray = sum(error > ASTRAY_MS for error in worst)
    print(f"Captions without one word that is said: the worst start of the {2 * NEIGHBOURS} words around it")
    line("conversation: 8 words a cue", worst, f"{astray} of {len(worst)} times beyond {ASTRAY_MS} ms")


def tones() -> None:
    """Print the worst starts on speech of tones, by WhisperX's aligner as it is and by ours."""
    print("\nSpeech of tones: worst error of word starts in ms        whisperx.align      ours")
    worst: list[float] = []
    for name, (speech, text, past_ms, p_blank) in scenes().items():
        gold: Gold = [(said.start_ms, said.end_ms, said.text) for said in speech.truth]
        plain = worst_ms(by_whisperx(speech, text, past_ms, p_blank), gold)
        ours = worst_ms(by_us(speech, text, past_ms, p_blank), gold)
        worst.append(ours)
        print(f"  {name:52} {plain:14.0f} {ours:9.0f}")
    print(f"  worst of all: {max(worst):.0f} ms")


def scenes() -> dict[str, tuple[Speech, str, int, float]]:
    """Return what is said, as what it is written, how far its segment goes past the sound, and p(blank) in silence."""

    def say(text: str, spoken: dict[str, str] | None = None) -> Speech:
        speech = Speech().pause(613)
        for word in text.split():
            speech.say(word, (spoken or {}).get(word))
        return speech

    money = "that's $25, in total & 50% off"
    spoken = {"$25,": "twenty five dollars", "&": "and", "50%": "fifty percent"}
    line_said = "this is the end of the line"
    scenes: dict[str, tuple[Speech, str, int, float]] = {
        "ordinary words": (say(line_said), line_said, 0, 0.99),
        "digits and symbols": (say(money, spoken), money, 0, 0.99),
        "segment ends 3 s after the sound": (say(line_said), line_said, 3_000, 0.99),
        "hallucinated tail": (say(line_said), f"{line_said} please subscribe for more", 0, 0.99),
        "hallucinated beginning": (say(line_said), f"thanks for watching {line_said}", 0, 0.99),
    }
    for p_blank in (0.99, 0.9, 0.5):
        speech = say("before it").pause(25_000).say("and").say("after")
        scenes[f"silence of 25 s, p(blank) {p_blank}"] = (speech, "before it and after", 0, p_blank)
    return scenes


def worst_ms(starts: dict[str, float], gold: Gold) -> float:
    """Return the worst error; a word that has no time at all is as wrong as can be."""
    return max(abs(starts.get(f"{at}", float("inf")) - first) for at, (first, _, _) in enumerate(gold))


def numbered(text: str, gold: Gold, starts: Sequence[float | None]) -> dict[str, float]:
    """Return the starts of the words that were really said, by their number."""
    words, found, at = text.split(), {}, 0
    for word, start in zip(words, starts, strict=False):
        if at < len(gold) and word == gold[at][2]:
            if start is not None:
                found[f"{at}"] = start
            at += 1
    return found


def by_us(speech: Speech, text: str, past_ms: int, p_blank: float) -> dict[str, float]:
    """Align as the engine whisperx does after recognition."""
    audio = Audio(speech.sound, 16_000, 0, (), Report("tones"))
    words = captions([(0, min(speech.now_ms + past_ms, audio.end_ms), text.split())])
    aligner = Wav2vec2Aligner(AlignModel(ToneEars(p_blank), "torchaudio", SYMBOLS, "cpu"), 0.05)
    refined = refine(words, audio, RefineSettings(aligner="wav2vec2"), aligner=aligner).words
    gold: Gold = [(said.start_ms, said.end_ms, said.text) for said in speech.truth]
    return numbered(text, gold, [float(at) for at in refined["start_ms"].to_pylist()])


def by_whisperx(speech: Speech, text: str, past_ms: int, p_blank: float) -> dict[str, float]:
    """Align as `whisperx.align` does by itself."""
    sound = speech.sound.astype(np.float32) / np.float32(32768)
    metadata = {"language": "en", "dictionary": SYMBOLS, "type": "torchaudio"}
    segment = {"start": 0.0, "end": (speech.now_ms + past_ms) / 1000, "text": text}
    found = whisperx.align([segment], ToneEars(p_blank), metadata, sound, "cpu")["word_segments"]
    gold: Gold = [(said.start_ms, said.end_ms, said.text) for said in speech.truth]
    return numbered(text, gold, [word["start"] * 1000 if "start" in word else None for word in found])


def search() -> None:
    """Print how long the search takes for 30 s with 400 letters, beside WhisperX's trellis."""
    rng = np.random.default_rng(0)
    logs_TV = np.log(rng.dirichlet(np.full(29, 0.1), 1_500) + 1e-9).astype(np.float32)
    labels = rng.integers(1, 29, 400)
    words = np.arange(0, 400, 5)

    def theirs() -> None:
        emission = torch.from_numpy(logs_TV)
        alignment.backtrack(alignment.get_trellis(emission, labels.tolist(), 0), emission, labels.tolist(), 0)

    def seconds(work: Callable[[], object]) -> float:
        times = []
        for _ in range(5):
            began = time.process_time()
            work()
            times.append(time.process_time() - began)
        return min(times)

    ours_s = seconds(lambda: viterbi(logs_TV, labels, 0, words, np.full(len(words), 18.0)))
    print(f"\nSearch of 30 s with 400 letters: {ours_s:.2f} s of processor; whisperx's trellis {seconds(theirs):.2f} s")


def without_sentences(work: Callable[[], None]) -> None:
    """Run with an empty table of sentences, which whisperx.align would else fetch."""
    with tempfile.TemporaryDirectory() as folder:
        english = Path(folder) / "tokenizers" / "punkt_tab" / "english"
        english.mkdir(parents=True)
        for name in PUNKT_FILES:
            (english / name).write_text("", encoding="utf-8")
        nltk.data.path.insert(0, folder)
        work()


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    if SPEECH.is_dir():
        real_speech()
        left_out()
    else:
        print(f"no real speech in {SPEECH}: skipped")
    without_sentences(tones)
    search()
