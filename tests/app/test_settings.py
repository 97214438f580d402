"""dougpt.toml says exactly what the libraries' settings allow, and its errors name the line and the nearest setting."""

import dataclasses
import tomllib
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from dougpt.binding import document, setting_names
from dougpt.settings import Settings, SettingsError, load_settings, write_template
from hypothesis import given
from hypothesis import strategies as st

NAMES = [name for name, _ in setting_names(Settings)]


def load(folder: Path, text: str) -> Settings:
    path = folder / "dougpt.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def error(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(folder, text)
    return str(caught.value).removeprefix(f"{folder}/")


def test_the_written_template_changes_nothing(tmp_path: Path) -> None:
    write_template(tmp_path / "dougpt.toml")

    assert load_settings(tmp_path / "dougpt.toml") == Settings()


def test_every_setting_stands_in_the_template_with_its_help(tmp_path: Path) -> None:
    text = document(Settings)

    for name, kind in setting_names(Settings):
        if not dataclasses.is_dataclass(kind):
            assert f"# {name.rpartition('.')[2]} =" in text


def test_every_setting_has_help() -> None:
    def fields(cls: type) -> Any:
        for field in dataclasses.fields(cls):
            kind = get_type_hints(cls)[field.name]
            if dataclasses.is_dataclass(kind):
                yield from fields(kind)  # type: ignore[arg-type]  # a settings class
            else:
                yield cls.__name__, field

    assert [(owner, field.name) for owner, field in fields(Settings) if not field.metadata.get("help")] == []


def test_uncommenting_the_template_says_the_defaults(tmp_path: Path) -> None:
    lines = []
    for line in document(Settings).splitlines():
        setting = line.removeprefix("# ")
        is_setting = line.startswith("# ") and setting.partition(" = ")[0].isidentifier() and "unset)" not in line
        lines.append(setting if is_setting else line)

    assert load(tmp_path, "\n".join(lines)) == Settings()
    assert len(tomllib.loads("\n".join(lines))["align"]) > 5


def test_a_set_value_is_taken(tmp_path: Path) -> None:
    settings = load(tmp_path, '[align]\npause_ms = 900\n[train]\nlearning_rate = 1\n[chat]\nbots = ["a", "b"]\n')

    assert settings.align.pause_ms == 900
    assert settings.train.learning_rate == 1.0
    assert isinstance(settings.train.learning_rate, float)
    assert settings.chat.bots == ("a", "b")


def test_an_unknown_setting_is_refused_with_the_nearest_one_and_its_line(tmp_path: Path) -> None:
    assert error(tmp_path, "[align]\npause_ms = 700\npauze_ms = 3\n") == (
        "dougpt.toml:3: unknown setting 'align.pauze_ms'; did you mean 'align.pause_ms'?"
    )


def test_an_unknown_table_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    assert (
        error(tmp_path, "\n[algin]\npause_ms = 700\n")
        == "dougpt.toml:2: unknown setting 'algin'; did you mean 'align'?"
    )


def test_a_setting_in_the_wrong_table_is_named_with_its_own(tmp_path: Path) -> None:
    assert "did you mean 'align.latest_lag_ms'?" in error(tmp_path, "[curate]\nlatest_lag_ms = 3\n")


@given(name=st.sampled_from([name for name in NAMES if "." in name]), at=st.integers(0, 30))
def test_one_letter_too_many_is_always_forgiven_with_the_right_name(
    tmp_path_factory: pytest.TempPathFactory, name: str, at: int
) -> None:
    table, _, key = name.rpartition(".")
    wrong = key[: at % (len(key) + 1)] + "q" + key[at % (len(key) + 1) :]

    assert f"did you mean '{table}." in error(tmp_path_factory.mktemp("s"), f"[{table}]\n{wrong} = 1\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[align]\npause_ms = "long"\n', '2: align.pause_ms must be a whole number, not "long"'),
        ("[align]\npause_ms = true\n", "2: align.pause_ms must be a whole number, not true"),
        ("[align]\npause_ms = 1.5\n", "2: align.pause_ms must be a whole number, not 1.5"),
        ("[chat]\nbots = 3\n", "2: chat.bots must be a list of a text, not 3"),
        ('[speech]\nengine = "vosk"\n', '2: speech.engine must be one of "auto", "whisperx"'),
        ("align = 3\n", "1: align must be a table, not 3"),
        ("[align]\npause_ms = -1\n", "2: [align] pause_ms must be positive, not -1"),
        ("[align\n", "1: not valid TOML at '[align': Expected ']' at the end of a table declaration"),
        ("[align]\nshare = 0,3 # of all\n", "2: not valid TOML at 'share = 0,3 # of all': a number is written with a"),
        ("[align]\n\n [chat]\n[ align ]\n", "4: not valid TOML at '[ align ]': [align] begins in line 1 already; put"),
        ("[align]\ncopies = 3\ncopies = 4\n", "3: not valid TOML at 'copies = 4': copies is set in line 2 already"),
        ("[speech]\nengine = auto\n", "2: not valid TOML at 'engine = auto': a text stands in quotes: \"auto\""),
        ("[speech]\ndiarise = True\n", "2: not valid TOML at 'diarise = True': write true"),
        ("[chat]\nbots = [\n", "3: not valid TOML at the end of the file: "),
    ],
)
def test_a_wrong_value_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    assert f"dougpt.toml:{message}" in error(tmp_path, text)


def test_a_file_that_is_no_text_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "dougpt.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(tmp_path / "dougpt.toml")


def test_a_value_out_of_its_range_is_found_on_its_own_line(tmp_path: Path) -> None:
    text = '[train]\nbase = "tiny"\nrank = 0\n'

    assert error(tmp_path, text) == "dougpt.toml:3: [train] rank is 0, not at least 1"
