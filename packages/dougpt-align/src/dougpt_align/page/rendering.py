"""The template, filled: chat is written by strangers, so that everything is escaped and nothing runs."""

from pathlib import Path
from typing import Any

from dougpt_schema import ArrowStream
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dougpt_align.aligner import Alignment
from dougpt_align.page import words
from dougpt_align.page.content import collect

HERE = Path(__file__).parent


def render(
    alignment: Alignment, utterances: ArrowStream, chat_events: ArrowStream, labels: ArrowStream | None = None
) -> str:
    """Return the page; see `dougpt_align.page.draw_page`."""
    return fill(HERE, "page.html", style=style(), **collect(alignment, utterances, chat_events, labels))


def style() -> Markup:
    """The style sheet of every page of this project: light and dark, on a screen, a phone and paper."""
    return Markup((HERE / "page.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file


def fill(folder: Path, name: str, **values: Any) -> str:
    """Return the template `name` in `folder`, filled; texts are tamed and escaped, blank lines are gone."""
    text = _environment(folder).get_template(name).render(**values)
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_tamed,
    )
    environment.filters |= {
        "number": words.number,
        "percent": words.percent,
        "duration": words.duration,
        "clock": words.clock,
        "plural": words.plural,
        "shortened": words.shortened,
        "quoted": words.quoted,
        "hash": words.short_hash,
    }
    return environment


def _tamed(value: object) -> object:
    if isinstance(value, Markup):
        return value
    if value is None:
        return words.UNKNOWN
    return words.tame(value) if isinstance(value, str) else value
