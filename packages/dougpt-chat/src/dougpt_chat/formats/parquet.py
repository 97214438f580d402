"""Tables of chat in Parquet; columns as in `table`. One without its end cannot be read at all."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from dougpt_chat.errors import BrokenExportError
from dougpt_chat.formats.message import Batch, ParseNotes
from dougpt_chat.formats.table_columns import NoSuchColumnError, find_columns
from dougpt_chat.formats.text_lines import BATCH_MESSAGES
from dougpt_chat.opening import ExportBytes

NAME = "parquet"
MAGIC = b"PAR1"


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin Parquet, or None where it does."""
    return None if head.startswith(MAGIC) else "it does not begin with PAR1"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file.

    Raises:
        BrokenExportError: It is no whole Parquet, or no column holds times or messages.
    """
    try:
        with pq.ParquetFile(source.path) as file:
            header = file.schema_arrow.names
            columns = find_columns(header, notes.columns)
            needed = sorted({place for places in columns.places.values() for place in places})
            number = 0
            for part in file.iter_batches(BATCH_MESSAGES, columns=[header[place] for place in needed]):
                batch = Batch()
                for cells in _rows(part, needed, len(header)):
                    columns.message(cells, number, batch)
                    number += 1
                yield batch
    except NoSuchColumnError as error:
        raise BrokenExportError(str(source.path), str(error)) from None
    except (pa.ArrowException, OSError, UnicodeDecodeError, ValueError, OverflowError) as error:
        first_line = (str(error).splitlines() or ["no reason given"])[0]
        raise BrokenExportError(str(source.path), f"Parquet that cannot be read: {first_line}") from error


def _rows(part: pa.RecordBatch, places: list[int], width: int) -> Iterator[list[object]]:
    lists = [column.to_pylist() for column in part.columns]
    for values in zip(*lists, strict=True):
        cells: list[object] = [None] * width
        for place, value in zip(places, values, strict=True):
            cells[place] = value
        yield cells
