"""Near-copies are found by their text alone, judged exactly, and numbers and negations keep replies apart."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from dougpt_curate import CurateSettings, curate
from dougpt_curate.near import Search, Sheet, Texts, leaders, pairs
from hypothesis import given, settings
from hypothesis import strategies as st

TEXTS = st.lists(st.text(st.sampled_from("ab \n1é😂"), max_size=12), max_size=8)
SYLLABLES = ("bo", "ka", "li", "mer", "nu", "pa", "ri", "sto", "tan", "ve", "wi", "zor")
VOCABULARY = 300


def groups_by_hand(text: str) -> set[str]:
    padded = f" {text} ".replace("\n", " ")
    kept = [c for i, c in enumerate(padded) if c.isdigit() or not (i >= 2 and padded[i - 1] == padded[i - 2] == c)]
    return {"".join(kept[i : i + 3]) for i in range(len(kept) - 2)}


@given(TEXTS)
def test_similarity_is_that_of_the_sets_of_three_characters(texts: list[str]) -> None:
    groups = Texts(texts)

    for one in range(len(texts)):
        for two in range(len(texts)):
            a, b = groups_by_hand(texts[one]), groups_by_hand(texts[two])
            expected = len(a & b) / len(a | b) if a | b else 1.0
            assert groups.similarity(one, two) == pytest.approx(expected)


@given(TEXTS, st.lists(st.integers(0, 2), min_size=8, max_size=8))
@settings(deadline=None)
def test_equal_texts_of_one_scope_are_always_paired_and_scopes_never_meet(texts: list[str], scopes: list[int]) -> None:
    scope = np.array(scopes[: len(texts)], np.int64)

    leader = leaders(Sheet(texts), Search(scope, 1, np.zeros_like(scope), 0), lambda *_: True)

    for later, text in enumerate(texts):
        equal = [i for i in range(later + 1) if texts[i] == text and scope[i] == scope[later]]
        assert leader[later] <= equal[0]
        assert scope[leader[later]] == scope[later]
        assert leader[leader[later]] == leader[later]


@given(TEXTS)
@settings(deadline=None)
def test_pairs_name_the_later_text_first_and_come_in_order(texts: list[str]) -> None:
    scope = np.zeros(len(texts), np.int64)

    found = list(pairs(Sheet(texts), Search(scope, 0.5, np.zeros_like(scope), 0)))

    assert all(later > earlier for later, earlier in found)
    assert found == sorted(set(found))


def edited(text: str, luck: random.Random) -> str:
    """The text with one slip: a letter changed, lost, doubled or added, a word lost, swapped or put behind."""
    place, words = luck.randrange(1, len(text) - 1), text.split()
    start, rest = text[:place], text[place + 1 :]
    spot = luck.randrange(len(words) - 1)
    return luck.choice(
        [
            start + luck.choice("etaoin") + rest,
            start + rest,
            start + text[place] * 5 + rest,
            start + luck.choice("etaoin") + text[place:],
            " ".join(words[:spot] + words[spot + 1 :]),
            " ".join([*words[:spot], words[spot + 1], words[spot], *words[spot + 2 :]]),
            text + " lol",
            text.upper() + "!!",
        ]
    )


def test_nearly_all_of_a_thousand_planted_edits_are_found_and_nothing_else(make_dialogue: Callable[..., Any]) -> None:
    luck = random.Random(7)  # noqa: S311 (a test's slips need no secrecy)
    words = ["".join(luck.choices(SYLLABLES, k=luck.randrange(1, 4))) for _ in range(VOCABULARY)]
    texts = list(dict.fromkeys(" ".join(luck.choices(words, k=luck.randrange(5, 12))) for _ in range(600)))
    origins, others = texts[:100], texts[100:]
    rest = [(edited(text, luck), number) for number, text in enumerate(origins) for _ in range(10)]
    rest += [(text, -1) for text in others]
    luck.shuffle(rest)

    found = curate(*make_dialogue(["hello"], [[*origins, *(text for text, _ in rest)]]).tables)

    merged = {copy["event_id"]: copy["into"] for row in found.samples.to_pylist() for copy in row["merged"]}
    right = sum(merged.get(f"0.{place + 100}") == f"0.{origin}" for place, (_, origin) in enumerate(rest))
    assert right / 1000 >= 0.95
    assert right / len(merged) >= 0.98


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("i would vote for option 1", "i would vote for option 2"),
        ("i would vote for option b", "i would vote for option c"),
        ("i would really go there", "i would really not go there"),
        ("please turn left at the corner", "please turn right at the corner"),
        ("one two", "one too"),
        ("i would vote for the snail", "i would vote for the door"),
    ],
)
def test_replies_that_say_something_else_stay_apart(make_dialogue: Callable[..., Any], one: str, two: str) -> None:
    (row,) = curate(*make_dialogue(["hello"], [[one, two]]).tables).samples.to_pylist()

    assert [reply["text"] for reply in row["responses"]] == [one, two]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("noooo", "noooooooooo"),
        ("LUL LUL", "LUL LUL LUL"),
        ("this is literally the end", "this is literaly the end"),
        ("that snail is so evil", "that snail is so evil lol"),
    ],
)
def test_near_copies_in_a_turn_are_one_reply(make_dialogue: Callable[..., Any], one: str, two: str) -> None:
    made = make_dialogue(["hello"], [[one, two]])

    (row,) = curate(*made.tables).samples.to_pylist()
    (exact,) = curate(*made.tables, CurateSettings(near_similarity=0)).samples.to_pylist()

    assert [(reply["text"], reply["multiplicity"]) for reply in row["responses"]] == [(one, 2)]
    assert row["merged"] == [{"event_id": "0.1", "into": "0.0"}]
    assert len(exact["responses"]) == 2


def test_edited_copypasta_is_kept_once_over_turns_while_it_keeps_coming(make_dialogue: Callable[..., Any]) -> None:
    copies = [f"never trust a snail with your {word} money my friends" for word in ("old", "new", "dear", "sweet")]
    made = make_dialogue(["one", "two", "three", "four"], [[copy] for copy in copies])

    often, seldom = (curate(*made.tables, CurateSettings(copypasta_window_s=window)) for window in (25, 5))

    assert often.samples["responses"].to_pylist()[0][0]["multiplicity"] == 4
    assert (often.samples.num_rows, seldom.samples.num_rows) == (1, 4)


def test_what_is_a_copy_is_the_same_in_every_process() -> None:
    texts = [" ".join(words) for words in permutations(["vesto", "zordraque", "que", "sto", "pa"], 3)]
    code = (
        "import sys; from dougpt_curate import CurateSettings; from dougpt_curate.dedupe import same_reply; "
        "t = sys.argv[1:]; print([same_reply(a, b, 0.6, CurateSettings()) for a in t for b in t])"
    )

    found = {
        subprocess.run(
            [sys.executable, "-c", code, *texts],
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }

    assert len(found) == 1
