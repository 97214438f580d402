"""Which message answers which words: shares, lags, clocks, reasons and examples."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from dougpt.page.drawing import MUTED, drawing
from dougpt.page.facts import PageFacts, RecordingFacts

REASONS = {
    "deleted": "deleted by a moderator",
    "notice": "a notice of the platform",
    "bot": "written by a bot",
    "command": "a command to a bot",
    "shared_chat": "from another channel's chat",
    "labelled_no_reply": "a person said: no reply",
    "unrelated": "speech and chat do not belong together",
    "clock_uncertain": "chat's clock is uncertain there",
    "cut": "its words were cut from the recording",
    "no_speech_in_window": "nothing was said just before",
    "reply_to_chatter": "answers another chatter",
    "read_aloud": "was read aloud afterwards",
    "copypasta": "pasted text",
    "event_burst": "a burst about something seen",
    "background": "more likely chatter than an answer",
    "ambiguous_parent": "two parents are equally likely",
    "low_confidence": "too improbable an answer",
}
PINNED = {"default": "the default, no label told", "labels": "labels", "prior": "the channel's prior"}
LAG_STEP_S = 0.5
LAG_RANGE_S = (-5.0, 45.0)
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
            {"name": name, "meaning": REASONS.get(name, ""), "count": count} for name, count in reasons.most_common()
        ],
        "reasons_figure": _reasons_figure(accepted, reasons),
        "lag_median_s": float(np.median(lags_s)) if len(lags_s) else None,
        "lag_figure": _lag_figure("lags", lags_s) if len(lags_s) else None,
        "recordings": [_recording(recording) for recording in aligned],
    }


def _recording(recording: RecordingFacts) -> dict[str, Any]:
    align = recording.align or {}
    lags_s, share = _lags_s(recording.links), align.get("share") or {}
    examples = align.get("examples") or {}
    clock = [] if recording.clock is None else recording.clock.to_pylist()
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
        "offset_s": [piece["offset_ms"] / 1000 for piece in clock],
        "clock_figure": _clock_figure(recording.recording_id, clock),
        "lag_median_s": float(np.median(lags_s)) if len(lags_s) else None,
        "lag_figure": _lag_figure(f"lags-{recording.recording_id}", lags_s) if len(lags_s) else None,
        "yes": list(examples.get("accepted", ()))[:EXAMPLES],
        "no": list(examples.get("rejected", ()))[:EXAMPLES],
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
    with drawing("reasons", "Messages by what became of them", width=5.6, height=0.5 + 0.25 * len(ordered)) as made:
        axes = made.axes[0]
        axes.barh(range(len(ordered)), counts, color=["C0", *["C1"] * len(reasons)], height=0.7)
        axes.set_yticks(range(len(ordered)), [name.replace("_", " ") for name, _ in ordered])
        axes.invert_yaxis()
        axes.set_xlabel("messages")
        axes.set_xlim(0, max([*counts, 1]) * 1.18)
        for row, count in enumerate(counts):
            axes.text(count + max(counts) * 0.012, row, f"{count:,}".replace(",", "\u2009"), va="center", fontsize=8.5)
    return made.svg


def _lag_figure(name: str, lags_s: np.ndarray[Any, np.dtype[np.float64]]) -> Markup:
    edges = np.arange(LAG_RANGE_S[0], LAG_RANGE_S[1] + LAG_STEP_S, LAG_STEP_S)
    label = "How long after the words accepted answers came"
    with drawing(name, label, width=5.6, height=2.6) as made:
        axes = made.axes[0]
        axes.hist(np.clip(lags_s, *LAG_RANGE_S), bins=list(edges), color="C0")
        median = float(np.median(lags_s))
        axes.axvline(median, color="C1", linewidth=1.4)
        axes.set_title(f"median {median:.1f} s", loc="right", color="C1", fontsize=9)
        axes.set_xlim(edges[0], edges[-1])
        axes.set_xlabel("seconds from the end of the words to the message")
        axes.set_ylabel("accepted answers")
        axes.grid(visible=True, axis="y")
    return made.svg


def _clock_figure(recording_id: str, clock: Sequence[Mapping[str, Any]]) -> Markup | None:
    if not clock:
        return None
    label = "By how much the chat's clock is ahead of the recording's"
    with drawing(f"clock-{recording_id}", label, width=5.6, height=2.6) as made:
        axes = made.axes[0]
        for before, piece in zip([None, *clock], clock, strict=False):
            minutes = np.array([piece["from_ms"], piece["to_ms"]]) / 60_000
            offset_s, spread_s = piece["offset_ms"] / 1000, (piece["offset_sd_ms"] or 0) / 1000
            axes.fill_between(
                minutes, offset_s - 2 * spread_s, offset_s + 2 * spread_s, color="C0", alpha=0.2, linewidth=0
            )
            axes.plot(minutes, [offset_s, offset_s], color="C0", linewidth=2.2, solid_capstyle="butt")
            if before is not None:
                jump = [before["offset_ms"] / 1000, offset_s]
                axes.plot([minutes[0]] * 2, jump, color=MUTED, linewidth=0.8, linestyle=(0, (3, 2)))
        low, high = axes.get_ylim()
        if high - low < 2:
            axes.set_ylim((low + high) / 2 - 1, (low + high) / 2 + 1)
        axes.set_xlabel("minutes on the chat's clock")
        axes.set_ylabel("offset in seconds")
        axes.grid(visible=True, axis="y")
    return made.svg
