"""Stretches cover every word once and are cut at pauses; context never leaves the track."""

from dougpt_media import RefineSettings
from dougpt_media.windows import Span, cues_of, plan, widest_pause, with_context
from hypothesis import given
from hypothesis import strategies as st


@st.composite
def tracks(draw: st.DrawFn) -> list[Span]:
    spans, at_ms = [], 0
    for _ in range(draw(st.integers(1, 60))):
        at_ms += draw(st.sampled_from([0, 10, 400, 2000]))
        spans.append(Span(at_ms, at_ms + draw(st.integers(0, 900))))
        at_ms = spans[-1].end_ms
    return spans


def each_alone(spans: list[Span]) -> list[tuple[int, int]]:
    """The cues of words that have times of their own."""
    return [(index, index + 1) for index in range(len(spans))]


@given(tracks(), st.integers(500, 20_000))
def test_every_word_is_in_exactly_one_stretch(spans: list[Span], window_ms: int) -> None:
    stretches = plan(spans, RefineSettings(window_ms=window_ms), each_alone(spans))

    assert [index for first, last in stretches for index in range(first, last)] == list(range(len(spans)))


@given(tracks(), st.integers(500, 20_000))
def test_a_stretch_is_no_longer_than_the_window_and_holds_no_long_pause(spans: list[Span], window_ms: int) -> None:
    settings = RefineSettings(window_ms=window_ms)

    for first, last in plan(spans, settings, each_alone(spans)):
        assert last == first + 1 or spans[last - 1].end_ms - spans[first].start_ms <= window_ms
        pauses = [spans[at].start_ms - spans[at - 1].end_ms for at in range(first + 1, last)]
        assert all(pause < settings.break_ms for pause in pauses)


@given(tracks(), st.data())
def test_context_holds_the_stretch_and_its_sound_holds_the_context(spans: list[Span], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(spans) - 1))
    last = data.draw(st.integers(first + 1, len(spans)))

    window = with_context(spans, first, last, RefineSettings(), each_alone(spans))

    assert 0 <= window.context_first <= first < last <= window.context_last <= len(spans)
    assert 0 <= window.from_ms <= spans[window.context_first].start_ms
    assert window.to_ms >= spans[window.context_last - 1].end_ms


def test_the_widest_pause_is_where_a_stretch_is_cut_again() -> None:
    spans = [Span(0, 100), Span(120, 200), Span(500, 600), Span(610, 700)]

    assert widest_pause(spans, 0, 4) == 2


@st.composite
def tracks_in_cues(draw: st.DrawFn) -> tuple[list[Span], list[tuple[int, int]]]:
    spans = draw(tracks())
    segments = sorted(draw(st.lists(st.integers(0, 5), min_size=len(spans), max_size=len(spans))))
    timed = draw(st.lists(st.booleans(), min_size=len(spans), max_size=len(spans)))
    return spans, cues_of(segments, timed)


@given(tracks_in_cues())
def test_every_word_is_in_exactly_one_cue(track: tuple[list[Span], list[tuple[int, int]]]) -> None:
    spans, cues = track

    assert [index for first, last in cues for index in range(first, last)] == list(range(len(spans)))


@given(tracks_in_cues(), st.integers(500, 20_000), st.integers(1_000, 60_000))
def test_no_stretch_and_no_context_ends_within_a_cue_without_word_times(
    track: tuple[list[Span], list[tuple[int, int]]], window_ms: int, longest_cue_ms: int
) -> None:
    spans, cues = track
    settings = RefineSettings(window_ms=window_ms, longest_cue_ms=longest_cue_ms)
    stretches = plan(spans, settings, cues)
    windows = [with_context(spans, *stretch, settings, cues) for stretch in stretches]
    borders = {border for w in windows for border in (w.first, w.last, w.context_first, w.context_last)}

    assert [index for first, last in stretches for index in range(first, last)] == list(range(len(spans)))
    for first, last in cues:
        if spans[last - 1].end_ms - spans[first].start_ms <= longest_cue_ms:
            assert not borders & set(range(first + 1, last))
