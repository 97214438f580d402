"""Kinds, people and side tables of the events of an export."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.compute as pc
import pytest
from dougpt_chat import ChatRead, ChatSettings, contains_name, pseudonym, read_chat

RECORDING = "0123456789abcdef"


@pytest.fixture(scope="module")
def read(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> Callable[..., ChatRead]:
    def run(messages: list[dict[str, object]], **more: object) -> ChatRead:
        written = [
            say(**{"id": f"m-{number}", "at_ms": number * 1500, **fields, "pieces": ((fields["pieces"], None),)})  # type: ignore[dict-item] # a text
            for number, fields in enumerate(messages)
        ]
        return read_chat(saved(document(written)), recording_id=RECORDING, **more)  # type: ignore[arg-type] # as given

    return run


def test_each_event_is_of_the_first_kind_that_applies(read: Callable[..., ChatRead]) -> None:
    sub = {"user_notice_params": {"msg-id": "resub"}}
    found = read(
        [
            {"pieces": "hello"},
            {"pieces": "waves", "more": {"is_action": True}},
            {"pieces": "!play 7"},
            {"pieces": "! not a command"},
            {"pieces": "!commands: !a", "login": "Nightbot"},
            {"pieces": "thanks", "more": sub},
            {"pieces": "!x", "login": "nightbot", "more": {"state": "deleted"} | sub},
            {"pieces": "look at me", "more": {"user_notice_params": {"msg-id": "highlighted-message"}}},
        ]
    )

    kinds = ["message", "action", "command", "message", "bot", "notice", "deleted", "message"]
    assert found.events["kind"].to_pylist() == kinds
    assert found.report.kinds["message"] == 3


def test_settings_know_further_bots_commands_and_people(read: Callable[..., ChatRead]) -> None:
    settings = ChatSettings(bots=("My_Bot",), not_bots=("moobot",), command_prefixes=("!", "?"))

    found = read(
        [{"pieces": "a", "login": "my_bot"}, {"pieces": "b", "login": "moobot"}, {"pieces": "?q"}], settings=settings
    )

    assert found.events["kind"].to_pylist() == ["bot", "message", "command"]


def test_no_name_stands_in_what_is_handed_on(read: Callable[..., ChatRead]) -> None:
    found = read(
        [
            {"pieces": "@Bob @bob, @OWNER hi", "login": "alice", "display": "Alice"},
            {"pieces": "hey @alice (and x@carol)", "login": "bob", "display": "Bob"},
        ],
        key=b"k",
    )

    bob, alice, carol = (pseudonym(name, b"k") for name in ("bob", "alice", "carol"))
    assert found.events["author"].to_pylist() == [alice, bob]
    assert found.events["text"].to_pylist() == [
        f"@{bob} @{bob}, @streamer hi",
        f"hey @{alice} (and x@{carol})",
    ]
    handed_on = str([found.events.to_pylist(), found.rejects.to_pylist(), found.report.to_dict(), found.name_hashes])
    assert not any(name in handed_on.casefold() for name in ("alice", "bob", "carol", "owner"))


def test_names_and_raw_texts_stand_in_the_side_tables(read: Callable[..., ChatRead]) -> None:
    found = read(
        [
            {"pieces": "hi @bob \U000e0000", "login": "alice", "display": "Alice"},
            {"pieces": "plain", "login": "bob", "display": "Bob"},
            {"pieces": "gone", "login": None},
        ]
    )

    assert found.names.to_pylist() == sorted(
        [
            {"author": pseudonym("alice"), "login": "alice", "display_name": "Alice"},
            {"author": pseudonym("bob"), "login": "bob", "display_name": "Bob"},
        ],
        key=lambda row: row["author"],
    )
    assert found.raw_texts["event_id"].to_pylist() == ["m-0"]
    assert found.raw_texts["text"].to_pylist() == ["hi @bob \U000e0000"]


def test_name_hashes_find_authors_and_not_the_owner(read: Callable[..., ChatRead]) -> None:
    found = read([{"pieces": "x", "login": "alice"}, {"pieces": "y", "login": "owner"}])

    assert contains_name("alice said", found.name_hashes)
    assert not contains_name("owner said", found.name_hashes)


def test_who_wears_the_broadcasters_badge_is_the_streamer(read: Callable[..., ChatRead]) -> None:
    found = read(
        [
            {"pieces": "hello @real_owner and @also", "login": "a"},
            {"pieces": "x", "login": "real_owner", "badges": (("broadcaster", "1"),)},
        ],
        settings=ChatSettings(streamer=("Also",)),
    )

    assert found.events["text"][0].as_py() == "hello @streamer and @streamer"


def test_another_key_changes_every_person_and_nothing_else(read: Callable[..., ChatRead]) -> None:
    messages = [{"pieces": f"word {n}", "login": f"person{n}"} for n in range(9)]

    one, other = read(messages, key=b"one"), read(messages, key=b"two")

    assert not pc.any(pc.equal(one.events["author"], other.events["author"])).as_py()
    assert one.events.drop_columns(["author", "source_id"]) == other.events.drop_columns(["author", "source_id"])


def test_a_source_id_that_is_given_is_taken(read: Callable[..., ChatRead]) -> None:
    assert set(read([{"pieces": "a"}], source_id="abc").events["source_id"].to_pylist()) == {"abc"}
