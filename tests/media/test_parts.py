"""Parts follow one another; where their times are told, what lies between them is kept."""

from dataclasses import replace
from datetime import datetime, timedelta

from dougpt_media.evidence import Said, series_and_time, stem_and_part
from dougpt_media.manifest import manifest_of
from dougpt_media.match import match
from dougpt_media.parts import CLOCK_SLACK_MS, parts
from dougpt_schema import SourceRole
from hypothesis import given
from hypothesis import strategies as st
from made_files import made

VIDEO, CAPTIONS = SourceRole.VIDEO, SourceRole.CAPTIONS
BEGAN = datetime.fromisoformat("2026-01-01T20:00:00")
LENGTHS_MS = st.lists(st.integers(5_000, 7_200_000), min_size=1, max_size=6)


def named(began: datetime) -> str:
    return f"{began:%Y-%m-%d_%H-%M-%S}.mkv"


@given(LENGTHS_MS, st.data())
def test_numbered_parts_follow_without_a_break_whatever_the_order_of_the_files(
    lengths_ms: list[int], data: st.DataObject
) -> None:
    files = [made(f"talk part {number}.mp4", VIDEO, duration_ms=length) for number, length in enumerate(lengths_ms, 1)]

    placed = parts(data.draw(st.permutations(files)))

    expected = [(index, sum(lengths_ms[:index])) for index in range(len(lengths_ms))]
    assert [placed.of[file.source_id] for file in files] == expected
    assert placed.end_ms == sum(lengths_ms)


@given(LENGTHS_MS, st.lists(st.integers(-60, 800), min_size=6, max_size=6), st.integers(-10_000_000, 10_000_000))
def test_parts_with_times_stand_as_far_apart_as_their_times_tell_whatever_the_day(
    lengths_ms: list[int], breaks_s: list[int], shift_s: int
) -> None:
    begins_ms = [0]
    for length, pause in zip(lengths_ms, breaks_s, strict=False):
        begins_ms.append(max(begins_ms[-1] + 1_000, (begins_ms[-1] + length) // 1000 * 1000 + pause * 1000))
    began = BEGAN + timedelta(seconds=shift_s)
    files = [
        made(named(began + timedelta(milliseconds=begin)), VIDEO, duration_ms=length)
        for begin, length in zip(begins_ms, lengths_ms, strict=False)
    ]

    placed = parts(files)

    starts = [placed.of[file.source_id][1] for file in files]
    ends = [start + length for start, length in zip(starts, lengths_ms, strict=True)]
    assert starts[0] == 0
    for index in range(1, len(files)):
        before_ms = max(ends[:index])
        told_ms = starts[index - 1] + begins_ms[index] - begins_ms[index - 1]
        assert starts[index] in {told_ms, before_ms}
        if starts[index] == before_ms:
            assert abs(told_ms - before_ms) <= CLOCK_SLACK_MS or placed.warnings


def test_a_drop_out_is_a_break_and_a_clock_that_cannot_be_is_not_believed() -> None:
    times = [BEGAN, BEGAN + timedelta(seconds=3700), BEGAN + timedelta(seconds=3800)]
    files = [made(named(began), VIDEO, duration_ms=3_600_000) for began in times]

    placed = parts(files)

    assert [placed.of[file.source_id][1] for file in files] == [0, 3_700_000, 7_300_000]
    assert placed.warnings == [
        "2026-01-01_21-03-20.mkv: by what is told it begins 3500 s before the part before ends; taken as going on"
    ]


def test_files_that_differ_by_the_time_alone_are_one_recording_where_one_goes_on_as_the_other_ends() -> None:
    hour, files = 3_600_000, []
    for day in (0, 1):
        for index, late_s in enumerate((0, 0, 300)):
            began = BEGAN + timedelta(days=day, hours=index, seconds=late_s)
            files.append(made(f"game {began:%Y%m%d-%H%M%S}.mkv", VIDEO, duration_ms=hour))
    captions = made("game 20260101-210000.srt", CAPTIONS)

    groups = match([*files, captions])
    rows = [manifest_of(group, None)[0] for group in groups]

    assert [
        [(row["part_index"], row["part_start_ms"]) for row in group if row["role"] == "video"] for group in rows
    ] == [
        [(0, 0), (1, hour), (2, 2 * hour + 300_000)],
        [(0, 0), (1, hour), (2, 2 * hour + 300_000)],
    ]
    assert [row["part_start_ms"] for row in rows[0] if row["role"] == "captions"] == [hour]
    assert [certain for _, _, certain in groups[1].members] == [True, True, False]
    assert groups[1].members[2][1] == "begins 300 s after game 20260102-210000.mkv ends"


def test_a_part_that_comes_later_joins_the_recording_of_all_those_before() -> None:
    times = [BEGAN + timedelta(hours=index) for index in range(4)]
    files = [made(named(began), VIDEO, duration_ms=3_600_000) for began in times]
    known = [replace(file, folder="", recording_id="r", earlier=True) for file in files[:3]]

    (group,) = match([*known, files[3]])

    assert [row["part_start_ms"] for row in manifest_of(group, None)[0]] == [0, 3_600_000, 7_200_000, 10_800_000]


def test_series_of_different_names_or_videos_stay_apart() -> None:
    times = [BEGAN, BEGAN + timedelta(hours=1)]
    ids = [Said("twitch", video_id, "address in the file") for video_id in ("1", "2")]
    names = [
        made(f"{name} {named(began)}", VIDEO, duration_ms=3_600_000) for name, began in zip("ab", times, strict=True)
    ]
    videos = [
        made(named(began), VIDEO, duration_ms=3_600_000, said=said) for began, said in zip(times, ids, strict=True)
    ]

    assert len(match(names)) == 2
    assert len(match(videos)) == 2


def test_metadata_of_each_part_tell_when_it_began_better_than_its_name() -> None:
    files = []
    for number, late_s in ((1, 0), (2, 3660)):
        files.append(made(f"vod part {number}.mp4", VIDEO, duration_ms=3_600_000))
        start = BEGAN.astimezone() + timedelta(seconds=late_s)
        files.append(made(f"vod part {number}.info.json", None, Said(broadcast_start=start)))
        files.append(made(f"vod part {number}.srt", CAPTIONS))

    (group,) = match(files, video_id="1")
    rows, _ = manifest_of(group, None)

    assert [(row["role"], row["part_start_ms"]) for row in rows] == [
        ("video", 0),
        ("video", 3_660_000),
        ("captions", 0),
        ("captions", 3_660_000),
    ]


def test_times_are_read_from_names_as_recorders_write_them() -> None:
    names = ["2026-01-01 20-00-00", "2026-01-01_20-00-00", "20260101_200000", "20260101200000", "2026-01-01t20.00.00"]
    names += ["dougdoug - 2026-01-01 20h00m00s", "2026-01-01 at 20.00.00"]

    assert {series_and_time(name)[1] for name in names} == {BEGAN}
    assert {series_and_time(name)[0] for name in names} == {"", "dougdoug"}
    for name in ("talk", "2026-01-01", "2026-13-01 20-00-00", "1920x1080 60fps", "v2026010120"):
        assert series_and_time(name) == (name, None)


def test_parts_are_numbered_in_several_ways() -> None:
    for name in ("talk part 2", "talk (2 of 3)", "talk pt2", "talk-2of3", "talk segment 02", "talk part 2 of 3"):
        assert stem_and_part(f"{name}.mp4") == ("talk", 2)
    for name in ("talk 2", "best of 2024", "top 10 of 2024"):
        assert stem_and_part(f"{name}.mp4")[1] is None
