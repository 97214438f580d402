"""The template of the page, filled with what was found."""

from pathlib import Path

from dougpt_schema import ArrowStream
from dougpt_schema.page.template import fill

from dougpt_align.aligner import Alignment
from dougpt_align.page.content import collect

HERE = Path(__file__).parent


def render(
    alignment: Alignment, utterances: ArrowStream, chat_events: ArrowStream, labels: ArrowStream | None, name: str
) -> str:
    """Return the page; see `dougpt_align.page.draw_page`."""
    title = f"Alignment of {alignment.report.recording_id or 'an empty recording'}"
    return fill(HERE, "page.html", title=title, called=name, **collect(alignment, utterances, chat_events, labels))
