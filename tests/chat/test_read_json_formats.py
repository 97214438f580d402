"""What JSON of each tool means, where that is not what it looks like."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chat_exports import (
    START,
    Line,
    eventsub,
    eventsub_event,
    gql_node,
    irc_line,
    live_chat_action,
    new_item,
    rustlog_item,
)
from dougpt_chat import BrokenExportError, ChatRead, probe_chat, pseudonym, read_chat

RECORDING = "0123456789abcdef"
ANN = Line("m-1", 1_500, "ann", (("hello", None),))
BOB = Line("m-2", 3_500, "bob", (("hi there", None),))
Saved = Callable[[bytes], Path]
Read = Callable[..., ChatRead]


@pytest.fixture(scope="module")
def read(saved: Saved) -> Read:
    """Read objects, as one document or one a line."""

    def run(*objects: object, whole: bool = False, **more: Any) -> ChatRead:
        text = json.dumps(objects[0] if whole else list(objects))
        more = {"broadcast_start": START} | more
        return read_chat(saved(text.encode()), recording_id=RECORDING, **more)

    return run


def by_id(found: ChatRead) -> dict[str, dict[str, Any]]:
    return {row["event_id"]: row for row in found.events.to_pylist()}


def test_a_comment_of_nobody_is_kept_without_an_author(read: Read) -> None:
    found = read(gql_node(ANN) | {"commenter": None}, gql_node(BOB))

    assert [row["author"] for row in by_id(found).values()] == [None, pseudonym("bob")]
    assert by_id(found)["m-1"]["text"] == "hello"


@pytest.mark.parametrize(("kind", "start"), [("ARCHIVE", START), ("HIGHLIGHT", None)])
def test_the_video_of_twitch_dl_is_known_and_a_highlights_date_is_no_start(
    kind: str, start: datetime | None, saved: Saved
) -> None:
    creator = {"login": "owner", "displayName": "Owner"}
    video = {"id": "77", "title": "T", "publishedAt": "2024-05-04T18:00:07Z", "lengthSeconds": 600, "creator": creator}
    whole = {"video": video | {"broadcastType": kind}, "video_comments": {}, "comments": [gql_node(ANN)]}

    name, header = probe_chat(saved(json.dumps(whole).encode()))

    assert name == "twitch_gql"
    assert (header.video_id, header.channel, header.length_ms, header.title) == ("77", "owner", 600_000, "T")
    assert header.created_at == start


def test_a_document_of_twitch_dl_without_its_comments_is_broken_and_not_empty(saved: Saved) -> None:
    with pytest.raises(BrokenExportError, match="the document has no comments array"):
        read_chat(saved(json.dumps({"video": {"id": "77"}, "video_comments": {}}).encode()), recording_id="r")


def test_an_item_of_chat_downloader_may_lack_text_time_and_author(read: Read) -> None:
    sticker = new_item(ANN) | {"message": None, "message_type": "paid_sticker", "author": None, "message_id": "s"}
    early = new_item(BOB) | {"time_in_seconds": -17, "time_text": "-0:17", "message_id": "early"}
    old = {"author": "cleo", "message": "x", "time_text": "-3:51", "timestamp": 1_600_000_000_000_000}

    rows = by_id(read(sticker, early, old))

    assert (rows["s"]["text"], rows["s"]["kind"], rows["s"]["author"]) == ("", "notice", None)
    assert rows["early"]["offset_ms"] == -17_000
    assert {row["offset_ms"] for row in rows.values()} == {1_000, -17_000, -231_000}


def test_what_moderators_removed_is_deleted_backwards_in_chat_downloader(read: Read) -> None:
    lines = [Line(f"m-{n}", 1000 * n, f"user{n % 3}", ((f"t{n}", None),)) for n in range(6)]
    ban = {"message_type": "ban_user", "banned_user": "user1", "timestamp": 1, "time_in_seconds": 3}
    delete = {"message_type": "delete_message", "target_message_id": "m-5", "message": "t5", "timestamp": 1}

    found = read(*map(new_item, lines[:3]), ban, *map(new_item, lines[3:]), delete, {"message_type": "room_state"})

    deleted = {name for name, row in by_id(found).items() if row["kind"] == "deleted"}
    assert deleted == {"m-1", "m-5"}
    assert found.report.passed_over == {"room_state": 1}


@pytest.mark.parametrize(
    ("locations", "emotes", "wrong"),
    [
        ("0-4", ["Kappa"], 0),
        (["0-4", "8-12"], ["Kappa", "Kappa"], 0),
        ("4-0", [], 1),
        ("90-95", [], 1),
        ("0-4,9-13", ["Kappa"], 1),  # one too far, behind a long character
    ],
)
def test_places_of_emotes_are_a_text_or_a_list_and_may_be_wrong(
    locations: object, emotes: list[str], wrong: int, read: Read
) -> None:
    item = new_item(ANN) | {"message": "Kappa , Kappa", "emotes": [{"id": "25", "locations": locations}]}

    found = read(item)

    (row,) = found.events.to_pylist()
    assert found.report.repairs.get("emote_places", 0) == wrong
    assert row["text"] == "Kappa , Kappa"
    assert [emote["name"] for emote in row["emotes"]] == emotes


def test_emoji_of_youtube_get_their_character_back_and_emotes_are_found(read: Read) -> None:
    emotes = [
        {"id": "😀", "name": ":grin:", "is_custom_emoji": False},
        {"id": "UC1/x", "name": ":_wave:", "is_custom_emoji": True},
    ]
    owner = {"id": "UCo", "name": "Own", "badges": [{"title": "Owner", "icon_name": "owner"}]}
    item = new_item(ANN) | {"message": "hi :grin: :_wave: @Own", "emotes": emotes, "author": owner}

    found = read(item)

    (row,) = found.events.to_pylist()
    assert row["text"] == "hi 😀 :_wave: @streamer"
    assert [emote["name"] for emote in row["emotes"]] == [":_wave:"]
    assert row["author"] == pseudonym("UCo")
    assert row["badges"] == ["broadcaster/1"]
    assert found.report.platform == "youtube"


def renderer(kind: str, line: Line, **more: object) -> dict[str, Any]:
    action = live_chat_action(line)
    inner = action["addChatItemAction"]["item"]["liveChatTextMessageRenderer"]  # type: ignore[index] # built so
    return {"addChatItemAction": {"item": {f"liveChat{kind}Renderer": inner | more}}}


def test_kinds_of_items_on_youtube_are_told_apart(read: Read) -> None:
    icon = [{"liveChatAuthorBadgeRenderer": {"icon": {"iconType": "MODERATOR"}, "tooltip": "Moderator"}}]
    member = [{"liveChatAuthorBadgeRenderer": {"tooltip": "Member (2 years)"}}]
    new = {"runs": [{"text": "New member"}]}
    actions = [
        renderer("TextMessage", ANN, id="text", authorBadges=[*icon, *member]),
        renderer("PaidMessage", ANN, id="paid", purchaseAmountText={"simpleText": "$5.00"}),
        renderer("PaidSticker", ANN, id="sticker", message=None),
        renderer("MembershipItem", ANN, id="member", message=None, headerSubtext=new),
        renderer("ViewerEngagementMessage", ANN),
        {"addLiveChatTickerItemAction": {"item": {"liveChatTickerPaidMessageItemRenderer": {"id": "t"}}}},
    ]
    lines = [
        {"replayChatItemAction": {"actions": [action], "videoOffsetTimeMsec": str(number * 10)}}
        for number, action in enumerate(actions)
    ]

    found = read(*lines)

    rows = by_id(found)
    assert {name: row["kind"] for name, row in rows.items()} == {
        "text": "message",
        "paid": "message",
        "sticker": "notice",
        "member": "notice",
    }
    assert rows["text"]["badges"] == ["moderator/1", "member/24"]
    assert rows["member"]["text"] == "New member"
    assert found.report.passed_over == {"other_actions": 1, "other_items": 1}


def test_the_order_of_a_live_chat_is_that_of_time_and_times_before_the_stream_are_negative(saved: Saved) -> None:
    lines = [
        {"replayChatItemAction": {"actions": [live_chat_action(line)]}, "videoOffsetTimeMsec": at, "isLive": True}
        for line, at in ((ANN, "5000"), (BOB, "-1200"))
    ]

    found = read_chat(saved("\n".join(map(json.dumps, lines)).encode()), recording_id=RECORDING)

    assert found.events["event_id"].to_pylist() == ["m-2", "m-1"]
    assert found.events["offset_ms"].to_pylist() == [-1200, 5000]
    assert found.report.offset_sources == {"exact": 2}


def test_removals_and_replacements_on_youtube(read: Read) -> None:
    lines = [Line(f"m-{n}", 1000 * n, f"user{n % 2}", ((f"t{n}", None),)) for n in range(5)]
    held_back = {"addChatItemAction": {"item": {"liveChatPlaceholderItemRenderer": {"id": "m-9"}}}}
    come = live_chat_action(Line("m-9", 0, "eve", (("late", None),)))["addChatItemAction"]["item"]  # type: ignore[index] # so
    actions = [
        *map(live_chat_action, lines[:3]),
        {"markChatItemsByAuthorAsDeletedAction": {"externalChannelId": "UCuser1"}},
        *map(live_chat_action, lines[3:]),
        {"removeChatItemAction": {"targetItemId": "m-4"}},
        held_back,
        {"replaceChatItemAction": {"targetItemId": "m-9", "replacementItem": come}},
    ]

    found = read({"replayChatItemAction": {"actions": actions, "videoOffsetTimeMsec": "7"}})

    assert {name for name, row in by_id(found).items() if row["kind"] == "deleted"} == {"m-1", "m-4"}
    assert by_id(found)["m-9"]["text"] == "late"


def test_raw_lines_and_objects_of_a_service_of_logs_are_one_chat(read: Read) -> None:
    raw = {"messages": [irc_line(ANN), irc_line(BOB, **{"rm-deleted": "1"}), "PING :x", "what is this"]}
    full = {"messages": [rustlog_item(ANN, full=True), rustlog_item(BOB, full=True)]}
    basic = {"messages": [rustlog_item(ANN, full=False), rustlog_item(BOB, full=False)]}

    plain, one, other = (read(document, whole=True) for document in (raw, full, basic))

    assert plain.report.counts.rejects == {"not_irc": 1}
    assert plain.report.passed_over == {"PING": 1}
    assert by_id(plain)["m-2"]["kind"] == "deleted"
    for found in (one, other):
        assert {row["event_id"]: row["text"] for row in found.events.to_pylist()} == {"m-1": "hello", "m-2": "hi there"}
        assert found.events["author"].to_pylist() == [pseudonym("ann"), pseudonym("bob")]


def test_removals_of_a_service_of_logs_without_raw_lines(read: Read) -> None:
    ban = {"text": "ann", "displayName": "", "timestamp": "2024-05-04T18:00:10Z", "id": "", "type": 2}

    found = read(rustlog_item(ANN, full=False), ban | {"tags": {"target-user-id": "1"}}, rustlog_item(BOB, full=False))

    assert {name: row["kind"] for name, row in by_id(found).items()} == {"m-1": "deleted", "m-2": "message"}


def test_an_event_alone_has_no_time_and_that_is_said(read: Read) -> None:
    found = read(eventsub_event(ANN), eventsub_event(BOB) | {"timestamp": "2024-05-04T18:00:10.250Z"})

    assert found.report.counts.rejects == {"no_time": 1}
    assert by_id(found)["m-2"]["offset_ms"] == 3250


def test_shared_chat_me_and_removals_of_eventsub(read: Read) -> None:
    foreign = eventsub_event(ANN) | {"source_broadcaster_user_id": "33", "source_message_id": "there"}
    action = eventsub_event(BOB) | {"message": {"text": "\x01ACTION waves\x01", "fragments": []}}
    delete = {"subscription": {"type": "channel.chat.message_delete"}, "event": {"message_id": "there"}}
    ban = {"subscription": {"type": "channel.ban"}, "event": {"user_login": "x"}}
    records = [{"event": event, "sent_at": "2024-05-04T18:00:10Z"} for event in (foreign, action)]

    found = read(*records, delete, ban)

    rows = by_id(found)
    assert (rows["there"]["source_room"], rows["there"]["kind"]) == ("33", "deleted")
    assert (rows["m-2"]["text"], rows["m-2"]["kind"]) == ("waves", "action")
    assert found.report.passed_over == {"other_events": 1}


def test_a_notification_of_eventsub_is_a_notice_and_the_owner_is_known(read: Read) -> None:
    resub = eventsub(ANN)
    resub["payload"]["event"] |= {"notice_type": "resub", "message": {"text": "@Owner hi", "fragments": []}}  # type: ignore[index] # so
    resub["payload"]["subscription"]["type"] = "channel.chat.notification"  # type: ignore[index] # built so

    (row,) = read(resub).events.to_pylist()

    assert (row["kind"], row["text"]) == ("notice", "@streamer hi")


def test_lenient_lines_of_json_are_repaired_and_counted(saved: Saved) -> None:
    good = [json.dumps(new_item(Line(f"m-{n}", 1000 * n, "ann", ((f"word{n}", None),)))) for n in range(6)]
    text = "\n".join(good).encode() + b"\n"
    text = text.replace(b"word1", b"wo\\ud83drd1").replace(b"word2", b"wo\x02rd2").replace(b"word3", b"wo\xffrd3")
    text = text.replace(b'"word4",', b'"word4",,').replace(b'"time_text": "0:05"}', b'"time_text": "0:05",}')
    text = b"\xef\xbb\xbf" + text.replace(b'"timestamp": 1714845612000000}', b'"timestamp": NaN,}')

    found = read_chat(saved(text), recording_id=RECORDING)

    assert found.events["text"].to_pylist() == ["word0", "wo\ufffdrd1", "word2", "wo\ufffdrd3", "word5"]
    assert found.report.counts.rejects == {"not_json": 1}
    assert found.report.repairs == {
        "bad_utf8": 1,
        "control_characters": 1,
        "lone_surrogates": 1,
        "not_a_number": 1,
        "trailing_commas": 1,
    }


def test_a_date_of_the_year_one_is_no_date(read: Read) -> None:
    found = read(gql_node(ANN) | {"createdAt": "0001-01-01T00:00:00"})

    (row,) = found.events.to_pylist()
    assert row["sent_at"] is None


def test_nine_digits_of_a_second_are_read(read: Read) -> None:
    found = read(gql_node(ANN) | {"createdAt": "2024-05-04T18:00:08.123456789Z"})

    assert found.events["sent_at"].to_pylist() == [datetime(2024, 5, 4, 18, 0, 8, 123_000, tzinfo=UTC)]
    assert timedelta(0) == found.events["sent_at"].to_pylist()[0].utcoffset()
