"""Memory of the machine and of its GPU: given back between steps, and asked for in smaller pieces where it runs out."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dougpt_schema import DougptError


class OutOfMemoryError(DougptError):
    """A model does not fit, however little it is given at once.

    Attributes:
        step: What was being done.
    """

    def __init__(self, step: str, cause: object) -> None:
        self.step = step
        reason = " ".join(str(cause).split())[:200]
        super().__init__(
            f"{step}: out of memory ({reason}): choose a smaller model, `compute_type` int8, or `device` cpu"
        )


def free() -> None:
    """Give back what deleted models held; torch keeps a GPU's memory until it is told."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Tell the errors of torch, CTranslate2 and CUDA by name or message, so that no library need be loaded."""
    named = type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError)
    return named or (isinstance(error, RuntimeError) and "out of memory" in str(error).lower())


@contextmanager
def explained(step: str) -> Iterator[None]:
    """Say what to do where memory runs out.

    Raises:
        OutOfMemoryError: It did.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemoryError(step, error) from error


class Batches:
    """A batch size that halves where memory runs out, and stays small."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.halvings = 0

    def run[Result](self, step: str, work: Callable[[int], Result]) -> Result:
        """Return `work(size)`, tried with ever smaller sizes down to 1.

        Raises:
            OutOfMemoryError: One at a time is still too much.
        """
        while True:
            try:
                with explained(step):
                    return work(self.size)
            except OutOfMemoryError:
                if self.size == 1:
                    raise
            # Outside the handler, whose traceback would keep the arrays of the failed try.
            self.size //= 2
            self.halvings += 1
            free()
