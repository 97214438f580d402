"""v5 documents: the real file loses nothing, and every layout that tools made of them is read."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from dougpt_chat import probe_chat, pseudonym, read_chat

RECORDING = "0123456789abcdef"


@pytest.fixture(scope="module")
def highlight(real_data: Path) -> Path:
    path = real_data / "chat" / "twitch-v5-highlight.json"
    if not path.is_file():
        pytest.skip(f"no {path.name} among the real data")
    return path


def test_every_message_of_a_real_file_is_read(highlight: Path) -> None:
    comments = json.loads(highlight.read_text(encoding="utf-8"))["comments"]

    found = read_chat(highlight, recording_id=RECORDING)

    assert found.report.origin == "twitch_v5"
    assert found.events.num_rows == len(comments) == 3090
    assert not found.report.counts.rejects
    assert not found.report.repairs
    rows = {row["event_id"]: row for row in found.events.to_pylist()}
    for place, comment in enumerate(comments):
        row = rows[comment["_id"]]
        assert row["source_row"] == place
        assert row["offset_ms"] == comment["content_offset_seconds"] * 1000
        assert row["author"] == pseudonym(comment["commenter"]["name"])
        emotes = [piece["text"] for piece in comment["message"]["fragments"] if "emoticon" in piece]
        assert [row["text"][emote["start"] : emote["end"]] for emote in row["emotes"]] == emotes
    assert sum(len(row["emotes"]) for row in rows.values()) == 930
    notices = sum(bool(comment["message"]["user_notice_params"]) for comment in comments)
    assert found.report.kinds["notice"] == notices == 21


def test_the_times_of_a_real_highlight_are_known_to_be_copied(highlight: Path) -> None:
    report = read_chat(highlight, recording_id=RECORDING).report

    assert report.copied_times
    assert report.offset_sources == {"integer": 3090}
    assert "those of copying" in report.warnings[0]


def test_no_author_of_a_real_file_is_named_in_a_mention(highlight: Path) -> None:
    found = read_chat(highlight, recording_id=RECORDING)
    logins = {login.casefold() for login in found.names["login"].to_pylist()}

    words = {word for text in found.events["text"].to_pylist() for word in text.split("@")[1:]}

    assert len(words) > 50
    assert not {word.split()[0].strip(",.?!").casefold() for word in words} & logins
    assert found.report.authors == len(logins)


@pytest.mark.parametrize("cut", [0.1, 0.37, 0.5, 0.93])
def test_a_real_file_cut_in_the_middle_gives_every_complete_message(
    cut: float, highlight: Path, saved: Callable[[bytes], Path]
) -> None:
    text = highlight.read_bytes()
    part = text[: int(cut * len(text))]

    found = read_chat(saved(part), recording_id=RECORDING)

    assert found.report.truncated
    assert found.events.num_rows == part.count(b"\n    }\n}")


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize("wrapped", [True, False])
def test_documents_and_bare_arrays_are_read(
    indent: int | None,
    wrapped: bool,
    say: Callable[..., object],
    records: Callable[..., list[dict[str, object]]],
    saved: Callable[[bytes], Path],
) -> None:
    comments = records(
        [say(((f"w{n}", None),), at_ms=n * 1001 + 7, id=f"m-{n}") for n in range(5)], whole_seconds=False
    )
    whole = {"video": {"_id": "v123", "channel": {"name": "chan"}, "length": 60}, "comments": comments}

    path = saved(json.dumps(whole if wrapped else comments, indent=indent).encode())
    found = read_chat(path, recording_id=RECORDING)

    assert found.report.origin == "twitch_v5"
    assert found.events["offset_ms"].to_pylist() == [n * 1001 + 7 for n in range(5)]
    assert found.report.offset_sources == {"exact": 5}
    if wrapped:
        header = probe_chat(path)[1]
        assert (header.video_id, header.channel, header.length_ms) == ("123", "chan", 60_000)


def test_keys_that_say_nothing_may_be_absent(saved: Callable[[bytes], Path]) -> None:
    bare = {
        "_id": "a",
        "content_offset_seconds": 1.5,
        "message": {"body": "hi", "user_badges": [{"_id": "x", "version": 3}]},
    }

    found = read_chat(saved(json.dumps({"comments": [bare]}).encode()), recording_id=RECORDING)

    (row,) = found.events.to_pylist()
    assert (row["text"], row["author"], row["badges"], row["bits"]) == ("hi", None, ["x/3"], None)


def test_records_whose_fields_stand_in_another_order_are_read(
    say: Callable[..., object], records: Callable[..., list[dict[str, object]]], saved: Callable[[bytes], Path]
) -> None:
    comments = [dict(reversed(one.items())) for one in records([say((("x", None),), id=f"m-{n}") for n in range(300)])]

    found = read_chat(saved(json.dumps({"comments": comments}).encode()), recording_id=RECORDING)

    assert found.events.num_rows == 300
