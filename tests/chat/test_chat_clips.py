"""What the drawn clips are said to hold is what stands in them."""

from dataclasses import replace
from pathlib import Path

import pytest

av = pytest.importorskip("av", reason="needs dougpt-chat[ocr]")
pytest.importorskip("cv2", reason="needs dougpt-chat[ocr]")
pytest.importorskip("PIL", reason="draws with Pillow")
import numpy as np  # noqa: E402 - only where all of it is
from chat_clips import Clip, Moved, Piece, Said, Truth, render  # noqa: E402

SMALL = Clip(
    seed=3,
    seconds=3.0,
    fps=20,
    size=(480, 270),
    panel=(270, 20, 200, 230),
    messages_per_s=2.0,
    emotes=False,
    badges=False,
    preset="ultrafast",
    crf=18,
)


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="gray").astype(int) for frame in file.decode(video=0)]


def ink(picture: np.ndarray, box: tuple[float, float, float, float]) -> float:
    """The share of light pixels in a box."""
    left, top, right, bottom = (round(edge) for edge in box)
    return float((picture[top:bottom, left:right] > 110).mean())


@pytest.mark.parametrize("clip", [SMALL, replace(SMALL, scroll="eased", newest="top", removed=0.5, before=3)])
def test_every_row_stands_where_it_is_said_to(clip: Clip, tmp_path: Path) -> None:
    truth = render(clip, tmp_path / "clip.mp4")
    shown = pictures(tmp_path / "clip.mp4")

    assert len(shown) == clip.frames
    assert len(truth.messages) >= 4
    for frame in range(0, clip.frames, 4):
        for row in truth.rows_at(frame):
            if row.whole:
                assert ink(shown[frame], row.box) > 0.08


def test_a_message_is_first_whole_where_it_is_said_to_be(tmp_path: Path) -> None:
    truth = render(replace(SMALL, scroll="eased"), tmp_path / "clip.mp4")

    for number, message in enumerate(truth.messages):
        whole = [all(row.whole for row in rows) and bool(rows) for rows in rows_of(truth, number)]
        assert whole.index(True) == message.first_frame
        assert message.first_ms == round(message.first_frame * 50)
        assert not any(whole[message.gone_frame :])
        assert " ".join(row.text for row in message.rows) == f"{message.name}: {message.text}".strip()


def rows_of(truth: Truth, number: int) -> list[list]:
    return [[row for row in truth.rows_at(frame) if row.message == number] for frame in range(truth.clip.frames)]


def test_a_panel_is_hidden_and_moves_and_the_picture_is_made_smaller(tmp_path: Path) -> None:
    clip = replace(SMALL, hidden=((1.0, 1.5),), moved=(Moved(2.0, 20, 30),), rescaled=(320, 180), codec="libvpx-vp9")
    truth = render(clip, tmp_path / "clip.webm")
    shown = pictures(tmp_path / "clip.webm")

    assert shown[0].shape == (180, 320)
    assert [(panel.from_ms, panel.to_ms) for panel in truth.panels] == [(0, 1000), (1500, 2000), (2000, 3000)]
    assert truth.panels[2].box == pytest.approx((20 / 1.5, 20, 220 / 1.5, 260 / 1.5))
    assert truth.rows_at(25) == []
    assert not [message for message in truth.messages if 20 <= message.first_frame < 30]
    for panel in truth.panels:
        frame = (panel.from_ms + panel.to_ms) * clip.fps // 2000
        left, top, right, bottom = (round(edge) for edge in panel.box)
        assert np.median(shown[frame][top + 2 : bottom - 2, left + 2 : right - 2]) < 45


def test_a_script_is_drawn_in_its_order_and_emotes_are_pieces(tmp_path: Path) -> None:
    script = (
        Said("walrus", (Piece("hello there"), Piece("Kappa", "emote"))),
        Said("panda", (Piece("\U0001f602", "emoji"),)),
        Said("kettle", (Piece("x" * 80),)),
    )
    truth = render(replace(SMALL, script=script, emotes=True, animated=True), tmp_path / "clip.mp4")

    assert [(one.name, one.text) for one in truth.messages] == [
        ("walrus", "hello there"),
        ("panda", ""),
        ("kettle", "x" * 80),
    ]
    assert "".join(row.text for row in truth.messages[2].rows).endswith("x" * 80)


def test_a_clip_is_drawn_alike_twice(tmp_path: Path) -> None:
    clip = replace(SMALL, opacity=0.5, outline_px=1, seconds=1.0)

    assert render(clip, tmp_path / "a.mp4") == render(clip, tmp_path / "b.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert render(replace(clip, seed=4), tmp_path / "c.mp4").messages != render(clip, tmp_path / "a.mp4").messages
