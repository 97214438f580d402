"""What was written into a TwitchDownloader document comes back, whatever version, layout or encoding it is in."""

import codecs
import gzip
import json
import string
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dougpt_chat import ChatRead, probe_chat, pseudonym, read_chat
from dougpt_schema import CHAT_EVENTS, REJECTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

RECORDING = "0123456789abcdef"
LOGINS = st.text(string.ascii_lowercase + string.digits + "_", min_size=3, max_size=12)
WORDS = st.text(st.characters(exclude_categories=("C", "Z", "M")), min_size=1, max_size=8).filter(
    lambda word: not {"@", "\uff20", "\u2800"} & set(word) and unicodedata.is_normalized("NFC", word)
)
EMOTES = st.text(string.ascii_letters, min_size=2, max_size=10)


def read(path: Path, **more: object) -> ChatRead:
    return read_chat(path, recording_id=RECORDING, **more)  # type: ignore[arg-type] # passed on as given


@st.composite
def pieces(draw: st.DrawFn) -> tuple[tuple[str, str | None], ...]:
    """Words and emotes by turns, as Twitch cuts them, separated by spaces."""
    parts = draw(st.lists(st.tuples(WORDS, st.none()) | st.tuples(EMOTES, st.just("25")), min_size=1, max_size=6))
    spaced: list[tuple[str, str | None]] = [parts[0]]
    for text, emote in parts[1:]:
        spaced += [(" ", None), (text, emote)]
    return tuple(spaced)


@st.composite
def chats(draw: st.DrawFn) -> list[dict[str, object]]:
    """The fields of messages, with ids of their own, in order of time."""
    times = sorted(draw(st.lists(st.integers(-5_000, 20_000_000), max_size=8)))
    return [
        {
            "id": f"id-{number}",
            "at_ms": at_ms,
            "login": draw(LOGINS | st.none()),
            "pieces": draw(pieces()),
            "badges": draw(st.lists(st.tuples(EMOTES, st.sampled_from(["1", "12"])), max_size=2).map(tuple)),
            "bits": draw(st.integers(0, 10_000)),
        }
        for number, at_ms in enumerate(times)
    ]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(fields=chats(), layout=st.tuples(st.sampled_from(["none", "1.0.0", "1.2.1", "1.4.0"]), st.none() | st.just(2)))
def test_what_was_written_is_read(
    fields: list[dict[str, object]],
    layout: tuple[str, int | None],
    say: Callable[..., object],
    document: Callable[..., bytes],
    saved: Callable[[bytes], Path],
) -> None:
    messages = [say(**one) for one in fields]

    found = read(saved(document(messages, version=layout[0], indent=layout[1])))

    rows = {row["event_id"]: row for row in found.events.to_pylist()}
    assert len(rows) == len(messages)
    for one in fields:
        row = rows[str(one["id"])]
        login = one["login"]
        assert row["text"] == "".join(text for text, _ in one["pieces"])
        assert row["author"] == (None if login is None else pseudonym(str(login)))
        assert row["badges"] == [f"{name}/{number}" for name, number in one["badges"]]
        assert row["bits"] == one["bits"]
        assert abs(row["offset_ms"] - one["at_ms"]) <= row["offset_precision_ms"]
        emotes = [text for text, emote in one["pieces"] if emote]
        assert [row["text"][emote["start"] : emote["end"]] for emote in row["emotes"]] == emotes
        assert [emote["name"] for emote in row["emotes"]] == emotes
    assert not found.report.counts.rejects


