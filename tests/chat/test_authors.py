"""One person is one pseudonym under one key, however the name is spelt, and another under another key."""

import string

import pytest
from dougpt_chat import contains_name, name_hashes, name_tester, pseudonym
from dougpt_chat.authors import People
from hypothesis import assume, given
from hypothesis import strategies as st

LOGINS = st.text(string.ascii_lowercase + string.digits + "_", min_size=3, max_size=25)
NAMES = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)
KEYS = st.binary(min_size=1, max_size=64)


@given(name=NAMES, key=KEYS)
def test_a_pseudonym_is_sixteen_hex_digits_and_always_the_same(name: str, key: bytes) -> None:
    found = pseudonym(name, key)

    assert found == pseudonym(f" @{name} ".strip(), key)
    assert len(found) == 16
    assert set(found) <= set(string.hexdigits.lower())


@given(name=LOGINS, key=KEYS)
def test_case_makes_no_difference(name: str, key: bytes) -> None:
    assert pseudonym(name.upper(), key) == pseudonym(name, key)


@given(name=NAMES, one=KEYS, other=KEYS)
def test_another_key_gives_another_pseudonym(name: str, one: bytes, other: bytes) -> None:
    assume(one.ljust(64, b"\0") != other.ljust(64, b"\0"))
    assert pseudonym(name, one) != pseudonym(name, other)


@given(names=st.sets(LOGINS, min_size=2, max_size=20), key=KEYS)
def test_two_people_are_two_pseudonyms(names: set[str], key: bytes) -> None:
    assert len({pseudonym(name, key) for name in names}) == len(names)


@pytest.mark.parametrize("key", [b"", b"x" * 65])
def test_a_key_of_a_wrong_length_is_a_misuse(key: bytes) -> None:
    with pytest.raises(ValueError, match="1 to 64 bytes"):
        pseudonym("a", key)


@given(login=LOGINS)
def test_a_mention_is_the_authors_pseudonym(login: str) -> None:
    people = People([(login, login.upper())], owners=["the_owner_of_it_all"])

    assert people.mention(login.upper()) == f"@{people.author(login, login.upper())}"


def test_somebody_mentioned_by_a_display_name_is_found() -> None:
    people = People([("hanako", "花子"), ("taro", "TARO")], owners=["Streamer_Person"])

    assert people.mention("花子") == f"@{people.author('hanako', '花子')}"
    assert people.mention("streamer_person") == "@streamer"


def test_the_owner_is_the_streamer_by_every_name() -> None:
    people = People([("owner_login", "主人")], owners=["owner_login"])

    assert people.mention("主人") == people.mention("OWNER_LOGIN") == "@streamer"


def test_accounts_that_are_gone_have_no_pseudonym() -> None:
    people = People([(None, None)], owners=[])

    assert people.author(None, None) is None
    assert people.author("", " ") is None
    assert people.author(None, "Shown") == pseudonym("shown")


@given(names=st.sets(LOGINS, min_size=1, max_size=8), key=KEYS)
def test_bare_names_are_found_in_a_sentence(names: set[str], key: bytes) -> None:
    test = name_tester(name_hashes(names, key), key)

    for name in names:
        assert test(f"what did {name.upper()}, say?") or len(name.strip("_")) < 3
    assert not test("a b c")


def test_hashes_of_names_do_not_serve_under_another_key() -> None:
    hashes = name_hashes(["somebody", "Two Words", "ab"], b"one")

    assert hashes == sorted(hashes)
    assert len(hashes) == 2
    assert contains_name("is SOMEBODY there", hashes, b"one")
    assert contains_name("hello two words!", hashes, b"one")
    assert not contains_name("is somebody there", hashes, b"two")
    assert not contains_name("nobody two, ab", hashes, b"one")
