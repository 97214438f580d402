"""What one check found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["passed", "warning", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: a failed one keeps the run from starting, a warning does not; a skipped one had nothing to look at.

    Attributes:
        code: P1 to P15, the check's name in the documentation.
        name: What it is about.
        status: How it ended.
        found: What was found, in a sentence with figures.
        facts: The figures, ready for JSON.
    """

    code: str
    name: str
    status: Status
    found: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Return the check, ready for JSON."""
        return {
            "code": self.code,
            "name": self.name,
            "status": self.status,
            "found": self.found,
            "facts": dict(self.facts),
        }


def skipped(code: str, name: str, why: str, **facts: object) -> Check:
    """Return a check that was not made, and why."""
    return Check(code, name, "skipped", why, facts)


def judge(*, failed: object = False, warned: object = False) -> Status:
    """Return the status: failed where `failed` holds, else a warning where `warned` holds."""
    return "failed" if failed else "warning" if warned else "passed"
