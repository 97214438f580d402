"""What moderators removed, applied backwards: an act marks what was written before it, never what comes after."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dougpt_chat.collect import Person
from dougpt_chat.formats.message import Removal


class Removals:
    """The acts of an export, to be asked batch by batch.

    Args:
        acts: In any order.
        roster: The people, by number.
    """

    def __init__(self, acts: Sequence[Removal], roster: Sequence[Person]) -> None:
        self._ids = pa.array(sorted({act.id for act in acts if act.id}), pa.string())
        latest: dict[str | None, int] = {}
        for act in acts:
            if act.id is None:
                login = act.login and act.login.casefold()
                latest[login] = max(act.row, latest.get(login, -1))
        self._everything = latest.pop(None, -1)
        self._until_P = np.array([latest.get((login or "").casefold(), -1) for login, _ in roster], dtype=np.int64)

    def mark(self, batch: pa.RecordBatch, person_N: NDArray[np.int32]) -> pa.Array:
        """Return which messages are deleted, by the file's own mark or by an act that came later."""
        row_N = batch.column("row").to_numpy()
        before_N = row_N < np.maximum(self._until_P[person_N], self._everything)
        by_id = pc.is_in(batch.column("id"), value_set=self._ids)
        return pc.or_(pc.or_(batch.column("is_deleted"), by_id), pa.array(before_N))
