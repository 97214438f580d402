"""A workspace is made once, with a key of its own, and never over something else."""

import stat
from pathlib import Path

from click.testing import CliRunner, Result
from dougpt.cli import main
from dougpt.settings import load_settings


def init(*words: object) -> Result:
    return CliRunner().invoke(main, ["init", *map(str, words)])


def test_a_new_workspace_has_settings_and_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    assert init(tmp_path / "w").exit_code == 0

    key = tmp_path / "w" / "secret" / "key"
    assert len(key.read_bytes()) == 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert (tmp_path / "w" / "dougpt.toml").is_file()


def test_two_workspaces_have_two_keys(tmp_path: Path) -> None:
    init(tmp_path / "a")
    init(tmp_path / "b")

    assert (tmp_path / "a/secret/key").read_bytes() != (tmp_path / "b/secret/key").read_bytes()


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    init(tmp_path / "w")
    (tmp_path / "w/dougpt.toml").write_text("[align]\npause_ms = 800\n")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    assert init(tmp_path / "w").exit_code == 0
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_key_can_be_given_and_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"k" * 32)

    assert init(tmp_path / "w", "--key-file", tmp_path / "key").exit_code == 0
    assert (tmp_path / "w/secret/key").read_bytes() == b"k" * 32
    (tmp_path / "key").write_bytes(b"l" * 32)
    assert "pseudonyms would change" in init(tmp_path / "w", "--key-file", tmp_path / "key").stderr
    assert (tmp_path / "w/secret/key").read_bytes() == b"k" * 32


def test_the_example_key_is_the_same_everywhere(tmp_path: Path) -> None:
    init(tmp_path / "a", "--example-key")
    init(tmp_path / "b", "--example-key")

    assert (tmp_path / "a/secret/key").read_bytes() == (tmp_path / "b/secret/key").read_bytes()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x")

    result = init(tmp_path)

    assert result.exit_code == 1
    assert result.stderr == f"error: {tmp_path}: not empty and no dougpt workspace (it holds photo.jpg)\n"
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_a_workspace_below_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")

    result = init(tmp_path / "file" / "w")

    assert result.exit_code == 1
    assert result.stderr == f"error: {tmp_path}/file/w: cannot be a workspace, {tmp_path}/file is a file\n"


def test_a_key_file_in_hex_holds_the_bytes_that_it_spells(tmp_path: Path) -> None:
    (tmp_path / "key.hex").write_text("00ff" * 16 + "\n")

    assert init(tmp_path / "w", "--key-file", tmp_path / "key.hex").exit_code == 0
    assert (tmp_path / "w/secret/key").read_bytes() == b"\x00\xff" * 16


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")

    result = init(tmp_path / "w", "--key-file", tmp_path / "key")

    assert result.exit_code == 1
    assert "a key has 16 to 64 bytes, this file has 5" in result.stderr
    assert not (tmp_path / "w").exists()


def test_settings_can_be_given_and_stand_among_all_others(tmp_path: Path) -> None:
    (tmp_path / "chosen.toml").write_text("[curate]\ntest_share = 0.35\n[curate.expect]\nmax_leaks = 3\n")

    assert init(tmp_path / "w", "--settings", tmp_path / "chosen.toml").exit_code == 0

    text = (tmp_path / "w/dougpt.toml").read_text()
    assert load_settings(tmp_path / "w/dougpt.toml") == load_settings(tmp_path / "chosen.toml")
    assert "\ntest_share = 0.35\n" in text
    assert "\n# validation_share = " in text


def test_settings_that_are_wrong_make_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "chosen.toml").write_text("[curate]\ntest_shares = 0.35\n")

    result = init(tmp_path / "w", "--settings", tmp_path / "chosen.toml")

    assert result.exit_code == 1
    assert "test_shares" in result.stderr
    assert not (tmp_path / "w").exists()
