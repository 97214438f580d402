"""Raw IRC lines: every field where the protocol puts it, and removals applied to what came before them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dougpt_chat import ChatRead, pseudonym, read_chat
from dougpt_chat.formats.twitch_irc import parse_line
from hypothesis import given
from hypothesis import strategies as st

RECORDING = "0123456789abcdef"
START = datetime(2024, 5, 4, 18, 0, 0, 500_000, tzinfo=UTC)
START_MS = round(START.timestamp() * 1000)


def line(text: str, *, at_ms: int = 0, nick: str = "ann", **tags: str) -> str:
    named = {"display-name": nick.title(), "tmi-sent-ts": str(START_MS + at_ms), "room-id": "1"}
    named |= {name.replace("_", "-"): value for name, value in tags.items()}
    packed = ";".join(f"{name}={value}" for name, value in named.items())
    return f"@{packed} :{nick}!{nick}@{nick}.tmi.twitch.tv PRIVMSG #chan :{text}"


@pytest.fixture(scope="module")
def read(saved: Callable[[bytes], Path]) -> Callable[..., ChatRead]:
    def run(*lines: str, start: datetime | None = START) -> ChatRead:
        path = saved("\r\n".join(lines).encode())
        return read_chat(path, recording_id=RECORDING, broadcast_start=start)

    return run


def test_a_message_has_every_field_that_the_tags_give(read: Callable[..., ChatRead]) -> None:
    found = read(
        line(
            "@Bob Kappa 👍 Kappa x",
            at_ms=61_234,
            id="m1",
            emotes="25:5-9,13-17",
            badges="subscriber/12,vip/1",
            bits="100",
            reply_parent_msg_id="m0",
            source_room_id="2",
        )
    )

    (row,) = found.events.to_pylist()
    assert found.report.origin == "twitch_irc"
    assert (row["event_id"], row["author"], row["bits"], row["reply_to"]) == ("m1", pseudonym("ann"), 100, "m0")
    assert (row["offset_ms"], row["offset_source"], row["source_room"]) == (61_234, "wall", "2")
    assert row["sent_at"] == START + timedelta(milliseconds=61_234)
    assert row["badges"] == ["subscriber/12", "vip/1"]
    assert row["text"] == f"@{pseudonym('bob')} Kappa 👍 Kappa x"
    assert [row["text"][emote["start"] : emote["end"]] for emote in row["emotes"]] == ["Kappa", "Kappa"]


def test_without_the_broadcasts_start_there_is_no_time_and_that_is_said(read: Callable[..., ChatRead]) -> None:
    found = read(line("a", id="m1"), line("b", id="m2"), start=None)

    assert found.events.num_rows == 0
    assert found.report.counts.rejects == {"no_time": 2}
    assert any("2 messages have no time" in warning and "start" in warning for warning in found.report.warnings)


def test_kinds_are_told_apart(read: Callable[..., ChatRead]) -> None:
    notice = line("", id="m3", login="ann", msg_id="resub").replace("PRIVMSG #chan :", "USERNOTICE #chan")
    found = read(
        line("\x01ACTION waves\x01", id="m1"), line("hi", id="m2", at_ms=1), notice, line("no", id="m4", rm_deleted="1")
    )

    rows = {row["event_id"]: (row["kind"], row["text"]) for row in found.events.to_pylist()}
    assert rows == {"m1": ("action", "waves"), "m2": ("message", "hi"), "m3": ("notice", ""), "m4": ("deleted", "no")}


def test_removals_mark_what_came_before_them(read: Callable[..., ChatRead]) -> None:
    found = read(
        line("a", id="m1", nick="ann"),
        line("b", id="m2", nick="bob"),
        line("c", id="m3", nick="ann"),
        "@room-id=1;tmi-sent-ts=1 :tmi.twitch.tv CLEARCHAT #chan :ann",
        line("d", id="m4", nick="ann"),
        "@target-msg-id=m5 :tmi.twitch.tv CLEARMSG #chan :e",
        line("e", id="m5", nick="cleo"),
        ":tmi.twitch.tv NOTICE #chan :slow mode",
    )

    deleted = {row["event_id"] for row in found.events.to_pylist() if row["kind"] == "deleted"}
    assert deleted == {"m1", "m3", "m5"}
    assert found.report.passed_over == {"NOTICE": 1}

    emptied = read(line("a", id="m1"), line("b", id="m2"), ":tmi.twitch.tv CLEARCHAT #chan", line("c", id="m3"))
    assert sorted(emptied.events["kind"].to_pylist()) == ["deleted", "deleted", "message"]


def test_a_message_of_a_shared_chat_is_one_in_every_room(read: Callable[..., ChatRead]) -> None:
    found = read(line("a", id="m1", source_id="s"), line("a", id="m2", source_id="s"))

    assert found.events["event_id"].to_pylist() == ["s"]
    assert found.report.counts.duplicates == 1


@pytest.mark.parametrize("emotes", ["25:04", "25:4-0", "25:0-900", "25:1-3,0-4", "/", "x", "25:"])
def test_emote_ranges_that_cannot_be_right_spoil_nothing(emotes: str, read: Callable[..., ChatRead]) -> None:
    (row,) = read(line("Kappa there", emotes=emotes)).events.to_pylist()

    assert row["text"] == "Kappa there"
    assert all(row["text"][emote["start"] : emote["end"]] == emote["name"] for emote in row["emotes"])


@given(value=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20))
def test_tags_come_back_as_they_were_escaped(value: str) -> None:
    escaped = (
        value.replace("\\", "\\\\").replace(";", "\\:").replace(" ", "\\s").replace("\r", "\\r").replace("\n", "\\n")
    )
    if any(char.isspace() for char in escaped):
        return

    parsed = parse_line(f"@k={escaped};other=1 :n!u@h PRIVMSG #c :text")

    assert parsed is not None
    assert parsed.tags == {"k": value, "other": "1"}


def test_lines_that_are_no_irc_are_rejected_with_their_place(read: Callable[..., ChatRead]) -> None:
    found = read(line("a"), "what is this", line("b", at_ms=5))

    assert found.report.counts.rejects == {"not_irc": 1}
    assert found.rejects["source_row"].to_pylist() == [1]


def test_every_line_of_a_real_log_is_read(real_data: Path) -> None:
    path = real_data / "chat" / "irc" / "twitch-irc.txt"
    if not path.is_file():
        pytest.skip(f"no {path.name} among the real data")
    lines = path.read_text(encoding="utf-8").splitlines()

    found = read_chat(path, recording_id=RECORDING, broadcast_start=datetime(2020, 1, 1, tzinfo=UTC))

    counts = found.report.counts
    assert counts.messages == sum(" PRIVMSG #" in one or " USERNOTICE #" in one for one in lines)
    assert counts.rejects.keys() <= {"no_time"}
    assert found.report.passed_over == {"NOTICE": 1}
    texts = found.events["text"].to_pylist()
    assert not any("\x01" in text for text in texts)
    for row in found.events.to_pylist():
        assert [row["text"][emote["start"] : emote["end"]] for emote in row["emotes"]] == [
            e["name"] for e in row["emotes"]
        ]
