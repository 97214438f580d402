"""What the page holds: every word as columns of plain values, and the figures at its top."""

import base64
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from dougpt_schema import Timing
from dougpt_schema.page.words import UNKNOWN, clock, number, percent, plural, quoted, shortened, tame

from dougpt_media.diarisation import STREAMER
from dougpt_media.page.envelope import STEP_MS

LONGEST_WORD = 120  # characters shown; the rest is counted
NOTHING_TO_SEE = "∅"
UNSURE = 0.5
# They say where a time comes from, and nothing against the word.
MILD = frozenset({"guessed_pronunciation"})
LETTERS = {Timing.FORCED: "f", Timing.DECODED: "d", Timing.INTERPOLATED: "i"}


@dataclass(frozen=True, slots=True)
class Heard:
    """What can be seen and heard of a recording.

    Attributes:
        envelope: One byte for each 20 ms.
        end_ms: Where the sound ends.
        sound: The name of the file beside the page that plays it.
    """

    envelope: bytes
    end_ms: int
    sound: str


def data_of(words: pa.Table, gaps: pa.Table, heard: Heard | None) -> str:
    """Return what the script reads, as JSON that cannot end the element it stands in."""
    rows = words.select(["start_ms", "end_ms", "text", "probability", "timing", "speaker", "flags"]).to_pylist()
    flags = sorted({flag for row in rows for flag in row["flags"]})
    speakers = sorted(
        dict.fromkeys(row["speaker"] for row in rows if row["speaker"] is not None), key=lambda name: name != STREAMER
    )
    gap_rows = gaps.select(["from_ms", "to_ms", "cause"]).to_pylist()
    ends = [row["end_ms"] for row in rows] + [row["to_ms"] for row in gap_rows] + [heard.end_ms if heard else 0]
    content = {
        "end": max(ends),
        "step": STEP_MS,
        "envelope": None if heard is None else base64.b64encode(heard.envelope).decode(),
        "sound": None if heard is None else heard.sound,
        "flags": [tame(flag) for flag in flags],
        "speakers": [shortened(tame(name), LONGEST_WORD) for name in speakers],
        "gaps": [[row["from_ms"], row["to_ms"], row["cause"]] for row in gap_rows],
        "start": [row["start_ms"] for row in rows],
        "length": [row["end_ms"] - row["start_ms"] for row in rows],
        "text": [_shown(row["text"]) for row in rows],
        "sure": [-1 if row["probability"] is None else round(100 * row["probability"]) for row in rows],
        "timing": "".join(_letter(row) for row in rows),
        "speaker": [-1 if row["speaker"] is None else speakers.index(row["speaker"]) for row in rows],
        "flagged": {
            index: [flags.index(flag) for flag in row["flags"]] for index, row in enumerate(rows) if row["flags"]
        },
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def is_doubtful(row: Mapping[str, Any]) -> bool:
    """Return whether somebody should listen to a word: it was hardly recognised, or something is flagged."""
    unsure = row["probability"] is not None and row["probability"] < UNSURE
    return unsure or bool(set(row["flags"]) - MILD)


def tiles_of(words: pa.Table, gaps: pa.Table, report: Mapping[str, Any], heard: Heard | None) -> list[tuple[str, str]]:
    """Return the figures at the top, each with what it counts."""
    rows = words.select(["probability", "timing", "speaker", "flags"]).to_pylist()
    timings = Counter(row["timing"] for row in rows)
    unaligned = sum("unaligned" in row["flags"] for row in rows)
    speakers = {row["speaker"] for row in rows if row["speaker"] is not None}
    missing_ms = sum(row["to_ms"] - row["from_ms"] for row in gaps.to_pylist())
    engine, how = engine_of(report)
    return [
        (number(len(rows)), "words" + (f" of {number(len(speakers))} speakers" if len(speakers) > 1 else "")),
        (_share(timings[Timing.FORCED], rows), "with times from the sound (forced)"),
        (_share(timings[Timing.DECODED], rows), "with times of the recogniser or the captions (decoded)"),
        (_share(timings[Timing.INTERPOLATED], rows), "with times shared out between others (interpolated)"),
        (_share(unaligned, rows), "looked for in the sound and not found (unaligned)"),
        (number(sum(map(is_doubtful, rows))), "doubtful words: flagged, or hardly recognised"),
        _inaudible(gaps, missing_ms, heard),
        (engine, how),
    ]


def engine_of(report: Mapping[str, Any]) -> tuple[str, str]:
    """Return what found the words, and with which weights, as a report tells."""
    facts = report.get("facts", {})
    ways = report.get("ways") or [facts.get("engine") or facts.get("format") or report.get("step") or "unknown"]
    model = facts.get("model")
    return ", ".join(map(str, ways)), f"found the words{f', with {model}' if model else ''}"


def speakers_of(words: pa.Table) -> Sequence[tuple[str, int, int]]:
    """Return each speaker with words and milliseconds of them, whoever says most first; nobody is the empty name."""
    found: dict[str, list[int]] = {}
    columns = (words[name].to_pylist() for name in ("speaker", "start_ms", "end_ms"))
    for name, start_ms, end_ms in zip(*columns, strict=True):
        counts = found.setdefault(name or "", [0, 0])
        counts[0] += 1
        counts[1] += end_ms - start_ms
    return [(name, found[name][0], found[name][1]) for name in sorted(found, key=lambda name: (-found[name][0], name))]


def _share(count: int, rows: Sequence[object]) -> str:
    share = count / len(rows) if rows else None
    # A rounded 0 or 100 would say that there are none, or no others.
    digits = 0 if share in {None, 0.0, 1.0} or 0.01 <= (share or 0) <= 0.99 else 2
    return percent(share, digits)


def _inaudible(gaps: pa.Table, missing_ms: int, heard: Heard | None) -> tuple[str, str]:
    if not gaps.num_rows:
        # Captions say nothing of what a recording would sound like.
        return ("no gaps", "all of it can be heard") if heard else (UNKNOWN, "gaps: there was no sound to look at")
    return clock(missing_ms), f"cannot be heard, in {plural(gaps.num_rows, 'gap')}"


def _shown(text: str) -> str:
    shown = quoted(text, LONGEST_WORD)
    if shown.blank:
        return NOTHING_TO_SEE
    tail = "" if shown.length is None else f"… ({number(shown.length)} characters)"
    return shown.text.replace("\n", " ") + tail


def _letter(row: Mapping[str, Any]) -> str:
    letter = LETTERS[Timing(row["timing"])]
    return letter.upper() if is_doubtful(row) else letter
