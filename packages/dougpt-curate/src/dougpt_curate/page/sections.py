"""The page's sections, from the report, the samples and the profile."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import ArrowStream, as_table
from dougpt_schema.page import head
from dougpt_schema.page.words import clock, number, shortened

from dougpt_curate.blocks import are_cut
from dougpt_curate.gates import Expectation
from dougpt_curate.page.bars import columns, counted, shares, table, text
from dougpt_curate.reasons import meaning
from dougpt_curate.report import CurateReport

SHOWN = 50
MOST_EMOTES = 20
MOST_CHARACTERS = 400
LENGTH_EDGES = tuple(range(0, 201, 10))
LAG_EDGES = tuple(range(-5, 31))
CONFIDENCE_EDGES = tuple(round(0.05 * step, 2) for step in range(21))
SECTIONS = {
    "summary": "Summary",
    "funnel": "From events to samples",
    "styles": "Styles",
    "shape": "Lengths, lags, confidence",
    "splits": "Splits",
    "samples": "Fifty samples",
    "settings": "Settings",
}


def dataset_page(
    report: CurateReport,
    samples: ArrowStream | Iterable[ArrowStream],
    profile: ArrowStream,
    name: str = "dataset",
    *,
    suite: int = 1,
    expectations: Sequence[Expectation] = (),
) -> str:
    """Return the page as one HTML text.

    Args:
        report: What curation counted.
        samples: What it made, a table or pieces of one; fifty are shown, chosen by a hash of their ids.
        profile: How the replies talk.
        name: The dataset's name.
        suite: The version of the holdout.
        expectations: How the gates stand.
    """
    seen, numbers = _seen([samples] if isinstance(samples, ArrowStream) else samples), as_table(profile).to_pylist()
    bodies = {
        "summary": _summary(report, suite, expectations),
        "funnel": _funnel(report),
        "styles": _styles(report),
        "shape": _shape(report, seen, numbers),
        "splits": _splits(report, suite),
        "samples": _cards(report, seen),
        "settings": _settings(report),
    }
    nav = "".join(f'<a href="#{key}">{title}</a>' for key, title in SECTIONS.items())
    sections = "\n".join(
        f'<section id="{key}" aria-labelledby="{key}-title">\n'
        f'<h2 id="{key}-title">{title}</h2>\n{bodies[key]}\n</section>'
        for key, title in SECTIONS.items()
    )
    own = (Path(__file__).parent / "dataset.css").read_text(encoding="utf-8")
    return f"""{head(f"Dataset {name}", own)}<body>
