"""What curation did, in numbers: a funnel from links to samples in which every row is accounted for."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import Split

from dougpt_curate import balance
from dougpt_curate.blocks import are_cut
from dougpt_curate.holdout import RECORDINGS_FOR_ONE_TEST, Suite
from dougpt_curate.samples import Piece
from dougpt_curate.settings import CurateSettings
from dougpt_curate.turns import ID_DIGITS


@dataclass(frozen=True, slots=True)
class CurateReport:
    """Counts and shares of one curation; nothing in it depends on the machine or the time.

    Attributes:
        links: Rows of the links table: `total`, `accepted`, and those not accepted by the aligner's reason.
        replies: Accepted links: `accepted` = `kept` + `merged` + the sum of `rejected` by reason.
        turns: Turns: `spoken`, `answered` = `kept` + the sum of `rejected` by reason.
        splits: split -> `recordings`, `samples`, `replies` and `minutes` of prompts.
        styles: style -> its share `natural` (each message counts), `replies` (each kept reply counts),
            `balanced` (each reply counts as much as it is sampled) and `target`.
        rates: Speed of chat -> samples.
        lags: Whole seconds from the end of the words to the reply -> replies kept.
        context: Mean number of earlier turns and the share of samples without any.
        holdout: recording -> split, the frozen ones first; "blocks" where it is divided in time.
        blocks: recording -> split -> from and until in milliseconds, of those divided in time.
        held_out: recording -> fingerprint of its samples held out and the links that they rest on.
        warnings: What a person should know before using the dataset.
        settings: All settings.
    """

    links: Mapping[str, Any]
    replies: Mapping[str, Any]
    turns: Mapping[str, Any]
    splits: Mapping[str, Mapping[str, float]]
    styles: Mapping[str, Mapping[str, float]]
    rates: Mapping[str, int]
    lags: Mapping[str, int]
    context: Mapping[str, float]
    holdout: Mapping[str, str]
    blocks: Mapping[str, Mapping[str, Sequence[int]]]
    held_out: Mapping[str, str]
    warnings: Sequence[str]
    settings: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values that JSON holds."""
        return dict(json.loads(json.dumps(asdict(self))))

    @property
    def suite(self) -> Suite:
        """What a `holdout.json` freezes of this curation."""
        return Suite(self.holdout, blocks=self.blocks, links=self.held_out)


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """How many links there are, and how many of them were not accepted for each reason."""

    total: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, links: pa.Table) -> "LinkCounts":
        """Count a table of links."""
        return cls(links.num_rows, Counter(_counts(links["reason"].drop_null())))

    def __add__(self, other: "LinkCounts") -> "LinkCounts":
        """Count both together."""
        return LinkCounts(self.total + other.total, self.reasons + other.reasons)


def make_report(
    links: LinkCounts,
    samples: pa.Table,
    whole: Piece,
    division: Suite,
    settings: CurateSettings,
) -> CurateReport:
    """Count what became of `links`.

    Raises:
        RuntimeError: The counts do not add up, which is a defect of this package.
    """
    reasons = dict(sorted(links.reasons.items()))
    accepted = links.total - sum(reasons.values())
    merged = pc.sum(pc.list_value_length(samples["merged"])).as_py() or 0
    lost_replies, lost_turns = (_reasons(whole.rejects, is_turn=is_turn) for is_turn in (False, True))
    per_split = _split_counts(samples)
    return CurateReport(
        links={"total": links.total, "accepted": accepted, "not_accepted": reasons},
        replies=_books("replies", accepted, len(whole.replies), merged, lost_replies) | {"accepted": accepted},
        turns=_books("turns", whole.answered, samples.num_rows, 0, lost_turns)
        | {"answered": whole.answered, "spoken": whole.spoken},
        splits=per_split,
        styles=_styles(whole.replies, settings),
        rates=_counts(samples["rate_bucket"]),
        lags=_lags(whole.replies),
        context=_context(samples),
        holdout=division.recordings,
        blocks=division.blocks,
        held_out=_held_out(samples),
        warnings=_warnings(per_split, division.recordings, division.blocks, settings),
        settings=asdict(settings),
    )


