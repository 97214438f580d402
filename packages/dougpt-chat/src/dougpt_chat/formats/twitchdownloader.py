"""Chat JSON of TwitchDownloader, every version from the first without `FileInfo` to 1.4.0.

The versions differ in what they say of the video and of badges' pictures; the messages are Twitch's
`rechat` records throughout. Since November 2022 their offsets are whole seconds; `clock` deals with that.
"""

from collections.abc import Iterator

from dougpt_chat.formats.json_array import outer_keys
from dougpt_chat.formats.message import Batch, ParseNotes
from dougpt_chat.formats.rechat import KEY, read_document
from dougpt_chat.opening import ExportBytes

NAME = "twitchdownloader"


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin a TwitchDownloader document, or None where it does."""
    keys = outer_keys(head)
    if keys is None:
        return "it does not begin with {"
    if b"FileInfo" in keys or (b"streamer" in keys and (KEY in keys or b"video" in keys)):
        return None
    return "no FileInfo, and no streamer beside video or comments"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Return the messages in the order of the file.

    Raises:
        BrokenExportError: A whole document without a `comments` array.
    """
    return read_document(source, notes)
