"""A person who is forgotten is in no table any more, and everybody else is as before."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from dougpt_chat import DEFAULT_KEY, forget_author, forget_names, known_by, names_of, pseudonym, read_chat
from dougpt_schema import CHAT_EVENTS
from hypothesis import given
from hypothesis import strategies as st

RECORDING = "0123456789abcdef"


def test_messages_go_and_mentions_become_those_of_nobody(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    messages = [
        say((("hi @Bob ", None), ("Kappa", "25")), login="alice", id="m-0"),
        say((("I am @bob", None),), login="bob", display="Bobby", id="m-1", at_ms=2000),
        say((("@alice", None),), login="carol", id="m-2", at_ms=3000),
        say((("gone", None),), login=None, id="m-3", at_ms=4000),
    ]
    found = read_chat(saved(document(messages)), recording_id=RECORDING)
    bob = pseudonym("bob")

    events = forget_author(found.events, bob)
    names, raw = forget_names(found.names, found.raw_texts, bob, forgotten_events=["m-1"])

    assert (events.removed, events.masked) == (1, 1)
    assert CHAT_EVENTS.check(events.table)["event_id"].to_pylist() == ["m-0", "m-2", "m-3"]
    first = events.table.to_pylist()[0]
    assert first["text"] == "hi @0000000000000000 Kappa"
    assert first["text"][first["emotes"][0]["start"] : first["emotes"][0]["end"]] == "Kappa"
    assert bob not in str(events.table.to_pylist())
    assert names.removed == 1
    assert "bob" not in str([names.table.to_pylist(), raw.table.to_pylist()]).casefold()
    assert raw.table["event_id"].to_pylist() == ["m-2"]


def test_somebody_unknown_changes_nothing(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    found = read_chat(saved(document([say((("hello @x", None),))])), recording_id=RECORDING)

    assert forget_author(found.events, "0" * 15 + "1").table == found.events


def test_a_name_without_an_at_is_masked_at_its_length_and_raw_texts_with_it_go(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    messages = [
        say((("big BOB fan, not bobsled  or Bobby Tables! ", None), ("Kappa", "25")), login="alice", id="m-0"),
        say((("hi", None),), login="bob", display="Bobby Tables", id="m-1", at_ms=2000),
        say((("nothing  here", None),), login="carol", id="m-2", at_ms=3000),
    ]
    found = read_chat(saved(document(messages)), recording_id=RECORDING)
    bob = pseudonym("bob")
    names = names_of(found.names, bob)

    events = forget_author(found.events, bob, names)
    _, raw = forget_names(found.names, found.raw_texts, bob, forgotten_events=["m-1"])

    assert names == {"bob", "Bobby Tables"}
    first = CHAT_EVENTS.check(events.table).to_pylist()[0]
    assert first["text"] == "big ___ fan, not bobsled or ____________! Kappa"
    assert first["text"][first["emotes"][0]["start"] :] == "Kappa"
    assert events.masked == 1
    assert raw.table["event_id"].to_pylist() == ["m-2"]


def test_a_login_that_stands_bare_is_masked_by_its_pseudonym_where_nobody_knows_the_name(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    found = read_chat(saved(document([say((("ask Bob, not bobsled", None),))])), recording_id=RECORDING)

    events = forget_author(found.events, pseudonym("bob"), key=DEFAULT_KEY)

    assert events.masked == 1
    assert events.table["text"].to_pylist() == ["ask ___, not bobsled"]
    assert forget_author(found.events, pseudonym("bob"), key=b"another key").masked == 0


def test_names_of_several_words_are_masked_by_their_hashes_where_nobody_knows_them(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    texts = ("doug FAN 99! hi", "@Doug Fan 99 yes", "ask Bobby", "Doug, a fan of 99", "who is doug?", "Fan 99")
    found = read_chat(
        saved(document([say(((text, None),), login="alice", id=f"m-{at}") for at, text in enumerate(texts)])),
        recording_id=RECORDING,
    )
    bob = pseudonym("bob")

    hashes = known_by({"bob", "Doug Fan 99", "Bobby"}, bob)
    events = forget_author(found.events, bob, key=DEFAULT_KEY, hashes=hashes)
    _, raw = forget_names(found.names, found.raw_texts, bob, key=DEFAULT_KEY, hashes=hashes)

    doug = pseudonym("doug")
    assert events.table["text"].to_pylist() == [
        "___________! hi",
        f"@{'_' * len(doug + ' Fan 99')} yes",
        "ask _____",
        "Doug, a fan of 99",
        "who is doug?",
        "Fan 99",
    ]
    assert known_by({"bob", "Bob", "@bob"}, bob) == []
    assert "Doug Fan 99" not in str(raw.table.to_pylist())
    assert forget_author(found.events, bob, key=b"another key", hashes=hashes).masked == 0


WORDS = st.text(st.characters(categories=("Lu", "Ll", "Nd")), min_size=3, max_size=8)


@given(name=st.lists(WORDS, min_size=1, max_size=5), around=st.lists(WORDS, max_size=4))
def test_what_a_known_name_masks_its_hashes_mask(name: list[str], around: list[str]) -> None:
    author, spelled = pseudonym("somebody"), " ".join(name)
    text = " ".join([*around, spelled, *around])
    table = pa.table({"author": ["0" * 16], "text": [text]})

    by_name = forget_author(table, author, [spelled])
    by_hash = forget_author(table, author, key=DEFAULT_KEY, hashes=known_by([spelled], author))

    assert by_hash.masked == by_name.masked == 1
    assert by_hash.table == by_name.table
