"""What was measured before on a dataset: a line a report, oldest first, so that runs stand side by side.

Lines are only ever added. Each holds what `gate` needs and no text of anybody, so that a history may stay when texts
have to go.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dougpt_schema import DougptError

from dougpt_eval.report import Report, Result, SuiteFacts, result_from


class HistoryError(DougptError):
    """A history file cannot be read, or does not hold what is asked for."""


@dataclass(frozen=True, slots=True)
class PastResult:
    """A model's figures at the time; two compare where suite and protocol agree.

    Attributes:
        name: What the model was called, such as its run.
        suite: What it was measured on.
        settings: How it was measured.
        model: Its figures, without those on each recording alone.
    """

    name: str
    suite: SuiteFacts
    settings: dict[str, Any]
    model: Result

    @classmethod
    def of(cls, report: Report, name: str) -> "PastResult":
        """Return the line that a report leaves."""
        measures = {key: replace(found, by_recording={}) for key, found in report.model.measures.items()}
        return cls(name, report.suite, report.settings, replace(report.model, measures=measures))

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "PastResult":
        """Return the result that `asdict` was called on."""
        return cls(plain["name"], SuiteFacts(**plain["suite"]), dict(plain["settings"]), result_from(plain["model"]))

    @property
    def report(self) -> Report:
        """As much of the report as is left, to gate another one against."""
        return Report(self.suite, self.settings, self.model, (), Result("real chat", "", "", {}))


def read_history(path: Path) -> list[PastResult]:
    """Return the past results; none where there is no file. What a killed writer left of a line is passed by.

    Raises:
        HistoryError: A line is no past result.
    """
    if not path.is_file():
        return []
    past = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")[:-1], 1):
        try:
            past.append(PastResult.from_dict(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise HistoryError(f"{path}: line {number} is no past result: {error}") from error
    return past


def remember(path: Path, report: Report, name: str) -> list[PastResult]:
    """Add a report to the history file, unless the very same result stands there, and return all of it.

    Raises:
        HistoryError: The file holds something else.
    """
    past, new = read_history(path), PastResult.of(report, name)
    if new not in past:
        past.append(new)
        _append(path, json.dumps(asdict(new), sort_keys=True, allow_nan=False).encode() + b"\n")
    return past


def find(past: list[PastResult], name: str) -> PastResult:
    """Return the newest result of the model of that name, or else of the one whose name begins so.

    Raises:
        HistoryError: There is none, or the names of several models begin so.
    """
    found = [one for one in past if one.name == name] or [one for one in past if one.name.startswith(name)]
    if len({one.name for one in found}) != 1:
        known = ", ".join(dict.fromkeys(one.name for one in past)) or "nothing"
        raise HistoryError(f"{'several' if found else 'no'} past results begin with {name!r}; there are {known}")
    return found[-1]


def _append(path: Path, line: bytes) -> None:
    """Add one line behind the last whole one, and see it on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        whole = path.read_bytes().rfind(b"\n") + 1
        if whole < file.tell():
            file.truncate(whole)
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
