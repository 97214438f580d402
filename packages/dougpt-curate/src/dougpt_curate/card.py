"""The dataset card: what is in the dataset and what was kept out, to be read in two minutes."""

from collections.abc import Mapping, Sequence
from typing import Any

from dougpt_curate.blocks import are_cut
from dougpt_curate.gates import Expectation
from dougpt_curate.reasons import meaning
from dougpt_curate.report import CurateReport

STYLE_COLUMNS = {"natural": "natural", "replies": "kept", "balanced": "sampled", "target": "target"}


STYLES = (
    "A reply is sampled by its weight: styles above their target are thinned, others kept whole. "
    "'natural' counts every message, 'kept' every different reply, 'sampled' counts by weight."
)


def dataset_card(
    report: CurateReport, name: str = "dataset", *, suite: int = 1, expectations: Sequence[Expectation] = ()
) -> str:
    """Return the card as Markdown; the same report gives the same text.

    Args:
        report: What curation counted.
        name: The dataset's name.
        suite: The version of the holdout.
        expectations: How the gates stand, and which failures a person allowed.
    """
    parts = [
        f"# {name}",
        "Turns of a streamer's speech, each with what chat answered: one row an answered turn.",
        *(f"> **Warning.** {warning}" for warning in report.warnings),
        "## Splits",
        f"{_division(report)} What is held out is suite {suite}; results on another suite do not compare.",
        _splits(report),
        *_gates(expectations),
        "## From links to replies",
        _funnel(report),
        "## From turns to samples",
        _turns(report),
        "## Styles",
        STYLES,
        _styles(report),
        "## Speed of chat and context",
        _speeds(report),
        "## Settings",
        _table(("setting", "value"), [(key, _plain(value)) for key, value in sorted(report.settings.items())]),
    ]
    return "\n\n".join(parts) + "\n"


def _division(report: CurateReport) -> str:
    if not are_cut(report.blocks):
        return "By recording: no recording is in two splits."
    embargo_s = max(report.settings["embargo_s"], report.settings["context_s"])
    return f"In blocks of time within recordings, of which nothing within {embargo_s:g} s of another split is used."


def _gates(expectations: Sequence[Expectation]) -> Sequence[str]:
    if not expectations:
        return ()
    rows = [(one.name, one.expected, f"{one.found:g}", one.verdict) for one in expectations]
    allowed = [
        f"**Allowed by a person although it fails**: {one.name} is {one.found:g}, expected {one.expected}."
        for one in expectations
        if one.verdict == "allowed"
    ]
    return ("## Expectations", *allowed, _table(("expectation", "expected", "found", ""), rows))


def _splits(report: CurateReport) -> str:
    rows = [
        (split, counts["recordings"], counts["samples"], counts["replies"], counts["minutes"])
        for split, counts in report.splits.items()
    ]
    return _table(("split", "recordings", "samples", "replies", "minutes of prompts"), rows)


def _funnel(report: CurateReport) -> str:
    links, replies = report.links, report.replies
    rows: list[tuple[Any, ...]] = [("chat events decided on", links["total"], "")]
    rows += _by_count(links["not_accepted"], "not an answer:", links["total"])
    rows.append(("accepted as answers", links["accepted"], _share(links["accepted"], links["total"])))
    rows += _by_count(replies["rejected"], "left out:", links["accepted"])
    if merged := replies.get("merged", 0):
        rows.append(("merged as copies", merged, _share(merged, links["accepted"])))
    rows.append(("**replies kept**", replies["kept"], _share(replies["kept"], links["accepted"])))
    return _table(("", "rows", "share"), rows)


def _turns(report: CurateReport) -> str:
    turns = report.turns
    rows: list[tuple[Any, ...]] = [
        ("turns spoken", turns["spoken"], ""),
        ("answered", turns["answered"], _share(turns["answered"], turns["spoken"])),
    ]
    rows += _by_count(turns["rejected"], "left out:", turns["answered"])
    rows.append(("**samples**", turns["kept"], _share(turns["kept"], turns["answered"])))
    return _table(("", "turns", "share"), rows)


def _styles(report: CurateReport) -> str:
    rows = [
        (name, *(f"{100 * shares[column]:.1f} %" for column in STYLE_COLUMNS)) for name, shares in report.styles.items()
    ]
    return _table(("style", *STYLE_COLUMNS.values()), rows)


def _speeds(report: CurateReport) -> str:
    total = sum(report.rates.values())
    rows = [(name, count, _share(count, total)) for name, count in report.rates.items()]
    context = (
        f"A sample has {report.context['mean_turns']} earlier turns on average; "
        f"{100 * report.context['share_without']:.1f} % have none."
    )
    return _table(("chat", "samples", "share"), rows) + "\n\n" + context


def _by_count(counts: Mapping[str, int], prefix: str, total: int) -> list[tuple[str, int, str]]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(f"{prefix} {reason} ({meaning(reason)})", count, _share(count, total)) for reason, count in ordered]


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {number}" for key, number in value.items())
    return str(value)


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
