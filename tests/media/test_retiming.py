"""Words that were heard stand where they were heard; the others stay between them, in order."""

from dougpt_media.retiming import settle, without_disorder
from dougpt_media.windows import Span
from hypothesis import given
from hypothesis import strategies as st


def spans_of(numbers: list[int]) -> list[Span]:
    ordered = sorted(numbers)
    return [Span(first, last) for first, last in zip(ordered[::2], ordered[1::2], strict=False)]


TRACKS = st.lists(st.integers(0, 10_000), min_size=2, max_size=24).map(spans_of)


@st.composite
def tracks_half_heard(draw: st.DrawFn) -> tuple[list[Span], list[Span | None]]:
    captions = draw(TRACKS)
    heard: list[Span | None] = [
        draw(st.none() | st.builds(lambda a, b: Span(min(a, b), max(a, b)), st.integers(0, 9999), st.integers(0, 9999)))
        for _ in captions
    ]
    return captions, without_disorder(heard)


@given(tracks_half_heard())
def test_times_never_run_backwards(track: tuple[list[Span], list[Span | None]]) -> None:
    settled = settle(*track)

    assert len(settled) == len(track[0])
    borders = [ms for span in settled for ms in (span.start_ms, span.end_ms)]
    assert borders == sorted(borders)


@given(tracks_half_heard())
def test_words_that_were_heard_stay_where_they_were_heard(track: tuple[list[Span], list[Span | None]]) -> None:
    for place, span in zip(track[1], settle(*track), strict=True):
        assert place is None or span == place


@given(TRACKS)
def test_without_anything_heard_the_captions_stay(captions: list[Span]) -> None:
    assert settle(captions, [None] * len(captions)) == captions


@given(tracks_half_heard(), st.integers(0, 100_000))
def test_shifting_everything_shifts_the_times(track: tuple[list[Span], list[Span | None]], shift_ms: int) -> None:
    def moved(span: Span) -> Span:
        return Span(span.start_ms + shift_ms, span.end_ms + shift_ms)

    captions, heard = track
    shifted = settle([moved(span) for span in captions], [place and moved(place) for place in heard])

    assert shifted == [moved(span) for span in settle(captions, heard)]
