"""What dougpt-media is not sure of, dougpt-align counts; what nobody said, it leaves out."""

import numpy as np
import pytest
from dougpt_align import segment
from dougpt_media import Audio, refine
from dougpt_media.report import Report
from dougpt_media.transcript import Word, words_table
from dougpt_media.transcription import HALLUCINATED
from dougpt_media.transcription.repeats import REPEATED
from dougpt_schema import UTTERANCES, Timing
from hypothesis import given
from hypothesis import strategies as st


def word(index: int, flags: tuple[str, ...] = (), text: str = "word") -> Word:
    return Word(400 * index, 400 * index + 300, text, index // 4, Timing.INTERPOLATED, flags=flags)


def test_words_looked_for_in_noise_and_not_found_are_the_unaligned_share() -> None:
    pytest.importorskip("pocketsphinx")
    noise = np.random.default_rng(0).normal(0, 300, 16_000 * 5).astype(np.int16)
    words = words_table(
        (word(at, text=text) for at, text in enumerate(["so", "—", "hello", "chat"])), recording_id="r", source_id="s"
    )

    refined = refine(words, Audio(noise, 16_000, 0, (), Report("read_audio"))).words

    # The dash is not spoken, so nobody looked for it.
    assert segment(refined)["unaligned_share"].to_pylist() == [0.75]


@given(
    st.lists(st.sampled_from([(), ("unaligned",), (HALLUCINATED, "no_speech"), (REPEATED, "unaligned")]), max_size=12)
)
def test_words_that_nobody_said_are_in_no_utterance_and_in_no_share(drawn: list[tuple[str, ...]]) -> None:
    table = words_table((word(at, flags) for at, flags in enumerate(drawn)), recording_id="r", source_id="s")
    said = [flags for flags in drawn if HALLUCINATED not in flags and REPEATED not in flags]

    utterances = segment(table)

    UTTERANCES.check(utterances)
    assert sum(utterances["n_words"].to_pylist()) == len(said)
    share = sum(row["unaligned_share"] * row["n_words"] for row in utterances.to_pylist())
    assert share == pytest.approx(sum("unaligned" in flags for flags in said))
