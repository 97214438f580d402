"""A chat read in a stream is the chat read at once: the same rows in the same order, however few are held."""

import errno
import string
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from dougpt_chat import NoSpaceError, Room, read_chat, stream_chat
from dougpt_chat.collect import Collected, collect
from dougpt_chat.errors import TruncatedExportError
from dougpt_chat.formats.message import Batch, ChatMessage
from dougpt_chat.id_keys import first_of_each, id_keys
from dougpt_chat.in_order import in_order
from dougpt_chat.spill import Spill
from dougpt_schema import CHAT_EVENTS, read_table, write_pieces, write_table
from hypothesis import given, settings
from hypothesis import strategies as st

RECORDING = "0123456789abcdef"
UUIDS = st.uuids().map(str)
IDS = st.lists(UUIDS | UUIDS.map(str.upper) | st.text(string.hexdigits + "- é", max_size=40) | st.none(), max_size=30)


# So little that a handful of messages goes to disk, and blocks of a few records.
TINY = {"block_bytes": 2000, "memory_bytes": 0, "write_bytes": 500, "stretch_rows": 7, "held_rows": 20}


@pytest.mark.parametrize("order", ["in time", "backwards", "shuffled", "all at once"])
def test_a_stream_gives_the_rows_that_reading_at_once_gives(
    order: str,
    say: Callable[..., object],
    document: Callable[..., bytes],
    saved: Callable[[bytes], Path],
    tmp_path: Path,
) -> None:
    numbers = list(range(300))
    if order == "backwards":
        numbers.reverse()
    elif order != "in time":
        numbers = np.random.default_rng(1).permutation(300).tolist()
    messages = [
        say(
            ((f"word {n} @p{n % 5} ", None), ("Kappa", "25")),
            at_ms=3000 if order == "all at once" else n * 1237,
            id=f"m-{n % 280}" if n % 3 else "",
            login=f"p{n % 7}",
        )
        for n in numbers
    ]
    path = saved(document(messages))
    raw_texts: list[pa.Table] = []
    with stream_chat(path, recording_id=RECORDING, room=Room(tmp_path, **TINY)) as stream:
        pieces = list(stream.events(raw_texts.append))
        rows = write_pieces(pieces, tmp_path / "streamed.parquet", CHAT_EVENTS)
        report = stream.report()

    at_once = read_chat(path, recording_id=RECORDING)

    assert len(pieces) > 10 or order == "all at once"
    assert rows == at_once.events.num_rows == 300 - at_once.report.counts.duplicates
    assert read_table(tmp_path / "streamed.parquet", CHAT_EVENTS) == at_once.events
    assert pa.concat_tables(raw_texts) == at_once.raw_texts
    assert at_once.raw_texts["event_id"].to_pylist() == at_once.events["event_id"].to_pylist()
    assert report == at_once.report
    assert [file.name for file in tmp_path.iterdir()] == ["streamed.parquet"]
    write_table(at_once.events, tmp_path / "whole.parquet", CHAT_EVENTS)
    assert (tmp_path / "whole.parquet").read_bytes() == (tmp_path / "streamed.parquet").read_bytes()


@settings(deadline=None, max_examples=40)
@given(
    times=st.lists(st.integers(-50, 50), max_size=60),
    cuts=st.integers(1, 9),
    stretch_rows=st.integers(1, 20),
    held_rows=st.integers(0, 30),
)
def test_any_order_becomes_the_order_of_time(times: list[int], cuts: int, stretch_rows: int, held_rows: int) -> None:
    schema = pa.schema([("recording_id", pa.string()), ("offset_ms", pa.int64()), ("event_id", pa.string())])
    whole = pa.table([["r"] * len(times), times, [f"e{row * 7919 % 101}" for row in range(len(times))]], schema=schema)
    tables = [whole.slice(at, cuts) for at in range(0, len(times), cuts)]

    found = list(
        in_order(tables, np.array(times, dtype=np.int64), schema, Room(stretch_rows=stretch_rows, held_rows=held_rows))
    )

    assert pa.concat_tables([schema.empty_table(), *found]) == whole.sort_by(
        [("offset_ms", "ascending"), ("event_id", "ascending")]
    )


@given(ids=IDS)
def test_equal_ids_and_no_others_have_equal_keys(ids: list[str | None]) -> None:
    one_by_one = [tuple(id_keys(pa.array([name], pa.string()))[0]) for name in ids]

    together = [tuple(key) for key in id_keys(pa.array(ids, pa.string()))]

    assert together == one_by_one
    for name, key in zip(ids, together, strict=True):
        assert [other for other, its in zip(ids, together, strict=True) if its == key] == [name] * ids.count(name)


@given(ids=st.lists(UUIDS, min_size=1, max_size=20), cut=st.integers(0, 5))
def test_keys_do_not_depend_on_where_an_array_begins(ids: list[str], cut: int) -> None:
    whole = pa.array(ids, pa.string())

    assert (id_keys(whole.slice(cut)) == id_keys(whole)[cut:]).all()


@given(numbers=st.lists(st.integers(0, 8), max_size=40), among=st.data())
def test_the_first_of_each_is_kept(numbers: list[int], among: st.DataObject) -> None:
    chosen = among.draw(st.lists(st.booleans(), min_size=len(numbers), max_size=len(numbers)))
    keys_NK = id_keys(pa.array([f"id-{number}" for number in numbers], pa.string()))

    kept_N = first_of_each(keys_NK, np.array(chosen, dtype=bool))

    usable = [number if use else None for number, use in zip(numbers, chosen, strict=True)]
    assert kept_N.tolist() == [number is not None and number not in usable[:row] for row, number in enumerate(usable)]


def test_batches_come_back_in_order_from_memory_and_disk(tmp_path: Path) -> None:
    schema = pa.schema([("n", pa.int64())])
    batches = [pa.record_batch([list(range(first, first + 50))], schema=schema) for first in range(0, 500, 50)]

    with Spill(schema, Room(tmp_path, memory_bytes=1000)) as spill:
        for batch in batches:
            spill.append(batch)
        assert list(spill.batches()) == list(spill.batches()) == batches
        spill.append(batches[0])
        assert list(spill.batches()) == [*batches, batches[0]]
        assert not list(tmp_path.iterdir())


def test_a_full_disk_is_said_with_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    schema = pa.schema([("n", pa.int64())])

    with Spill(schema, Room(tmp_path, memory_bytes=0)) as spill, pytest.raises(NoSpaceError) as caught:
        spill.append(pa.record_batch([[1]], schema=schema))

    assert str(tmp_path) in str(caught.value)
    assert "No space left" in str(caught.value)


def test_what_cannot_be_meant_is_left_out_and_the_message_kept() -> None:
    times = [12.5, 1e9, float("inf"), 10**400, None]
    messages = [
        ChatMessage(row, [("x", None)], offset_s=s, bits=bits)
        for row, (s, bits) in enumerate(zip(times, [7, -1, 1 << 50, 1 << 90, None], strict=True))
    ]

    found: Collected = collect([Batch(messages)])

    assert len(found) == 5
    assert found.offset_s_N[0] == 12.5
    assert np.isnan(found.offset_s_N[1:]).all()
    ((_, batch),) = found.batches()
    assert batch.column("bits").to_pylist() == [7, None, None, None, None]


def test_a_cut_export_is_refused_before_anything_is_staged(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    text = document([say((("x", None),), id=f"m-{n}") for n in range(9)])

    with pytest.raises(TruncatedExportError, match="complete messages"):
        stream_chat(saved(text[: len(text) // 2]), recording_id=RECORDING, allow_truncated=False)
