"""A file of any format that was cut anywhere gives every message that is whole in it, and says that it was cut."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from chat_exports import EXPORTS, START, Line
from dougpt_chat import BrokenExportError, TruncatedExportError, read_chat
from dougpt_chat.formats import FORMATS
from dougpt_chat.formats.message import ChatMessage, ParseNotes
from dougpt_chat.opening import ExportBytes
from dougpt_schema import DougptError
from hypothesis import given, settings
from hypothesis import strategies as st

RECORDING = "0123456789abcdef"
Saved = Callable[[bytes], Path]
LINES = [
    Line(f"id-{number}", 3000 * number + 500, f"user{number}", ((f"so, mark{number}x, said é👍 {number}", None),))
    for number in range(6)
]
# Nothing can be read of a table in Parquet without its end.
CUTTABLE = [name for name in EXPORTS if name != "parquet"]
# A text's last line may have lost its end alone, so it is kept, and said to be doubtful.
TEXTS = {
    name
    for name, export in EXPORTS.items()
    if export.format.endswith(("_text", "_srt", "_ssa", "_csv")) or export.format in {"justlog", "chatterino", "table"}
} | {"irc"}


def parsed(path: Path, name: str) -> tuple[list[ChatMessage], ParseNotes]:
    notes = ParseNotes()
    batches = list(FORMATS[EXPORTS[name].format].parse(ExportBytes(path), notes))
    rejected = [record for batch in batches for record in batch.rejected]
    # A last row that lost its text alone is a row without text.
    assert not rejected or (name in TEXTS and notes.cut is not None and len(rejected) == 1)
    return [message for batch in batches for message in batch.messages], notes


def said(message: ChatMessage) -> str:
    return "".join(text for text, _ in message.fragments).rstrip()


@settings(max_examples=20)
@given(share=st.floats(0.001, 1, exclude_max=True))
@pytest.mark.parametrize("name", CUTTABLE)
def test_the_messages_before_a_cut_are_kept_and_no_other(name: str, share: float, saved: Saved) -> None:
    whole = EXPORTS[name].write(LINES)
    part = whole[: int(share * len(whole))]
    try:
        kept, notes = parsed(saved(part), name)
    except BrokenExportError:  # a table without all of its header
        assert b"mark0x" not in part
        return
    except DougptError:
        assert not part.strip()
        return
    if not part:
        return

    there = (part.decode("utf-16-le", "replace") if name == "old_html" else part.decode(errors="replace")).replace(
        "\\u00e9", "é"
    )
    begun = sum(f"mark{number}" in there for number in range(len(LINES)))
    assert begun - 1 <= len(kept) <= begun + (name in TEXTS)
    expected = [line.text for line in LINES]
    for message, text in zip(kept[:-1], expected, strict=False):
        assert said(message) == text
    if kept and name in TEXTS and notes.cut is not None:
        assert expected[len(kept) - 1].startswith(said(kept[-1]).rstrip("\ufffd"))
    elif kept:
        assert said(kept[-1]) == expected[len(kept) - 1]
    if notes.cut is None:
        assert part.endswith((b"\n", b"\n\0", b"}")) or part.rstrip(b"\r\n\0") == whole.rstrip(b"\r\n\0")


@pytest.mark.parametrize("name", CUTTABLE)
def test_a_cut_is_in_the_report(name: str, saved: Saved) -> None:
    whole = EXPORTS[name].write(LINES)
    at = whole.rfind("mark5x".encode("utf-16-le") if name == "old_html" else b"mark5x") + 2
    path = saved(whole[:at])
    # An open quotation mark shows that something is missing, and so does an object.
    certain = name not in TEXTS or name in {"cd_old_csv", "cd_csv", "csv"}

    if certain:
        with pytest.raises(TruncatedExportError) as caught:
            read_chat(path, recording_id=RECORDING, broadcast_start=START, allow_truncated=False)
        assert caught.value.complete == 5
    found = read_chat(path, recording_id=RECORDING, broadcast_start=START, allow_truncated=certain)

    assert found.report.truncated
    assert found.report.cut is not None
    assert found.report.counts.messages == 6 - certain - (name == "tcd_csv")


@pytest.mark.parametrize("name", CUTTABLE)
def test_a_cut_gzip_file_gives_what_can_be_unpacked(name: str, saved: Saved) -> None:
    packed = gzip.compress(EXPORTS[name].write(LINES), mtime=0)

    kept, notes = parsed(saved(packed[:-12]), name)

    assert notes.cut is not None
    assert 1 <= len(kept) <= len(LINES)


def test_parquet_without_its_end_is_refused_with_the_reason(saved: Saved) -> None:
    whole = EXPORTS["parquet"].write(LINES)

    for at in (4, len(whole) // 2, len(whole) - 1):
        with pytest.raises(BrokenExportError, match="Parquet that cannot be read"):
            read_chat(saved(whole[:at]), recording_id=RECORDING, allow_truncated=True)


def test_a_text_whose_last_line_has_no_end_is_read_whole_and_says_so(saved: Saved) -> None:
    text = EXPORTS["td_text"].write(LINES).rstrip(b"\n")

    found = read_chat(saved(text), recording_id=RECORDING, allow_truncated=False)

    assert found.events.num_rows == len(LINES)
    assert "the last line has no end" in str(found.report.cut)


def test_a_last_line_that_is_half_a_record_is_no_reject(saved: Saved) -> None:
    text = EXPORTS["cd_jsonl"].write(LINES)

    found = read_chat(saved(text + b'{"message": "ha'), recording_id=RECORDING, allow_truncated=True)

    assert found.report.truncated
    assert not found.report.counts.rejects
    assert found.report.counts.messages == len(LINES)


def test_a_record_without_end_does_not_fill_the_memory(saved: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dougpt_chat.formats.json_lines.LONGEST_RECORD_BYTES", 10_000)
    text = EXPORTS["cd_jsonl"].write(LINES) + json.dumps({"message": "x" * 100_000}).encode()

    notes = ParseNotes()
    source = ExportBytes(saved(text), 4_000)
    kept = [message for batch in FORMATS["chat_downloader"].parse(source, notes) for message in batch.messages]

    assert len(kept) == len(LINES)
    assert notes.cut is not None
    assert "longer than" in notes.cut.cause
