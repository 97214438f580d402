"""The committed examples, and the generator that made them."""

import csv
import gzip
import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of examples."""
    return EXAMPLES


@cache
def _exports() -> dict[str, dict[str, Any]]:
    found = {}
    for folder in sorted((EXAMPLES / "recordings").iterdir()):
        path = next(folder.glob("chat.json*"))
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        found[folder.name] = json.loads(content)
    return found


@pytest.fixture(scope="session")
def exports() -> Mapping[str, dict[str, Any]]:
    """The chat export of every recording, by the name of its folder."""
    return _exports()


@pytest.fixture(scope="session")
def links() -> list[dict[str, str]]:
    """The true links as they are written."""
    with gzip.open(EXAMPLES / "truth/links.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def words() -> list[dict[str, str]]:
    """The true times of the words of the recording with sound."""
    with (EXAMPLES / "truth/words.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
