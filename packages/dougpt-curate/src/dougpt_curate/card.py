"""The dataset card: what is in the dataset and what was kept out, to be read in two minutes."""

from collections.abc import Mapping, Sequence
from typing import Any

from dougpt_curate.report import CurateReport

STYLE_COLUMNS = {"natural": "natural", "replies": "kept", "balanced": "sampled", "target": "target"}


STYLES = (
    "A reply is sampled by its weight: styles above their target are thinned, others kept whole. "
    "'natural' counts every message, 'kept' every different reply, 'sampled' counts by weight."
)


def dataset_card(report: CurateReport, name: str = "dataset") -> str:
    """Return the card as Markdown; the same report gives the same text."""
    parts = [
        f"# {name}",
        "Turns of a streamer's speech, each with what chat answered: one row an answered turn.",
        *(f"> **Warning.** {warning}" for warning in report.warnings),
        "## Splits",
        "By recording: no recording is in two splits, and what is held out never changes.",
        _splits(report),
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
    return [(f"{prefix} {reason}", count, _share(count, total)) for reason, count in ordered]


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {number}" for key, number in value.items())
    return str(value)


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
