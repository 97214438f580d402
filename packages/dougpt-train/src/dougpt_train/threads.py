"""One thread for small models: on matrices this small threads gain little, and they wait for each other on busy cores.

Two threads on two busy cores took eight times as long as one. One thread also gives the same bytes whatever the
number of cores.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from dougpt_train.settings import TINY, TrainSettings


@contextmanager
def few_threads(settings: TrainSettings) -> Iterator[None]:
    """Compute the tiny base on one thread, others on as many as there are."""
    before = torch.get_num_threads()
    if settings.base == TINY:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
