"""How right the links of a workspace are: `uv run --no-dev python examples/score_links.py WORKSPACE`.

With `--at 0.5 0.9` it says what other thresholds (`accept_probability`) would have accepted.

A link is right if its message is a reply, and at least half of the true sentence lies in the accepted utterance or the
other way round. Precision is the share of accepted links that are right, recall the share of true replies that were
linked rightly.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

TRUTH = Path(__file__).parent / "truth"
LINK_TYPES = {"video_id": pa.string(), "start_ms": pa.int64(), "end_ms": pa.int64()}
WORD_TYPES = {"video_id": pa.string(), "text": pa.string()}
Span = tuple[int, int]
THRESHOLD_REASONS = (None, "background", "ambiguous_parent", "low_confidence")
"""Reasons that follow from the threshold; any other rejects a message however probable its link."""


@dataclass(frozen=True)
class Score:
    """Counts of one recording, or of all."""

    name: str
    messages: int
    replies: int
    accepted: int
    right: int

    @property
    def precision(self) -> float | None:
        """The share of accepted links that are right; None where none was accepted."""
        return self.right / self.accepted if self.accepted else None

    @property
    def recall(self) -> float | None:
        """The share of true replies that were linked rightly; None where there are none."""
        return self.right / self.replies if self.replies else None


@dataclass(frozen=True)
class WordScore:
    """How far starts of words are off, in ms: the median over the words that were found."""

    words: int
    found: int
    staged_ms: float
    captions_ms: float


def main() -> int:
    """Print the scores of a workspace."""
    parser = argparse.ArgumentParser(
        description="Precision and recall of a workspace's links on the example recordings."
    )
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--at", type=float, nargs="+", help="thresholds to compare, over all recordings")
    chosen = parser.parse_args()
    if chosen.at:
        _print_thresholds(chosen.workspace, chosen.at)
        return 0
    scores = link_scores(chosen.workspace)
    if not scores:
        print(
            f"{chosen.workspace}: no links of the example recordings under staged/ (run `dougpt pipeline` first)",
            file=sys.stderr,
        )
        return 1
    whole = total(scores)
    words = word_score(chosen.workspace)
    if chosen.json:
        shown = [asdict(score) | {"precision": score.precision, "recall": score.recall} for score in (*scores, whole)]
        print(json.dumps({"recordings": shown[:-1], "all": shown[-1], "words": words and asdict(words)}))
        return 0
    print(f"{'recording':<12}{'messages':>9}{'replies':>9}{'accepted':>9}{'right':>7}{'precision':>11}{'recall':>8}")
    for score in (*scores, whole):
        rates = f"{_percent(score.precision):>11}{_percent(score.recall):>8}"
        print(f"{score.name:<12}{score.messages:>9}{score.replies:>9}{score.accepted:>9}{score.right:>7}{rates}")
    print(f"{_percent(whole.replies / whole.messages)} of the messages are replies")
    if words:
        found = f"{words.found} of {words.words} words found; their captions said {words.captions_ms:.0f} ms"
        print(f"starts of words are off by {words.staged_ms:.0f} ms in the median ({found})")
    return 0


def _print_thresholds(workspace: Path, thresholds: Sequence[float]) -> None:
    print(f"{'accepted from':<14}{'accepted':>9}{'right':>7}{'precision':>11}{'recall':>8}")
    for threshold in thresholds:
        whole = total(link_scores(workspace, threshold=threshold))
        rates = f"{_percent(whole.precision):>11}{_percent(whole.recall):>8}"
        print(f"{threshold:<14}{whole.accepted:>9}{whole.right:>7}{rates}")


def recording_ids(video_id: str) -> tuple[str, ...]:
    """The ids that a recording of this video may have: with the number alone, and with yt-dlp's `v` before it."""
    return tuple(hashlib.sha256(f"twitch:{name}".encode()).hexdigest()[:16] for name in (video_id, f"v{video_id}"))


