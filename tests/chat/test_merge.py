"""Two exports of one recording give each message once, at its finer time."""

from collections.abc import Callable
from pathlib import Path

import pytest
from dougpt_chat import ChatRead, merge_exports, read_chat
from dougpt_schema import CHAT_EVENTS
from hypothesis import given, settings
from hypothesis import strategies as st

RECORDING = "0123456789abcdef"
Numbers = st.sets(st.integers(0, 30), max_size=20)


@pytest.fixture(scope="module")
def export(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> Callable[..., ChatRead]:
    def run(numbers: set[int], *, whole_seconds: bool) -> ChatRead:
        messages = [
            say(((f"w{n} @p{n}", None),), at_ms=n * 1357 + 1, id=f"m-{n}", login=f"p{n}") for n in sorted(numbers)
        ]
        return read_chat(saved(document(messages, whole_seconds=whole_seconds)), recording_id=RECORDING)

    return run


@settings(deadline=None, max_examples=40)
@given(coarse=Numbers, fine=Numbers)
def test_each_message_stands_once_at_its_finer_time(
    coarse: set[int], fine: set[int], export: Callable[..., ChatRead]
) -> None:
    one, other = export(coarse, whole_seconds=True), export(fine, whole_seconds=False)

    merged = merge_exports([one, other])

    rows = {row["event_id"]: row for row in CHAT_EVENTS.check(merged.events).to_pylist()}
    assert set(rows) == {f"m-{n}" for n in coarse | fine}
    assert all(rows[f"m-{n}"]["offset_ms"] == n * 1357 + 1 for n in fine)
    counts = merged.report.counts
    assert (counts.messages, counts.events, counts.duplicates) == (
        len(coarse) + len(fine),
        len(coarse | fine),
        len(coarse & fine),
    )
    assert merged.names.num_rows == len(coarse | fine)
    assert merged.raw_texts["event_id"] == merged.events["event_id"]


def test_merging_one_export_changes_nothing(export: Callable[..., ChatRead]) -> None:
    one = export({1, 2, 3}, whole_seconds=False)

    merged = merge_exports([one])

    assert merged.events == one.events
    assert merged.names == one.names
    assert merged.name_hashes == one.name_hashes


def test_exports_on_different_clocks_are_said(export: Callable[..., ChatRead]) -> None:
    one = export({1, 2, 3}, whole_seconds=False)
    at = one.events.schema.get_field_index("offset_ms")
    late = one.events.set_column(at, "offset_ms", [[ms + 4000 for ms in one.events["offset_ms"].to_pylist()]])

    merged = merge_exports([one, ChatRead(late, one.rejects, one.names, one.report, one.raw_texts, one.name_hashes)])

    assert merged.report.shift_ms == (0, 4000)
    assert "4000 ms behind" in merged.report.warnings[0]


def test_nothing_to_merge_is_a_misuse() -> None:
    with pytest.raises(ValueError, match="no export"):
        merge_exports([])
