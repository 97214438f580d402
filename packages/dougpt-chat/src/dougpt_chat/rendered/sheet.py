"""A page to check what was read of a video's picture in a minute: pictures with boxes, what each holds, how sure.

It shows people's names and words as they stood on screen, so it is secret like the names. One HTML text: pictures are
in it, nothing is loaded, nothing acts; whatever was read is data and escaped.
"""

import base64
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

import cv2
import numpy as np
from dougpt_schema.page import head
from dougpt_schema.page.words import clock, plural
from numpy.typing import NDArray

from dougpt_chat.read import ChatRead
from dougpt_chat.rendered.frames import Video
from dougpt_chat.rendered.seen import SeenRow

TITLE = "Chat in the picture"
MOMENTS = 6
LEAST_SURE = 24
# Below it a row is worth a look.
SURE = 0.9
WHY = {"empty": "nothing read", "no_name": "no name", "uncertain": "too uncertain", "": "left out"}
MARGIN_PX = 12
# Left of the rows, for their numbers: badges stand there too.
NUMBERS_PX = 70
STYLE = """<style>
.moment { display: grid; grid-template-columns: auto minmax(16rem, 1fr); gap: 1.2rem; align-items: start; }
.moment { margin: 0 0 1.2rem; }
.moment svg { max-width: 100%; height: auto; max-height: 80vh; }
.rows { border-collapse: collapse; width: 100%; }
.rows td { padding: .1rem .5rem .1rem 0; border: 0; vertical-align: middle; overflow-wrap: anywhere; }
.rows .n, .rows .s { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.rows img { display: block; max-width: 24rem; max-height: 2.4rem; }
.doubt { background: #fff3cd; color: #222; } .unused { opacity: .55; }
@media (max-width: 50rem) { .moment { grid-template-columns: 1fr; } }
</style>"""

Image = NDArray[np.uint8]


def contact_sheet(video: Path, chat: ChatRead, title: str) -> str:
    """Return the page of a reading as one HTML text.

    Args:
        video: The file that was read.
        chat: What was read of it.
        title: What the page is about, such as the file's name.

    Raises:
        UnreadableVideoError: The file cannot be opened any more.
    """
    rows = sorted(chat.rows, key=lambda row: (row.at_ms, row.box[1], row.box[0]))
    moments = _moments(rows)
    doubtful = sorted(rows, key=lambda row: (row.score, row.at_ms))[:LEAST_SURE]
    doubtful = [row for row in doubtful if row.score < SURE]
    pictures = _pictures(video, sorted({*moments, *(row.at_ms for row in doubtful)}))
    parts = [_counted(chat, rows)]
    parts += [_moment(at_ms, pictures[at_ms], _standing(rows, at_ms)) for at_ms in moments if at_ms in pictures]
    if doubtful:
        parts.append(f"<h2>Read with the least confidence: {plural(len(doubtful), 'row')}</h2>")
        parts.append(_table(_cut(row, pictures) for row in doubtful))
    return (
        f"{head(TITLE)}{STYLE}<body>\n<header><div>\n<h1>{TITLE}</h1>\n"
        f'<p class="lead">{escape(title)}. It shows names as they stood on screen: keep it to yourself.</p>\n'
        f"</div></header>\n<main>\n{''.join(parts)}\n</main>\n</body>\n</html>\n"
    )


def _moments(rows: Sequence[SeenRow]) -> list[int]:
    """Times spread over the video at which rows were read."""
    times = sorted({row.at_ms for row in rows})
    if len(times) <= MOMENTS:
        return times
    wanted = np.linspace(times[0], times[-1], MOMENTS + 1)[1:]
    return sorted({times[min(bisect_left(times, int(at_ms)), len(times) - 1)] for at_ms in wanted})


def _standing(rows: Sequence[SeenRow], at_ms: int) -> list[SeenRow]:
    """The rows of a picture: those that were read in it, and those above that stand in it still."""
    found = [row for row in rows if row.at_ms == at_ms]
    for reference in {row.panel: row for row in found}.values():
        found += [
            replace(row, box=(row.box[0], _top(row, reference), *row.box[2:]))
            for row in rows
            if row.panel == reference.panel and row.at_ms < at_ms <= (row.last_ms or 0) and _top(row, reference) >= 0
        ]
    return sorted(found, key=lambda row: (row.box[1], row.box[0]))


