"""Chat as Twitch's v5 interface gave it until 2022, as RechatTool, tcd and others saved it.

Either `{"video": …, "comments": […]}` or the bare array of records. Keys that say nothing are absent.
"""

from collections.abc import Iterator

from dougpt_chat.formats.json_array import outer_keys
from dougpt_chat.formats.message import Batch, ParseNotes
from dougpt_chat.formats.rechat import KEY, read_document
from dougpt_chat.opening import ExportBytes

NAME = "twitch_v5"
MARK = b'"content_offset_seconds"'


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin a v5 document, or None where it does."""
    keys = outer_keys(head)
    if keys is None:
        return (
            None if head.lstrip().startswith(b"[") and MARK in head else f"neither {{ nor an array with {MARK.decode()}"
        )
    if KEY not in keys:
        return "no comments array at its beginning"
    if MARK not in head and b'"message"' in head:
        return f"comments without {MARK.decode()}"
    return None


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Return the messages in the order of the file.

    Raises:
        BrokenExportError: A whole document without a `comments` array.
    """
    return read_document(source, notes)
