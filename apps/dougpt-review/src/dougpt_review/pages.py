"""Pages and parts of pages: every text of a stranger is tamed, escaped and kept in its place."""

import secrets
from functools import cache
from pathlib import Path

from dougpt_schema.page.head import STYLE_SHEET
from dougpt_schema.page.template import environment
from jinja2 import Template

from dougpt_review.desk import Progress
from dougpt_review.scene import Item

FOLDER = Path(__file__).parent / "page"
STATIC = {
    "page.css": (STYLE_SHEET, "text/css"),
    "review.css": (FOLDER / "review.css", "text/css"),
    "review.js": (FOLDER / "review.js", "text/javascript"),
    "icon.svg": (FOLDER / "icon.svg", "image/svg+xml"),
}


def whole_page(
    item: Item | None,
    progress: Progress,
    *,
    owner: str,
    rater: str,
    blind: bool,
    answered: bool = False,
    last: str | None = None,
    refused: bool = False,
) -> str:
    """Return the page with a question, or with thanks where there is none."""
    return _template("review.html").render(
        item=item,
        progress=progress,
        owner=owner,
        rater=rater,
        blind=blind,
        answered=answered,
        last=last,
        refused=refused,
        answer_id=secrets.token_hex(16),
        undo_id=secrets.token_hex(16),
    )


def question_part(item: Item, *, blind: bool, answered: bool = False) -> str:
    """Return what changes from question to question."""
    return _template("item.html").render(
        item=item, blind=blind, answered=answered, answer_id=secrets.token_hex(16), last=None
    )


@cache
def _template(name: str) -> Template:
    return environment(FOLDER).get_template(name)
