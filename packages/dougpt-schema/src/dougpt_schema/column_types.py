"""The Arrow types of the contracts, one spelling each."""

import pyarrow as pa

TEXT = pa.string()
ID = pa.string()
COUNT = pa.int64()
FLAG = pa.bool_()
SHARE = pa.float32()
NUMBER = pa.float64()
MILLISECONDS = pa.int64()
WALL_CLOCK = pa.timestamp("ms", tz="UTC")


def list_of(element: pa.DataType) -> pa.DataType:
    """A list whose elements are never null."""
    return pa.list_(pa.field("item", element, nullable=False))


TEXTS = list_of(TEXT)
COUNTS = list_of(COUNT)
