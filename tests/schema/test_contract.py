"""A contract accepts exactly the tables that keep it, and names the first row that does not."""

import re

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from dougpt_schema import CHAT_EVENTS, CONTRACTS, GAPS, LINKS, SAMPLES, SOURCES, WORDS, Contract, ContractError
from dougpt_schema.rows import ROWS_AT_ONCE
from dougpt_schema.testing import tables
from hypothesis import given, settings
from hypothesis import strategies as st

every_contract = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
GAP = {"recording_id": "r", "from_ms": 0, "to_ms": 10, "cause": "muted"}
LINK = {
    "recording_id": "r",
    "event_id": "e",
    "probability": 0.5,
    "runner_up": 0.0,
    "background": 0.5,
    "accepted": False,
    "reason": "background",
    "decided_by": "model",
    "certified": False,
}


def without_check(contract: Contract, *rows: dict) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(contract.schema.names), **row} for row in rows], contract.schema)


@every_contract
@settings(max_examples=12)
@given(data=st.data())
def test_what_the_strategy_makes_keeps_the_contract(contract: Contract, data: st.DataObject) -> None:
    table = data.draw(tables(contract, max_rows=6))

    assert contract.check(table) is table
    assert table.schema.names == contract.schema.names


@every_contract
@settings(max_examples=12)
@given(data=st.data())
def test_a_null_where_none_may_stand_is_found_in_its_row(contract: Contract, data: st.DataObject) -> None:
    table = data.draw(tables(contract, min_rows=1, max_rows=6))
    required = [field.name for field in contract.fields if not field.nullable]
    name = data.draw(st.sampled_from(required))
    row = data.draw(st.integers(0, table.num_rows - 1))
    values = table[name].to_pylist()
    values[row] = None
    broken = table.set_column(
        table.schema.get_field_index(name), contract.schema.field(name), pa.array(values, table.schema.field(name).type)
    )

    with pytest.raises(ContractError, match=rf"{contract.name}\.{name} is null in 1 row, first in row {row}\b"):
        contract.check(broken)


@given(table=tables(CHAT_EVENTS, min_rows=1, max_rows=6), data=st.data())
def test_nulls_inside_lists_and_structs_are_found(table: pa.Table, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, table.num_rows - 1))
    emotes = table["emotes"].to_pylist()
    emotes[row] = [
        {"name": "Kappa", "id": None, "start": 0, "end": 5},
        {"name": None, "id": None, "start": 0, "end": 5},
    ]
    column = pa.array(emotes, CHAT_EVENTS.schema.field("emotes").type)
    broken = table.set_column(table.schema.get_field_index("emotes"), "emotes", column)

    with pytest.raises(ContractError, match=re.escape("chat_events.emotes[].name is null in 1 row")) as caught:
        CHAT_EVENTS.check(broken)
    assert caught.value.first_bad_row == row


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cause": "tea"}, r"gaps.cause is not one of muted, cut, advert, damaged, no_signal in 1 row"),
        ({"to_ms": -1}, r"gaps.to_ms lies before from_ms in 1 row, first in row 0 \(recording_id='r', from_ms=0"),
    ],
)
def test_values_that_break_a_rule_are_named(change: dict, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        GAPS.check(without_check(GAPS, GAP | change))


@pytest.mark.parametrize(("contract", "column"), [(SOURCES, "broadcast_start"), (CHAT_EVENTS, "sent_at")])
@settings(max_examples=12)
@given(data=st.data())
def test_times_that_no_datetime_holds_are_refused(contract: Contract, column: str, data: st.DataObject) -> None:
    table = data.draw(tables(contract, min_rows=1, max_rows=2))
    first_ms, last_ms = -62_135_596_800_000, 253_402_300_799_999
    ms = data.draw(st.integers(-(2**62), 2**62) | st.sampled_from([first_ms - 1, first_ms, last_ms, last_ms + 1]))
    field = contract.schema.field(column)
    times = pa.array([ms] * table.num_rows, pa.int64()).cast(field.type)
    table = table.set_column(table.schema.get_field_index(column), field, times)

    if first_ms <= ms <= last_ms:
        contract.check(table).to_pylist()
    else:
        with pytest.raises(ContractError, match=rf"{column} lies outside of the years 1 to 9999"):
            contract.check(table)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"probability": 1.5}, "probability"),
        ({"probability": float("nan")}, "probability"),
        ({"reason": None}, "reason"),
        ({"accepted": True}, "reason"),
        ({"accepted": True, "reason": None}, "utterance_id"),
        ({"decided_by": "coin"}, "decided_by"),
    ],
)
def test_a_link_has_a_reason_exactly_where_it_is_not_accepted(change: dict, column: str) -> None:
    LINKS.check(without_check(LINKS, LINK))
    with pytest.raises(ContractError) as caught:
        LINKS.check(without_check(LINKS, LINK | change))
    assert caught.value.column == column


