"""Files meet in recordings by the strongest evidence there is, and each says by which."""

from dougpt_media.evidence import Said, stem_and_part
from dougpt_media.files import MEDIA_ROLES, File
from dougpt_media.manifest import manifest_of
from dougpt_media.match import match
from dougpt_schema import SOURCES, SourceRole
from hypothesis import given
from hypothesis import strategies as st
from made_files import made

VIDEO, AUDIO, CHAT, CAPTIONS = SourceRole.VIDEO, SourceRole.AUDIO, SourceRole.CHAT, SourceRole.CAPTIONS


def grouped(files: list[File]) -> set[frozenset[str]]:
    return {frozenset(file.name for file in group.files) for group in match(files)}


def test_an_info_json_gives_its_id_to_the_files_of_its_name() -> None:
    info = made("talk.info.json", None, said=Said("youtube", "abc", "info.json"))

    (group,) = match([made("talk.mp4", VIDEO), made("talk.en.json3", CAPTIONS), info])

    assert (group.platform, group.video_id) == ("youtube", "abc")
    assert {why for file, why, _ in group.members if file.role} == {"same name as talk.info.json"}


def test_a_chat_header_and_a_name_with_its_id_meet() -> None:
    chat = made("export.json", CHAT, said=Said("twitch", "123456789", "chat header"))
    video = made("stream v123456789 final.mp4", VIDEO)

    (group,) = match([video, chat])

    assert group.video_id == "123456789"


def test_files_of_one_name_in_one_folder_meet_and_media_of_another_folder_do_not() -> None:
    files = [made("a.mp4", VIDEO), made("a.srt", CAPTIONS), made("a.mp4", VIDEO, folder="g")]

    assert sorted(map(len, (group.files for group in match(files)))) == [1, 2]


def test_different_ids_of_one_platform_never_meet() -> None:
    video = made("talk.mp4", VIDEO, said=Said("twitch", "1", "address in the file"), duration_ms=60_000)
    chat = made("talk.json", CHAT, said=Said("twitch", "2", "chat header", duration_ms=60_000))

    assert len(match([video, chat])) == 2


def test_a_chat_finds_the_recording_of_its_length_among_several() -> None:
    videos = [made(f"{name}.mp4", VIDEO, duration_ms=length) for name, length in (("a", 100_000), ("b", 200_000))]
    chat = made("c.json", CHAT, said=Said("twitch", "9", "chat header", duration_ms=200_500))

    assert grouped([*videos, chat]) == {frozenset({"a.mp4"}), frozenset({"b.mp4", "c.json"})}


def test_the_only_candidate_is_taken_and_called_uncertain() -> None:
    (group,) = match([made("a.mp4", VIDEO), made("subtitles of it.vtt", CAPTIONS)])

    assert [certain for _, _, certain in group.members] == [True, False]


def test_a_chat_of_another_length_is_not_taken_for_want_of_a_better() -> None:
    chat = made("c.json", CHAT, said=Said(duration_ms=3_000_000))

    assert len(match([made("a.mp4", VIDEO, duration_ms=10_000), chat])) == 2


def test_each_folder_keeps_to_itself() -> None:
    files = [
        made(name, role, folder=folder) for folder in "fg" for name, role in (("video.mp4", VIDEO), ("c.vtt", CAPTIONS))
    ]

    groups = match(files)

    assert [len({file.folder for file in group.files}) for group in groups] == [1, 1]


def test_a_chat_beside_captions_alone_is_taken_for_theirs_and_called_uncertain() -> None:
    captions = [made("talk.vtt", CAPTIONS, folder=folder) for folder in "fg"]
    chats = [made("live chat.json", CHAT, said=Said(duration_ms=60_000), folder=folder) for folder in "fh"]

    groups = match([*captions, *chats])

    assert sorted(sorted(file.folder for file in group.files) for group in groups) == [["f", "f"], ["g"], ["h"]]
    assert [certain for group in groups for _, _, certain in group.members if len(group.members) > 1] == [True, False]


def test_two_chats_beside_captions_alone_are_nobodys() -> None:
    files = [made("talk.vtt", CAPTIONS), made("a.json", CHAT), made("b.json", CHAT)]

    assert len(match(files)) == 3


