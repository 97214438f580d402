"""The same chat in every format that people save it in gives the same messages, as far as each format can say them."""

import codecs
import gzip
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from chat_exports import EXPORTS, START, Line, chat
from dougpt_chat import ChatRead, pseudonym, read_chat
from dougpt_chat.formats import FORMATS
from hypothesis import given, settings
from hypothesis import strategies as st

RECORDING = "0123456789abcdef"
Saved = Callable[[bytes], Path]
# One-word texts: what every format can hold, without what each means by itself.
WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12)


def read(path: Path, **more: Any) -> ChatRead:
    return read_chat(path, recording_id=RECORDING, broadcast_start=START, source_id="s", **more)


def author_of(line: Line, name: str) -> str:
    return pseudonym(f"UC{line.login}" if EXPORTS[name].names == "channel" else line.login)


@pytest.mark.parametrize("name", EXPORTS)
def test_each_message_comes_with_all_that_the_format_says(name: str, saved: Saved) -> None:
    export, lines = EXPORTS[name], chat(24)

    found = read(saved(export.write(lines)))

    assert found.report.origin == export.format
    assert not found.report.counts.rejects
    assert not found.report.truncated
    assert not found.report.repairs.keys() - {"bad_utf8"}
    rows = sorted(found.events.to_pylist(), key=lambda row: row["source_row"])
    assert len(rows) == len(lines)
    for line, row in zip(lines, rows, strict=True):
        text = line.pieces[0][0].strip() if "first_piece" in export.keeps else line.text
        assert row["text"] == text
        assert row["author"] == author_of(line, name)
        assert abs(row["offset_ms"] - line.at_ms) < max(export.step_ms, row["offset_precision_ms"] + 1)
        if row["sent_at"] is not None:
            assert abs(row["sent_at"] - line.sent_at) < timedelta(milliseconds=export.step_ms)
        said_by_format(export.keeps, line, row)


def said_by_format(keeps: frozenset[str], line: Line, row: dict[str, Any]) -> None:
    if "id" in keeps:
        assert row["event_id"] == line.id
    if "emotes" in keeps:
        emotes = [(text, emote) for text, emote in line.pieces if emote]
        assert [(found["name"], found["id"]) for found in row["emotes"]] == emotes
        assert all(row["text"][found["start"] : found["end"]] == found["name"] for found in row["emotes"])
    if "badges" in keeps:
        assert row["badges"] == [f"{name}/{version}" for name, version in line.badges]
    if "bits" in keeps:
        assert (row["bits"] or 0) == line.bits
    if "action" in keeps:
        assert (row["kind"] == "action") == line.is_action
    if "reply" in keeps:
        assert row["reply_to"] == line.reply_to


@settings(max_examples=5)
@given(
    words=st.lists(WORDS, min_size=1, max_size=5), times=st.lists(st.integers(0, 30_000_000), min_size=5, max_size=5)
)
@pytest.mark.parametrize("name", EXPORTS)
def test_what_was_written_is_read(name: str, words: list[str], times: list[int], saved: Saved) -> None:
    lines = [
        Line(f"id-{number}", at_ms, f"user{number}", ((word, None),))
        for number, (word, at_ms) in enumerate(zip(words, sorted(times), strict=False))
    ]

    found = read(saved(EXPORTS[name].write(lines)), format=EXPORTS[name].format)

    got = {(row["author"], row["text"]) for row in found.events.to_pylist()}
    assert got == {(author_of(line, name), unicodedata.normalize("NFC", line.text)) for line in lines}
    assert not found.report.counts.rejects


@pytest.mark.parametrize("name", [name for name in EXPORTS if name not in {"parquet", "old_html"}])
def test_compression_encoding_and_line_ends_change_nothing(name: str, saved: Saved) -> None:
    content = EXPORTS[name].write(chat())
    plain = read(saved(content))
    unix = content.replace(b"\r\n", b"\n")

    for other in (
        gzip.compress(content),
        codecs.BOM_UTF8 + content,
        codecs.BOM_UTF16_LE + content.decode().encode("utf-16-le"),
        unix.replace(b"\n", b"\r\n"),
        b"\n\n" + content + b"\n \n" if EXPORTS[name].format != "twitchdownloader" else content,
    ):
        found = read(saved(other))

        assert found.events.equals(plain.events)
        assert found.report.origin == plain.report.origin
        assert not found.report.repairs.keys() - {"bad_utf8"}


def test_every_format_is_written_by_the_tests() -> None:
    assert {export.format for export in EXPORTS.values()} == set(FORMATS)


def test_the_guide_has_every_format() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "guide" / "chat-exports.md"

    assert [name for name in FORMATS if f"`{name}`" not in page.read_text(encoding="utf-8")] == []
