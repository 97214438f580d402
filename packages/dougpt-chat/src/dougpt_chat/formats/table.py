"""Tables of chat that somebody made: CSV, TSV, or with semicolons or bars, with a header.

The header's own words, or the setting `chat.columns`, say which column holds what. Times may be seconds, clocks,
moments, or numbers since 1970; each value tells by its form.
"""

from collections.abc import Iterator, Mapping

from dougpt_chat.errors import BrokenExportError
from dougpt_chat.formats.delimited import DELIMITERS, Rows, header_of
from dougpt_chat.formats.message import Batch, ParseNotes, RejectedRecord
from dougpt_chat.formats.table_columns import Columns, NoSuchColumnError, find_columns
from dougpt_chat.formats.text_lines import BATCH_MESSAGES
from dougpt_chat.opening import ExportBytes

NAME = "table"


def refuse(head: bytes, columns: Mapping[str, str] | None = None) -> str | None:
    """Say why `head` does not begin a table of chat, or None where it does."""
    if b"\0" in head[:4096] or head.lstrip()[:1] in {b"{", b"[", b"<"}:
        return "it is no delimited text"
    try:
        found = _layout(head, columns or {})[1]
    except NoSuchColumnError as error:
        return str(error)
    if columns or found.places["author"] or found.places["display_name"]:
        return None
    return "no column of authors, as in a transcript of speech; chat.columns can name one, or the format be named"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file; rows count from the first below the header.

    Raises:
        BrokenExportError: No column holds times or messages.
    """
    try:
        delimiter, columns = _layout(source.head(), notes.columns)
    except NoSuchColumnError as error:
        raise BrokenExportError(str(source.path), str(error)) from None
    rows = Rows(source, delimiter, notes)
    yield from _batches(rows, columns)
    notes.cut = rows.cut


def _batches(rows: Rows, columns: Columns) -> Iterator[Batch]:
    batch, width = Batch(), 0
    for number, cells in enumerate(rows, start=-1):
        if number < 0:
            width = len(cells)
        elif isinstance(cells, str):
            batch.rejected.append(RejectedRecord(number, cells, "the row cannot be taken apart"))
        elif len(cells) > width:
            batch.rejected.append(RejectedRecord(number, "too_many_cells", f"{len(cells)} cells under {width} columns"))
        else:
            columns.message(cells, number, batch)
        if len(batch.messages) >= BATCH_MESSAGES:
            yield batch
            batch = Batch()
    yield batch


def _layout(head: bytes, given: Mapping[str, str]) -> tuple[str, Columns]:
    """The delimiter and the columns of the first layout in which the header makes sense."""
    why: NoSuchColumnError | None = None
    for delimiter in sorted(DELIMITERS, key=lambda one: -len(header_of(head, one))):
        try:
            return delimiter, find_columns(header_of(head, delimiter), given)
        except NoSuchColumnError as error:
            why = why or error
    raise why or NoSuchColumnError("it has no first line")
