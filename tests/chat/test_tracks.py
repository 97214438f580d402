"""Text that moves is followed: shifts to a fraction of a pixel, rows whole and once, however they came and went."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="needs dougpt-chat[ocr]")
pytest.importorskip("av", reason="needs dougpt-chat[ocr]")
from dougpt_chat.rendered.cutting import on_black, rows_of  # noqa: E402 - needs what was looked for
from dougpt_chat.rendered.follow import Followed, track_rows  # noqa: E402
from dougpt_chat.rendered.follow import _Following as Following  # noqa: E402
from dougpt_chat.rendered.motion import ShiftSearch, moved_down, strokes_of  # noqa: E402
from dougpt_chat.rendered.panel import Panel  # noqa: E402
from dougpt_chat.rendered.ribbon import Ribbon  # noqa: E402
from dougpt_chat.rendered.rows import Row  # noqa: E402 - needs what was looked for
from dougpt_chat.rendered.segments import find_segments  # noqa: E402
from dougpt_chat.rendered.tracks import Tracks  # noqa: E402
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

HEIGHT, WIDTH, PITCH = 200, 240, 20
STEP_MS = 33
Image = NDArray[np.uint8]


def drawn(lines: list[str], height: int) -> Image:
    """Lines of text one under the other, each in PITCH rows of pixels."""
    image = np.full((height, WIDTH), 24, np.uint8)
    for number, line in enumerate(lines):
        place = (4, PITCH * number + 14)
        cv2.putText(image, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, 230, 1, cv2.LINE_AA)
    return image


def words(seed: int, count: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list("abdefhiklmnostuvwxz "), 24)) for _ in range(count)]


class Shown:
    """A picture as `Tracks` takes it in, without a file."""

    def __init__(self, at_ms: int, luma_HW: Image) -> None:
        self.at_ms, self.luma = at_ms, luma_HW

    def luma_HW(self, region: tuple[int, int, int, int]) -> Image:  # noqa: N802 - as `Picture` calls it
        return self.luma[region[1] : region[1] + region[3]]

    def chroma_HW2(self, region: tuple[int, int, int, int]) -> Image:  # noqa: N802 - as `Picture` calls it
        return np.full((region[3], region[2], 2), 128, np.uint8)


def tracked(pictures: list[Image]) -> Tracks:
    tracks = Tracks((0, 0, WIDTH, HEIGHT))
    for number, picture in enumerate(pictures):
        tracks.feed(Shown(number * STEP_MS, picture))  # type: ignore[arg-type]
    tracks.finish()
    return tracks


def followed(pictures: list[Image]) -> list[Row]:
    tracks = tracked(pictures)
    rows: list[Row] = []
    for stretch in tracks.taken():
        rows += rows_of(stretch)
    return sorted(rows, key=lambda row: (row.first_full_ms, row.top_px))


@given(seed=st.integers(0, 2**32 - 1), up=st.integers(-120, 120))
@settings(max_examples=25, deadline=None)
def test_a_shift_is_found_whatever_the_text(seed: int, up: int) -> None:
    tall = drawn(words(seed, 25), 500)
    search = ShiftSearch(HEIGHT, WIDTH)

    found = search.find(strokes_of(tall[150 : 150 + HEIGHT]), strokes_of(tall[150 + up : 150 + up + HEIGHT]))

    assert found is not None
    assert found.up_px == pytest.approx(up, abs=0.1)
    assert found.likeness > 0.9


@given(fraction=st.floats(-0.5, 0.5))
@settings(max_examples=25, deadline=None)
def test_moving_by_a_fraction_and_back_gives_the_picture_again(fraction: float) -> None:
    smooth = cv2.GaussianBlur(np.random.default_rng(1).normal(size=(60, 40)).astype(np.float32), (0, 0), 2)

    back = moved_down(moved_down(smooth, fraction), -fraction)

    assert np.abs(back - smooth)[4:-4].max() < 0.02


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 9))
@settings(max_examples=20, deadline=None)
def test_lines_of_text_are_told_apart(seed: int, count: int) -> None:
    segments = find_segments(drawn(words(seed, count), HEIGHT).astype(np.float32))

    assert [round(segment.first / PITCH - 0.2) for segment in segments] == list(range(count))


def test_what_is_as_high_as_two_rows_of_text_is_no_third() -> None:
    image = drawn(words(4, 4), 4 * PITCH)
    image[PITCH + 4 : 3 * PITCH - 4, WIDTH - 4 : WIDTH - 1] = 150

    assert len(find_segments(image.astype(np.float32))) == 4


@pytest.mark.parametrize("emote_px", [28, 42])
def test_an_emote_higher_than_its_row_is_told_and_no_row_of_its_own(emote_px: int) -> None:
    large = emote_px / 32
    image = np.full((200, WIDTH), 16, np.uint8)
    for middle in (40, 100, 160):
        place = (4, middle + round(5 * large))
        cv2.putText(image, "walrus: hello", place, cv2.FONT_HERSHEY_SIMPLEX, 0.42 * large, 230, 1, cv2.LINE_AA)
    left = 230 - emote_px
    cv2.rectangle(image, (left, 100 - emote_px // 2), (left + emote_px - 1, 99 + emote_px // 2), 150, -1)

    segments = find_segments(image.astype(np.float32))

    assert [segment.emotes for segment in segments] == [(), ((left, left + emote_px),), ()]


@pytest.mark.parametrize("step_px", [20, 7, 3], ids=["jump", "fast", "eased"])
def test_every_row_comes_out_once_with_the_first_picture_that_shows_it_whole(step_px: int) -> None:
    tall = drawn(words(3, 24), 24 * PITCH)
    tops = [0] * 8
    while tops[-1] < len(tall) - HEIGHT:
        tops += [min(tops[-1] + step_px, len(tall) - HEIGHT)] * (12 if step_px == PITCH else 1)

    rows = followed([tall[top : top + HEIGHT] for top in [*tops, *[tops[-1]] * 12]])

    assert len(rows) == 24
    for number, row in enumerate(rows):
        assert row.top_px == pytest.approx(PITCH * number + 4, abs=3)
        bottom = row.top_px + row.height_px
        first = next(at for at, top in enumerate(tops) if top + HEIGHT >= bottom)
        assert abs(row.first_full_ms - first * STEP_MS) <= STEP_MS
        assert (row.unseen_ms is None) == (first == 0)


@pytest.mark.parametrize("direction", [1, -1], ids=["newest below", "newest on top"])
def test_a_badge_that_the_edge_cuts_is_nothing_new(direction: int) -> None:
    tall = drawn([line[:14] for line in words(9, 30)], 30 * PITCH)
    for top in range(2, len(tall), 3 * PITCH):
        tall[top : top + 16, 190:208] = 200
    tops = range(3, len(tall) - HEIGHT, 13)[::direction]

    rows = followed([tall[top : top + HEIGHT] for top in tops for _ in range(8)])

    assert len(rows) == 30
    assert all(row.first_full_ms < row.last_ms for row in rows)


@pytest.mark.parametrize("way", [1, -1], ids=["below", "above"])
def test_only_what_scrolled_out_and_was_cut_off_was_there_before(way: int) -> None:
    ribbon = Ribbon(HEIGHT, WIDTH, place=0, at_ms=0, unseen_ms=-1)
    ribbon.scroll(-9 * way, 33, 0)  # as a picture behind a clear ground does, before any text comes
    ribbon.scroll(60 * way, 66, 33)
    assert not ribbon.rows["was_there"].any()

    size = len(ribbon.rows)
    ribbon.cut(*((0, 40) if way > 0 else (size - 40, size)))
    ribbon.scroll(-60 * way, 99, 66)

    assert sorted(ribbon.rows["place"][ribbon.rows["was_there"]]) == sorted(
        range(-9, 31) if way > 0 else range(HEIGHT - 31, HEIGHT + 9)
    )


def clear(letters: Image, number: int, outline_px: int = 0) -> Image:
    """Bright letters on a ground that shows a scene which pans, with dark edges round them."""
    noise = np.random.default_rng(7).integers(0, 255, (HEIGHT + 200, WIDTH + 200), np.uint8)
    land = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 6), None, 40, 170, cv2.NORM_MINMAX)
    down, right = (round(40 * (1 + np.sin(number / slow))) for slow in (19, 31))
    image = land[down : down + HEIGHT, right : right + WIDTH].astype(np.float32)
    ink = (letters.astype(np.float32) - 24).clip(0) / 206
    if outline_px:
        image *= 1 - cv2.dilate(ink, np.ones((2 * outline_px + 1, 2 * outline_px + 1)))
    return np.asarray(image * (1 - ink) + 235 * ink, np.uint8)


@pytest.mark.parametrize("outline_px", [0, 1], ids=["plain", "outlined"])
def test_rows_on_a_clear_ground_stand_alone_on_black_with_the_time_at_which_they_came(outline_px: int) -> None:
    tall = drawn(words(3, 16), 16 * PITCH)
    # The last row stands there long enough for what is behind it to move.
    tops = [top for top in range(0, 7 * PITCH, PITCH) for _ in range(60 if top == 6 * PITCH else 20)]
    pictures = [clear(tall[top : top + HEIGHT], number, outline_px) for number, top in enumerate(tops)]

    # What is left of the scene between two rows is lower than they.
    rows = [row for row in followed(pictures) if row.height_px >= PITCH / 2]

    assert len(rows) == 16
    assert [row.first_full_ms for row in rows][10:] == [20 * STEP_MS * number for number in range(1, 7)]
    for row in rows:
        number = int((row.top_px + row.height_px / 2) / PITCH)
        true = tall[PITCH * number : PITCH * (number + 1)].max(axis=0)
        shown = row.image_HWC.max(axis=2).max(axis=0)
        assert np.median(shown[cv2.dilate(true, np.ones((9, 1)))[:, 0] < 30]) < 8
        assert np.corrcoef(true.astype(float), shown.astype(float))[0, 1] > 0.9


def test_a_name_as_bright_as_what_is_behind_it_is_told_by_its_outline_and_colour() -> None:
    ink = drawn(["", "", "Walrus_12", "", ""], 5 * PITCH) > 150
    edge = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3))) > 0
    least_HW = np.where(ink, 105, np.where(edge, 16, 100)).astype(np.float32)
    colour_HWC = np.where(ink[..., None], (170, 90), (128, 128)).astype(np.float32)

    luma_HW, _ = on_black(least_HW, colour_HWC)

    assert np.quantile(luma_HW[ink], 0.1) > 60
    assert np.quantile(luma_HW[~ink], 0.95) < 40


def test_a_word_of_small_letters_alone_is_a_row_beside_such_with_badges() -> None:
    following = Following(Panel(0, (0, 0, WIDTH, HEIGHT), 0, None), Tracks((0, 0, WIDTH, HEIGHT)))
    with_badge = followed([drawn(words(3, 9), HEIGHT)] * 20)[0]

    noise = [following.is_noise(replace(with_badge, height_px=high)) for high in (*[19.0] * 9, 8.0, 4.0)]

    assert noise == [False] * 10 + [True]


def shown_with(change: Callable[[list[str]], list[str]]) -> list[Row]:
    lines = words(5, 9)
    return followed([drawn(lines, HEIGHT)] * 20 + [drawn(change(lines), HEIGHT)] * 20)


def test_a_line_taken_out_is_no_new_text() -> None:
    assert len(shown_with(lambda lines: lines[:4] + lines[5:])) == 9


def test_a_line_that_takes_the_place_of_another_is_new_text() -> None:
    rows = shown_with(lambda lines: [*lines[:4], "quite another line", *lines[5:]])

    assert len(rows) == 10
    assert rows[-1].first_full_ms == 20 * STEP_MS


def test_a_panel_that_was_hidden_shows_nothing_new_when_it_comes_back() -> None:
    shown = drawn(words(6, 9), HEIGHT)
    scene = cv2.GaussianBlur(np.random.default_rng(2).integers(0, 255, (HEIGHT, WIDTH), np.uint8), (0, 0), 8)

    rows = followed([shown] * 30 + [scene] * 20 + [shown] * 20)

    assert [row.first_full_ms for row in rows if row.pictures > 5][:9] == [0] * 9
    assert len(rows) == 9


def scene(seed: int) -> Image:
    """What stands where a panel is hidden, with a score that reads as a message does."""
    noise = np.random.default_rng(seed).integers(0, 255, (HEIGHT, WIDTH), np.uint8)
    smooth = np.asarray(cv2.GaussianBlur(noise, (0, 0), 8), np.uint8)
    return np.asarray(cv2.putText(smooth, "SCORE: 1200", (20, 90), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2), np.uint8)


def test_a_panel_was_to_be_seen_but_where_the_scene_stood_in_its_place() -> None:
    shown = drawn(words(6, 9), HEIGHT)

    tracks = tracked([shown] * 30 + [scene(2)] * 20 + [shown] * 20)

    assert tracks.shown == [(0, 29 * STEP_MS), (50 * STEP_MS, 69 * STEP_MS)]


def test_what_stands_in_the_place_of_a_chat_that_is_gone_is_no_chat() -> None:
    chat = scrolled_by(words(3, 20), 1)

    rows = followed(chat + [scene(2)] * 40)

    assert len(rows) == 20
    assert max(row.last_ms for row in rows) < len(chat) * STEP_MS


@pytest.mark.parametrize("step", [-1, 1], ids=["newest on top", "newest below"])
def test_it_is_told_where_new_text_comes_in_though_the_chat_is_gone_at_the_end(step: int) -> None:
    pictures = scrolled_by(words(3, 20), 1)[::step] + [scene(2)] * 40
    shown = [Shown(number * STEP_MS, picture) for number, picture in enumerate(pictures)]
    told = Followed()

    rows = list(track_rows(shown, [Panel(0, (0, 0, WIDTH, HEIGHT), 0, None)], told))  # type: ignore[arg-type]

    assert len(rows) == 20
    assert told.downward == ({0} if step < 0 else set())


def test_chat_that_is_to_be_seen_is_not_given_up_for_what_was_there_before_it() -> None:
    before, now = words(7, 9), words(8, 5)
    shown, grown = drawn(now, HEIGHT), drawn([*now, *before[5:]], HEIGHT)

    rows = followed([drawn(before, HEIGHT)] * 30 + [shown] * 30 + [grown] * 30)

    assert [row.first_full_ms for row in rows if row.last_ms > 80 * STEP_MS] == [30 * STEP_MS] * 5 + [60 * STEP_MS] * 4


def scrolled_by(lines: list[str], step: int) -> list[Image]:
    """Lines that come `step` at a time, each picture shown for a while."""
    tops = range(0, len(lines) - 9, step)
    return [drawn(lines[top : top + 10], HEIGHT) for top in tops for _ in range(12)]


@pytest.mark.parametrize(("period", "step"), [(5, 3), (4, 2), (3, 2), (8, 5)])
def test_a_chat_that_says_the_same_again_and_again_gives_every_line(period: int, step: int) -> None:
    lines = words(3, period) * 8
    pictures = scrolled_by(lines[: 10 + 6 * step], step)

    assert len(followed(pictures)) == 10 + 6 * step


def test_a_chat_that_begins_anew_after_a_cut_gives_every_line_anew() -> None:
    once = scrolled_by(words(3, 32), 2)

    assert len(followed(once)) == 32
    assert len(followed(once * 3)) == 96
