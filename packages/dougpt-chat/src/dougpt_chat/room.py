"""How much of a chat is held in memory at once, and where the rest of it waits."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Room:
    """What a stream may take.

    Attributes:
        folder: Where messages are put aside that are too many for memory, in files that have no name there; None is
            the system's folder for temporary files.
        block_bytes: How much of the export is made objects at once: enough for columns to pay, few enough to stay in
            caches.
        memory_bytes: How much is put aside in memory before a file is begun.
        write_bytes: How much is gathered between two writings to it.
        stretch_rows: How many events are sorted, and handed on, at once.
        held_rows: How many events may wait in memory for those before them.
    """

    folder: Path | None = None
    block_bytes: int = 2 << 20
    memory_bytes: int = 16 << 20
    write_bytes: int = 2 << 20
    stretch_rows: int = 1 << 14
    held_rows: int = 1 << 16


ROOM = Room()
