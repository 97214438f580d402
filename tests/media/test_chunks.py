"""Chunks cover the sound once, are about as long as asked for, and are cut in pauses where there are any."""

from itertools import pairwise

import numpy as np
from dougpt_media import Audio
from dougpt_media.report import Report
from dougpt_media.transcription.chunks import cut
from dougpt_media.windows import Span
from hypothesis import given
from hypothesis import strategies as st


def noise(ms: int, start_ms: int = 0) -> Audio:
    samples = np.random.default_rng(0).normal(0, 300, ms * 16).astype(np.int16)
    return Audio(samples, 16_000, start_ms, (), Report("read_audio"))


@st.composite
def speech(draw: st.DrawFn) -> tuple[int, list[Span]]:
    total_ms = draw(st.integers(1, 60_000))
    edges = sorted(draw(st.sets(st.integers(0, total_ms), max_size=20)))
    return total_ms, [Span(*edge) for edge in zip(edges[::2], edges[1::2], strict=False)]


@given(speech(), st.integers(500, 20_000), st.integers(0, 5_000))
def test_every_moment_is_in_one_chunk_of_about_the_length_asked_for(
    said: tuple[int, list[Span]], chunk_ms: int, start_ms: int
) -> None:
    total_ms, spans = said
    moved = [Span(span.start_ms + start_ms, span.end_ms + start_ms) for span in spans]

    chunks = cut(noise(total_ms, start_ms), moved, chunk_ms)

    assert (chunks[0].start_ms, chunks[-1].end_ms) == (start_ms, start_ms + total_ms)
    assert all(before.end_ms == after.start_ms for before, after in pairwise(chunks))
    lengths = [chunk.end_ms - chunk.start_ms for chunk in chunks]
    assert all(0 < length <= 1.5 * chunk_ms + 1 for length in lengths)
    assert all(length >= 0.5 * chunk_ms - 1 for length in lengths[:-1])


def test_cuts_lie_in_the_middle_of_long_pauses() -> None:
    spans = [Span(0, 9_000), Span(9_200, 11_000), Span(12_000, 30_000)]

    chunks = cut(noise(30_000), spans, 10_000)

    assert chunks[0].end_ms == 11_500


def test_without_a_pause_the_quietest_moment_is_cut_at() -> None:
    audio = noise(30_000)
    audio.samples[16 * 11_000 : 16 * 11_100] = 0

    assert cut(audio, [Span(0, 30_000)], 10_000)[0].end_ms == 11_050
