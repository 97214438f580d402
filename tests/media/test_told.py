"""Of other people's JSON only what makes sense is taken, and nothing in it is an error."""

import json
from datetime import datetime
from itertools import pairwise

import pytest
from dougpt_media.metadata import said_by_content
from dougpt_media.recognise import CHAT, METADATA, Kind, Recognised, _recognised_text
from dougpt_media.told import LONGEST_S, an_id, joined, length_ms, moment, stretches
from hypothesis import given
from hypothesis import strategies as st

NAMES = ["id", "_id", "duration", "length", "lengthSeconds", "timestamp", "release_timestamp", "extractor_key", "video"]
NAMES += ["created_at", "createdAt", "muted_segments", "muteInfo", "mutedSegmentConnection", "nodes", "offset", "type"]
NAMES += ["start", "end", "owner", "login", "streamer", "comments", "content_id", "uploader_id", "webpage_url", "data"]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([10**400, -1, 1e308, "3h8m33s", "99999999h", "../../x", "a\nb", "2024-05-04T18:00:07Z", "\u202e"])
    | st.text(max_size=8)
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
)
SEGMENTS = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 80)).map(lambda pair: {"offset": pair[0], "duration": pair[1]}),
    max_size=12,
)


@given(st.dictionaries(st.sampled_from(NAMES), JSON), st.sampled_from([*METADATA, *Kind]))
def test_whatever_metadata_hold_what_is_taken_from_them_is_sane(members: dict[str, object], kind: Kind) -> None:
    said = said_by_content(Recognised(kind, members))

    assert said.duration_ms is None or 0 <= said.duration_ms <= LONGEST_S * 1000
    assert said.video_id is None or (said.video_id.isprintable() and len(said.video_id) <= 200)
    assert said.channel is None or said.channel.isprintable()
    for from_ms, to_ms in [*(said.muted or ()), *([said.crop] if said.crop else [])]:
        assert 0 <= from_ms < to_ms <= 2 * LONGEST_S * 1000


@given(JSON)
def test_any_json_is_recognised_or_not_without_an_error(document: object) -> None:
    found = _recognised_text(json.dumps(document))

    said = said_by_content(found)
    assert (said.video_id is None) or found.kind in {*METADATA, *CHAT}


@given(SEGMENTS)
def test_muted_stretches_cover_exactly_the_seconds_of_their_segments(segments: list[dict[str, int]]) -> None:
    found, unreadable = stretches(segments)

    seconds = {second for one in segments for second in range(one["offset"], one["offset"] + one["duration"])}
    assert unreadable == 0
    assert {second for a, b in found for second in range(a // 1000, b // 1000)} == seconds
    assert all(before[1] < after[0] for before, after in pairwise(found))
    assert joined(reversed(found)) == found


def test_a_segment_that_makes_no_sense_is_counted_and_the_others_are_taken() -> None:
    nonsense = [7, None, {"offset": -1, "duration": 5}, {"offset": "1", "duration": 5}, {"duration": float("nan")}]

    assert stretches([*nonsense, {"offset": 60, "duration": 30}]) == (((60_000, 90_000),), 5)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((60.5,), 60_500),
        (("3h8m33s",), 11_313_000),
        ((None, 0, "7s"), 7_000),
        ((float("nan"), float("inf"), -5, True, 1e300, 10**400, "", "s", {}, "99999999h"), None),
    ],
)
def test_a_length_is_the_first_that_can_be_one(values: tuple[object, ...], expected: int | None) -> None:
    assert length_ms(*values) == expected


@pytest.mark.parametrize("value", [1e300, -1, float("nan"), True, None, "soon", "9999-99-99", {}, [5]])
def test_a_time_that_is_none_is_none(value: object) -> None:
    assert moment(value) is None


@pytest.mark.parametrize(("value", "expected"), [(123, "123"), (" v1 ", "v1"), ("../../x", "../../x")])
def test_an_id_is_a_short_text_whatever_it_holds(value: object, expected: str) -> None:
    assert an_id(value) == expected


@pytest.mark.parametrize("value", [True, {}, [], "", " ", "a\nb", "a\u202eb", "x" * 201, -1, 1 << 70, 1.5])
def test_what_is_no_id_is_none(value: object) -> None:
    assert an_id(value) is None


def test_times_of_day_are_utc_in_whole_milliseconds() -> None:
    found = moment("2024-05-04T20:00:07.123456+02:00")

    assert found == datetime.fromisoformat("2024-05-04T18:00:07.123+00:00")
