"""Record batches put aside until they are wanted again: in memory while they are few, in a file beyond.

The file holds names and texts as people wrote them, so it has no name of its own: the system takes its bytes back when
it is closed, even by a kill. Whoever knows a folder that is meant for secrets gives it.
"""

import tempfile
from collections.abc import Iterator
from io import SEEK_END
from typing import IO, Self

import pyarrow as pa

from dougpt_chat.errors import NoSpaceError
from dougpt_chat.room import ROOM, Room


class Spill:
    """Batches of one schema in the order in which they came; they can be read as often as wanted.

    Args:
        schema: Of every batch.
        room: Where a file would go, and how much is kept in memory before.
    """

    def __init__(self, schema: pa.Schema, room: Room = ROOM) -> None:
        self._schema = schema
        self._room = room
        self._held: list[pa.RecordBatch] = []
        self._held_bytes = 0
        self._file: IO[bytes] | None = None
        self._writer: pa.RecordBatchStreamWriter = None
        self._on_disk = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, batch: pa.RecordBatch) -> None:
        """Put a batch aside.

        Raises:
            NoSpaceError: The folder takes no more.
        """
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes > (self._room.memory_bytes if self._file is None else self._room.write_bytes):
            self.to_disk()

    def to_disk(self) -> None:
        """Move what is held in memory to the file.

        Raises:
            NoSpaceError: The folder takes no more.
        """
        try:
            file, writer = self._opened()
            file.seek(0, SEEK_END)
            for batch in self._held:
                writer.write_batch(batch)
        except OSError as error:
            folder = str(self._room.folder or tempfile.gettempdir())
            raise NoSpaceError(folder, error.strerror or str(error)) from error
        self._on_disk += len(self._held)
        self._held.clear()
        self._held_bytes = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield every batch; nothing may be appended before the last one is read."""
        if self._file is not None:
            self._file.seek(0)
            reader = pa.ipc.open_stream(pa.PythonFile(self._file, "r"))
            for _ in range(self._on_disk):
                yield reader.read_next_batch()
        yield from self._held

    def _opened(self) -> tuple[IO[bytes], pa.RecordBatchStreamWriter]:
        if self._file is None:
            # Open until `close`: there is no other way to it.
            self._file = tempfile.TemporaryFile(dir=self._room.folder)  # noqa: SIM115
            self._writer = pa.ipc.new_stream(pa.PythonFile(self._file, "w"), self._schema)
        return self._file, self._writer

    def close(self) -> None:
        """Give the file back and forget what is held."""
        self._held.clear()
        if self._file is not None:
            self._file.close()
            self._file = None
