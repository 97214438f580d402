"""What was measured before on a dataset: a line a report, oldest first, so that runs stand side by side."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dougpt_schema import DougptError, atomic_write

from dougpt_eval.report import Report


class HistoryError(DougptError):
    """A history file cannot be read."""


@dataclass(frozen=True, slots=True)
class PastResult:
    """A model's figures at the time; two compare where suite and protocol agree.

    Attributes:
        model: The model's fingerprint.
        suite: The fingerprint of what it was measured on.
        protocol: The fingerprint of how it was measured.
        measures: Measure -> value, lower and upper end of its interval.
    """

    model: str
    suite: str
    protocol: str
    measures: dict[str, list[float | None]]

    @classmethod
    def of(cls, report: Report) -> "PastResult":
        """Return the line that a report leaves."""
        measures = {name: [found.value, found.low, found.high] for name, found in sorted(report.model.measures.items())}
        return cls(report.model.fingerprint, report.suite.fingerprint, report.protocol, measures)


def read_history(path: Path) -> list[PastResult]:
    """Return the past results; none where there is no file.

    Raises:
        HistoryError: A line is no past result.
    """
    if not path.is_file():
        return []
    past = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            past.append(PastResult(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise HistoryError(f"{path}: line {number} is no past result: {error}") from error
    return past


def remember(path: Path, report: Report) -> Sequence[PastResult]:
    """Add a report to the history file, unless the very same result stands there, and return all of it.

    Raises:
        HistoryError: The file holds something else.
        ArtifactError: It cannot be written.
    """
    past, new = read_history(path), PastResult.of(report)
    if new not in past:
        past.append(new)
        lines = (json.dumps(asdict(one), sort_keys=True, allow_nan=False) + "\n" for one in past)
        atomic_write(path, "".join(lines).encode())
    return past
