"""Samples in a file that is mapped into memory, so that six hours of sound take no more of it than one minute."""

import errno
import mmap
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from dougpt_schema import DougptError
from numpy.typing import NDArray

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class NoRoomError(DougptError):
    """The disk has no room for decoded sound.

    Attributes:
        folder: Where there was no room.
        n_bytes: How much had been written.
    """

    def __init__(self, folder: str, n_bytes: int) -> None:
        self.folder = folder
        self.n_bytes = n_bytes
        super().__init__(
            f"{folder} has no room for decoded sound, of which an hour takes 115 MB ({n_bytes / 1e6:.0f} MB were "
            "written): make room, or name another folder in the environment variable TMPDIR"
        )


@dataclass(slots=True)
class PcmFile:
    """A file of int16 samples that grows; without a name it is gone as soon as nothing maps it, even after a crash.

    A file with a name appears under it when it is whole.
    """

    path: Path | None = None
    length: int = 0
    _file: IO[bytes] = field(init=False)

    def __post_init__(self) -> None:
        try:
            self._file = (
                tempfile.TemporaryFile(buffering=0, prefix="dougpt-")  # noqa: SIM115 - closed by __exit__
                if self.path is None
                else self._partial(self.path).open("w+b", buffering=0)
            )
        except OSError as error:
            raise self._said(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if self.path is not None:
            self._partial(self.path).unlink(missing_ok=True)

    def write(self, samples: NDArray[np.int16]) -> None:
        """Append samples."""
        left = memoryview(np.ascontiguousarray(samples)).cast("B")
        self.length += len(samples)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise self._said(error) from error

    def skip(self, n_samples: int) -> None:
        """Append silence; where the file system can, it takes no room."""
        try:
            self.length += n_samples
            self._file.truncate(2 * self.length)
            self._file.seek(2 * self.length)
        except OSError as error:
            raise self._said(error) from error

    def mapped(self) -> NDArray[np.int16]:
        """Return everything as an array that lives on disk; nothing is appended after this."""
        if self.path is not None:
            self._partial(self.path).replace(self.path)
        return np.memmap(self._file, dtype=np.int16, mode="r", shape=(self.length,))

    @staticmethod
    def _partial(path: Path) -> Path:
        return path.with_name(f"{path.name}.part")

    def _said(self, error: OSError) -> Exception:
        folder = tempfile.gettempdir() if self.path is None else str(self.path.parent)
        return NoRoomError(folder, 2 * self.length) if error.errno in FULL else error


def let_go(samples: NDArray[np.int16]) -> None:
    """Give the memory of a mapped array that was read back to the system; its file keeps the samples."""
    owner: object = samples
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)
