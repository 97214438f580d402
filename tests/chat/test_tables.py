"""A table that somebody made is read by its header's words or by the columns named, and by the form of its times."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dougpt_chat import BrokenExportError, ChatRead, ChatSettings, UnknownFormatError, pseudonym, read_chat
from dougpt_chat.formats.times import clock_seconds, moment, time_of
from hypothesis import given
from hypothesis import strategies as st

RECORDING = "0123456789abcdef"
START = datetime(2024, 5, 4, 18, 0, 7, tzinfo=UTC)
Read = Callable[..., ChatRead]
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - given one
    lambda when: when.replace(microsecond=when.microsecond // 1000 * 1000)
)


@pytest.fixture(scope="module")
def read(saved: Callable[[bytes], Path]) -> Read:
    """Read a table's text."""

    def run(content: str | bytes, **more: Any) -> ChatRead:
        columns = more.pop("columns", {})
        path = saved(content if isinstance(content, bytes) else content.encode())
        more = {"broadcast_start": START, "settings": ChatSettings(columns=columns)} | more
        return read_chat(path, recording_id=RECORDING, **more)

    return run


@given(when=MOMENTS)
def test_a_moment_is_the_same_in_every_unit_and_spelling(when: datetime) -> None:
    seconds = when.timestamp()
    spellings: list[object] = [round(seconds * scale) for scale in (1e3, 1e6)] + [when, when.isoformat()]
    spellings += [str(round(seconds * 1e3)), when.strftime("%Y-%m-%d %H:%M:%S.%f UTC")]

    for value in spellings:
        offset_s, found = time_of(value)
        assert offset_s is None
        assert found is not None
        assert abs(found - when) < timedelta(milliseconds=1)


@given(ms=st.integers(-99_999_999, 9_999_999_999))
def test_seconds_of_the_video_are_the_same_as_number_and_as_clock(ms: int) -> None:
    hours, rest = divmod(abs(ms), 3_600_000)
    clock = f"{'-' if ms < 0 else ''}{hours}:{rest // 60_000:02d}:{rest % 60_000 / 1000:06.3f}"

    assert clock_seconds(clock) == pytest.approx(ms / 1000, abs=1e-6)
    assert time_of(clock) == (pytest.approx(ms / 1000, abs=1e-6), None)
    assert time_of(ms / 1000) == (ms / 1000, None)


@pytest.mark.parametrize("text", ["", "x", "1:2:3:4", "12", "2024-13-01 00:00:00", "nan", "inf", "1e999", "0:00:00:"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert clock_seconds(text) is None
    assert moment(text) is None
    if text != "12":
        assert time_of(text) == (None, None)


@pytest.mark.parametrize(
    "header",
    [
        "time,user_name,message",
        "Time In Seconds,User,Text",
        "offset;author;body",
        "content_offset_seconds\tcommenter\tcomment",
        "created_at,author.name,message",
        "VIDEO_OFFSET_MS|nick|msg",
    ],
)
def test_the_words_of_the_header_say_what_is_in_a_column(header: str, read: Read) -> None:
    delimiter = next(one for one in ";|\t," if one in header)
    first = header.partition(delimiter)[0]
    time = {"created_at": "2024-05-04T18:00:09.500Z", "VIDEO_OFFSET_MS": "2500"}.get(first, "2.5")

    found = read(f"{header}\r\n{time}{delimiter}Ann{delimiter}hello\r\n")

    (row,) = found.events.to_pylist()
    assert (row["offset_ms"], row["author"], row["text"]) == (2500, pseudonym("ann"), "hello")
    assert found.report.origin in {"table", "chat_downloader_csv"}


def test_a_setting_names_the_columns_that_the_header_does_not(read: Read) -> None:
    text = "wann,wer,was,text\n0:00:05,ann,hallo,note\n"
    with pytest.raises(UnknownFormatError, match=r"no column of times among wann, wer, was, text; chat\.columns"):
        read(text)

    found = read(text, columns={"time": "wann", "author": "wer", "message": "was"})

    (row,) = found.events.to_pylist()
    assert (row["offset_ms"], row["author"], row["text"]) == (5000, pseudonym("ann"), "hallo")
    with pytest.raises(BrokenExportError, match=r"the column 'wo', which chat\.columns gives for time, is not in it"):
        read(text, columns={"time": "wo"}, format="table")
    with pytest.raises(ValueError, match="columns has 'who', which is none of time, offset_ms"):
        ChatSettings(columns={"who": "wer"})


def test_a_table_without_authors_is_taken_for_chat_only_where_that_is_said(read: Read) -> None:
    text = "time,text\n1.5,hello\n"
    with pytest.raises(UnknownFormatError, match="no column of authors, as in a transcript of speech"):
        read(text)

    for more in ({"format": "table"}, {"columns": {"message": "text"}}):
        assert read(text, **more).events["text"].to_pylist() == ["hello"]


def test_cells_of_a_table_without_a_header_are_not_told(read: Read) -> None:
    with pytest.raises(UnknownFormatError) as caught:
        read("0:00:05,ann,a secret\n")

    assert "secret" not in str(caught.value)


def test_cells_may_hold_line_ends_delimiters_and_quotation_marks(read: Read) -> None:
    found = read('time,user,message\n1,ann,"a ""b"", c\nd"\n2,bob,say "hi" now\n3,cleo,"x"\n')

    assert found.events["text"].to_pylist() == ['a "b", c d', 'say "hi" now', "x"]


def test_a_row_that_is_broken_costs_itself_alone(read: Read) -> None:
    rows = "".join(f"{n},user{n},word{n}\n" for n in range(200))
    text = "time,user,message\n" + rows.replace("word5\n", '"word5\n').replace("word9\n", "word9,more\n")
    text = text.replace("word7\n", "\n").replace("12,user12", "x,user12")

    found = read(text)

    assert found.report.counts.rejects == {"no_time": 1, "not_a_message": 1, "open_quote": 1, "too_many_cells": 1}
    assert found.report.counts.messages == 200
    assert sorted(found.rejects["source_row"].to_pylist()) == [5, 7, 9, 12]


def test_a_table_in_parquet_is_read_by_its_columns(read: Read) -> None:
    columns = {
        "seconds": pa.array([1.25, None], pa.float64()),
        "sent_at": pa.array([None, START + timedelta(seconds=9)], pa.timestamp("us", tz="UTC")),
        "user": pa.array(["ann", None]).dictionary_encode(),
        "text": ["hello", "there"],
        "bits": pa.array([5, None], pa.int32()),
    }
    out = BytesIO()
    pq.write_table(pa.table(columns), out)

    rows = read(out.getvalue()).events.to_pylist()

    assert [(row["offset_ms"], row["author"], row["text"], row["bits"]) for row in rows] == [
        (1250, pseudonym("ann"), "hello", 5),
        (9000, None, "there", None),
    ]


def test_a_parquet_without_columns_of_chat_is_refused_by_name(read: Read) -> None:
    out = BytesIO()
    pq.write_table(pa.table({"a": [1], "b": [2]}), out)

    with pytest.raises(BrokenExportError, match="no column of messages among a, b"):
        read(out.getvalue())
