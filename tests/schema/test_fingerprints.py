"""Equal recipes have equal fingerprints, different ones different, and nothing of a machine gets in."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from dougpt_schema import ChatKind, code_fingerprint, file_sha256, fingerprint, recording_id, settings_fingerprint
from hypothesis import given
from hypothesis import strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@dataclass(frozen=True)
class Knobs:
    speed: int = 1
    kinds: tuple[str, ...] = ("message",)


@given(json_values, json_values)
def test_parts_differ_exactly_where_fingerprints_do(one: object, two: object) -> None:
    same = repr(one) == repr(two) or (one == two and fingerprint(one) == fingerprint(two))
    assert (fingerprint(one) == fingerprint(two)) == same


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_the_order_of_a_mapping_does_not_matter(mapping: dict) -> None:
    assert fingerprint(mapping) == fingerprint(dict(reversed(list(mapping.items()))))


@given(st.sets(st.text(), max_size=5))
def test_sets_have_no_order(members: set[str]) -> None:
    assert fingerprint(members) == fingerprint(frozenset(sorted(members, reverse=True)))


def test_settings_of_different_types_differ() -> None:
    assert settings_fingerprint(Knobs()) != settings_fingerprint(Knobs(speed=2))
    assert fingerprint(ChatKind.BOT) == fingerprint("bot")
    assert fingerprint(b"ab") != fingerprint("ab")


@pytest.mark.parametrize("part", [Path("x"), object(), {1: 2}])
def test_what_differs_between_machines_is_refused(part: object) -> None:
    with pytest.raises(TypeError, match="has no canonical form"):
        fingerprint(part)


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        fingerprint(float("nan"))


def test_fingerprints_are_the_same_in_every_process() -> None:
    script = "from dougpt_schema import fingerprint; print(fingerprint({'b', 'a'}, {'y': 1, 'x': [2.5, None]}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == fingerprint({"b", "a"}, {"y": 1, "x": [2.5, None]})
    # Fixed: a change here makes every workspace stale and needs a line in the changelog.
    assert fingerprint("dougpt", 1) == "76ffa69c43d2b9cc9de3d517b083eb755ffc328264b4744b3d15670642163008"


def test_code_is_hashed_without_being_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "never_imported"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    before = code_fingerprint("never_imported")
    code_fingerprint.cache_clear()
    (package / "more.py").write_text("x = 1")

    assert code_fingerprint("never_imported") != before
    with pytest.raises(ModuleNotFoundError, match="no package not_there_at_all"):
        code_fingerprint("not_there_at_all")


@given(content=st.binary(max_size=100))
def test_a_file_is_known_by_its_bytes(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("files")
    (folder / "a").write_bytes(content)
    (folder / "b").write_bytes(content)
    seen: list[int] = []

    assert file_sha256(folder / "a") == file_sha256(folder / "b", progress=seen.append)
    assert sum(seen) == len(content)


def test_a_recording_is_known_by_its_platform_id() -> None:
    assert recording_id("twitch", "123") == recording_id("twitch", "123") != recording_id("youtube", "123")
    assert len(recording_id("twitch", "123")) == 16
