"""What checking a contract costs: ten million rows, beside writing the same table with no check at all.

    just bench schema [ROWS]

Each step runs in a process of its own; memory is the peak of that process, the table included.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from dougpt_schema import CHAT_EVENTS, read_table, write_table

ROWS = 10_000_000


def chat(rows: int) -> pa.Table:
    """A sorted chat of `rows` messages with ids of 32 characters and texts of about 16."""
    number = pa.array(range(rows), pa.int64())
    text = pc.cast(number, pa.string())
    # Ids in an order of their own: reversed digits, so that the key does not lead the order of time.
    ids = pc.utf8_rpad(pc.utf8_reverse(text), 32, "0")
    constant = {
        "recording_id": "0123456789abcdef",
        "offset_precision_ms": 1,
        "offset_source": "rebuilt",
        "clock_segment": 0,
        "kind": "message",
        "author": "fedcba9876543210",
        "confidence": 1.0,
        "origin": "made",
        "source_id": "0123456789abcdef",
    }
    columns = []
    for field in CHAT_EVENTS.fields:
        match field.name:
            case "event_id":
                columns.append(ids)
            case "offset_ms" | "source_row":
                columns.append(number)
            case "text":
                columns.append(pc.binary_join_element_wise("message", text, " "))
            case "emotes" | "badges":
                offsets = pa.repeat(pa.scalar(0, pa.int32()), rows + 1)
                columns.append(pa.ListArray.from_arrays(offsets, pa.nulls(0, field.type.value_type), type=field.type))
            case name if name in constant:
                columns.append(pa.repeat(pa.scalar(constant[name], field.type), rows))
            case _:
                columns.append(pa.nulls(rows, field.type))
    return pa.Table.from_arrays(columns, schema=CHAT_EVENTS.schema)


def peak_mb() -> float:
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def step(name: str, path: Path, rows: int) -> dict[str, float]:
    """One step, in a process of its own: its seconds and the peak of the whole process."""
    table = chat(rows) if not name.endswith("read_table") else None
    work: dict[str, Callable[[], object]] = {
        "the table alone": lambda: None,
        "check": lambda: CHAT_EVENTS.check(table),
        "write_table": lambda: write_table(table, path, CHAT_EVENTS),
        "pq.write_table": lambda: pq.write_table(table, str(path), compression="zstd"),
        "pq.read_table": lambda: pq.read_table(str(path)),
        "read_table": lambda: read_table(path, CHAT_EVENTS),
    }
    start = time.perf_counter()
    work[name]()
    return {"seconds": time.perf_counter() - start, "peak_mb": peak_mb()}


def main() -> None:
    """Run every step and print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        print(f"{rows:,} chat events")
        print(f"{'step':<16}{'seconds':>9}{'peak MB':>10}")
        for name in ("the table alone", "pq.write_table", "check", "write_table", "pq.read_table", "read_table"):
            command = [sys.executable, __file__, "--step", name, f"{folder}/chat.parquet", str(rows)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout)
            print(f"{name:<16}{found['seconds']:>9.1f}{found['peak_mb']:>10.0f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        print(json.dumps(step(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))))
    else:
        main()
