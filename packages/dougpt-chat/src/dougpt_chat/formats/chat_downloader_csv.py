"""CSV of chat-downloader: its JSON laid flat, one column a key, with dots between the levels.

The first schema has `author`, later ones `author.name` and so on; lists stand as Python writes them. The
columns may come in any order.
"""

import ast
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import count

import msgspec

from dougpt_chat.formats.chat_downloader import SHAPE, Item, take_items
from dougpt_chat.formats.delimited import Rows, header_of
from dougpt_chat.formats.json_records import read_leniently
from dougpt_chat.formats.message import Batch, ParseNotes, RejectedRecord
from dougpt_chat.formats.text_lines import BATCH_MESSAGES
from dougpt_chat.opening import ExportBytes

NAME = "chat_downloader_csv"
DELIMITER = ","
LISTS = frozenset({"emotes", "author.badges", "badges"})
LONGEST_LIST = 1 << 16


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin chat-downloader's CSV, or None where it does."""
    header = set(header_of(head, DELIMITER))
    if not {"message", "message_type"} & header:
        return "no column message"
    if not {"timestamp", "time_in_seconds", "time_text"} & header:
        return "none of its columns of time: timestamp, time_in_seconds, time_text"
    its_own = {"time_text", "time_in_seconds", "action_type", "message_type", "author.name"} & header
    return None if its_own else "none of the columns that mark it: time_text, time_in_seconds, action_type, author.name"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file; rows count from the first below the header."""
    rows = Rows(source, DELIMITER, notes)
    header: list[str] = []
    batch = Batch()
    for number, cells in enumerate(rows, start=-1):
        if number < 0:
            header = [] if isinstance(cells, str) else [cell.strip() for cell in cells]
        elif isinstance(cells, str):
            batch.rejected.append(RejectedRecord(number, cells, "the row cannot be taken apart"))
        elif len(cells) != len(header):
            detail = f"{len(cells)} cells under {len(header)} columns"
            batch.rejected.append(RejectedRecord(number, "other_cells", detail))
        else:
            _take(dict(zip(header, cells, strict=True)), number, batch, notes)
        if len(batch.messages) >= BATCH_MESSAGES:
            yield batch
            batch = Batch()
    notes.cut = rows.cut
    yield batch


def _take(cells: dict[str, str], number: int, batch: Batch, notes: ParseNotes) -> None:
    repairs: Counter[str] = Counter()
    try:
        item = read_leniently(_unflattened(cells), Item, SHAPE.essential, repairs)
    except msgspec.ValidationError as error:
        batch.rejected.append(RejectedRecord(number, "not_a_message", str(error)))
        return
    notes.repairs.update(repairs)
    taken = take_items([item], count(number), notes)
    batch.messages += taken.messages
    batch.rejected += taken.rejected


def _unflattened(cells: dict[str, str]) -> dict[str, object]:
    """The item that a row was; an empty cell is an absent key."""
    item: dict[str, object] = {}
    for name, text in cells.items():
        if not text:
            continue
        value = _listed(text) if name in LISTS and text.startswith("[") else text
        outer, dot, inner = name.partition(".")
        if not dot:
            item.setdefault(name, value)
        elif isinstance(level := item.setdefault(outer, {}), dict):
            level[inner] = value
    return item


def _listed(text: str) -> object:
    """A list that was written as Python writes it, or the text where it cannot be read."""
    if len(text) > LONGEST_LIST:
        return text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return text
