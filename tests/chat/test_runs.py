"""A drawn row is cut where it should be: badges, the name in its colour, words, emotes between them."""

import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

pytest.importorskip("cv2", reason="needs dougpt-chat[ocr]")
Image = pytest.importorskip("PIL.Image", reason="draws with Pillow")
import cv2  # noqa: E402 - looked for above
from dougpt_chat.rendered.crops import crop_of, line_px  # noqa: E402 - only where OpenCV is
from dougpt_chat.rendered.ink import LEAST, ONE_GROUND, ground_of, ink_of  # noqa: E402
from dougpt_chat.rendered.pictures_seen import PicturesSeen  # noqa: E402
from dougpt_chat.rendered.runs import Span, cut_row  # noqa: E402
from dougpt_chat.rendered.underscores import with_underscores  # noqa: E402
from PIL import ImageDraw, ImageFont  # noqa: E402 - only where Pillow is

FONT = ImageFont.load_default(14)
LETTERS_PX = 15.0
GROUND = {"dark": ("#111111", "white", "#ff7f50"), "light": ("#f7f7f8", "#18181b", "#b22222")}


def drawn(badges: int, name: str, said: str, emote: str | None, theme: str) -> "np.ndarray":
    ground, ink, colour = GROUND[theme]
    picture = Image.new("RGB", (420, 34), ground)
    pen = ImageDraw.Draw(picture)
    x = 8.0
    for _ in range(badges):
        pen.rectangle((x, 8, x + 17, 25), fill="#3060d0")
        pen.ellipse((x + 4, 12, x + 13, 21), fill="#ffcc40")
        x += 22
    for text, fill in ((f"{name}:", colour), (said, ink)):
        pen.text((x, 17), text, font=FONT, fill=fill, anchor="lm")
        x += FONT.getlength(text) + 4
    if emote:
        pen.ellipse((x, 3, x + 27, 30), fill=emote)
    return np.asarray(picture)[:, :, ::-1].copy()


@settings(deadline=None, max_examples=40)
@given(
    badges=st.integers(0, 2),
    name=st.sampled_from(["walrus", "Panda_Bear7", "xX_joe_Xx"]),
    said=st.sampled_from(["hello there chat", "no", "what a jump"]),
    emote=st.sampled_from([None, "#20a060", "#808080"]),
    theme=st.sampled_from(sorted(GROUND)),
)
def test_a_row_is_cut_into_what_it_was_drawn_from(
    badges: int, name: str, said: str, emote: str | None, theme: str
) -> None:
    cut = cut_row(ink_of(drawn(badges, name, said, emote, theme)), LETTERS_PX)

    assert len(cut.pictures) == badges + bool(emote)
    assert len(cut.runs) == 2
    boundary = 8 + 22 * badges + FONT.getlength(f"{name}:")
    assert cut.runs[0].span.right <= boundary + 1
    assert cut.runs[1].span.left >= boundary


def test_white_marks_of_badges_that_the_ground_swallowed_are_no_part_of_the_name() -> None:
    picture = drawn(0, " " * 9 + "walrus", "hello there chat", None, "dark")
    for left in (4, 18):
        cv2.fillPoly(picture, [np.array([(left, 22), (left + 4, 14), (left + 8, 22)])], (255, 255, 255))

    runs = cut_row(ink_of(picture), LETTERS_PX).runs

    assert len(runs) == 3
    assert runs[0].span.right <= 28 < runs[1].span.left


def test_what_stands_in_the_columns_of_an_emote_is_a_picture() -> None:
    ink = ink_of(drawn(0, "walrus", "hello there", "#20a060", "dark")[12:24])
    emote = (round(12 + FONT.getlength("walrus:") + 4 + FONT.getlength("hello there")) - 1, 420)

    cut = cut_row(ink, LETTERS_PX, (emote,))

    assert cut.pictures == [Span(*emote, 0, 12)]
    assert all(run.span.right <= emote[0] for run in cut.runs)


def test_a_crop_is_dark_on_light_whatever_the_theme() -> None:
    for theme in GROUND:
        ink = ink_of(drawn(0, "walrus", "hello there", None, theme))
        cut = cut_row(ink, LETTERS_PX)

        crops = [crop_of(ink, run, line_px(cut.runs), LETTERS_PX) for run in cut.runs]

        assert {crop.shape[0] for crop in crops} == {crops[0].shape[0]}
        for crop in crops:
            assert np.median(crop) > 200
            assert crop.min() < 60


@pytest.mark.parametrize("name", ["joe", "joe_", "joe__", "a_b__c___"])
def test_underscores_are_counted_by_their_width(name: str) -> None:
    ink = ink_of(drawn(0, name, "yes", None, "dark"))
    run = cut_row(ink, LETTERS_PX).runs[0]
    read = re.sub("_+", "_", name)

    assert with_underscores(f"{read}:", ink, run, LETTERS_PX) == f"{name}:"
    assert with_underscores("joe_x_y_z_", ink, run, LETTERS_PX) == "joe_x_y_z_"


def test_an_empty_row_holds_nothing() -> None:
    cut = cut_row(ink_of(np.full((20, 300, 3), 17, dtype=np.uint8)), LETTERS_PX)

    assert (cut.pictures, cut.runs) == ([], [])


def test_equal_pictures_have_one_name_and_others_another() -> None:
    rng = np.random.default_rng(3)
    seen, span = PicturesSeen("emote"), Span(0, 28, 0, 28)
    looks = [rng.integers(0, 255, (28, 28, 3), dtype=np.uint8) // 32 * 32 for _ in range(2)]
    looks = [np.kron(look[::7, ::7], np.ones((7, 7, 1), dtype=np.uint8)) for look in looks]
    noisy = np.clip(looks[0].astype(int) + rng.integers(-8, 9, (28, 28, 3)), 0, 255).astype(np.uint8)

    names = [seen.name_of(look, span) for look in (looks[0], looks[1], noisy, looks[1])]

    assert names == ["emote1", "emote2", "emote1", "emote2"]


@settings(deadline=None, max_examples=20)
@given(badges=st.integers(0, 2), contrast=st.integers(54, 58), order=st.permutations([0, 0.5, 1]))
def test_a_scene_that_shows_through_the_ground_is_neither_picture_nor_text(
    badges: int, contrast: int, order: list[float]
) -> None:
    plain = drawn(badges, "Panda_Bear7", "what a jump over all of this", None, "dark")
    levels = contrast * np.array(order)  # a dark, a middling and a bright part of the scene
    along_W = np.interp(np.arange(plain.shape[1]), (110, 170, 250, 310), levels[[0, 1, 1, 2]])
    scene_WC = 17 + along_W[:, None] * (1, 1, 0.7)
    is_ground_HW = (plain == plain[0, 0]).all(axis=2)
    picture = np.where(is_ground_HW[..., None], scene_WC[None], plain).astype(np.uint8)
    # Where one level has most of the row, what differs from it is taken for pictures: so it is where a panel is opaque.
    assume((np.abs(picture - ground_of(picture)).max(axis=2) < LEAST).mean() < ONE_GROUND)

    cut = cut_row(ink_of(picture), LETTERS_PX)

    assert len(cut.pictures) == badges
    assert len(cut.runs) == 2
