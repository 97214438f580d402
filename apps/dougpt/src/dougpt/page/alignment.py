"""Which message answers which words: shares, lags, clocks, reasons and examples."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_align.page.figures import WIDTH, clock_figure, lag_figure
from dougpt_align.page.reasons import words_of
from dougpt_align.report import Piece
from dougpt_schema import LINK_MEANINGS, LinkReason
from dougpt_schema.page.drawing import drawing
from dougpt_schema.page.words import number
from markupsafe import Markup

from dougpt.page.facts import PageFacts, RecordingFacts

PINNED = {
    "default": "the default, no label told",
    "estimate": "an estimate from the recording, no label told",
    "labels": "labels",
    "prior": "the channel's prior",
}
EXAMPLES = 10


def alignment_view(facts: PageFacts) -> dict[str, Any] | None:
    """Return what the section on alignment shows; None where no recording was aligned."""
    aligned = [recording for recording in facts.recordings if recording.align is not None]
    if not aligned:
        return None
    reasons = Counter[str]()
    for recording in aligned:
        reasons.update((recording.align or {}).get("reasons", {}))
    accepted = sum((recording.align or {}).get("accepted", 0) for recording in aligned)
    lags_s = np.concatenate([_lags_s(recording.links) for recording in aligned])
    return {
        "accepted": accepted,
        "events": sum((recording.align or {}).get("events", 0) for recording in aligned),
        "reasons": [
            {"name": name, "meaning": LINK_MEANINGS[LinkReason(name)], "count": count}
            for name, count in reasons.most_common()
        ],
        "reasons_figure": _reasons_figure(accepted, reasons),
        "lag_median_s": float(np.median(lags_s)) if len(lags_s) else None,
        "lag_figure": lag_figure("lags", lags_s) if len(lags_s) else None,
        "recordings": [_recording(recording) for recording in aligned],
    }


def _recording(recording: RecordingFacts) -> dict[str, Any]:
    align = recording.align or {}
    lags_s, share = _lags_s(recording.links), align.get("share") or {}
    examples = align.get("examples") or {}
    clock = tuple(Piece(**piece) for piece in align.get("clock") or ())
    return {
        "id": recording.recording_id,
        "events": align.get("events"),
        "accepted": align.get("accepted"),
        "share": share.get("value"),
        "pinned_by": PINNED.get(share.get("pinned_by", ""), share.get("pinned_by")),
        "labels": share.get("labels"),
        "belonging": align.get("belonging") or {},
        "certified": _certified(recording.links),
        "threshold": (align.get("threshold") or {}).get("probability"),
        "pieces": len(clock),
        "offset_s": [piece.offset_ms / 1000 for piece in clock],
        "clock_figure": clock_figure(f"clock-{recording.recording_id}", clock) if clock else None,
        "lag_median_s": float(np.median(lags_s)) if len(lags_s) else None,
        "lag_figure": lag_figure(f"lags-{recording.recording_id}", lags_s) if len(lags_s) else None,
        "yes": list(examples.get("accepted", ()))[:EXAMPLES],
        "no": list(examples.get("rejected", ()))[:EXAMPLES],
        "page": recording.align_page,
        "warnings": list(align.get("warnings") or []),
    }


def _lags_s(links: pa.Table | None) -> np.ndarray[Any, np.dtype[np.float64]]:
    if links is None:
        return np.empty(0)
    taken = links.filter(pc.and_kleene(links["accepted"], pc.is_valid(links["lag_ms"])))
    return np.asarray(taken["lag_ms"].to_numpy(), dtype=np.float64) / 1000


def _certified(links: pa.Table | None) -> int | None:
    return None if links is None or "certified" not in links.column_names else pc.sum(links["certified"]).as_py()


def _reasons_figure(accepted: int, reasons: Mapping[str, int]) -> Markup:
    ordered = [("accepted", accepted), *sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))]
    counts = [count for _, count in ordered]
    told = ", ".join(f"{words_of(name)} {count}" for name, count in ordered)
    with drawing(
        "reasons", f"Events by what became of them: {told}", width=WIDTH, height=0.5 + 0.25 * len(ordered)
    ) as made:
        axes = made.axes[0]
        axes.barh(range(len(ordered)), counts, color=["C0", *["C1"] * len(reasons)], height=0.7)
        axes.set_yticks(range(len(ordered)), [words_of(name) for name, _ in ordered])
        axes.invert_yaxis()
        axes.set_xlabel("messages")
        axes.set_xlim(0, max([*counts, 1]) * 1.18)
        for row, count in enumerate(counts):
            axes.text(count + max(counts) * 0.012, row, number(count), va="center", fontsize=8.5)
    return made.svg
