"""What curation did, in numbers: a funnel from links to samples in which every row is accounted for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dougpt_schema import Split

from dougpt_curate.blocks import are_cut
from dougpt_curate.holdout import RECORDINGS_FOR_ONE_TEST, Blocks, Suite
from dougpt_curate.settings import CurateSettings
from dougpt_curate.talk import Talk, shares
from dougpt_curate.tally import Tally


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
    blocks: Blocks
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


def make_report(whole: Tally, division: Suite, settings: CurateSettings) -> CurateReport:
    """Report what was counted of all recordings.

    Raises:
        RuntimeError: The counts do not add up, which is a defect of this package.
    """
    reasons = dict(sorted(whole.links.reasons.items()))
    accepted = whole.links.total - sum(reasons.values())
    kept, samples = (sum(whole.splits[split, what] for split in Split) for what in ("replies", "samples"))
    per_split = _split_counts(whole)
    talk = whole.trained + whole.others
    return CurateReport(
        links={"total": whole.links.total, "accepted": accepted, "not_accepted": reasons},
        replies=_books("replies", accepted, kept, whole.merged, whole.lost_replies) | {"accepted": accepted},
        turns=_books("turns", whole.answered, samples, 0, whole.lost_turns)
        | {"answered": whole.answered, "spoken": whole.spoken},
        splits=per_split,
        styles=_styles(talk, settings),
        rates=dict(sorted(talk.rates.items())),
        lags={str(second): count for second, count in sorted(whole.lags.items())},
        context=_context(whole, samples),
        holdout=division.recordings,
        blocks=division.blocks,
        held_out=dict(sorted(whole.held_out.items())),
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
    return {"kept": kept, "merged": merged, "rejected": dict(sorted(rejected.items()))}


def _split_counts(whole: Tally) -> dict[str, dict[str, float]]:
    counts = whole.splits
    return {
        split.value: {
            "recordings": counts[split, "recordings"],
            "samples": counts[split, "samples"],
            "replies": counts[split, "replies"],
            "minutes": round(counts[split, "ms"] / 60_000, 2),
        }
        for split in Split
    }


def _styles(talk: Talk, settings: CurateSettings) -> dict[str, dict[str, float]]:
    natural, replies, balanced = shares(talk.messages), shares(talk.replies), shares(talk.weights)
    return {
        name: {
            "natural": natural.get(name, 0.0),
            "replies": replies.get(name, 0.0),
            "balanced": balanced.get(name, 0.0),
            "target": settings.target_mix.get(name, 0.0),
        }
        for name in sorted(set(natural) | set(settings.target_mix))
    }


def _context(whole: Tally, samples: int) -> dict[str, float]:
    return {
        "mean_turns": round(whole.contexts["turns"] / max(samples, 1), 2),
        "share_without": round(whole.contexts["without"] / max(samples, 1), 4),
    }


def _warnings(
    per_split: Mapping[str, Mapping[str, float]],
    splits: Mapping[str, str],
    blocks: Blocks,
    settings: CurateSettings,
) -> list[str]:
    found = []
    if not any(counts["samples"] for counts in per_split.values()):
        found.append("There are no samples: no accepted link was left.")
    count = "one recording" if len(splits) == 1 else f"{len(splits)} recordings"
    if are_cut(blocks):
        found.append(
            f"The splits are blocks of time within {len(blocks)} of {count}, {settings.embargo_s:g} s apart, because "
            f"there were fewer than {settings.blocks_below} recordings, too few to be divided by recording. A model is "
            "tested on streams that it was trained on, so that its results say little of another stream."
            + _anew(splits, settings)
        )
    elif not per_split[Split.TEST.value]["recordings"] and len(splits) < RECORDINGS_FOR_ONE_TEST:
        found.append(
            f"There is no test split: {count} cannot be divided by recording, which takes at least "
            f"{RECORDINGS_FOR_ONE_TEST}. Everything is training, and no measurement on it is honest."
        )
    return found


def _anew(splits: Mapping[str, str], settings: CurateSettings) -> str:
    if len(splits) < settings.blocks_below:
        return ""
    return " There are enough now: remove holdout.json to divide them by recording, and set `suite` to the next number."
