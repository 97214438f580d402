"""Names that no colon ends, as in YouTube's chat, are told by a colour of their own."""

from dataclasses import replace
from pathlib import Path

import pytest
from dougpt_chat import read_rendered_chat

pytest.importorskip("rapidocr", reason="needs dougpt-chat[ocr]")
pytest.importorskip("PIL", reason="draws with Pillow")

from chat_clips import Clip, render
from chat_scores import messages_of, score

PANEL = (100, 20, 340, 320)
STYLE = Clip(
    seed=7, seconds=6, fps=10, size=(480, 360), panel=PANEL, before=8, messages_per_s=2, font_px=13, colon=False,
    hud=False, preset="ultrafast", crf=20,
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("grey", [False, True])
def test_names_of_their_own_colour_need_no_colon_and_that_grey_ones_are_not_told_is_said(
    grey: bool, tmp_path: Path
) -> None:
    clip = replace(STYLE, name_color="#b3b3b3" * grey)
    truth = render(clip, tmp_path / "clip.mp4")

    chat = read_rendered_chat(tmp_path / "clip.mp4", recording_id="0123456789abcdef", region=PANEL, source_id="s")

    found = score(messages_of(chat), truth.messages)
    if grey:
        assert chat.events.num_rows == 0
        assert "by a colon or a colour of its own" in " ".join(chat.report.warnings)
    else:
        assert found.recall >= 0.9
        assert found.precision == 1.0
        assert found.name_cer < 0.01
