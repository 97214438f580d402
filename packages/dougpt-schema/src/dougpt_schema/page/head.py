"""The head of a page: one file that loads nothing and runs nothing, light and dark, on a screen, a phone and paper.

A page that must run a script of ours says which one, by its hash; whatever a stranger's text smuggled in has another.
"""

import base64
import hashlib
from html import escape
from pathlib import Path

from dougpt_schema.page.words import tame

STYLE_SHEET = Path(__file__).parent / "page.css"
# Chat is written by strangers: whatever slipped through would find nothing that it may do.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def policy_of(script: str) -> str:
    """Return the policy of a page that runs exactly this script, and plays sound from the folder that it lies in."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # A page opened from a disk has no origin that 'self' could mean in every browser.
    return f"{POLICY}; script-src 'sha256-{digest}'; media-src 'self' file:"


def head(title: str, style: str = "", policy: str = POLICY) -> str:
    """Return the text from the document type to the end of the head.

    Args:
        title: Plain text, of anybody.
        style: Rules of our own that this page needs beside the shared ones.
        policy: What the page may load and run: nothing, unless `policy_of` a script says otherwise.
    """
    sheet = STYLE_SHEET.read_text(encoding="utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<title>{escape(tame(title))}</title>
<style>
{sheet}{style}</style>
</head>
"""