@given(table=tables(WORDS, min_rows=2, max_rows=8), data=st.data())
def test_rows_out_of_order_are_refused_and_sorting_mends_them(table: pa.Table, data: st.DataObject) -> None:
    shuffled = table.take(data.draw(st.permutations(range(table.num_rows))))

    if shuffled.equals(table):
        WORDS.check(shuffled)
    else:
        with pytest.raises(ContractError, match="is not sorted by recording_id, word_id"):
            WORDS.check(shuffled)
    assert WORDS.sort(shuffled).equals(table)


@every_contract
@settings(max_examples=12)
@given(data=st.data())
def test_a_repeated_key_is_refused(contract: Contract, data: st.DataObject) -> None:
    table = data.draw(tables(contract, min_rows=1, max_rows=5))
    again = contract.sort(pa.concat_tables([table, table.slice(table.num_rows - 1)]))

    if contract.key:
        with pytest.raises(ContractError, match="that is not unique in 1 row"):
            contract.check(again)
    else:
        contract.check(again)


def test_repeated_ids_are_found_far_apart_in_a_long_table() -> None:
    rows = 3 * ROWS_AT_ONCE + 10
    ids = [f"{row:x}" for row in range(rows)]
    ids[rows - 3] = ids[5]
    one = CHAT_EVENTS.table([_plain_event()])
    table = one.take(pa.array([0] * rows, pa.int64()))
    table = table.set_column(table.schema.get_field_index("event_id"), CHAT_EVENTS.schema.field("event_id"), [ids])
    offsets = pa.array(range(rows), pa.int64())
    table = table.set_column(table.schema.get_field_index("offset_ms"), CHAT_EVENTS.schema.field("offset_ms"), offsets)

    with pytest.raises(ContractError, match="not unique in 1 row") as caught:
        CHAT_EVENTS.check(table)
    assert caught.value.first_bad_row == rows - 3


def _plain_event() -> dict:
    return {
        "recording_id": "r",
        "event_id": "e",
        "offset_ms": 0,
        "offset_precision_ms": 0,
        "offset_source": "exact",
        "clock_segment": 0,
        "kind": "message",
        "text": "hi",
        "emotes": [],
        "badges": [],
        "confidence": 1.0,
        "origin": "made",
        "source_id": "s",
        "source_row": 0,
    }


@every_contract
@settings(max_examples=12)
@given(data=st.data())
def test_polars_and_pandas_tables_conform(contract: Contract, data: st.DataObject) -> None:
    table = data.draw(tables(contract, min_rows=1, max_rows=4))

    conformed = contract.conform(pl.from_arrow(table))

    assert contract.check(conformed).equals(table)
    if contract is GAPS:
        assert contract.conform(pd.DataFrame(table.to_pydict())).equals(table)


def test_a_cast_that_would_lose_something_is_refused() -> None:
    floats = pa.table({"recording_id": ["r"], "from_ms": [0.5], "to_ms": [1.0], "cause": ["cut"]})

    with pytest.raises(ContractError, match=r"gaps\.from_ms is double, not int64"):
        GAPS.conform(floats)


def test_further_columns_are_kept_behind() -> None:
    table = GAPS.table([GAP]).add_column(0, "mine", pa.array([1]))

    assert GAPS.check(GAPS.conform(table)).schema.names == [*GAPS.schema.names, "mine"]


def test_a_missing_column_is_named_and_a_nullable_one_is_filled() -> None:
    words = WORDS.empty()

    with pytest.raises(ContractError, match=r"words\.normal is missing"):
        WORDS.conform(words.drop_columns(["normal"]))
    assert WORDS.conform(words.drop_columns(["speaker"])).schema.names == WORDS.schema.names


def test_what_is_no_table_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="list does not speak the Arrow C stream protocol"):
        GAPS.conform([GAP])


def test_samples_without_a_reply_are_refused() -> None:
    row = {
        "sample_id": "s",
        "recording_id": "r",
        "split": "train",
        "context": [],
        "prompt": "hello",
        "responses": [],
        "rate_bucket": "slow",
        "utterance_ids": [0],
        "links_fingerprint": "f",
    }
    with pytest.raises(ContractError, match=r"samples\.responses is empty"):
        SAMPLES.table([row])
