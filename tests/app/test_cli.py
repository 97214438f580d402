"""The command line answers at once, every command explains itself, and an expected error is one line."""

import resource
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from dougpt.cli import COMMANDS, main

HEAVY = ("pyarrow", "numpy", "torch", "polars", "av", "snakemake", "matplotlib", "transformers")
HELP_S = 0.5


def leaves() -> list[tuple[str, ...]]:
    """Every command that does something: those of groups by both words."""
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command = main.get_command(None, name)  # type: ignore[arg-type]  # no context is needed to look one up
        found += [(name, part) for part in command.commands] if isinstance(command, click.Group) else [(name,)]
    return found


def dougpt(*words: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "dougpt", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_help_takes_under_half_a_second_of_the_processor() -> None:
    took = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert dougpt("--help").returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    assert min(took) < HELP_S


@pytest.mark.parametrize("words", [["--help"], ["align", "--help"], ["pipeline", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\nfrom dougpt.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        f"print('loaded', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert shown.splitlines()[-1] == "loaded []"


@pytest.mark.parametrize("words", leaves(), ids=" ".join)
def test_every_command_has_help_with_an_example_and_the_table_says_what_it_does(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(main, [*words, "--help"])

    assert shown.exit_code == 0
    assert "Example:" in shown.output
    assert f"dougpt {' '.join(words)}" in shown.output
    assert {"--workspace", "--json", "-h"} <= {word.strip(",") for word in shown.output.split()}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_of_a_command_what_its_help_begins_with(name: str) -> None:
    command = main.get_command(None, name)  # type: ignore[arg-type]  # no context is needed to look one up

    assert command is not None
    assert COMMANDS[name] == " ".join((command.help or "").partition("\n\n")[0].split())


@pytest.mark.parametrize("words", leaves(), ids=" ".join)
def test_every_option_has_help(words: tuple[str, ...]) -> None:
    command = main.get_command(None, words[0])  # type: ignore[arg-type]  # no context is needed to look one up
    command = command.commands[words[1]] if isinstance(command, click.Group) else command
    assert command is not None
    options = [param for param in command.params if param.param_type_name == "option"]

    assert [option.name for option in options if not getattr(option, "help", None) and option.name != "help"] == []


def test_an_unknown_command_is_answered_with_the_nearest_and_exit_code_2() -> None:
    result = CliRunner().invoke(main, ["algin"])

    assert result.exit_code == 2
    assert "no command 'algin'; did you mean 'align'?" in result.output


@pytest.mark.parametrize("name", ["status", "transcribe", "curate", "pipeline", "show"])
def test_no_workspace_is_one_line_and_exit_code_1(name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [name, "--workspace", str(tmp_path / "none")])

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"error: {tmp_path}/none: no workspace here (no dougpt.toml); make one with: dougpt init {tmp_path}/none"
    ]


def test_what_nobody_expected_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    CliRunner().invoke(main, ["init", str(tmp_path / "w")])
    monkeypatch.setattr("dougpt.commands.status.facts", broken)
    result = CliRunner().invoke(main, ["status", "--workspace", str(tmp_path / "w"), "--json"])

    assert isinstance(result.exception, ZeroDivisionError)


@pytest.mark.slow
def test_pytorch_starts_no_pool_of_compilers_that_nobody_asks() -> None:
    """It did for each job that trains or measures: 240 MB, and on a busy machine five minutes at the end."""
    script = (
        "import dougpt.cli, os, pathlib\n"
        "import torch._inductor.async_compile\n"
        "print(*[path.read_text() for path in pathlib.Path(f'/proc/{os.getpid()}/task').glob('*/children')])\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=600)

    assert done.stdout.split() == []