def _top(row: SeenRow, reference: SeenRow) -> float:
    if row.ribbon_px is None or reference.ribbon_px is None:
        return -1.0
    return reference.box[1] + row.ribbon_px - reference.ribbon_px


def _pictures(video: Path, times_ms: Sequence[int]) -> dict[int, Image]:
    """The pictures shown at these times; each is sought, so that hours cost no more than minutes."""
    file = Video(video)
    found: dict[int, Image] = {}
    for at_ms in times_ms:
        for last in deque(file.stretch(at_ms, at_ms + 1), maxlen=1):
            found[at_ms] = last.bgr_HWC(file.region)
    return found


def _counted(chat: ChatRead, rows: Sequence[SeenRow]) -> str:
    left_out = sum(not row.used for row in rows)
    counted = (
        f"<p>{chat.events.num_rows:,} messages of {chat.names.num_rows:,} people were read in {len(rows):,} rows of "
        f"text; {left_out:,} rows belong to none. Green: right in name and words with a probability of at least "
        f"{SURE:.0%}. Yellow: with a smaller one. Grey: left out, and why. A row without a box was missed. Badges and "
        "emotes are numbered by their looks. Rows are shown as recognised; names and letters alike are put right "
        "later.</p>"
    )
    if chat.report.warnings:
        items = "".join(f"<li>{escape(warning)}</li>" for warning in chat.report.warnings)
        counted += f'<div class="notes"><ul>{items}</ul></div>'
    return counted


def _moment(at_ms: int, picture: Image, rows: list[SeenRow]) -> str:
    height, width = picture.shape[:2]
    left = max(0, int(min(row.box[0] for row in rows)) - NUMBERS_PX)
    top = max(0, int(min(row.box[1] for row in rows)) - MARGIN_PX)
    right = min(width, int(max(row.box[0] + row.box[2] for row in rows)) + MARGIN_PX)
    bottom = min(height, int(max(row.box[1] + row.box[3] for row in rows)) + MARGIN_PX)
    boxes = "".join(_box(number, row, left, top) for number, row in enumerate(rows, 1))
    image = _as_data(picture[top:bottom, left:right])
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{right - left}" viewBox="0 0 {right - left} {bottom - top}">'
        f'<image href="{image}" width="{right - left}" height="{bottom - top}"/>{boxes}</svg>'
    )
    table = _table((number, None, row) for number, row in enumerate(rows, 1))
    return f'<h2>{clock(at_ms)}.{at_ms % 1000:03}</h2><div class="moment">{svg}{table}</div>'


def _box(number: int, row: SeenRow, left: int, top: int) -> str:
    x, y, width, height = row.box
    color = "#999" if not row.used else "#38c172" if row.score >= SURE else "#ffd43b"
    return (
        f'<rect x="{x - left - 1:.1f}" y="{y - top - 1:.1f}" width="{width + 2:.1f}" height="{height + 2:.1f}" '
        f'fill="none" stroke="{color}"/><text x="4" y="{y - top + 0.8 * height:.1f}" '
        f'font-size="13" font-weight="bold" font-family="sans-serif" fill="{color}" stroke="#000" '
        f'stroke-width="4" paint-order="stroke">{number}</text>'
    )


def _cut(row: SeenRow, pictures: dict[int, Image]) -> tuple[str, Image | None, SeenRow]:
    picture, at = pictures.get(row.at_ms), f"{clock(row.at_ms)}.{row.at_ms % 1000:03}"
    if picture is None:
        return at, None, row
    left, top, width, height = (round(edge) for edge in row.box)
    part = picture[max(0, top - 3) : top + height + 3, max(0, left - 3) : left + width + 3]
    return at, part if part.size else None, row


def _table(lines: Iterable[tuple[object, Image | None, SeenRow]]) -> str:
    cells = []
    for name, image, row in lines:
        kind = "unused" if not row.used else "doubt" if row.score < SURE else ""
        shown = f'<td><img src="{_as_data(image)}" alt=""></td>' if image is not None else ""
        cells.append(
            f'<tr class="{kind}"><td class="n">{escape(str(name))}</td>{shown}<td>{escape(row.text)}</td>'
            f'<td class="s">{f"{row.score:.0%}" if row.used else escape(WHY.get(row.reason, row.reason))}</td></tr>'
        )
    return f'<table class="rows">{"".join(cells)}</table>'


def _as_data(image: Image) -> str:
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode()}"
