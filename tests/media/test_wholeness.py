"""A medium is held against every length that is told of it, and the evidence says by whom."""

import pytest
from dougpt_media.evidence import Said, stem_and_part
from dougpt_media.files import File
from dougpt_media.manifest import manifest_of
from dougpt_media.match import match
from dougpt_schema import SourceRole, SourceStatus
from made_files import made

VIDEO, CHAT = SourceRole.VIDEO, SourceRole.CHAT
HOUR_MS = 3_600_000


def chat(*, ms: int | None = None, crop: tuple[int, int] | None = None, video_id: str = "1") -> File:
    return made("vod.json", CHAT, Said("twitch", video_id, "chat header", duration_ms=ms, crop=crop))


def judged(*files: File, video_id: str | None = None) -> tuple[list[tuple[str, str | None]], list[str]]:
    (group,) = match(files, video_id=video_id)
    rows, warnings = manifest_of(group, None)
    return [(row["status"], row["status_evidence"]) for row in rows if row["role"] == "video"], warnings


def info(name: str, ms: int) -> File:
    return made(name, None, Said("twitch", "1", "info.json", duration_ms=ms))


def test_a_medium_shorter_than_the_metadata_tell_is_truncated_and_the_evidence_has_the_numbers() -> None:
    found, warnings = judged(made("vod.ts", VIDEO, duration_ms=HOUR_MS), info("vod.info.json", 2 * HOUR_MS))

    assert found == [("truncated", "ends at 3600.0 of the 7200.0 s that vod.info.json tells")]
    assert warnings == ["vod.ts is truncated: ends at 3600.0 of the 7200.0 s that vod.info.json tells"]


@pytest.mark.parametrize(
    ("export", "status"),
    [
        (chat(ms=HOUR_MS, crop=(0, HOUR_MS)), "ok"),
        (chat(ms=2 * HOUR_MS, crop=(0, 2 * HOUR_MS)), "truncated"),
        (chat(ms=2 * HOUR_MS, crop=(HOUR_MS, 2 * HOUR_MS)), "ok"),
        (chat(ms=2 * HOUR_MS, crop=(0, 600_000)), "truncated"),
        (chat(ms=HOUR_MS, crop=(600_000, 900_000)), "ok"),
        (chat(crop=(600_000, 900_000)), "ok"),
        (chat(crop=(0, 2 * HOUR_MS)), "truncated"),
        (chat(), "ok"),
    ],
    ids=[
        "whole",
        "of the whole",
        "both cropped alike",
        "cropped otherwise",
        "crop of a whole video",
        "old crop of a whole video",
        "old of the whole",
        "silent",
    ],
)
def test_an_export_of_a_stretch_never_makes_a_whole_video_truncated(export: File, status: str) -> None:
    found, _ = judged(made("vod.ts", VIDEO, duration_ms=HOUR_MS), export)

    assert found[0][0] == status


def test_an_export_that_only_tells_where_it_ends_is_evidence_of_at_least_so_much() -> None:
    found, _ = judged(made("vod.ts", VIDEO, duration_ms=HOUR_MS), chat(crop=(0, 2 * HOUR_MS)))

    assert found == [("truncated", "ends at 3600.0 of the at least 7200.0 s that vod.json tells")]


def test_the_chat_of_a_stream_says_nothing_of_an_edit_that_is_told_to_be_another_video() -> None:
    edit = made("edit.mp4", VIDEO, Said("youtube", "dQw4w9WgXcQ", "address in the file"), duration_ms=HOUR_MS)

    found, warnings = judged(edit, chat(ms=4 * HOUR_MS), video_id="dQw4w9WgXcQ")

    assert found == [("ok", None)]
    assert warnings == []


def test_parts_are_held_against_the_whole_together() -> None:
    halves = [made(f"vod part {number}.ts", VIDEO, duration_ms=HOUR_MS) for number in (1, 2)]

    whole, _ = judged(*halves, info("vod.info.json", 2 * HOUR_MS))
    short, _ = judged(*halves, info("vod.info.json", 3 * HOUR_MS))

    assert whole == [("ok", None), ("ok", None)]
    assert short == [("ok", None), ("truncated", "ends at 7200.0 of the 10800.0 s that vod.info.json tells")]


def test_where_every_part_has_metadata_of_its_own_each_is_held_against_its_own() -> None:
    halves = [made(f"vod part {number}.ts", VIDEO, duration_ms=HOUR_MS) for number in (1, 2)]
    infos = [info("vod part 1.info.json", 2 * HOUR_MS), info("vod part 2.info.json", HOUR_MS)]

    found, _ = judged(*halves, *infos)

    assert found == [("truncated", "ends at 3600.0 of the 7200.0 s that vod part 1.info.json tells"), ("ok", None)]


def test_a_medium_that_is_longer_than_told_is_kept_with_a_warning() -> None:
    found, warnings = judged(made("vod.ts", VIDEO, duration_ms=2 * HOUR_MS), info("vod.info.json", HOUR_MS))

    assert found == [("ok", None)]
    assert warnings == ["vod.ts lasts 7200.0 s, but vod.info.json tells 3600.0 s: are they of the same video?"]


def test_a_medium_that_is_broken_by_itself_stays_so_with_its_own_evidence() -> None:
    stem, part = stem_and_part("vod.ts")
    broken = File("vod.ts", "f", stem, part, VIDEO, Said(), "id", duration_ms=HOUR_MS, status=SourceStatus.DAMAGED,
                  status_evidence="3 packets are damaged, at 12.0 s")  # fmt: skip

    found, _ = judged(broken, info("vod.info.json", 2 * HOUR_MS))

    assert found == [("damaged", "3 packets are damaged, at 12.0 s")]
