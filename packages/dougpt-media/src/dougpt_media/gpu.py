"""Whether there is a GPU, told without torch: who asks for one that is not there should know before hours of work."""

import ctypes
from pathlib import Path
from typing import Any

from dougpt_schema import DougptError

DRIVERS = ("libcuda.so.1", "nvcuda.dll")
AMD = Path("/dev/kfd")  # torch calls AMD's GPUs cuda, too


class NoGpuError(DougptError):
    """A GPU is asked for, and none is found."""


def has_gpu() -> bool:
    """Return whether a driver knows of a GPU."""
    return AMD.exists() or any(map(_devices, DRIVERS))


def require_gpu(device: str) -> None:
    """Refuse the device `cuda` on a machine without a GPU.

    Raises:
        NoGpuError: There is none.
    """
    if device == "cuda" and not has_gpu():
        raise NoGpuError("the device cuda is asked for, and no GPU is found here: take cpu, or auto")


def device_for(asked: str, torch: Any) -> str:
    """Return where a model runs: for `auto` on a GPU where torch, which its caller has loaded, can use one."""
    return asked if asked != "auto" else "cuda" if torch.cuda.is_available() else "cpu"


def _devices(driver: str) -> int:
    """Return how many GPUs a driver of NVIDIA's knows; 0 where there is no such driver."""
    try:
        library = ctypes.CDLL(driver)
    except OSError:
        return 0
    count = ctypes.c_int(0)
    ok = library.cuInit(0) == 0 and library.cuDeviceGetCount(ctypes.byref(count)) == 0
    return count.value if ok else 0
