"""What a dataset must be before anything is trained on it: named expectations, each with what was found.

An expectation that does not hold stops the work, unless a person allows it by name; the card tells of both.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dougpt_schema import ArrowStream, DougptError, Split

from dougpt_curate.leaks import count_leaks
from dougpt_curate.report import CurateReport
from dougpt_curate.settings import ExpectSettings


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation and how it stands.

    Attributes:
        name: By which it can be allowed.
        expected: What should be, in words.
        found: What is.
        holds: Whether it is so.
        allowed: Whether a person lets it pass although it is not.
    """

    name: str
    expected: str
    found: float
    holds: bool
    allowed: bool = False

    @property
    def verdict(self) -> str:
        """In a word."""
        return "holds" if self.holds else "allowed" if self.allowed else "FAILS"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


class GateError(DougptError):
    """An expectation does not hold and is not allowed.

    Attributes:
        expectations: All of them.
    """

    exit_code = 3

    def __init__(self, expectations: Sequence[Expectation]) -> None:
        self.expectations = tuple(expectations)
        failed = [one for one in expectations if one.verdict == "FAILS"]
        told = ", ".join(f"{one.name} is {one.found:g}, expected {one.expected}" for one in failed)
        allow = " ".join(f"--allow {one.name}" for one in failed)
        super().__init__(f"the dataset is not what [curate.expect] asks for: {told}; to let it pass: {allow}")


class UnknownExpectationError(DougptError):
    """What is to be allowed is no expectation."""


def expectations(
    report: CurateReport,
    samples: ArrowStream | Iterable[ArrowStream],
    settings: ExpectSettings,
    *,
    clock_margin: float | None = None,
    allow: Collection[str] = (),
) -> list[Expectation]:
    """Return how each expectation of `settings` stands.

    Args:
        report: What curation counted.
        samples: What it made, a table or pieces of one.
        settings: The thresholds.
        clock_margin: The smallest margin of a recording's clock, where it is known.
        allow: Names of expectations that may fail.

    Raises:
        UnknownExpectationError: `allow` names no expectation.
    """
    check_names(allow, settings)
    found = _judged(report, samples, settings, clock_margin)
    return [Expectation(one.name, one.expected, one.found, one.holds, one.name in allow) for one in found]


def check_names(names: Collection[str], settings: ExpectSettings) -> None:
    """Raise where one of `names` is no expectation.

    Raises:
        UnknownExpectationError: One is none.
    """
    known = ["acceptance", "acceptance_most", "kept", "duplicates", "leakage", "clock_margin"]
    known += [f"samples_{split}" for split in settings.min_samples]
    known += [f"style_{style}" for style in settings.max_style_share]
    if unknown := sorted(set(names) - set(known)):
        raise UnknownExpectationError(f"there is no expectation {unknown[0]!r} to allow; there are {', '.join(known)}")


def require(found: Sequence[Expectation]) -> None:
    """Raise where one fails that is not allowed.

    Raises:
        GateError: One fails.
    """
    if any(one.verdict == "FAILS" for one in found):
        raise GateError(found)


def expectation_table(found: Sequence[Expectation]) -> str:
    """Return expected and found as lines of text."""
    rows = [("expectation", "expected", "found", "")]
    rows += [(one.name, one.expected, f"{one.found:g}", one.verdict) for one in found]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _judged(
    report: CurateReport,
    samples: ArrowStream | Iterable[ArrowStream],
    settings: ExpectSettings,
    clock_margin: float | None,
) -> Iterator[Expectation]:
    links, replies = report.links, report.replies
    yield _least("acceptance", _share(links["accepted"], links["total"]), settings.min_acceptance)
    yield _most("acceptance_most", _share(links["accepted"], links["total"]), settings.max_acceptance)
    yield _least("kept", _share(replies["kept"], replies["accepted"]), settings.min_kept)
    yield _most("duplicates", _share(replies["merged"], replies["accepted"]), settings.max_duplicates)
    pieces = [samples] if isinstance(samples, ArrowStream) else samples
    leaks = count_leaks(pieces, settings.leak_similarity, settings.leak_words) if settings.leak_similarity else 0
    yield _most("leakage", leaks, settings.max_leaks)
    for split in Split:
        if split.value in settings.min_samples:
            least = settings.min_samples[split.value]
            yield _least(f"samples_{split.value}", report.splits[split.value]["samples"], least)
    for style, most in sorted(settings.max_style_share.items()):
        yield _most(f"style_{style}", report.styles.get(style, {}).get("balanced", 0.0), most)
    if clock_margin is not None:
        yield _least("clock_margin", clock_margin, settings.min_clock_margin)


def _least(name: str, found: float, threshold: float) -> Expectation:
    return Expectation(name, f"at least {threshold:g}", round(found, 4), found >= threshold)


def _most(name: str, found: float, threshold: float) -> Expectation:
    return Expectation(name, f"at most {threshold:g}", round(found, 4), found <= threshold)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
