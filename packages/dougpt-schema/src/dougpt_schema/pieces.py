"""A table that comes in pieces keeps its contract over all of them, with one piece in memory at a time.

Order is looked at across each border. Of the keys 128 bits are kept, sixteen bytes a row: two rows of which these agree
have the same key.
"""

from array import array
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from dougpt_schema.contract import ArrowStream, Contract
from dougpt_schema.errors import ContractError
from dougpt_schema.rows import first_disorder, first_duplicate

BETWEEN = "\x1f"


def checked_pieces(pieces: Iterable[ArrowStream], contract: Contract) -> Iterator[pa.Table]:
    """Yield the pieces with the contract's types, each checked by itself and against those before it.

    Raises:
        ContractError: The contract does not hold over all of them; what came before it broke has been yielded.
    """
    order, keys, last = list(contract.order), KeyHashes(contract), None
    for data in pieces:
        piece = contract.check(contract.conform(data))
        if piece.num_rows == 0:
            continue
        if last is not None and order:
            border = pa.concat_tables([last, piece.slice(0, 1).select(order)])
            if first_disorder(border, contract.order) is not None:
                raise ContractError(contract.name, f"is not sorted by {', '.join(order)} from one piece to the next")
        last = piece.slice(piece.num_rows - 1).select(order)
        keys.add(piece)
        yield piece
    keys.check()


class KeyHashes:
    """What is kept of the keys of a contract's rows."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._one = array("q")
        self._other = array("q")

    def add(self, rows: pa.Table) -> None:
        """Note the keys of further rows."""
        if not self._contract.key:
            return
        columns = [rows[name].cast(pa.string()) for name in self._contract.key]
        keys = pc.binary_join_element_wise(*columns, BETWEEN).to_pylist()
        self._one.extend(map(hash, keys))
        # Python's hash is a keyed one: of a text that is one character longer it is another 64 bits.
        self._other.extend([hash(key + BETWEEN) for key in keys])

    def check(self) -> None:
        """Raise ContractError where a key came twice."""
        halves = {"one": _column(self._one), "other": _column(self._other)}
        repeated = first_duplicate(pa.table(halves), ("one", "other"), ())
        if repeated is not None:
            rule = f"has a key ({', '.join(self._contract.key)}) that is not unique"
            raise ContractError(self._contract.name, rule, bad_rows=repeated.rows, first_bad_row=repeated.first)


def _column(numbers: "array[int]") -> pa.Array:
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])
