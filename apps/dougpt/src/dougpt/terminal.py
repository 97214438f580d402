"""Text from strangers on a terminal: nothing in a chat message may move the cursor or hide what follows."""

import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import click

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
KEPT = {"\u200d", "\ufe0f"}
"""Emoji are joined and coloured by these two, which move nothing."""
LOADING_TOLD_S = 15.0
IN_ORDER = ("torch", "transformers", "datasets", "peft", "trl")
"""What is loaded with PyTorch, in the order in which it comes."""


def safe(text: str) -> str:
    """Return `text` with every control, format and unassigned character written as an escape."""
    return "".join(
        char if char in KEPT or unicodedata.category(char) not in HIDDEN else _escaped(char) for char in text
    )


def note(text: str) -> None:
    """Print a progress line or a warning on stderr."""
    click.echo(text, err=True)


@contextmanager
def told_while_loading(every_s: float = LOADING_TOLD_S) -> Iterator[None]:
    """Say that PyTorch is being loaded, and how far that is: on a cold disk or a busy machine it takes minutes."""
    if "torch" in sys.modules:
        yield
        return
    note("loading PyTorch")
    loaded = Event()
    teller = Thread(target=_tell_of_loading, args=(loaded, every_s), daemon=True)
    teller.start()
    try:
        yield
    finally:
        loaded.set()
        teller.join()


def _tell_of_loading(loaded: Event, every_s: float) -> None:
    began = time.monotonic()
    while not loaded.wait(every_s):
        now = next((name for name in reversed(IN_ORDER) if name in sys.modules), IN_ORDER[0])
        note(f"loading PyTorch: at {now} after {lasting(time.monotonic() - began)}")


def clock(ms: int) -> str:
    """Return milliseconds as h:mm:ss.t."""
    sign, ms = ("-", -ms) if ms < 0 else ("", ms)
    seconds, tenths = divmod(ms // 100, 10)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{tenths}"


def lasting(seconds: float) -> str:
    """Return a duration in the unit that suits it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
