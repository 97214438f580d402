"""The recordings have the shape of real downloads, and their streams behave as streams do."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pytest

KINDS = {"reply", "background", "event_burst", "copypasta", "chat_reply", "command", "bot", "read_aloud"}
COMMENT_FIELDS = [
    "_id",
    "created_at",
    "channel_id",
    "content_type",
    "content_id",
    "content_offset_seconds",
    "commenter",
    "message",
]
MESSAGE_FIELDS = ["body", "bits_spent", "fragments", "user_badges", "user_color", "emoticons"]
CUE = re.compile(r"(\d\d):(\d\d):(\d\d)[.,](\d\d\d) --> (\d\d):(\d\d):(\d\d)[.,](\d\d\d)")
Exports = Mapping[str, dict[str, Any]]


def test_everything_is_small_enough_to_commit(examples: Path) -> None:
    sizes = {
        path: path.stat().st_size for path in examples.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }

    assert sum(sizes.values()) < 2_700_000
    assert max(size for path, size in sizes.items() if path.suffix != ".mp4") < 600_000
    assert max(size for path, size in sizes.items() if path.suffix == ".mp4") < 1_200_000


def test_there_is_one_recording_with_a_video_and_a_dozen_without(examples: Path) -> None:
    folders = [folder for folder in (examples / "recordings").iterdir() if folder.is_dir()]

    assert len([folder for folder in folders if (folder / "video.mp4").exists()]) == 1
    assert len(folders) >= 13
    assert {path.name.partition(".en.")[2] for folder in folders for path in folder.glob("*.en.*")} == {
        "json3",
        "srt",
        "vtt",
    }


def test_exports_are_sorted_and_complete(exports: Exports) -> None:
    for export in exports.values():
        comments = export["comments"]
        order = [(comment["content_offset_seconds"], _ms(comment["created_at"])) for comment in comments]
        assert order == sorted(order)
        assert len({comment["_id"] for comment in comments}) == len(comments)
        assert all(
            list(comment) == COMMENT_FIELDS and list(comment["message"]) == MESSAGE_FIELDS for comment in comments
        )
        assert {comment["content_id"] for comment in comments} == {export["video"]["id"]}
        assert export["FileInfo"]["Version"] == {"Major": 1, "Minor": 4, "Patch": 0}


def test_offsets_are_whole_seconds_and_the_rest_is_in_the_time_of_sending(exports: Exports) -> None:
    for name, export in exports.items():
        began_ms = _ms(export["video"]["created_at"])
        assert began_ms % 1000 == 0
        offsets = [comment["content_offset_seconds"] for comment in export["comments"]]
        assert all(type(offset) is int and 0 <= offset < export["video"]["length"] for offset in offsets)
        rests = [_ms(c["created_at"]) - began_ms - 1000 * c["content_offset_seconds"] for c in export["comments"]]
        assert max(rests) - min(rests) < 1000, name
        assert max(rests) - min(rests) > 850, name
        assert 500 < min(rests) < 950, name


def test_fragments_are_the_body_and_emotes_are_where_they_are_said_to_be(exports: Exports) -> None:
    seen = 0
    for export in exports.values():
        for message in (comment["message"] for comment in export["comments"]):
            assert "".join(fragment["text"] for fragment in message["fragments"]) == message["body"]
            marked = [fragment for fragment in message["fragments"] if fragment["emoticon"]]
            for fragment, place in zip(marked, message["emoticons"], strict=True):
                assert message["body"][place["begin"] : place["end"] - 1] == fragment["text"]
                seen += 1
    assert seen > 300


def test_bytes_are_compact_and_escape_only_what_dotnet_escapes(examples: Path) -> None:
    text = (examples / "recordings/text-07/chat.json").read_bytes().decode()

    assert "\n" not in text
    assert all(ord(letter) < 0x10000 for letter in text)
    assert re.search(r"\\uD83[CDE]\\uD[C-F][0-9A-F]{2}", text)
    assert re.search(r"[\u3040-\u30ff\uac00-\ud7a3\u0400-\u04ff]", text)


def test_info_files_name_the_video_as_the_downloader_does(examples: Path, exports: Exports) -> None:
    for name, export in exports.items():
        info = json.loads(next((examples / "recordings" / name).glob("*.info.json")).read_bytes())
        assert info["id"] == "v" + export["video"]["id"]
        assert info["duration"] == export["video"]["length"]
        assert 1000 * info["timestamp"] == _ms(export["video"]["created_at"])


def test_broadcasts_are_spread_over_weeks_and_the_one_with_a_video_is_not_among_the_last(exports: Exports) -> None:
    began = {name: datetime.fromisoformat(export["video"]["created_at"]) for name, export in exports.items()}

    assert (max(began.values()) - min(began.values())).days > 40
    assert "desk-stream" not in sorted(began, key=lambda name: began[name])[-2:]


def test_truth_has_one_row_a_message_and_a_sentence_for_replies_alone(
    exports: Exports, links: list[dict[str, str]]
) -> None:
    written = [(export["video"]["id"], comment["_id"]) for export in exports.values() for comment in export["comments"]]

    assert sorted((row["video_id"], row["message_id"]) for row in links) == sorted(written)
    assert {row["kind"] for row in links} == KINDS
    for row in links:
        assert bool(row["start_ms"]) == bool(row["end_ms"]) == (row["kind"] == "reply")
        assert row["kind"] != "reply" or int(row["start_ms"]) < int(row["end_ms"])


def test_rates_and_the_share_of_replies_are_those_of_a_busy_small_channel(
    exports: Exports, links: list[dict[str, str]]
) -> None:
    kinds = {
        name: Counter(row["kind"] for row in links if row["video_id"] == e["video"]["id"])
        for name, e in exports.items()
    }
    rates = [60 * kinds[name].total() / export["video"]["length"] for name, export in exports.items()]

    assert min(rates) < 20
    assert max(rates) > 48
    assert 25 < median(rates) < 40
    assert all(0.3 < count["reply"] / count.total() < 0.46 for count in kinds.values())
    assert 0.34 < sum(count["reply"] for count in kinds.values()) / len(links) < 0.42


def test_replies_come_as_late_as_latency_reaction_and_typing_make_them(
    exports: Exports, links: list[dict[str, str]]
) -> None:
    sent_ms = {}
    for export in exports.values():
        began_ms = _ms(export["video"]["created_at"])
        edge_ms = min(_ms(c["created_at"]) - began_ms - 1000 * c["content_offset_seconds"] for c in export["comments"])
        for comment in export["comments"]:
            sent_ms[comment["_id"]] = _ms(comment["created_at"]) - began_ms - edge_ms
    lags_s = [(sent_ms[row["message_id"]] - int(row["end_ms"])) / 1000 for row in links if row["kind"] == "reply"]
    cuts = quantiles(lags_s, n=20)

    assert 6.5 < median(lags_s) < 9
    assert 4 < cuts[0] < 6
    assert 11 < cuts[-1] < 15
    assert min(lags_s) > 1
    assert max(lags_s) < 60


def test_answers_are_very_unevenly_spread_over_sentences(links: list[dict[str, str]]) -> None:
    answered = Counter((row["video_id"], row["start_ms"]) for row in links if row["kind"] == "reply")
    counts = sorted(answered.values(), reverse=True)
    lines = 13 * 190

    assert len(counts) < 0.55 * lines  # most sentences get no answer at all
    assert sum(counts[: lines // 20]) > 0.3 * sum(counts)  # a twentieth of them gets almost a third of the answers


def test_a_few_people_write_most_of_it(exports: Exports) -> None:
    for name, export in exports.items():
        if name == "desk-stream":
            continue
        authors = Counter(comment["commenter"]["name"] for comment in export["comments"])
        top = sum(count for _, count in authors.most_common(10)) / authors.total()
        assert 0.2 < top < 0.6
        assert len(authors) > 70


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_cues_run_forwards_and_end_with_the_recording(form: str, examples: Path) -> None:
    for path in (examples / "recordings").rglob(f"*.en.{form}"):
        text = path.read_text(encoding="utf-8")
        times = [[int(part) for part in match.groups()] for match in CUE.finditer(text)]
        spans = [(_clock(time[:4]), _clock(time[4:])) for time in times]
        assert len(spans) > 100
        assert all(start < end <= 1_200_000 for start, end in spans)
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


def test_automatic_captions_have_words_with_times_that_run_forwards(examples: Path) -> None:
    for path in (examples / "recordings").rglob("*.json3"):
        words = _json3_words(path)
        assert all(before[0] < after[0] for before, after in itertools.pairwise(words))
        assert all(word == word.lower() and word for _, word in words)


def test_words_of_the_video_start_where_captions_say_within_200_ms(examples: Path, words: list[dict[str, str]]) -> None:
    claimed = [start_ms for start_ms, _ in _json3_words(examples / "recordings/desk-stream/video.en.json3")]
    off_ms = [start - int(word["start_ms"]) for start, word in zip(claimed, words, strict=True)]

    assert claimed == [int(word["caption_start_ms"]) for word in words]
    assert max(map(abs, off_ms)) <= 200
    assert median(map(abs, off_ms)) > 40


def _json3_words(path: Path) -> list[tuple[int, str]]:
    root = json.loads(path.read_bytes())
    rows = [event for event in root["events"] if "segs" in event and not event.get("aAppend")]
    return [(row["tStartMs"] + seg.get("tOffsetMs", 0), seg["utf8"].strip()) for row in rows for seg in row["segs"]]


def _clock(parts: list[int]) -> int:
    hours, minutes, seconds, ms = parts
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms


def _ms(moment: str) -> int:
    return round(1000 * datetime.fromisoformat(moment).timestamp())
