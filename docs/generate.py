"""Writes the pages that are made from code: every contract, every command, the API of every package.

Usage:

    uv run python docs/generate.py            # writes them
    uv run python docs/generate.py --check    # exits with 1 where one is not what the code says
"""

import sys
from pathlib import Path

import click
from dougpt.cli import main as dougpt
from dougpt_schema import CONTRACTS, Contract
from dougpt_schema.rules import OneOf

DOCS = Path(__file__).parent
PACKAGES = ("schema", "media", "chat", "align", "curate", "train", "eval", "review")
CONTRACTS_HEAD = """# Contracts

Libraries meet only in these tables. A table is checked whenever it is read or written: types, nulls (inside lists and
structs too), enumerations, ranges, order of rows, uniqueness of the key. More columns may follow those listed; a new
nullable column keeps the version, any other change raises it. Made by `docs/generate.py` from `dougpt_schema`.

Time is whole milliseconds on the recording's clock, 0 at the start of its primary medium, unless a column says
otherwise. Intervals are half-open.
"""
COMMANDS_HEAD = """# Commands

Made by `docs/generate.py` from each command's own help. Progress goes to stderr and results to stdout. Exit codes:
0 done (warnings too), 1 an expected error, told in one line, 2 wrong usage, 3 a gate or the preflight failed, 4 not
comparable.
"""


def contract_section(contract: Contract) -> str:
    """A contract as a heading, its key and a table of columns."""
    enumerations = {rule.column: rule.values for rule in contract.rules if isinstance(rule, OneOf)}
    lines = [f"## {contract.name}", "", f"Version {contract.version}. {contract.meaning}", ""]
    lines.append(f"Key: {', '.join(f'`{name}`' for name in contract.key) or 'none, rows may repeat'}. ")
    lines[-1] += f"Rows in the order of {', '.join(f'`{name}`' for name in contract.order)}."
    lines += ["", "| column | type | null | meaning |", "| --- | --- | --- | --- |"]
    for column in contract.columns:
        meaning = column.meaning
        if column.name in enumerations:
            meaning += f" One of {', '.join(f'`{value}`' for value in enumerations[column.name])}."
        null = "may be" if column.nullable else ""
        lines.append(f"| `{column.name}` | `{str(column.type).replace('|', ' ')}` | {null} | {meaning} |")
    rules = [f"`{rule.column}` {rule.meaning}" for rule in contract.rules if not isinstance(rule, OneOf)]
    if rules:
        lines += ["", "Refused: rows where " + "; ".join(rules) + "."]
    return "\n".join(lines)


def command_section(name: str, command: click.Command, group: click.Context, level: str = "##") -> str:
    """A command's help as it prints it."""
    context = click.Context(command, parent=group, info_name=name, max_content_width=100)
    parts = command.commands.items() if isinstance(command, click.Group) else ()
    below = [command_section(part, one, context, level + "#") for part, one in parts]
    return "\n\n".join([f"{level} {context.command_path}\n\n```text\n{command.get_help(context)}\n```", *below])


def pages() -> dict[Path, str]:
    """Every generated page and what it should hold."""
    context = dougpt.make_context("dougpt", [], resilient_parsing=True)
    commands = {name: dougpt.get_command(context, name) for name in dougpt.list_commands(context)}
    made = {
        DOCS / "contracts.md": "\n\n".join([CONTRACTS_HEAD.strip(), *map(contract_section, CONTRACTS.values())]),
        DOCS / "commands.md": "\n\n".join(
            [
                COMMANDS_HEAD.strip(),
                *(command_section(name, command, context) for name, command in commands.items() if command),
            ]
        ),
    }
    for package in PACKAGES:
        made[DOCS / "reference" / f"{package}.md"] = f"# dougpt_{package}\n\n::: dougpt_{package}"
    return {path: text + "\n" for path, text in made.items()}


def main() -> None:
    """Write the pages, or say which are stale."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        sys.exit(f"stale, run docs/generate.py: {', '.join(path.name for path in stale)}" if stale else 0)
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages()[path], encoding="utf-8")


if __name__ == "__main__":
    main()
