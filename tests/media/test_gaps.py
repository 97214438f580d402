"""What is known to be silent before anything is decoded: mutes, and breaks between parts."""

from itertools import pairwise
from typing import Any

import pyarrow as pa
from dougpt_media import known_gaps, merged_gaps
from dougpt_media.evidence import Said
from dougpt_media.manifest import manifest_of
from dougpt_media.match import match
from dougpt_schema import GAPS, SOURCES, SourceRole
from dougpt_schema.testing import tables
from hypothesis import given
from made_files import made

MINUTE_MS = 60_000


def sources(*files: tuple[str, int], muted: tuple[tuple[int, int], ...], crop: tuple[int, int] | None = None) -> Any:
    found = []
    for name, ms in files:
        found.append(made(name, SourceRole.AUDIO, duration_ms=ms))
    told = Said("twitch", "1", "Twitch metadata", duration_ms=crop and 60 * MINUTE_MS, muted=muted)
    found.append(made("video.json", None, told))
    if crop:
        header = Said("twitch", "1", "chat header", duration_ms=60 * MINUTE_MS, crop=crop)
        found.append(made("chat.json", SourceRole.CHAT, header))
    (group,) = match(found, video_id="1")
    rows, _ = manifest_of(group, None)
    return SOURCES.table(rows)


def spans(table: pa.Table) -> list[tuple[int, int, str]]:
    return [(row["from_ms"], row["to_ms"], row["cause"]) for row in table.to_pylist()]


def of(table: pa.Table) -> str:
    return str(table["recording_id"][0])


def test_mutes_of_the_video_are_kept_by_each_part_on_its_own_clock_and_come_back_on_the_recordings() -> None:
    table = sources(("v part 1.m4a", 10 * MINUTE_MS), ("v part 2.m4a", 5 * MINUTE_MS), muted=((500_000, 720_000),))

    parts = {row["name"]: row["muted"] for row in table.to_pylist()}

    assert parts == {
        "v part 1.m4a": [{"from_ms": 500_000, "to_ms": 600_000}],
        "v part 2.m4a": [{"from_ms": 0, "to_ms": 120_000}],
    }
    assert spans(known_gaps(table, of(table))) == [(500_000, 720_000, "muted")]


def test_mutes_past_the_end_of_the_media_are_left_out_and_a_break_between_parts_is_told() -> None:
    names = (("2026-01-01_20-00-00.m4a", 10 * MINUTE_MS), ("2026-01-01_20-11-00.m4a", MINUTE_MS))
    table = sources(*names, muted=((90 * MINUTE_MS, 91 * MINUTE_MS),))

    assert spans(known_gaps(table, of(table))) == [(10 * MINUTE_MS, 11 * MINUTE_MS, "no_signal")]
    assert {len(row["muted"]) for row in table.to_pylist()} == {0}


def test_mutes_move_along_where_media_and_chat_are_cropped_alike() -> None:
    crop = (20 * MINUTE_MS, 30 * MINUTE_MS)

    table = sources(("v.m4a", 10 * MINUTE_MS), muted=((22 * MINUTE_MS, 23 * MINUTE_MS),), crop=crop)

    assert spans(known_gaps(table, of(table))) == [(2 * MINUTE_MS, 3 * MINUTE_MS, "muted")]


@given(tables(GAPS, max_rows=12), tables(GAPS, max_rows=12))
def test_a_union_covers_what_its_parts_cover_and_no_more(one: pa.Table, other: pa.Table) -> None:
    whole = merged_gaps([one, other], "r")

    rows = [row for row in one.to_pylist() + other.to_pylist() if row["from_ms"] < row["to_ms"]]
    for row in rows:
        assert any(a <= row["from_ms"] and row["to_ms"] <= b and c == row["cause"] for a, b, c in spans(whole))
    edges = {(row[name], row["cause"]) for row in rows for name in ("from_ms", "to_ms")}
    assert {(edge, cause) for a, b, cause in spans(whole) for edge in (a, b)} <= edges
    for cause in {row["cause"] for row in rows}:
        own = [(a, b) for a, b, c in spans(whole) if c == cause]
        assert all(before[1] < after[0] for before, after in pairwise(own))
    assert merged_gaps([whole], "r").equals(whole)