def _books(what: str, came: int, kept: int, merged: int, rejected: Mapping[str, int]) -> dict[str, Any]:
    """Return the counts as one entry of the report.

    Raises:
        RuntimeError: They do not add up.
    """
    out = kept + merged + sum(rejected.values())
    if came != out:
        raise RuntimeError(f"curation lost count of {what}: {came} came in, {out} are accounted for")
    return {"kept": kept, "merged": merged, "rejected": rejected}


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    return dict(sorted((row["values"], row["counts"]) for row in pc.value_counts(column).to_pylist()))


def _reasons(rejects: pl.DataFrame, *, is_turn: bool) -> dict[str, int]:
    return dict(rejects.filter(pl.col("is_turn") == is_turn).group_by("reason").len().sort("reason").rows())


def _split_counts(samples: pa.Table) -> dict[str, dict[str, float]]:
    frame = pl.DataFrame(samples.select(["split", "recording_id", "start_ms", "end_ms"])).with_columns(
        replies=pl.Series(pc.list_value_length(samples["responses"]))
    )
    counted = {}
    for split in Split:
        rows = frame.filter(pl.col("split") == split.value)
        counted[split.value] = {
            "recordings": rows["recording_id"].n_unique(),
            "samples": len(rows),
            "replies": int(rows["replies"].sum()),
            "minutes": round(float((rows["end_ms"] - rows["start_ms"]).sum()) / 60_000, 2),
        }
    return counted


def _styles(replies: pl.DataFrame, settings: CurateSettings) -> dict[str, dict[str, float]]:
    natural = balance.mix(replies, pl.col("multiplicity"))
    kept = balance.mix(replies, pl.col("turn").is_not_null())
    balanced = balance.mix(replies, pl.col("weight"))
    return {
        name: {
            "natural": natural.get(name, 0.0),
            "replies": kept.get(name, 0.0),
            "balanced": balanced.get(name, 0.0),
            "target": settings.target_mix.get(name, 0.0),
        }
        for name in sorted(set(natural) | set(settings.target_mix))
    }


def _lags(replies: pl.DataFrame) -> dict[str, int]:
    seconds = replies.select(second=(pl.col("lag_ms") / 1000).floor().cast(pl.Int64)).drop_nulls()
    return {str(second): count for second, count in seconds.group_by("second").len().sort("second").rows()}


def _context(samples: pa.Table) -> dict[str, float]:
    if not samples.num_rows:
        return {"mean_turns": 0.0, "share_without": 0.0}
    lengths = pc.list_value_length(samples["context"])
    return {
        "mean_turns": round(pc.mean(lengths).as_py(), 2),
        "share_without": round(pc.mean(pc.equal(lengths, 0).cast(pa.float64())).as_py(), 4),
    }


def _held_out(samples: pa.Table) -> dict[str, str]:
    """A fingerprint of each recording's samples that are not trained on, and of the links behind them."""
    rows = pl.DataFrame(samples.select(["split", "recording_id", "sample_id", "links_fingerprint"]))
    found = (
        rows.filter(pl.col("split") != Split.TRAIN.value)
        .sort("recording_id", "sample_id")
        .group_by("recording_id", maintain_order=True)
        .agg(links=pl.format("{} {} {}", "split", "sample_id", "links_fingerprint").str.join("\n"))
    )
    return {name: hashlib.sha256(links.encode()).hexdigest()[:ID_DIGITS] for name, links in found.rows()}


def _warnings(
    per_split: Mapping[str, Mapping[str, float]],
    splits: Mapping[str, str],
    blocks: Mapping[str, Mapping[str, Sequence[int]]],
    settings: CurateSettings,
) -> list[str]:
    found = []
    if not any(counts["samples"] for counts in per_split.values()):
        found.append("There are no samples: no accepted link was left.")
    count = "one recording" if len(splits) == 1 else f"{len(splits)} recordings"
    if are_cut(blocks):
        found.append(
            f"The splits are blocks of time within {len(blocks)} of {count}, {settings.embargo_s:g} s apart, because "
            f"fewer than {settings.blocks_below} recordings are too few to be divided by recording. A model is tested "
            "on streams that it was trained on, so that its results say little of another stream."
        )
    elif not per_split[Split.TEST.value]["recordings"] and len(splits) < RECORDINGS_FOR_ONE_TEST:
        found.append(
            f"There is no test split: {count} cannot be divided by recording, which takes at least "
            f"{RECORDINGS_FOR_ONE_TEST}. Everything is training, and no measurement on it is honest."
        )
    return found
