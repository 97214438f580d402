"""A template, filled: chat is written by strangers, so that everything is escaped and nothing runs."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dougpt_schema.page import words
from dougpt_schema.page.head import head


def fill(folder: Path, name: str, *, title: str, **values: Any) -> str:
    """Return the template `name` in `folder`, filled; texts are tamed and escaped, blank lines are gone.

    The template begins with `{{ head }}`, the page's head with its `title`.
    """
    ours = Markup(head(title))  # noqa: S704 - our own file, and a title that it escapes
    text = environment(folder).get_template(name).render(head=ours, **values)
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


def environment(folder: Path) -> Environment:
    """Return what fills the templates in `folder`: texts are tamed and escaped, a value that is missing is an error."""
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
