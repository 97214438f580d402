"""The page of a transcript: one HTML file with every word and its time, that plays the sound at a click.

heard = hear(audio, folder / "talk.webm")
html = draw_page(transcript.words, transcript.gaps, transcript.report.to_dict(), heard=heard)

It loads nothing but the sound beside it and runs one script, ours, known to the browser by its hash; the words are
data to it, and no text of anybody is ever read as markup.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pyarrow as pa
from dougpt_schema import GAPS, WORDS, ArrowStream
from dougpt_schema.page import head, policy_of
from dougpt_schema.page.words import clock, number, shortened, tame

from dougpt_media.audio import Audio
from dougpt_media.page.content import Heard, data_of, speakers_of, tiles_of
from dougpt_media.page.envelope import envelope
from dougpt_media.page.sidecar import write_sidecar

__all__ = ["Heard", "draw_page", "hear"]

HERE = Path(__file__).parent
GAPS_SHOWN = 200
PLACE = re.compile(r"\{\{ (\w+) \}\}")


def hear(audio: Audio, sidecar: Path) -> Heard:
    """Write the sound beside the page, at `sidecar` with the ending .webm, and return what the page shows of it."""
    write_sidecar(sidecar, audio)
    return Heard(envelope(audio), audio.end_ms, sidecar.name)


def draw_page(
    words: ArrowStream, gaps: ArrowStream, report: Mapping[str, Any], *, title: str = "", heard: Heard | None = None
) -> str:
    """Return the page as one HTML text; equal inputs give equal text.

    Args:
        words: A `words` table, of one recording.
        gaps: Its `gaps` table.
        report: The transcript's report as plain values; its warnings, counts and facts are shown.
        title: What people call the recording.
        heard: Its sound, as `hear` returned it; without it the page is silent.

    Raises:
        ContractError: A table breaks its contract.
        ValueError: The words are of several recordings.
    """
    table, gap_table = WORDS.check(WORDS.conform(words)), GAPS.check(GAPS.conform(gaps))
    recordings = table["recording_id"].unique().to_pylist()
    if len(recordings) > 1:
        raise ValueError(f"a page shows the words of one recording, not of {len(recordings)}")
    named = title or (recordings[0] if recordings else "an empty recording")
    script = (HERE / "page.js").read_text(encoding="utf-8")
    style = (HERE / "page.css").read_text(encoding="utf-8")
    frame = (HERE / "page.html").read_text(encoding="utf-8")
    parts = {
        "title": _text(named),
        "recording": _text(recordings[0] if recordings else "without words"),
        "tiles": _tiles(tiles_of(table, gap_table, report, heard)),
        "warnings": _warnings(report),
        "silence": "" if heard else '<p class="lead">There is no sound to play: words came from captions alone.</p>',
        "speakers": _speakers(table),
        "gaps": _gaps(gap_table, heard),
        "figures": _figures(report),
        "data": data_of(table, gap_table, heard),
        "script": script,
    }
    # One pass over our own frame: what is put in is never looked into.
    body = PLACE.sub(lambda place: parts[place[1]], frame)
    return head(f"Transcript of {named}", style, policy_of(script)) + body


def _text(text: object) -> str:
    return escape(tame(shortened(str(text))))


def _tiles(tiles: Sequence[tuple[str, str]]) -> str:
    return "\n".join(
        f'<div class="tile"><b>{_text(figure)}</b><span>{_text(meaning)}</span></div>' for figure, meaning in tiles
    )


def _warnings(report: Mapping[str, Any]) -> str:
    items = "".join(f"<li>{_text(warning)}</li>" for warning in report.get("warnings", ()))
    return f'<div class="notes"><h3>Warnings</h3><ul>{items}</ul></div>' if items else ""


def _speakers(words: pa.Table) -> str:
    rows = speakers_of(words)
    if not any(name for name, _, _ in rows):
        return "<p>Speakers were not told apart: all words count as one speaker\u2019s.</p>"
    cells = "".join(
        f'<tr><th scope="row">{_text(name) or "nobody near"}</th><td class="n">{number(count)}</td>'
        f'<td class="n">{clock(ms)}</td></tr>'
        for name, count, ms in rows
    )
    return (
        '<div class="wide"><table><thead><tr><th scope="col">Speaker</th><th scope="col" class="n">Words</th>'
        f'<th scope="col" class="n">Time in words</th></tr></thead><tbody>{cells}</tbody></table></div>'
    )


def _gaps(gaps: pa.Table, heard: Heard | None) -> str:
    if not gaps.num_rows:
        return f"<p>{'The whole recording can be heard.' if heard else 'There was no sound to look at.'}</p>"
    cells = "".join(
        f'<tr><td class="n"><button class="to" data-ms="{row["from_ms"]}">{clock(row["from_ms"])}</button></td>'
        f'<td class="n">{clock(row["to_ms"])}</td><td>{_text(row["cause"].replace("_", " "))}</td></tr>'
        for row in gaps.slice(0, GAPS_SHOWN).to_pylist()
    )
    more = gaps.num_rows - GAPS_SHOWN
    return (
        '<div class="wide"><table><thead><tr><th scope="col" class="n">From</th><th scope="col" class="n">To</th>'
        f'<th scope="col">Why</th></tr></thead><tbody>{cells}</tbody></table></div>'
        + (f"<p>and {number(more)} more</p>" if more > 0 else "")
    )


def _figures(report: Mapping[str, Any]) -> str:
    cells = "".join(
        f'<tr><th scope="row">{_text(name)}</th><td>{_text(value)}</td></tr>'
        for part in ("counts", "facts")
        for name, value in sorted(report.get(part, {}).items())
    )
    return f'<div class="wide"><table><tbody>{cells}</tbody></table></div>' if cells else "<p>None were counted.</p>"