def test_numbered_media_are_parts_in_order_and_equally_long_ones_are_renditions() -> None:
    numbered = [made(f"talk part {number}.mp4", VIDEO, duration_ms=60_000 + number) for number in (10, 2, 1)]
    renditions = [made(f"talk.{ending}", VIDEO, duration_ms=60_000) for ending in ("mp4", "mkv")]

    (group,) = match(numbered)
    rows, _ = manifest_of(group, None)
    (same,) = match(renditions)
    same_rows, _ = manifest_of(same, None)

    assert [(row["name"], row["part_index"], row["part_start_ms"]) for row in rows] == [
        ("talk part 1.mp4", 0, 0),
        ("talk part 2.mp4", 1, 60_001),
        ("talk part 10.mp4", 2, 120_003),
    ]
    assert {row["part_index"] for row in same_rows} == {0}


def test_a_given_id_holds_for_everything() -> None:
    files = [made("a.wav", AUDIO, duration_ms=5), made("b.json", CHAT, said=Said("twitch", "2", "chat header"))]

    (group,) = match(files, video_id="777777777")

    assert (group.platform, group.video_id, len(group.members)) == ("twitch", "777777777", 2)


def known(name: str, role: SourceRole, recording_id: str, said: Said | None = None) -> File:
    stem, part = stem_and_part(name)
    told = said or Said()
    return File(name, "", stem, part, role, told, f"{recording_id}/{name}", recording_id=recording_id, earlier=True)


def test_recordings_of_earlier_calls_stay_apart_whatever_their_files_are_called() -> None:
    earlier = [
        known(name, role, recording) for recording in "ab" for name, role in (("v.mp4", VIDEO), ("c.vtt", CAPTIONS))
    ]
    chat = made("other.json", CHAT, said=Said("twitch", "5", "chat header"))

    groups = match([*earlier, chat])
    told = match([*earlier, chat], video_id="777777777")

    for found in (groups, told):
        assert sorted(sorted({str(file.recording_id) for file in group.files}) for group in found) == [
            ["None"],
            ["a"],
            ["b"],
        ]


def test_a_new_chat_joins_the_recording_of_an_earlier_call_by_id_or_by_name() -> None:
    by_id = known("v.mp4", VIDEO, "a", Said("twitch", "5", "earlier"))
    by_name = known("talk.mp4", VIDEO, "b")
    chats = [made("x.json", CHAT, said=Said("twitch", "5", "chat header")), made("talk_chat.json", CHAT)]

    groups = match([by_id, by_name, *chats])

    assert {group.files[0].recording_id: group.files[-1].name for group in groups} == {
        "a": "x.json",
        "b": "talk_chat.json",
    }


def test_captions_of_an_earlier_call_are_never_moved_to_a_new_recording() -> None:
    groups = match([known("c.vtt", CAPTIONS, "a"), made("v.mp4", VIDEO)])

    assert len(groups) == 2


NAMES = st.sampled_from(["a.mp4", "a part 2.mp4", "b.mkv", "a.json", "b.en.vtt", "c.srt", "a.info.json", "d.wav"]) | (
    st.builds("x 2026-01-0{}_2{}-00-{:02}.mkv".format, st.integers(1, 2), st.integers(0, 3), st.integers(0, 59))
)
SAID = st.builds(
    Said,
    st.sampled_from(["twitch", "youtube"]),
    st.sampled_from([None, "1", "2"]),
    st.just("told"),
    duration_ms=st.sampled_from([None, 10_000, 20_000]),
)


@given(st.data())
def test_every_source_lands_in_exactly_one_recording_whatever_the_order(data: st.DataObject) -> None:
    files = [
        made(
            name,
            data.draw(st.sampled_from([None, *SourceRole])),
            said=data.draw(SAID),
            folder=data.draw(st.sampled_from("fg")),
            duration_ms=data.draw(st.sampled_from([None, 10_000, 3_600_000])),
        )
        for name in data.draw(st.lists(NAMES, max_size=8))
    ]
    files = list({file.source_id: file for file in files}.values())
    shuffled = data.draw(st.permutations(files))

    groups, again = match(files), match(shuffled)

    landed = [file.source_id for group in groups for file in group.files if file.role is not None]
    assert sorted(landed) == sorted({file.source_id for file in files if file.role is not None})
    rows = [sorted(row["source_id"] for row in manifest_of(group, None)[0]) for group in groups]
    for group in groups:
        sources = manifest_of(group, None)[0]
        SOURCES.table(sources)
        starts = sorted({(row["part_index"], row["part_start_ms"]) for row in sources if row["role"] in MEDIA_ROLES})
        assert [index for index, _ in starts] == list(range(len(starts)))
        assert starts == sorted(starts, key=lambda start: start[1])
    assert sorted(rows) == sorted(sorted(row["source_id"] for row in manifest_of(group, None)[0]) for group in again)
