"""HTML of TwitchDownloader: one `<pre class="comment-root">` a message, in UTF-8 or, from old versions, UTF-16.

The login stands in the link to the author, the name as shown in its text. Emotes carry their own name in an
invisible element; pictures in the style sheet are skipped unread. Times are whole seconds. TwitchDownloader
has already made several spaces one.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from dougpt_chat.formats.message import Batch, ChatMessage, Cut, ExportHeader, ParseNotes, RejectedRecord
from dougpt_chat.formats.text_lines import BATCH_MESSAGES
from dougpt_chat.formats.times import clock_seconds
from dougpt_chat.opening import ExportBytes

NAME = "twitchdownloader_html"
START, END = b'<pre class="comment-root"', b"</pre>"
DOCUMENT_END = b"</html>"
LONGEST_MESSAGE_BYTES = 1 << 20
TIME = re.compile(r"\[(-?\d+:\d\d:\d\d)\]")
LOGIN = re.compile(r"twitch\.tv/(\w+)/?$")
SHOWN = re.compile(r"(.*) \((\w+)\)$")
BADGE = re.compile(r"\bbadge-([\w-]+)-(\w+)\b")
EMOTE = re.compile(r"\b(?:first|third)-([\w-]+)\b")
EMOTE_ADDRESS = re.compile(r"/emoticons/v\d/([\w-]+)/")
INVISIBLE = frozenset({"invis-text", "text-hide"})
HEAD_OF_PAGE = re.compile(rb"\s*(?:<!doctype html|<html|<!--|<pre class=\"comment-root\")", re.IGNORECASE)


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin TwitchDownloader's HTML, or None where it does."""
    if HEAD_OF_PAGE.match(head) is None:
        return "it does not begin like a page"
    # Pictures in the style sheet may be all that the head holds.
    marks = (START, b"comment-root", b"comment-author", b".first-", b".third-", b".emote-image")
    return None if any(mark in head for mark in marks) else "no comment-root in it"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the page."""
    notes.header = ExportHeader(platform="twitch")
    batch, page = Batch(), _Page(source)
    for row, record in enumerate(page):
        _take(record, row, batch, notes)
        if len(batch.messages) >= BATCH_MESSAGES:
            yield batch
            batch = Batch()
    notes.cut = page.cut
    notes.repairs.update(source.repairs)
    yield batch


class _Page:
    """Yields the inside of each message's element; iterate once."""

    def __init__(self, source: ExportBytes) -> None:
        self.cut: Cut | None = None
        self._source = source

    def __iter__(self) -> Iterator[bytes]:
        at, text, tail = 0, b"", b""
        for block in self._source:
            text += block
            tail = (tail + block)[-1024:]
            done = 0
            while (start := text.find(START, done)) >= 0 and (end := text.find(END, start)) >= 0:
                # More than one where the end of a message is lost.
                yield from (START + piece for piece in text[start:end].split(START)[1:])
                done = end + len(END)
            keep = text.find(START, done)
            if keep < 0 or len(text) - keep > LONGEST_MESSAGE_BYTES:
                keep = max(done, len(text) - len(START))
            at, text = at + keep, text[keep:]
        if START in text:
            self.cut = Cut(at, self._source.damage or "the last message has no end")
        elif self._source.damage is not None:
            self.cut = Cut(at, self._source.damage)
        elif DOCUMENT_END not in tail.lower():
            self.cut = Cut(at, "the page has no end", certain=False)


def _take(record: bytes, row: int, batch: Batch, notes: ParseNotes) -> None:
    text = record.decode(errors="replace")
    notes.repairs["bad_utf8"] += "\ufffd" in text and text.encode() != record
    parser = _Message()
    try:
        parser.feed(text)
        parser.close()
    except AssertionError:  # what the parser of the standard library raises on some markup that ends nowhere
        batch.rejected.append(RejectedRecord(row, "not_a_message", "its markup cannot be read"))
        return
    time = TIME.search("".join(parser.before))
    if time is None:
        batch.rejected.append(RejectedRecord(row, "not_a_message", "no [time] before the author"))
        return
    shown = "".join(parser.author).strip()
    named = SHOWN.match(shown)
    batch.messages.append(
        ChatMessage(
            row,
            parser.fragments(),
            offset_s=clock_seconds(time[1]),
            login=parser.login or (named[2] if named else shown) or None,
            display_name=(named[1] if named else shown) or None,
            badges=tuple(parser.badges),
        )
    )


class _Message(HTMLParser):
    """Reads one message: what stands before the author, the author, and what was said."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[str] = []
        self.author: list[str] = []
        self.badges: list[str] = []
        self.login: str | None = None
        self._said: list[tuple[str, str | None]] = []
        self._part = "before"
        self._emote: str | None = None
        self._is_invisible = False

    def fragments(self) -> list[tuple[str, str | None]]:
        """The text in pieces, without the colon before it and the space behind it."""
        pieces = list(self._said)
        if pieces and pieces[0][0].startswith(":"):
            pieces[0] = (pieces[0][0].removeprefix(":").removeprefix(" "), None)
        return [piece for piece in pieces if piece[0]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        words = set(values.get("class", "").split())
        if "comment-author" in words:
            self._part = "author"
        elif "comment-message" in words:
            self._part = "said"
        elif words & INVISIBLE:
            self._is_invisible = True
        elif tag == "a" and self._part == "before" and (login := LOGIN.search(values.get("href", ""))):
            self.login = login[1]
        elif tag == "img":
            self._see(values)

    def handle_endtag(self, tag: str) -> None:
        if self._is_invisible and tag in {"div", "span"}:
            self._is_invisible = False
            self._emote = None
        elif tag == "span" and self._part == "author":
            self._part = "between"

    def handle_data(self, data: str) -> None:
        if self._part == "said":
            self._said.append((data, (self._emote or "") if self._is_invisible else None))
        elif self._part == "author":
            self.author.append(data)
        elif self._part == "before" and not self._is_invisible:
            self.before.append(data)

    def _see(self, values: dict[str, str]) -> None:
        """Take what a picture stands for: an emote in what was said, a badge before."""
        look = values.get("class", "")
        if self._part == "said":
            found = EMOTE.search(look) or EMOTE_ADDRESS.search(values.get("src", ""))
            self._emote = found[1] if found else ""
        elif self._part == "before" and (badge := BADGE.search(look)):
            self.badges.append(f"{badge[1]}/{badge[2]}")
        elif self._part == "before" and values.get("title"):
            self.badges.append(values["title"])
