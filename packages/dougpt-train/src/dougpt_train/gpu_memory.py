"""The memory of a GPU: read, given back between two models, and its lack told in one line."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from dougpt_train.errors import GpuFullError

GB = 1e9


def peak_bytes() -> float:
    """Return the most that this process held since the count was reset: what PyTorch reserved, and CUDA's own part.

    Other programs on the same GPU count as CUDA's own part; their memory is not there for a training either.
    """
    free, total = torch.cuda.mem_get_info()
    beside = total - free - torch.cuda.memory_reserved()
    return float(torch.cuda.max_memory_reserved() + beside)


def give_back() -> None:
    """Free what nobody uses any more: a trainer and its model hold each other, and two bases fit on no small GPU."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextmanager
def full_gpu_told(remedy: str) -> Iterator[None]:
    """Raise GpuFullError in the place of what PyTorch says where a GPU's memory is full.

    Args:
        remedy: What makes the work smaller.

    Raises:
        GpuFullError: It did not fit.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        free, total = (each / GB for each in torch.cuda.mem_get_info())
        raise GpuFullError(f"the GPU's {total:.1f} GB are full, {free:.1f} GB of them free: {remedy}") from error
