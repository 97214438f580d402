"""Finished chunks on disk, so that a killed run goes on where it was.

Each file is written whole or not at all, in a folder named by everything that decides what is in it: another
source, setting or version never sees it.
"""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dougpt_schema import Timing, atomic_write
from dougpt_schema.fingerprints import fingerprint

from dougpt_media.transcript import Word
from dougpt_media.transcription.engine import HeardWord, Piece
from dougpt_media.windows import Span

KEY_DIGITS = 16


class Shelf:
    """What is finished of one run; without a folder nothing is kept."""

    def __init__(self, folder: Path | None, *recipe: object) -> None:
        self._folder = folder / fingerprint(*recipe)[:KEY_DIGITS] if folder else None

    def holds(self, name: str) -> bool:
        """Return whether something is finished already."""
        return self._folder is not None and (self._folder / f"{name}.json").is_file()

    def spans(self, name: str, make: Callable[[], list[Span]]) -> list[Span]:
        """Return spans, made only if they are not here."""
        return [Span(*item) for item in self._once(name, lambda: [[span.start_ms, span.end_ms] for span in make()])]

    def pieces(self, name: str, make: Callable[[], list[Piece]]) -> list[Piece]:
        """Return pieces, made only if they are not here."""
        return [_piece(item) for item in self._once(name, lambda: [dataclasses.asdict(piece) for piece in make()])]

    def words(self, name: str, make: Callable[[], list[Word]]) -> list[Word]:
        """Return words, made only if they are not here."""
        return [_word(item) for item in self._once(name, lambda: [dataclasses.asdict(word) for word in make()])]

    def _once(self, name: str, make: Callable[[], list[Any]]) -> list[Any]:
        if self._folder is None:
            return make()
        path = self._folder / f"{name}.json"
        if not path.is_file():
            atomic_write(path, json.dumps(make(), ensure_ascii=False).encode())
        # What is used is always what was read, so that a resumed run cannot differ.
        found: list[Any] = json.loads(path.read_text(encoding="utf-8"))
        return found


def _piece(item: dict[str, Any]) -> Piece:
    words = tuple(HeardWord(**word) for word in item["words"])
    return Piece(**{**item, "words": words, "doubts": tuple(item["doubts"])})


def _word(item: dict[str, Any]) -> Word:
    return Word(**{**item, "timing": Timing(item["timing"]), "flags": tuple(item["flags"])})