@pytest.mark.parametrize(
    "encode",
    [
        gzip.compress,
        lambda text: gzip.compress(gzip.compress(text)),
        lambda text: gzip.compress(text[: len(text) // 2]) + gzip.compress(text[len(text) // 2 :]),
        lambda text: codecs.BOM_UTF8 + text,
        lambda text: codecs.BOM_UTF16_LE + text.decode().encode("utf-16-le"),
        lambda text: codecs.BOM_UTF16_BE + text.decode().encode("utf-16-be"),
        lambda text: codecs.BOM_UTF32_LE + text.decode().encode("utf-32-le"),
        lambda text: codecs.BOM_UTF32_BE + text.decode().encode("utf-32-be"),
        lambda text: b"\n\n  " + text + b"\n\0\0\0",
    ],
    ids=["gzip", "gzip-in-gzip", "gzip-members", "utf8-mark", "utf16le", "utf16be", "utf32le", "utf32be", "blanks"],
)
def test_the_encoding_changes_nothing(
    encode: Callable[[bytes], bytes],
    say: Callable[..., object],
    document: Callable[..., bytes],
    saved: Callable[[bytes], Path],
) -> None:
    text = document([say((("hé 👍 ", None), ("Kappa", "25")), at_ms=1234), say((("b", None),), at_ms=2000, id="m-1")])

    plain, other = read(saved(text)), read(saved(encode(text)))

    assert other.events.drop_columns("source_id") == plain.events.drop_columns("source_id")
    assert not other.report.truncated


def test_lenient_json_is_read_and_every_repair_counted(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    text = document([say(((f"word{number}", None),), at_ms=1000 * number, id=f"m-{number}") for number in range(6)])
    text = text.replace(b'{"_id":"m-1"', b'/* "a, }] */ {/* "b, }] */ "_id":"m-1"')
    text = text.replace(b'"word2","bits_spent":0', b'"word2","bits_spent":"7"').replace(b"word2", b"wo\\ud83drd2")
    text = text.replace(b"word3", b"wo\x01\trd3").replace(b"word4", b"wo\xffrd4")
    text = text.replace(b'"user_color":null,"emoticons":[]}}]', b'"user_color":NaN,"emoticons":[],},},]')

    found = read(saved(text))

    assert found.events["text"].to_pylist() == ["word0", "word1", "wo\ufffdrd2", "wo rd3", "wo\ufffdrd4", "word5"]
    assert found.events["bits"].to_pylist() == [0, 0, 7, 0, 0, 0]
    assert found.report.repairs == {
        "bad_utf8": 1,
        "comments": 1,
        "control_characters": 4,
        "lone_surrogates": 2,
        "not_a_number": 1,
        "trailing_commas": 2,
    }


def test_a_broken_record_spoils_no_other_and_is_counted(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    text = document([say(((f"word{number}", None),), at_ms=1000 * number, id=f"m-{number}") for number in range(5)])
    text = text.replace(b'"body":"word1"', b'"body":"word1').replace(
        b'"message":{"body":"word3"', b'"message":[{"body":"word3"'
    )

    found = read(saved(text))

    assert found.events["event_id"].to_pylist() == ["m-0", "m-2", "m-4"]
    assert found.report.counts.messages == 5
    assert [row["source_row"] for row in REJECTS.check(found.rejects).to_pylist()] == [1, 3]
    assert found.report.counts.rejects == {"not_json": 2}


@pytest.mark.parametrize(
    ("wrong_field", "reason"),
    [
        ({"message": None}, "not_a_message"),
        ({"message": 5}, "not_a_message"),
        ({"content_offset_seconds": None}, "no_time"),
    ],
)
def test_a_record_that_says_too_little_is_rejected_with_the_reason(
    wrong_field: dict[str, object],
    reason: str,
    say: Callable[..., object],
    records: Callable[..., list[dict[str, object]]],
    saved: Callable[[bytes], Path],
) -> None:
    wrong, right = records([say((("a", None),), id="m-0"), say((("b", None),), id="m-1")])
    text = json.dumps({"FileInfo": {}, "comments": [wrong | wrong_field | {"created_at": None}, right]}).encode()

    found = read(saved(text))

    assert found.events["event_id"].to_pylist() == ["m-1"]
    assert found.report.counts.rejects == {reason: 1}
    assert found.rejects["subject_id"].to_pylist() == ["m-0"]


def test_unreadable_decoration_does_not_cost_the_message(
    say: Callable[..., object], records: Callable[..., list[dict[str, object]]], saved: Callable[[bytes], Path]
) -> None:
    (one,) = records([say((("hello", None),))])
    one |= {"created_at": "yesterday"}
    one["message"] |= {"user_badges": "many", "bits_spent": "lots"}  # type: ignore[operator] # a dict
    text = json.dumps({"FileInfo": {}, "comments": [one]}).encode()

    found = read(saved(text))

    assert found.events["text"].to_pylist() == ["hello"]
    assert found.report.repairs["unreadable_details"] == 1


def test_the_same_message_twice_is_one_event(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    messages = [say((("x", None),), at_ms=1000 * number, id=f"m-{number % 4}") for number in range(10)]

    found = read(saved(document(messages)))

    assert found.events.num_rows == 4
    assert found.report.counts.duplicates == 6
    assert found.events["source_row"].to_pylist() == [0, 1, 2, 3]


def test_messages_without_an_id_get_one_that_another_reading_gives_too(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    text = document([say((("x", None),), at_ms=1000 * number, id="") for number in range(4)])

    first, second, other_key = (read(saved(text), key=key) for key in (b"a", b"a", b"b"))

    assert first.events == second.events
    assert len(set(first.events["event_id"].to_pylist())) == 4
    assert set(first.events["event_id"].to_pylist()).isdisjoint(other_key.events["event_id"].to_pylist())


def test_embedded_images_are_passed_over_and_their_emote_names_kept(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    image = "QUJD" * 5000
    embedded = {"thirdParty": [{"id": "1", "data": image, "name": "catJAM"}], "firstParty": [{"data": image}]}
    text = document([say((("so catJAM much catJAMs", None),))], embedded=embedded)

    found = read(saved(text))

    assert found.events["emotes"].to_pylist() == [[{"name": "catJAM", "id": None, "start": 3, "end": 9}]]


def test_the_header_says_which_video_it_is(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path], versions: list[str]
) -> None:
    for version in versions:
        name, header = probe_chat(saved(document([say((("a", None),))], version=version)))

        assert name == "twitchdownloader"
        assert header.channel == "owner"
        assert header.length_ms == 600_000
        assert header.version == (None if version == "none" else version)
        if version >= "1.2.1" and version != "none":
            assert (header.platform, header.video_id, header.title) == ("twitch", "77", "T")
            assert header.created_at == datetime(2024, 5, 4, 18, 0, 7, tzinfo=UTC)


def test_an_empty_chat_is_an_empty_table_and_said(
    document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    found = read(saved(document([])))

    assert found.events.num_rows == 0
    assert CHAT_EVENTS.check(found.events) is found.events
    assert "no usable message" in found.report.warnings[0]


def test_bytes_behind_the_document_are_said(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    found = read(saved(document([say((("a", None),))]) + b"garbage"))

    assert found.events.num_rows == 1
    assert found.report.repairs == {"bytes_behind_the_end": 7}


def test_a_report_is_plain_json_and_the_same_each_time(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    text = document([say((("a", None),), at_ms=997 * number, id=f"m-{number}") for number in range(60)])

    one, two = (json.dumps(read(saved(text)).report.to_dict()) for _ in range(2))

    assert one == two