<a class="skip" href="#summary">Skip to the summary</a>
<header><div>
<h1>What is in the dataset, and what was kept out</h1>
<p class="lead">Dataset <code>{text(name)}</code>: turns of a streamer's speech, each with what chat answered</p>
<nav aria-label="Sections">{nav}</nav>
</div></header>
<main>
{sections}
</main>
</body>
</html>
"""


def _summary(report: CurateReport, suite: int, expectations: Sequence[Expectation]) -> str:
    kept, accepted = report.replies["kept"], report.replies["accepted"]
    failing = [one for one in expectations if not one.holds]
    tiles = [
        (number(report.turns["kept"]), f"samples, of {number(report.turns['spoken'])} turns spoken"),
        (number(kept), f"replies kept, of {number(accepted)} accepted as answers"),
        (number(len(report.holdout)), "recordings"),
        (number(report.splits["test"]["samples"]), f"samples of the test, suite {suite}"),
        (f"{len(expectations) - len(failing)} of {len(expectations)}", "expectations hold"),
    ]
    shown = "".join(f'<div class="tile"><b>{value}</b><span>{label}</span></div>\n' for value, label in tiles)
    notes = [text(warning) for warning in report.warnings]
    notes += [
        f"<b>{'Allowed by a person although it fails' if one.allowed else 'Fails'}</b>: "
        f"{text(one.name)} is {one.found:g}, expected {text(one.expected)}."
        for one in failing
    ]
    warned = "".join(f"<li>{note}</li>" for note in notes)
    parts = [f'<div class="tiles">\n{shown}</div>']
    if notes:
        parts.append(f'<div class="notes"><h3>Before it is used</h3><ul>{warned}</ul></div>')
    if expectations:
        cells = [(text(one.name), text(one.expected), f"{one.found:g}", _tag(one)) for one in expectations]
        caption = "What was expected of the dataset, and what was found"
        parts.append(table(("expectation", "expected", "found", ""), cells, caption=caption, numbers=(2,)))
    return "\n".join(parts)


def _tag(one: Expectation) -> str:
    colour = {"holds": "good", "allowed": "fair"}.get(one.verdict, "bad")
    return f'<span class="tag {colour}">{one.verdict.lower()}</span>'


def _funnel(report: CurateReport) -> str:
    links, replies, turns = report.links, report.replies, report.turns
    total = links["total"]
    steps = [
        ("chat events decided on", total),
        ("accepted as answers", links["accepted"]),
        ("replies kept", replies["kept"]),
    ]
    became = [
        ("turns spoken", turns["spoken"]),
        ("answered in chat", turns["answered"]),
        ("samples: turns with the replies kept", turns["kept"]),
    ]
    left_out = [*_by_count(replies["rejected"]), ("<i>merged as copies of another reply</i>", replies["merged"])]
    parts = [
        counted(steps, total, caption="What became of every chat event"),
        "<h3>Not accepted: what is no answer to speech</h3>",
        counted(_by_count(links["not_accepted"]), total, caption="Events by the aligner's reason, of all events"),
        "<h3>Left out: answers that are not trained on</h3>",
        counted(left_out, links["accepted"], caption="Replies by the filter's reason, of those accepted"),
        "<h3>From turns to samples</h3>",
        counted(became, turns["spoken"], caption="What became of every turn of speech"),
    ]
    if turns["rejected"]:
        caption = "Turns left out by reason, of those answered"
        parts.append(counted(_by_count(turns["rejected"]), turns["answered"], caption=caption))
    return "\n".join(parts)


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        (f'{text(name.replace("_", " "))} <span class="prompt">· {text(meaning(name))}</span>', count)
        for name, count in ordered
    ]


def _styles(report: CurateReport) -> str:
    ordered = sorted(report.styles.items(), key=lambda pair: (-pair[1]["natural"], pair[0]))
    rows = {name: (mix["natural"], mix["balanced"], mix["target"]) for name, mix in ordered}
    return (
        '<p class="lead">A reply is sampled by its weight: styles above their target are thinned, others are not.</p>'
        + shares(rows, ("as chat writes", "as it is sampled", "target"), caption="Shares of the replies by style")
    )


@dataclass(slots=True)
class _Seen:
    """What the page shows of the samples: how many replies are how long and how sure, and some samples."""

    lengths: list[int]
    confidence: list[int]
    shown: list[dict[str, Any]]


def _seen(pieces: Iterable[ArrowStream]) -> _Seen:
    seen = _Seen([0] * (len(LENGTH_EDGES) - 1), [0] * (len(CONFIDENCE_EDGES) - 1), [])
    for piece in pieces:
        samples = as_table(piece)
        replies = pc.list_flatten(samples["responses"])
        lengths = _binned(pc.utf8_length(pc.struct_field(replies, "text")), LENGTH_EDGES)
        confidence = _binned(pc.struct_field(replies, "confidence"), CONFIDENCE_EDGES)
        seen.lengths = [one + two for one, two in zip(seen.lengths, lengths, strict=True)]
        seen.confidence = [one + two for one, two in zip(seen.confidence, confidence, strict=True)]
        ids = samples["sample_id"].to_pylist()
        first = nsmallest(SHOWN, range(len(ids)), key=lambda place: _luck(ids[place]))
        drawn = samples.take(pa.array(sorted(first), pa.int64())).to_pylist()
        seen.shown = nsmallest(SHOWN, [*seen.shown, *drawn], key=lambda row: _luck(row["sample_id"]))
    seen.shown.sort(key=lambda row: (row["recording_id"], row["sample_id"]))
    return seen


def _luck(sample_id: str) -> bytes:
    return hashlib.sha256(sample_id.encode()).digest()


def _shape(report: CurateReport, seen: _Seen, profile: Sequence[Mapping[str, Any]]) -> str:
    lags = [
        sum(count for second, count in report.lags.items() if _inside(int(second), since, until))
        for since, until in pairwise(LAG_EDGES)
    ]
    emotes = sorted(
        ((row["value"], row["key"]) for row in profile if row["name"] == "emote"), key=lambda pair: (-pair[0], pair[1])
    )[:MOST_EMOTES]
    rows = {name: (share,) for share, name in emotes}
    return "\n".join(
        [
            '<div class="pair">',
            columns(
                seen.lengths,
                LENGTH_EDGES,
                label="How long the replies are; longer ones in the last column",
                unit="characters",
            ),
            columns(lags, LAG_EDGES, label="How long after the words the replies came", unit="seconds"),
            columns(
                seen.confidence, CONFIDENCE_EDGES, label="How sure the links of the replies are", unit="probability"
            ),
            "</div>",
            "<h3>Emotes</h3>",
            shares(rows, ("replies that hold it",), first="emote", caption="The most frequent, of replies trained on"),
        ]
    )


def _inside(second: int, since: int, until: int) -> bool:
    """Whether a second is counted in a column; what lies beyond all columns is in the first or last."""
    clipped = min(max(second, LAG_EDGES[0]), LAG_EDGES[-1] - 1)
    return since <= clipped < until


def _binned(values: pa.ChunkedArray, edges: Sequence[float]) -> list[int]:
    found = np.clip(values.to_numpy(), edges[0], np.nextafter(edges[-1], edges[0]))
    return [int(count) for count in np.histogram(found, bins=list(edges))[0]]


def _splits(report: CurateReport, suite: int) -> str:
    cells = [
        (
            text(name),
            *(number(counts[key]) for key in ("recordings", "samples", "replies")),
            number(counts["minutes"], 1),
        )
        for name, counts in report.splits.items()
    ]
    how = "By recording: no recording is in two splits."
    if are_cut(report.blocks):
        how = f"In blocks of time within recordings, {report.settings['embargo_s']:g} s apart."
    header = ("split", "recordings", "samples", "replies", "minutes of prompts")
    rates = [(text(name), count) for name, count in report.rates.items()]
    return "\n".join(
        [
            f'<p class="lead">{how} What is held out is suite {suite}; results on another suite do not compare.</p>',
            table(header, cells, caption="What is trained on, and what is not", numbers=(1, 2, 3, 4)),
            "<h3>Speed of chat around the prompts</h3>",
            counted(rates, report.turns["kept"], caption="Samples by speed of chat"),
        ]
    )


def _cards(report: CurateReport, seen: _Seen) -> str:
    cards = "\n".join("".join(_card(row)) for row in seen.shown)
    count = number(report.turns["kept"])
    lead = f"Drawn at random of {count}, in the order of recordings and time. Grey is what was said before."
    return f'<p class="lead">{lead}</p>\n<ol class="cards">\n{cards}\n</ol>'


def _card(row: Mapping[str, Any]) -> Iterator[str]:
    yield f'<li class="card"><p class="when"><span class="tag">{text(row["split"])}</span> {clock(row["start_ms"])} of '
    yield f"<code>{text(row['recording_id'])}</code>, chat {text(row['rate_bucket'])}, "
    yield f"sample <code>{row['sample_id']}</code></p>"
    for earlier in row["context"]:
        yield f'<p class="said context" dir="auto">{text(shortened(earlier, MOST_CHARACTERS))}</p>'
    yield f'<blockquote class="said" dir="auto">{text(shortened(row["prompt"], MOST_CHARACTERS))}</blockquote><ul>'
    for reply in row["responses"]:
        times = f", {reply['multiplicity']} times" if reply["multiplicity"] > 1 else ""
        facts = f"{text(reply['style'])}{times}, weight {reply['weight']:.2f}, probability {reply['confidence']:.2f}"
        said = text(shortened(reply["text"], MOST_CHARACTERS))
        yield f'<li class="said" dir="auto">{said} <small>{facts}</small></li>'
    yield "</ul></li>"


def _settings(report: CurateReport) -> str:
    cells = [
        (f"<code>{text(name)}</code>", text(value)) for name, value in sorted(report.to_dict()["settings"].items())
    ]
    lines = table(("setting", "value"), cells, caption="By which settings this was made")
    return f"<details><summary>All settings of the curation</summary><div>{lines}</div></details>"
