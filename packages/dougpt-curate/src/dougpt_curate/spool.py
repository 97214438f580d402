"""Tables set aside on disk, in files without a name: whatever ends the process takes them with it."""

from pathlib import Path
from tempfile import SpooledTemporaryFile
from threading import Lock

import polars as pl
import pyarrow as pa

IN_MEMORY = 1 << 25
"""So many bytes stay in memory before a file is made."""


class Spool:
    """Tables by the number that they got when they were set aside; several threads may do so at once."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = SpooledTemporaryFile(IN_MEMORY, dir=str(folder) if folder else None)  # noqa: SIM115  # closed by close()
        self._places: list[tuple[int, int]] = []
        self._lock = Lock()

    def put(self, table: pa.Table | pl.DataFrame) -> int:
        """Set a table aside and return its number."""
        rows = table.to_arrow() if isinstance(table, pl.DataFrame) else table
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows)
        content = sink.getvalue()
        with self._lock:
            place = self._file.seek(0, 2)
            self._file.write(content)
            self._places.append((place, content.size))
            return len(self._places) - 1

    def get(self, number: int) -> pa.Table:
        """Return a table that was set aside."""
        place, size = self._places[number]
        with self._lock:
            self._file.seek(place)
            content = self._file.read(size)
        return pa.ipc.open_stream(content).read_all()

    def close(self) -> None:
        """Give the space back."""
        self._file.close()