def link_scores(workspace: Path, truth: Path = TRUTH, *, threshold: float | None = None) -> list[Score]:
    """The scores of every example recording that has links in the workspace, in the order of the truth.

    Of the links that were accepted, or of those that `threshold` would have accepted.
    """
    found = []
    for video_id, rows in _by_video(_read_csv(truth / "links.csv.gz", LINK_TYPES)).items():
        folder = _staged(workspace, video_id, "links.parquet")
        if folder is not None:
            found.append(_link_score(video_id, rows, folder, threshold))
    return found


def _link_score(
    video_id: str, rows: Sequence[Mapping[str, Any]], folder: Path, threshold: float | None = None
) -> Score:
    utterances = pq.read_table(
        folder / "utterances.parquet", columns=["utterance_id", "start_ms", "end_ms"]
    ).to_pylist()
    spans = {row["utterance_id"]: (row["start_ms"], row["end_ms"]) for row in utterances}
    sentences = {row["message_id"]: (row["start_ms"], row["end_ms"]) for row in rows if row["kind"] == "reply"}
    columns = ["event_id", "utterance_id", "accepted", "probability", "reason"]
    links = pq.read_table(folder / "links.parquet", columns=columns).to_pylist()
    if threshold is None:
        accepted = [link for link in links if link["accepted"]]
    else:
        weighed = [link for link in links if link["reason"] in THRESHOLD_REASONS and link["utterance_id"] is not None]
        accepted = [link for link in weighed if link["probability"] >= threshold]
    right = [
        link
        for link in accepted
        if link["event_id"] in sentences and meet(sentences[link["event_id"]], spans[link["utterance_id"]])
    ]
    return Score(video_id, len(rows), len(sentences), len(accepted), len(right))


def meet(sentence: Span, utterance: Span) -> bool:
    """Whether at least half of the shorter lies within the longer."""
    shared = min(sentence[1], utterance[1]) - max(sentence[0], utterance[0])
    shorter = min(sentence[1] - sentence[0], utterance[1] - utterance[0])
    return shared > 0 and 2 * shared >= shorter


def total(scores: Sequence[Score]) -> Score:
    """All recordings as one."""
    sums = [sum(getattr(score, name) for score in scores) for name in ("messages", "replies", "accepted", "right")]
    return Score("all", *sums)


def word_score(workspace: Path, truth: Path = TRUTH) -> WordScore | None:
    """Errors of the starts of words where true times are known; None where no such recording is in the workspace."""
    for video_id, said in _by_video(_read_csv(truth / "words.csv", WORD_TYPES)).items():
        folder = _staged(workspace, video_id, "words.parquet")
        if folder is None:
            continue
        staged = pq.read_table(folder / "words.parquet", columns=["start_ms", "text"]).to_pylist()
        matcher = SequenceMatcher(
            None, [_bare(row["text"]) for row in said], [_bare(row["text"]) for row in staged], autojunk=False
        )
        pairs = [
            (said[block.a + step], staged[block.b + step])
            for block in matcher.get_matching_blocks()
            for step in range(block.size)
        ]
        if pairs:
            staged_ms = median(abs(true["start_ms"] - found["start_ms"]) for true, found in pairs)
            captions_ms = median(abs(true["start_ms"] - true["caption_start_ms"]) for true, _ in pairs)
            return WordScore(len(said), len(pairs), staged_ms, captions_ms)
    return None


def _read_csv(path: Path, types: Mapping[str, pa.DataType]) -> list[dict[str, Any]]:
    convert = pyarrow.csv.ConvertOptions(column_types=dict(types))
    rows: list[dict[str, Any]] = pyarrow.csv.read_csv(path, convert_options=convert).to_pylist()
    return rows


def _by_video(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["video_id"], []).append(row)
    return found


def _staged(workspace: Path, video_id: str, name: str) -> Path | None:
    folders = (workspace / "staged" / identity for identity in recording_ids(video_id))
    return next((folder for folder in folders if (folder / name).is_file()), None)


def _bare(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


if __name__ == "__main__":
    sys.exit(main())
