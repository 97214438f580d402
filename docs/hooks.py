"""What MkDocs runs while it builds the site.

The navigation lists every decision without anybody listing them, and formulas become MathML, which browsers draw by
themselves: a page loads nothing from elsewhere.
"""

import re
from html import unescape
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert

DECISIONS = Path(__file__).parent / "decisions"
HEADING = "Decisions"
FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def on_config(config: Any) -> Any:
    """Fill the navigation's section of decisions, in their order."""
    for tab in config.nav:
        for entry in [one for entries in tab.values() for one in entries if HEADING in one]:
            entry[HEADING] = [f"decisions/{path.name}" for path in sorted(DECISIONS.glob("*.md"))]
    return config


def on_page_content(html: str, **_: object) -> str:
    """Turn the formulas of a page into MathML."""
    return FORMULA.sub(_formula, html)


def _formula(found: re.Match[str]) -> str:
    is_block = found[1] == "div"
    drawn = convert(unescape(found[2]).strip(), display="block" if is_block else "inline")
    return f'<div class="formula">{drawn}</div>' if is_block else drawn
