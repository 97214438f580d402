"""The picture tells whether a silence is real, and is not believed where its time stamps are broken."""

import pytest
from dougpt_media.picture import Picture
from hypothesis import given
from hypothesis import strategies as st


def shown(*seconds: float) -> Picture:
    picture = Picture()
    for at_s in seconds:
        picture.note(at_s, at_s + 0.04)
    return picture


@given(seconds=st.permutations([float(second) for second in range(40)]), broken_s=st.floats(200, 1e18))
def test_the_end_is_the_last_picture_in_any_order_and_past_it_none_is_believed(
    seconds: list[float], broken_s: float
) -> None:
    picture = shown(*seconds, broken_s)

    assert picture.end_s(known_s=30.0) == pytest.approx(39.04)


def test_a_still_picture_is_believed_as_far_as_the_recording_is_known_to_go() -> None:
    assert shown(0, 1, 500).end_s(known_s=480.0) == pytest.approx(500.04)
    assert shown(0, 1, 500).end_s(known_s=400.0) == pytest.approx(1.04)


def test_without_pictures_there_is_no_end() -> None:
    assert Picture().end_s(known_s=10.0) is None


@given(first=st.integers(0, 1000), length=st.integers(61, 500), share=st.sampled_from([0.0, 0.3, 0.7, 1.0]))
def test_a_picture_goes_on_where_it_is_there_most_of_the_time(first: int, length: int, share: float) -> None:
    picture = shown(*(first + second for second in range(length) if (second * 7919 % 100) / 100 < share))

    assert picture.goes_on(first - 0.5, first + length + 0.5) == (share > 0.5)


def test_whether_a_picture_goes_on_over_an_absurd_stretch_is_told_at_once() -> None:
    assert not shown(0, 1, 2).goes_on(0.0, 1e18)
