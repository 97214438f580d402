"""A folder that `datasets.load_dataset` reads: Parquet by split, and a card whose head names files and features.

The same samples give the same bytes: no time, no path and no library version is written.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from dougpt_schema import SAMPLES, ArrowStream, atomic_write

DTYPES = {pa.string(): "string", pa.int64(): "int64", pa.int32(): "int32", pa.float32(): "float32"}
INDENT = 2


def write_parquet(samples: ArrowStream, path: Path) -> Path:
    """Write samples as a Parquet file of the samples contract's columns and nothing else."""
    table = SAMPLES.conform(samples).select(SAMPLES.schema.names)
    bare = table.cast(pa.schema([pa.field(one.name, one.type) for one in table.schema]))
    sink = pa.BufferOutputStream()
    pq.write_table(bare.combine_chunks(), sink, compression="zstd", store_schema=False)
    atomic_write(path, sink.getvalue().to_pybytes())
    return path


def write_dataset_folder(splits: Mapping[str, ArrowStream], folder: Path, card: str) -> list[Path]:
    """Write `data/<split>.parquet` and `README.md`, a card with the head that Hugging Face reads.

    Args:
        splits: Samples by split, in the order in which they are listed; empty ones are left out.
        folder: Where to write.
        card: The dataset card, in Markdown.

    Returns:
        The files written.
    """
    tables = {name: SAMPLES.conform(samples).select(SAMPLES.schema.names) for name, samples in splits.items()}
    kept = {name: table for name, table in tables.items() if table.num_rows}
    written = [write_parquet(table, folder / "data" / f"{name}.parquet") for name, table in kept.items()]
    readme = folder / "README.md"
    atomic_write(readme, f"{_head(kept)}\n{card}".encode())
    return [*written, readme]


def _head(tables: Mapping[str, pa.Table]) -> str:
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    for name in tables:
        lines += [f"  - split: {name}", f"    path: data/{name}.parquet"]
    lines += ["dataset_info:", "  features:", *_features(SAMPLES.schema, INDENT), "  splits:"]
    for name, table in tables.items():
        lines += [f"  - name: {name}", f"    num_examples: {table.num_rows}"]
    return "\n".join([*lines, "task_categories:", "- text-generation", "---"])


def _features(fields: Any, indent: int) -> Iterator[str]:
    space = " " * indent
    for field in fields:
        yield f"{space}- name: {field.name}"
        yield from _type(field.type, indent + 2)


def _type(kind: pa.DataType, indent: int) -> Iterator[str]:
    space = " " * indent
    if not pa.types.is_list(kind):
        yield f"{space}dtype: {DTYPES[kind]}"
    elif pa.types.is_struct(kind.value_type):
        yield f"{space}list:"
        yield from _features(kind.value_type, indent)
    else:
        yield f"{space}list: {DTYPES[kind.value_type]}"
