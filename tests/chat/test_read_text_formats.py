"""What lines and pages of each tool mean, where that is not what it looks like; and what is no chat at all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chat_exports import EXPORTS, START, Line, chat, irc_line
from dougpt_chat import ChatRead, UnknownFormatError, pseudonym, read_chat
from dougpt_chat.formats import FORMATS

RECORDING = "0123456789abcdef"
Saved = Callable[[bytes], Path]
Read = Callable[..., ChatRead]


@pytest.fixture(scope="module")
def read(saved: Saved) -> Read:
    """Read lines of text, each with its end."""

    def run(*lines: str, **more: Any) -> ChatRead:
        more = {"broadcast_start": START} | more
        return read_chat(saved("".join(f"{line}\n" for line in lines).encode()), recording_id=RECORDING, **more)

    return run


def rows(found: ChatRead) -> list[dict[str, Any]]:
    return sorted(found.events.to_pylist(), key=lambda row: row["source_row"])


def test_times_beyond_a_day_and_before_the_start_are_read(read: Read) -> None:
    found = read("[26:03:04] ann: a", "[-0:00:17] bob: b", "[100:00:00] cleo: c")

    assert [row["offset_ms"] for row in rows(found)] == [93_784_000, -17_000, 360_000_000]
    assert found.report.offset_sources == {"integer": 3}


def test_a_text_without_times_is_refused_with_the_reason_and_rejected_where_it_is_named(read: Read) -> None:
    with pytest.raises(UnknownFormatError, match="name: text without times"):
        read("ann: hello", "bob: hi there")

    found = read("ann: hello", "bob: hi there", format="twitchdownloader_text")

    assert found.report.counts.rejects == {"no_time": 2}


def test_chat_downloader_writes_badges_and_amounts_before_the_name(read: Read) -> None:
    found = read(
        "-0:17 | (Owner, Member (6 months)) Some Body: hi: there",
        "5:07 | *$5.00* ann: thanks",
        "1:05:07 | (Moderator) bob",
        "2020-05-01 12:00:00 | cleo: live",
        broadcast_start=datetime(2020, 5, 1, 11, 59, tzinfo=UTC),
    )

    got = [(row["offset_ms"], row["author"], row["text"]) for row in rows(found)]
    assert got == [
        (-17_000, pseudonym("Some Body"), "hi: there"),
        (307_000, pseudonym("ann"), "thanks"),
        (3_907_000, pseudonym("bob"), ""),
        (60_000, pseudonym("cleo"), "live"),
    ]


def test_badges_signs_and_actions_of_tcd(read: Read) -> None:
    found = read("[0:00:01] <@mod> hi <b>", "[1 day, 0:00:02] *ann waves]", "[0:00:03] <Bob> [x]")

    got = [(row["offset_ms"], row["kind"], row["text"], row["badges"]) for row in rows(found)]
    assert got == [
        (1_000, "message", "hi <b>", ["moderator/1"]),
        (86_402_000, "action", "waves", []),
        (3_000, "message", "[x]", []),
    ]


def test_bans_in_a_text_of_justlog_mark_what_came_before(read: Read) -> None:
    found = read(
        "[2024-05-04 18:00:10] #owner ann: a",
        "[2024-05-04 18:00:11] #owner bob: b",
        "[2024-05-04 18:00:12] #owner ann has been timed out for 600 seconds",
        "[2024-05-04 18:00:13] #owner ann: again, @Owner",
        "[2024-05-04 18:00:14] #owner bob: bob has been banned",
        "[2024-05-04 18:00:15] #owner The room is in followers-only mode",
    )

    assert [(row["kind"], row["text"]) for row in rows(found)] == [
        ("deleted", "a"),
        ("deleted", "b"),
        ("message", "again, @streamer"),
    ]
    assert found.report.passed_over == {"system_lines": 1}


def test_a_log_of_chatterino_is_on_the_clock_of_its_zone_and_passes_midnight(read: Read) -> None:
    found = read(
        "# Start logging at 2024-05-04 23:59:00 CEST",
        "[23:59:58]  ann: before",
        "[00:00:01] 日本 jp_user: after",
        "[00:00:02] ann has been timed out for 10s.",
        "[00:00:03] somebody subscribed at Tier 1.",
        "# Stop logging at 2024-05-05 00:01:00CEST",
        broadcast_start=datetime(2024, 5, 4, 21, 59, 0, tzinfo=UTC),
    )

    got = rows(found)
    assert [(row["offset_ms"], row["kind"], row["author"]) for row in got] == [
        (58_000, "deleted", pseudonym("ann")),
        (61_000, "message", pseudonym("jp_user")),
    ]
    assert {row["login"]: row["display_name"] for row in found.names.to_pylist()}["jp_user"] == "日本"
    assert not found.report.warnings


@pytest.mark.parametrize(
    ("zone", "hours"), [("EST", -5), ("GMT+2", 2), ("UTC-03:00", -3), ("Mitteleuropa", 0), ("", 0)]
)
def test_a_time_zone_that_is_not_known_is_said(zone: str, hours: int, read: Read) -> None:
    found = read(
        f"# Start logging at 2024-05-04 20:00:00 {zone}",
        "[20:00:00] ann: a",
        broadcast_start=datetime(2024, 5, 4, 20, tzinfo=UTC),
    )

    assert rows(found)[0]["offset_ms"] == -hours * 3_600_000
    assert bool(found.report.warnings) == (zone in {"Mitteleuropa", ""})


def test_the_readable_text_of_twitch_archiver_is_read_with_a_warning(read: Read) -> None:
    found = read(
        "[12.345] (B)(S)Owner: welcome",
        "[-3.000] ~MISSING_COMMENTER_INFO~: a: b",
        "[4.000] ann: ~MISSING_MESSAGE_INFO~",
    )

    assert any("verbose_chat.json" in warning for warning in found.report.warnings)
    assert [(row["offset_ms"], row["author"], row["text"]) for row in rows(found)] == [
        (12_345, pseudonym("Owner"), "welcome"),
        (-3_000, None, "a: b"),
        (4_000, pseudonym("ann"), ""),
    ]


def test_a_page_keeps_entities_localised_names_and_emotes(read: Read) -> None:
    found = read(
        "<!DOCTYPE html>",
        '<html><pre class="comment-root">[<a href="https://www.twitch.tv/videos/7?t=1h2m3s">1:02:03</a>] '
        '<img class="emote-image badge-sub-gifter-25" title="sub-gifter"><span class="text-hide">sub-gifter</span> '
        '<a href="https://www.twitch.tv/jp_user"><span class="comment-author">日本 (jp_user)</span></a>'
        '<span class="comment-message">: &lt;3 &amp;amp; <img class="emote-image" '
        'src="https://static-cdn.jtvnw.net/emoticons/v2/25/default/dark/1.0" title="Kappa">'
        '<span class="text-hide">Kappa</span> : ok </span></pre>',
        "</html>",
    )

    (row,) = found.events.to_pylist()
    assert (row["offset_ms"], row["author"], row["text"]) == (3_723_000, pseudonym("jp_user"), "<3 &amp; Kappa : ok")
    assert row["badges"] == ["sub-gifter/25"]
    assert [(emote["name"], emote["id"]) for emote in row["emotes"]] == [("Kappa", "25")]
    assert found.names.to_pylist()[0]["display_name"] == "日本"
    assert not found.report.truncated


def test_a_page_that_begins_with_pictures_is_recognised(saved: Saved) -> None:
    page = EXPORTS["html"].write(chat()).replace(b"QUJD" * 40, b"QUJD" * 100_000)

    found = read_chat(saved(page), recording_id=RECORDING)

    assert found.report.origin == "twitchdownloader_html"
    assert found.events.num_rows == 12


def test_answers_and_removals_in_a_shared_chat_mean_the_original_message(read: Read) -> None:
    foreign = Line("here", 1000, "ann", (("hi", None),))
    answer = Line("m-2", 2000, "bob", (("yes", None),), reply_to="here")

    found = read(
        irc_line(foreign, **{"source-id": "there", "source-room-id": "33"}),
        irc_line(answer),
        "@target-msg-id=here :tmi.twitch.tv CLEARMSG #owner :hi",
    )

    got = rows(found)
    assert [(row["event_id"], row["kind"], row["reply_to"]) for row in got] == [
        ("there", "deleted", None),
        ("m-2", "message", "there"),
    ]


def test_bytes_that_are_no_utf8_and_control_characters_are_repaired_and_counted(saved: Saved) -> None:
    text = EXPORTS["td_text"].write(chat(3)).replace(b"hello there", b"hel\xfflo\x07 there")

    found = read_chat(saved(text), recording_id=RECORDING)

    assert found.events["text"].to_pylist()[0] == "hel\ufffdlo there 0"
    assert found.report.repairs == {"bad_utf8": 1}


@pytest.mark.parametrize("name", ["td_text", "twitchdownloader", "old_html"])
def test_a_lone_surrogate_of_utf16_is_repaired_and_counted(name: str, saved: Saved) -> None:
    content = EXPORTS[name].write(chat(3))
    wide = content if name == "old_html" else b"\xff\xfe" + content.decode().encode("utf-16-le")
    hurt = wide.replace("hello".encode("utf-16-le"), "hel".encode("utf-16-le") + b"\x3d\xd8" + "lo".encode("utf-16-le"))

    found = read_chat(saved(hurt), recording_id=RECORDING)

    assert found.events["text"].to_pylist()[0] == "hel\ufffdlo there 0"
    assert found.report.repairs == {"bad_encoding": content.decode("utf-8", "ignore").count("hello") or 1}


@pytest.mark.parametrize(
    "text",
    [
        "Dear diary,\ntoday nothing happened: at all.\n",
        "1\n00:00:01,000 --> 00:00:02,500\nhi\n\n2\n00:00:03,000 --> 00:00:04,000\nthere\n",
        "1\n00:00:01,000 --> 00:00:03,000\nann: hi\n\n2\n00:00:03,000 --> 00:00:05,000\nbob: there\n",
        "WEBVTT\n\n00:01.000 --> 00:02.000\nhi\n",
        "#EXTM3U\n#EXTINF:10,\nfile.ts\n",
        "name: dougpt\nversion: 1\nlicense: MIT\n",
        "a,b,c\n1,2,3\n",
        "time,price\n1,2\n",
        "message,author\nhi,ann\n",
        '{"id": "x", "extractor": "youtube", "formats": []}',
        '{"events": [{"tStartMs": 0, "segs": [{"utf8": "hi"}]}], "wireMagic": "pb3"}',
        '{"segments": [{"start": 0, "end": 1, "text": "hi"}]}',
        '[{"message": "hi"}]',
        "<html><body>hello</body></html>",
        "[Script Info]\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,hi\n",
        "PAR",
        "[2024-01-01 00:00:00] INFO: started\n",
    ],
)
def test_what_is_no_chat_is_refused_by_every_format_with_a_reason(text: str, saved: Saved) -> None:
    with pytest.raises(UnknownFormatError) as caught:
        read_chat(saved(text.encode()), recording_id=RECORDING)

    assert list(caught.value.refusals) == list(FORMATS)
    assert all(caught.value.refusals.values())
    assert "\n" not in str(caught.value)


def test_the_last_second_of_a_calendar_is_no_hindrance(read: Read) -> None:
    found = read("[9999-12-31 23:59:59 UTC] ann: a", "[2024-05-04 18:00:08 UTC] bob: b")

    assert rows(found)[-1]["offset_ms"] == 1000
    assert found.events["sent_at"].to_pylist()[0] == START + timedelta(seconds=1)
