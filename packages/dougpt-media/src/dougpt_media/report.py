"""What a step did, in numbers and in warnings for people; the same for the same input wherever it runs."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Report:
    """Counts, facts and warnings of one step; no times of day, host names or paths."""

    step: str
    counts: dict[str, int] = field(default_factory=dict)
    facts: dict[str, str | float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain JSON values."""
        return {
            "step": self.step,
            "counts": dict(sorted(self.counts.items())),
            "facts": dict(sorted(self.facts.items())),
            "warnings": list(self.warnings),
        }
