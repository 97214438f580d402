"""An older dougpt.toml is held against today's settings: what came later is told, and nothing that is set changes."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from dougpt.binding import dotted, is_settings, setting_names
from dougpt.settings import HEADER, Settings, load_settings, write_template
from dougpt.settings_news import News, settings_news, with_news
from hypothesis import given
from hypothesis import strategies as st

NAMES = [name for name, kind in setting_names(Settings) if not is_settings(kind)]
FIRST = Path(__file__).parent / "released" / "dougpt-0.1.0-first.toml"
"""What `dougpt init` of the first version wrote (of 22 November 2026)."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("template") / "dougpt.toml"
    write_template(path)
    return path.read_text()


def without(template: str, names: set[str]) -> str:
    """The template of a version that lacks some settings."""
    kept, table = [], ""
    for line in template.splitlines():
        table = line[1:-1] if line.startswith("[") else table
        if dotted((table, line.removeprefix("# ").partition(" =")[0])) not in names:
            kept.append(line)
    return "\n".join(kept) + "\n"


@given(names=st.sets(st.sampled_from(NAMES), max_size=20))
def test_exactly_what_is_missing_is_new_and_is_added_once(template: str, names: set[str]) -> None:
    older = without(template, names)

    assert set(settings_news(older).added) == names
    added = with_news(older)
    assert settings_news(added) == News()
    assert tomllib.loads(added) == tomllib.loads(older)
    assert sum(added.count(f"\n# {name.rpartition('.')[2]} =") for name in names) >= len(names)


def test_a_template_without_a_whole_table_gets_it(template: str) -> None:
    older = without(template, {name for name in NAMES if name.startswith("gate.")}).replace("\n[gate]\n", "\n")

    assert "\n[gate]\n" in with_news(older)
    assert settings_news(with_news(older)) == News()


def test_a_default_that_is_another_now_is_told_and_shown_anew(template: str) -> None:
    older = template.replace("# accept_probability = 0.9", "# accept_probability = 0.7")

    assert settings_news(older).defaults == (("align.accept_probability", "0.7", "0.9"),)
    assert with_news(older) == template


def test_what_is_set_stays_whatever_its_value(template: str) -> None:
    chosen = template.replace("# accept_probability = 0.9", "accept_probability = 0.7  # my own choice")

    assert settings_news(chosen) == News()
    assert with_news(chosen) == chosen


def test_of_a_file_written_by_hand_nothing_is_said() -> None:
    assert settings_news("[align]\nshare = 0.2\n") == News()
    assert HEADER.startswith("# Settings of a dougpt workspace.")


def test_status_and_init_tell_of_a_file_of_the_first_version(tmp_path: Path, run: Any) -> None:
    place = tmp_path / "w"
    assert run("init", place, "--example-key").exit_code == 0
    text = FIRST.read_text().replace("# min_words = 3", "min_words = 2")
    (place / "dougpt.toml").write_text(text)
    before = load_settings(place / "dougpt.toml")

    told = json.loads(run("status", "--workspace", place, "--json").stdout)["settings"]
    assert "picture.from_video" in told["added"]
    assert {"name": "align.accept_probability", "shown": "0.7", "today": "0.9"} in told["defaults"]

    assert f"{len(told['added'])} settings that came later added" in run("init", place).stdout
    assert load_settings(place / "dougpt.toml") == before
    told = json.loads(run("status", "--workspace", place, "--json").stdout)["settings"]
    assert told == {"added": [], "defaults": []}
