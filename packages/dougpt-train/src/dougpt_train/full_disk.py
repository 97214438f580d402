"""A full disk in one line: four libraries write a run, and each says in its own way that it could not."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from dougpt_train.errors import DiskFullError

FULL = (errno.ENOSPC, errno.EDQUOT)
NO_SPACE = "No space left on device"
PYTORCH_FILES, PYTORCH_READS = "inline_container", "PytorchStreamReader"
"""The part of PyTorch that writes checkpoints compares positions, and never asks why they differ."""


@contextmanager
def full_disk_told(work: Path) -> Iterator[None]:
    """Raise DiskFullError in the place of what a writer says of a full disk; other errors stay.

    Raises:
        DiskFullError: Something could not be written to the run's folder for want of room.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise DiskFullError(work) from error
    except (RuntimeError, SafetensorError) as error:
        told = str(error)
        if NO_SPACE not in told and (PYTORCH_FILES not in told or PYTORCH_READS in told):
            raise
        raise DiskFullError(work) from error
