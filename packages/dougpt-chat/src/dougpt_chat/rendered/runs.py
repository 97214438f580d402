"""Stretches of flags that are set."""

import numpy as np

from dougpt_chat.rendered.agreement import Flags


def runs_of(flags_N: Flags) -> list[tuple[int, int]]:
    """Return the first and the end of each stretch that is set."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags_N, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
