"""The page for checking what was read shows each row where it stood, escaped, and holds nothing that acts."""

import re
from pathlib import Path

import pytest
from dougpt_chat import ChatRead, SeenRow, contact_sheet
from dougpt_chat.events import NAMES, RAW_TEXTS
from dougpt_chat.report import Counts, RenderedReport
from dougpt_schema import CHAT_EVENTS, REJECTS, DougptError

pytest.importorskip("av", reason="needs dougpt-chat[ocr]")
pytest.importorskip("cv2", reason="needs dougpt-chat[ocr]")
pytest.importorskip("PIL", reason="draws with Pillow")

from chat_clips import Clip, Truth, render

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    path = tmp_path_factory.mktemp("sheet") / "clip.mp4"
    clip = Clip(seconds=2, fps=10, size=(480, 270), panel=(270, 20, 200, 230), before=6, preset="ultrafast")
    return path, render(clip, path)


def reading(rows: tuple[SeenRow, ...], warning: str = "") -> ChatRead:
    report = RenderedReport(
        engine="rapidocr",
        counts=Counts(0, 0, 0, {}),
        kinds={},
        size=(480, 270),
        region=None,
        panels=(),
        rows=len(rows),
        brief_rows=0,
        compared=0,
        decoded=20,
        seconds=2.0,
        broken_packets=0,
        truncated=False,
        visible_at_start=0,
        repaired={},
        warnings=(warning,) if warning else (),
    )
    names, texts = NAMES.empty_table(), RAW_TEXTS.empty_table()
    return ChatRead(CHAT_EVENTS.empty(), REJECTS.empty(), names, report, texts, [], rows)


def rows_of(truth: Truth, frame: int) -> tuple[SeenRow, ...]:
    return tuple(
        SeenRow(truth.clip.ms(frame), (left, top, right - left, bottom - top), row.text, 0.97, used=True)
        for row in truth.rows_at(frame)
        for left, top, right, bottom in [row.box]
        if row.whole
    )


def test_every_row_has_its_box_text_and_confidence_and_doubtful_ones_come_again(drawn: tuple[Path, Truth]) -> None:
    path, truth = drawn
    rows = rows_of(truth, 5)
    doubtful = SeenRow(500, rows[0].box, HOSTILE, 0.41, used=False, reason="uncertain")

    page = contact_sheet(path, reading((*rows, doubtful), warning=HOSTILE), HOSTILE)

    assert page.count("<rect ") == len(rows) + 1
    for row in rows:
        assert row.text.replace("'", "&#x27;").replace(">", "&gt;") in page
    assert page.count("too uncertain") == 2
    assert page.count("97%") == len(rows)
    assert "Read with the least confidence: 1 row<" in page
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 4
    assert set(re.findall(r'(?:src|href)="([^:"]*):', page)) <= {"data"}


def test_rows_told_once_are_drawn_where_they_stood_later(drawn: tuple[Path, Truth]) -> None:
    path, _ = drawn
    old = SeenRow(0, (280, 200, 90, 14), "came first", 0.99, used=True, last_ms=1500, ribbon_px=0.0)
    gone = SeenRow(0, (280, 100, 90, 14), "gone already", 0.99, used=True, last_ms=500, ribbon_px=-100.0)
    new = SeenRow(1000, (280, 220, 90, 14), "came later", 0.99, used=True, last_ms=1500, ribbon_px=40.0)

    page = contact_sheet(path, reading((old, gone, new)), "clip")

    later = page[page.index("0:00:01.000") :]
    assert "gone already" not in later
    # 40 px above the new row, which stands at 220.
    tops = [float(top) for top in re.findall(r'<rect x="[\d.]+" y="([\d.]+)"', later)]
    assert tops[1] - tops[0] == pytest.approx(40)


def test_nothing_read_is_a_page_that_says_so(drawn: tuple[Path, Truth]) -> None:
    path, _ = drawn

    page = contact_sheet(path, reading((), warning="no chat panel was found"), "clip")

    assert "0 messages of 0 people" in page
    assert "no chat panel was found" in page


def test_a_video_that_is_gone_is_named(tmp_path: Path) -> None:
    row = SeenRow(0, (0, 0, 9, 9), "x", 0.9, used=True)

    with pytest.raises(DougptError, match=r"no\.mp4: cannot be opened"):
        contact_sheet(tmp_path / "no.mp4", reading((row,)), "clip")
