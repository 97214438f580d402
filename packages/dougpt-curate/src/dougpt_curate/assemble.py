"""Rows of samples out of turns and replies, in the types of the contract."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
from dougpt_schema import SAMPLES, DecidedBy

from dougpt_curate.accepted import Material
from dougpt_curate.dedupe import pair

MERGED = pa.list_(pa.struct([pa.field("event_id", pa.string()), pa.field("into", pa.string())]))
OWN = pa.schema(
    [("start_ms", pa.int64()), ("end_ms", pa.int64()), ("merged", MERGED), ("labelled", pa.list_(pa.string()))]
)
"""The columns of the dataset behind the contract's."""


def assembled(
    answered: pl.DataFrame, kept: pl.DataFrame, merged: pl.DataFrame, texts: pl.Series, material: Material
) -> pa.Table:
    """Return one row a turn, without `split`.

    Args:
        answered: Turns in the order of samples, with `context`.
        kept: Their replies in the same order.
        merged: `event`, `into` and `link` of the replies that were merged away.
        texts: The text of each `text_id`.
        material: Where the names of events stand.
    """
    names = material.events["event_id"]
    replies = [
        names.gather(kept["event"]),
        texts.gather(kept["text_id"]),
        *kept.select("style", "weight", "probability", "multiplicity"),
    ]
    copies = merged.join(kept.select("turn", into="event"), on="into").sort(pair("turn", "link"))
    pairs = [names.gather(copies["event"]), names.gather(copies["into"])]
    by_person = pl.Series(material.links["decided_by"] == DecidedBy.LABEL.value)
    held = pl.concat([kept.select("turn", "link"), copies.select("turn", "link")])
    held = held.filter(by_person.gather(held["link"])).sort(pair("turn", "link"))
    lists = {
        "context": (answered["context"].list.len(), [answered["context"].explode()]),
        "responses": (_counts(kept["turn"], answered["turn"]), replies),
        "utterance_ids": (answered["utterance_ids"].list.len(), [answered["utterance_ids"].explode()]),
        "merged": (_counts(copies["turn"], answered["turn"]), pairs),
        "labelled": (_counts(held["turn"], answered["turn"]), [material.links["event_id"].gather(held["link"])]),
    }
    schema = pa.schema([field for field in (*SAMPLES.schema, *OWN) if field.name != "split"])
    arrays = [
        _list(field.type, *lists[field.name]) if field.name in lists else _flat(answered[field.name], field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def with_splits(samples: pa.Table, splits: pl.Series) -> pa.Table:
    """Return samples with the split of each, all columns in their order."""
    table = samples.append_column(SAMPLES.schema.field("split"), _flat(splits.cast(pl.String), pa.string()))
    return table.select([*SAMPLES.schema.names, *OWN.names])


def list_column(rows: pl.DataFrame, samples: pa.Table, column: str) -> pa.Array:
    """Return a column of `samples` anew, of `rows` that name the `turn` to which each belongs, in its order."""
    kind = samples.schema.field(column).type
    counts = _counts(rows["turn"], pl.int_range(samples.num_rows, eager=True))
    inner = kind.value_type
    names = [field.name for field in inner] if pa.types.is_struct(inner) else [column]
    return _list(kind, counts, [rows[name] for name in names])


def offsets(lengths: pl.Series) -> pa.Array:
    """Return where lists of these lengths begin and end, as Arrow wants it."""
    return pa.array(np.concatenate([[0], np.cumsum(lengths.to_numpy())]).astype(np.int32))


def _counts(turns: pl.Series, of: pl.Series) -> pl.Series:
    """How often each turn of `of`, which are numbered from 0, stands in `turns`."""
    return pl.Series(np.bincount(turns.to_numpy().astype(np.int64), minlength=len(of)))


def _list(kind: pa.ListType, lengths: pl.Series, columns: Sequence[pl.Series]) -> pa.Array:
    inner = kind.value_type
    if pa.types.is_struct(inner):
        children = [_flat(column, field.type) for column, field in zip(columns, inner, strict=True)]
        values = pa.StructArray.from_arrays(children, fields=list(inner))
    else:
        values = _flat(columns[0], inner)
    return pa.ListArray.from_arrays(offsets(lengths), values, type=kind)


def _flat(column: pl.Series, kind: pa.DataType) -> pa.Array:
    found = column.to_arrow()
    return found if found.type == kind else found.cast(kind)
