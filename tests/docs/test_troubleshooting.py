"""The page on errors quotes what the source says, and leaves out no error."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "guide" / "troubleshooting.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (`.*?`) \| `", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def nodes() -> list[ast.AST]:
    sources = [path for top in ("packages", "apps") for path in (ROOT / top).glob("*/src/**/*.py")]
    return [node for path in sources for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]


def test_every_message_on_the_page_is_one_of_the_source(nodes: list[ast.AST]) -> None:
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    quoted = [quote for row in ROWS for quote in re.findall(r"`([^`]+)`", row)]

    assert len(quoted) > 60
    assert [quote for quote in quoted if not any(quote in text for text in texts)] == []


def test_every_expected_error_stands_on_the_page(nodes: list[ast.AST]) -> None:
    bases = {node.name: list(_names(node)) for node in nodes if isinstance(node, ast.ClassDef)}

    def expected(name: str) -> bool:
        return name == "DougptError" or any(expected(base) for base in bases.get(name, ()))

    found = {name for name in bases if name.endswith("Error") and expected(name)} - {"DougptError"}
    assert sorted(name for name in found if f"`{name}`" not in PAGE) == []


def _names(node: ast.ClassDef) -> Iterator[str]:
    yield from (base.id for base in node.bases if isinstance(base, ast.Name))
