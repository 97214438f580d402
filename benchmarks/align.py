"""How well speech and chat are aligned, beside simple rules and beside an oracle, on recordings made with their truth.

Run as `uv run python benchmarks/align.py [--seeds 8] [--minutes 150] [--only NAME ...]`. Seeds begin at 40; none of
them was looked at while the aligner was made. Means over recordings, with the standard deviation behind.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from dougpt_align import Alignment, AlignSettings, align, baselines, edit_map, fit_channel, scores, segment
from dougpt_align.asking import AskSettings, questions
from dougpt_align.attribution import Delays, Trust, fertilities, learn, pair_rates, posterior
from dougpt_align.background import Windows
from dougpt_align.decide import best_parents
from dougpt_align.fits import starting_point
from dougpt_align.prepared import prepare
from dougpt_align.scene import read_scene
from dougpt_align.synthetic import Slice, Synthetic, make_hostile, make_stream
from dougpt_schema import CHAT_EVENTS, LABELS, UTTERANCES, WORDS

FIRST_SEED = 40
# The reason that each cause of a made message should be given; chatter and misses share `background`.
CAUSES = {
    "background": "background", "event": "event_burst", "to_chatter": "reply_to_chatter", "copypasta": "copypasta",
    "read_aloud": "read_aloud", "command": "command", "foreign": "shared_chat",
}  # fmt: skip
ORACLE = Trust(kernel=1.0, marks=5.0, fertility=1.0)
JUMPS = ((0.33, 40.0), (0.66, -25.0))


@dataclass(frozen=True)
class Case:
    """A made recording with its utterances and, for each event, the utterance it answers."""

    made: Synthetic
    utterances: pa.Table
    parents: np.ndarray

    @classmethod
    def of(cls, made: Synthetic) -> "Case":
        """Segment the words and find the true parents."""
        utterances = segment(made.words)
        return cls(made, utterances, scores.true_parents(made, utterances))

    def align(self, *, labels: pa.Table | None = None, prior: pa.Table | None = None) -> Alignment:
        """Align it."""
        return align(self.utterances, self.made.chat_events, labels=labels, prior=prior)

    def score(self, links: pa.Table, *, without: set[str] | None = None) -> scores.Scored:
        """Scores of all events, or of those not in `without` (labelled ones prove nothing)."""
        if without:
            links = links.filter(pa.array([event not in without for event in links["event_id"].to_pylist()]))
        return scores.set_against(links, self.made.chat_events["event_id"].to_pylist(), self.parents)

    def reasons_f1(self, links: pa.Table) -> float:
        """Macro-F1 of the reasons whose cause is known, over events that answer nothing."""
        cause = dict(zip(*(self.made.truth[name].to_pylist() for name in ("event_id", "cause")), strict=True))
        rows = [
            (reason, CAUSES[cause[event]])
            for event, reason in zip(links["event_id"].to_pylist(), links["reason"].to_pylist(), strict=True)
            if cause[event] in CAUSES
        ]
        return scores.macro_f1([found for found, _ in rows], [true for _, true in rows])

    def labels(self, count: int, seed: int = 0) -> pa.Table:
        """True labels of `count` events drawn at random."""
        rows = np.random.default_rng([seed, count]).permutation(len(self.parents))[:count]
        spoken, names = self.utterances.to_pylist(), self.made.chat_events["event_id"].to_pylist()
        return LABELS.table(
            _label(self, order, names[row], spoken, int(self.parents[row])) for order, row in enumerate(rows.tolist())
        )

    def answers(self, found: Alignment, count: int, active_share: float) -> pa.Table:
        """True labels of the first `count` questions."""
        asked = questions(
            found.links, found.candidates, self.utterances, self.made.chat_events,
            settings=AskSettings(active_share=active_share), count=count,
        )  # fmt: skip
        spoken, rows = self.utterances.to_pylist(), self.made.chat_events["event_id"].to_pylist()
        places = {name: row for row, name in enumerate(rows)}
        return LABELS.table(
            _label(self, order, one["event_id"], spoken, int(self.parents[places[one["event_id"]]])) | one
            for order, one in enumerate(asked.to_pylist())
        )


def _label(case: Case, order: int, event: str, spoken: list[dict[str, Any]], parent: int) -> dict[str, Any]:
    said = spoken[parent] if parent >= 0 else {}
    return {
        "label_id": f"l{order:06d}", "recording_id": case.made.recording_id, "event_id": event,
        "verdict": "reply" if said else "not_a_reply", "utterance_start_ms": said.get("start_ms"),
        "utterance_end_ms": said.get("end_ms"), "utterance_text": said.get("text"), "rater": "truth",
        "asked_as": "random", "stratum": "all", "inclusion_probability": 0.05, "blind": True, "at_order": order,
    }  # fmt: skip


def oracle(case: Case) -> scores.Scored:
    """The same attribution with parameters, fertilities and background learned from the truth."""
    scene = read_scene(case.utterances, case.made.chat_events, AlignSettings())
    start = starting_point(AlignSettings())
    prepared = prepare(scene, AlignSettings(), start.kernel)
    problem, ids = prepared.problem, scene.speech.ids
    link = (ids[problem.parent_P] == case.parents[prepared.rows][problem.event_P]).astype(np.float64)
    delays, state = Delays.none(problem), start
    for _ in range(5):
        state, replies = learn(delays.taken_off(problem), state, start, link, ORACLE)
        delays = delays.followed(problem, state.kernel, link, free_latency=False)
    moved = delays.taken_off(problem)
    is_reply = np.bincount(problem.event_P, weights=link, minlength=len(prepared.rows))
    floor = Windows.of(problem.time_s_E).intensity(1.0 - is_reply)
    fertility = fertilities(problem, state, replies, link, 0.3)
    found, _ = posterior(problem, pair_rates(moved, state, fertility), floor, None)
    best = best_parents(prepared.pairs, found)
    probability, parent = np.zeros(len(case.parents)), np.full(len(case.parents), -1)
    has = best.pair_E >= 0
    probability[prepared.rows] = best.probability_E
    parent[prepared.rows[has]] = ids[problem.parent_P[best.pair_E[has]]]
    return scores.Scored(
        (case.parents >= 0) & (parent == case.parents), case.parents >= 0, probability, probability >= 0.5
    )


def rules(case: Case) -> dict[str, scores.Scored]:
    """Scores of the simple rules."""
    scene = baselines.read(case.utterances, case.made.chat_events)
    found = {
        "previous start": baselines.previous_start(scene), "previous end": baselines.previous_end(scene),
        "fixed 5 s": baselines.fixed_lag(scene, 5.0), "fixed 8 s": baselines.fixed_lag(scene, 8.0),
        "fixed 10 s": baselines.fixed_lag(scene, 10.0), "correlated lag": baselines.correlated_lag(scene),
        "lexical best": baselines.lexical_best(scene), "plain EM": baselines.plain_em(scene),
        "lag tuned on the answers": baselines.gold_tuned_lag(scene, case.parents)[0],
    }  # fmt: skip
    return {name: case.score(baselines.as_links(scene, parents)) for name, parents in found.items()}


def measures(scored: scores.Scored) -> dict[str, float]:
    """The figures that are printed, of one recording."""
    precision, recall, f1 = scores.precision_recall_f1(scored)
    return {
        "best F1": scores.best_f1(scored)[0], "F1": f1, "precision": precision, "recall": recall,
        "parent": scores.parent_accuracy(scored), "AUROC": scores.auroc(scored.probability, scored.right),
        "ECE": scores.calibration_error(scored), "R@P95": scores.recall_at_precision(scored, 0.95)[0],
        "R@P90": scores.recall_at_precision(scored, 0.90)[0],
    }  # fmt: skip


def show(name: str, rows: list[dict[str, float]]) -> None:
    """Print a line of means and standard deviations."""
    cells = (
        f"{key} {np.mean([row[key] for row in rows]):.3f}±{np.std([row[key] for row in rows]):.3f}" for key in rows[0]
    )
    print(f"{name:34s}", "  ".join(cells), flush=True)


def family(make: Callable[..., Synthetic], seeds: range, shape: Slice) -> list[Case]:
    """Recordings of one family and shape."""
    return [Case.of(make(seed, shape)) for seed in seeds]


def bench_stream(seeds: range, shape: Slice) -> None:
    """Rules, oracle and aligner on the plain family, without and with labels."""
    cases = family(make_stream, seeds, shape)
    for name in rules(cases[0]):
        show(f"stream, {name}", [{"F1": scores.precision_recall_f1(rules(case)[name])[2]} for case in cases])
    show("stream, oracle", [measures(oracle(case)) for case in cases])
    found = [case.align() for case in cases]
    scored = [case.score(one.links) for case, one in zip(cases, found, strict=True)]
    show("stream, no labels", [measures(one) for one in scored])
    low, high = scores.bootstrap(scored, lambda one: scores.best_f1(one)[0])
    reasons = [case.reasons_f1(one.links) for case, one in zip(cases, found, strict=True)]
    print(
        f"stream, no labels: best F1 {low:.3f} to {high:.3f} (95 %, by recording); "
        f"macro-F1 of reasons {np.mean(reasons):.3f}"
    )
    for count in (300, 1000):
        rows = []
        for case in cases:
            labels = case.labels(count)
            found = case.align(labels=labels)
            certified = float(found.report.threshold["certified"])
            rows.append(
                measures(case.score(found.links, without=set(labels["event_id"].to_pylist())))
                | {"certified": certified}
            )
        show(f"stream, {count} labels", rows)


def bench_asked(seeds: range, shape: Slice) -> None:
    """What the choice of questions gains over as many that are drawn plainly at random; scored on all other events."""
    cases = family(make_stream, seeds, shape)
    plain = [case.align() for case in cases]
    for count in (0, 100, 200, 300):
        ways = {"asked": 0.5, "asked, random alone": 0.0} if count else {"no labels": 0.0}
        rows: dict[str, list[dict[str, float]]] = {name: [] for name in (*ways, *(["plainly random"] if count else []))}
        for case, before in zip(cases, plain, strict=True):
            if count:
                rows["plainly random"].append(_learned(case, case.labels(count)))
            for name, active_share in ways.items():
                rows[name].append(_learned(case, case.answers(before, count, active_share)))
        for name, found in rows.items():
            show(f"{count} {name}" if count else name, found)


def _learned(case: Case, labels: pa.Table) -> dict[str, float]:
    found = case.align(labels=labels)
    report, scored = found.report, case.score(found.links, without=set(labels["event_id"].to_pylist()))
    low, high = report.share.low, report.share.high
    return {
        "best F1": scores.best_f1(scored)[0],
        "ECE": scores.calibration_error(scored),
        "share off by": abs(report.share.value - float((case.parents >= 0).mean())),
        "half-width": np.nan if low is None or high is None else (high - low) / 2,
        "accepted labels": report.worth["accepted"] if report.worth else np.nan,
        "bound": report.threshold["bound"] or 0.0,
        "certified": float(report.threshold["certified"]),
    }


def bench_shares(seeds: range, shape: Slice) -> None:
    """The default share against true shares that differ from it."""
    for share in (0.15, 0.30, 0.45, 0.60):
        cases = family(make_stream, seeds, replace(shape, share=share))
        show(f"stream, true share {share:.2f}", [measures(case.score(case.align().links)) for case in cases])


def bench_unlabelled(seeds: range, shape: Slice) -> None:
    """What nobody labelled is worth: the estimated share, and how many accepted links of each recording are right."""
    for minutes in (20.0, 80.0):
        for share in (0.15, 0.30, 0.45, 0.60):
            cases = family(make_stream, seeds, replace(shape, minutes=minutes, share=share))
            found = [case.align() for case in cases]
            true = np.mean([(case.parents >= 0).mean() for case in cases])
            used = [one.report.share.value for one in found]
            right = np.sort([
                scores.precision_recall_f1(case.score(one.links))[0] for case, one in zip(cases, found, strict=True)
            ])  # fmt: skip
            print(
                f"stream, {minutes:.0f} min, true share {true:.2f}: held to {np.mean(used):.2f} ({min(used):.2f} to "
                f"{max(used):.2f}); right of those accepted {right[0]:.2f} to {right[-1]:.2f}, median "
                f"{np.median(right):.2f}",
                flush=True,
            )


def bench_slices(seeds: range, shape: Slice) -> None:
    """One property of the recording changed at a time."""
    seconds = 60 * shape.minutes
    shapes = {
        "two jumps": replace(shape, jumps=tuple((at * seconds, by) for at, by in JUMPS)),
        "clock off by 137 s": replace(shape, offset_s=137.0),
        "latency 12 s": replace(shape, latency_s=12.0),
        "rich content": replace(shape, content="rich"),
        "no content": replace(shape, content="none"),
    }
    for name, changed in shapes.items():
        rows = []
        for case in family(make_stream, seeds, changed):
            found = case.align()
            at_ms = case.made.chat_events["offset_ms"].to_numpy()
            rows.append(
                measures(case.score(found.links))
                | {
                    "path RMSE s": scores.path_error_s(found.clock, case.made.clock, at_ms),
                    "jump recall": scores.jump_recall(found.clock, case.made.clock),
                }
            )
        show(f"stream, {name}", rows)


def bench_slow(seeds: range, shape: Slice) -> None:
    """Little chat, alone and with what the channel's other recordings teach."""
    channel = family(make_stream, range(30, 33), shape)
    prior = fit_channel([(case.utterances, case.made.chat_events) for case in channel])
    cases = family(make_stream, seeds, replace(shape, per_minute=13.0))
    show("stream, 13 a minute", [measures(case.score(case.align().links)) for case in cases])
    show("stream, 13 a minute, channel prior", [measures(case.score(case.align(prior=prior).links)) for case in cases])


def bench_hostile(seeds: range, shape: Slice) -> None:
    """Rules, oracle and aligner where the aligner's assumptions are broken."""
    cases = family(make_hostile, seeds, shape)
    for name in rules(cases[0]):
        show(f"hostile, {name}", [{"F1": scores.precision_recall_f1(rules(case)[name])[2]} for case in cases])
    show("hostile, oracle", [measures(oracle(case)) for case in cases])
    show("hostile, no labels", [measures(case.score(case.align().links)) for case in cases])


def bench_swapped(seeds: range, shape: Slice) -> None:
    """Chat of another recording must be told apart from one's own."""
    for name, make in (("stream", make_stream), ("hostile", make_hostile)):
        for rate in (40.0, 120.0):
            cases = family(make, seeds, replace(shape, minutes=30.0, per_minute=rate))
            own = [case.align().report.belonging["relation"] for case in cases]
            others = [
                align(case.utterances, other.made.chat_events)
                for case, other in zip(cases, cases[1:] + cases[:1], strict=True)
            ]
            accepted = sum(found.report.accepted for found in others) / sum(found.report.events for found in others)
            called = [found.report.belonging["relation"] for found in others]
            print(
                f"{name}, 30 min at {rate:.0f} a minute: own pairs {_counts(own)}; swapped pairs {_counts(called)}, "
                f"accepted {accepted:.4f} of events",
                flush=True,
            )


def _counts(values: list[str]) -> str:
    return ", ".join(f"{values.count(value)} {value}" for value in sorted(set(values)))


def bench_edits(seeds: range, _shape: Slice) -> None:
    """Twenty minutes cut from three hours, found again by their words, under growing trouble."""
    streams = [make_stream(seed, Slice(minutes=180.0, per_minute=5.0)).words.to_pylist() for seed in seeds]
    for name, trouble in EDITS.items():
        rows = [_placed(words, seed, trouble) for words, seed in zip(streams, seeds, strict=True)]
        show(f"edit, {name}", rows)


@dataclass(frozen=True)
class Trouble:
    """How an edit was made and heard: its pieces, and what the two transcripts get wrong."""

    unequal: bool = False
    at_pauses: bool = False
    repeated: bool = False
    moved: bool = False
    both_misheard: bool = False
    jitter_s: float = 0.0


EDITS = {
    "100 equal pieces": Trouble(),
    "pieces of 3 to 60 s": Trouble(unequal=True),
    "pieces of 3 to 60 s, cut at pauses": Trouble(unequal=True, at_pauses=True),
    "times 0.3 s off": Trouble(unequal=True, jitter_s=0.3),
    "both misheard": Trouble(unequal=True, both_misheard=True),
    "both misheard, times 0.3 s off": Trouble(unequal=True, both_misheard=True, jitter_s=0.3),
    "same, with a cold open": Trouble(unequal=True, both_misheard=True, jitter_s=0.3, repeated=True),
    "same, two pieces swapped": Trouble(unequal=True, both_misheard=True, jitter_s=0.3, moved=True),
}


def _placed(words: list[dict[str, Any]], seed: int, trouble: Trouble) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    pieces = _unequal_pieces(words, rng, trouble) if trouble.unequal else _equal_pieces(len(words), rng)
    if trouble.moved:
        pieces[20], pieces[60] = pieces[60], pieces[20]
    shown = [pieces[70], *pieces] if trouble.repeated else pieces
    edit: list[dict[str, Any]] = []
    shift, truth = 0, []
    for first, last in shown:
        begin = words[first]["start_ms"]
        for word in words[first:last]:
            moved = {"start_ms": word["start_ms"] - begin + shift, "end_ms": word["end_ms"] - begin + shift}
            edit.append(word | moved)
            truth.append((word["start_ms"], moved["start_ms"]))
        shift += words[last - 1]["end_ms"] - begin
    is_heard_well = not (trouble.both_misheard or trouble.jitter_s)
    original = words if is_heard_well else _heard(words, rng, 0.15 * trouble.both_misheard, trouble.jitter_s)
    tables = WORDS.table(_heard(edit, rng, 0.15, trouble.jitter_s)), WORDS.table(original)
    began = time.perf_counter()
    clock = edit_map(*tables)
    took = time.perf_counter() - began
    # A moment shown twice has one place: that of the longer showing, here the second.
    stream_ms, edit_ms = np.array(truth[len(truth) - sum(last - first for first, last in pieces) :]).T
    placed = stream_ms - scores.offsets_at(clock, stream_ms)
    cut_ms = np.setdiff1d([word["start_ms"] for word in words], stream_ms)
    claimed = np.isfinite(scores.offsets_at(clock, cut_ms)).mean()
    right = float((np.abs(placed - edit_ms) <= 500).mean())
    return {"placed within 500 ms": right, "cut but placed": float(claimed), "pieces": clock.num_rows, "seconds": took}


def _equal_pieces(words: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    firsts = np.sort(rng.choice(words - 40, 100, replace=False)).tolist()
    kept = [(first, first + int(rng.integers(15, 32))) for first in firsts]
    return [(first, min(last, after)) for (first, last), after in zip(kept, [*firsts[1:], words], strict=True)]


def _unequal_pieces(words: list[dict[str, Any]], rng: np.random.Generator, trouble: Trouble) -> list[tuple[int, int]]:
    start_ms = np.array([word["start_ms"] for word in words])
    silence_ms = np.r_[10**6, start_ms[1:] - [word["end_ms"] for word in words[:-1]]]
    long_s = np.exp(rng.uniform(np.log(3), np.log(60), 100))
    long_s = np.clip(long_s * 1200 / long_s.sum(), 3, 60)
    free_s = np.sort(rng.uniform(0, start_ms[-1] / 1000 - long_s.sum(), 100))
    begin_s = free_s + np.r_[0, np.cumsum(long_s)[:-1]]
    kept: list[tuple[int, int]] = []
    for place_of in np.searchsorted(start_ms, 1000 * np.stack([begin_s, begin_s + long_s], axis=1)).tolist():
        if trouble.at_pauses:
            moved = [int(place + np.argmax(silence_ms[place:] >= 300)) for place in place_of]
        else:
            moved = place_of
        if moved[1] - moved[0] >= 3 and (not kept or moved[0] >= kept[-1][1]):
            kept.append((moved[0], moved[1]))
    return kept


def _heard(
    words: list[dict[str, Any]], rng: np.random.Generator, errors: float, jitter_s: float
) -> list[dict[str, Any]]:
    """The words as a recogniser gives them: some are others of the same stream, times are off but in order."""
    found: list[dict[str, Any]] = []
    latest = -(10**12)
    for number, word in enumerate(words):
        off = int(1000 * rng.normal(0, jitter_s)) if jitter_s else 0
        latest = max(word["start_ms"] + off, latest)
        normal = words[int(rng.integers(len(words)))]["normal"] if rng.random() < errors else word["normal"]
        times = {"start_ms": latest, "end_ms": max(word["end_ms"] + off, latest)}
        found.append(word | times | {"word_id": number, "normal": normal})
    return found


SIZES = (10_000, 100_000, 1_000_000)


def bench_speed(_seeds: range, _shape: Slice) -> None:
    """Whole calls of growing size, against as-of joins of the same rows; each size in a process of its own."""
    seconds = []
    for count in SIZES:
        done = subprocess.run(
            [sys.executable, __file__, "--size", str(count)], check=True, capture_output=True, text=True
        )
        found = json.loads(done.stdout.splitlines()[-1])
        seconds.append(found["second"])
        print(
            f"{count} events: {found['second']:.2f} s (first call {found['first']:.2f} s, processor "
            f"{found['processor']:.2f} s), peak {found['peak_gb']:.2f} GB of which {found['input_gb']:.2f} GB before; "
            f"{found['second'] / found['joined']:.0f} x join_asof of the tables ({found['joined']:.4f} s), "
            f"{found['second'] / found['bare']:.0f} x that of two columns ({found['bare']:.4f} s)",
            flush=True,
        )
    exponent = np.polyfit(np.log(SIZES), np.log(seconds), 1)[0]
    steps = np.diff(np.log10(seconds))
    print(f"time grows with events to the power of {exponent:.2f} ({', '.join(f'{step:.2f}' for step in steps)})")


def measure_speed(count: int) -> None:
    """Time one size and print it as JSON; the peak is the first call's."""
    utterances, chat_events = _large(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    calls, processor, peak = [], 0.0, 0
    for _ in range(2):
        began, worked = time.perf_counter(), time.process_time()
        align(utterances, chat_events)
        calls.append(time.perf_counter() - began)
        processor = time.process_time() - worked
        peak = peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Speech that is sorted by its ends and chat by its times, all columns of the contracts carried along.
    left, right = pl.from_arrow(chat_events), pl.from_arrow(utterances).sort("end_ms")
    bare = left.select("offset_ms"), right.select("end_ms", "utterance_id")
    joined = {
        name: min(_timed(lambda pair=pair: pair[0].join_asof(pair[1], left_on="offset_ms", right_on="end_ms")))
        for name, pair in {"joined": (left, right), "bare": bare}.items()
    }
    sizes = {"peak_gb": peak / 1e6, "input_gb": before / 1e6}
    print(json.dumps({"first": calls[0], "second": calls[1], "processor": processor} | sizes | joined))


def _timed(call: Callable[[], object]) -> list[float]:
    """Seconds of five calls."""
    found = []
    for _ in range(5):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return found


def _large(count: int) -> tuple[pa.Table, pa.Table]:
    """A recording of `count` events and a tenth as many utterances, of made-up words."""
    rng = np.random.default_rng(0)
    size = count // 10
    odds = 1.0 / np.arange(10, 20_010)
    odds /= odds.sum()
    spoken, written = rng.choice(20_000, (size, 8), p=odds), rng.choice(20_000, (count, 3), p=odds)
    start = np.cumsum(rng.integers(1000, 9000, size))
    parent, is_reply = rng.integers(0, size, count), rng.random(count) < 0.4
    at = np.where(is_reply, start[parent] + 8000 + rng.gamma(2, 1500, count), rng.integers(0, start[-1], count))
    echo = is_reply & (rng.random(count) < 0.3)
    written[:, 0] = np.where(echo, spoken[parent, rng.integers(0, 8, count)], written[:, 0])
    order = np.argsort(at, kind="stable")
    utterances = _filled(UTTERANCES.schema, size, {
        "utterance_id": np.arange(size), "turn_id": np.arange(size), "start_ms": start, "end_ms": start + 3000,
        "text": [" ".join(f"w{word}" for word in row) for row in spoken.tolist()], "n_words": np.full(size, 8),
        "first_word_id": np.arange(size), "last_word_id": np.arange(size), "is_question": rng.random(size) < 0.1,
    })  # fmt: skip
    chat_events = _filled(CHAT_EVENTS.schema, count, {
        "event_id": [str(uuid.UUID(bytes=rng.bytes(16))) for _ in range(count)],
        "offset_ms": at[order].astype(np.int64),
        "offset_source": ["exact"] * count, "kind": ["message"] * count,
        "author": [f"a{k % 9973}" for k in range(count)],
        "text": [" ".join(f"w{word}" for word in row) for row in written[order].tolist()],
    })  # fmt: skip
    return utterances, CHAT_EVENTS.sort(chat_events)


def _filled(schema: pa.Schema, rows: int, columns: dict[str, object]) -> pa.Table:
    """A table of the schema: given columns, and nulls, zeros or empty values elsewhere."""
    arrays = []
    for column in schema:
        if column.name in columns:
            arrays.append(pa.array(columns[column.name], column.type))
        elif column.nullable:
            arrays.append(pa.nulls(rows, column.type))
        elif pa.types.is_list(column.type):
            arrays.append(pa.array([[]] * rows, column.type))
        else:
            empty = {pa.string(): "r", pa.bool_(): False}.get(column.type, 0)
            arrays.append(pa.array([empty] * rows, column.type))
    return pa.Table.from_arrays(arrays, schema=schema)


BENCHES = {
    "stream": bench_stream, "asked": bench_asked, "shares": bench_shares, "unlabelled": bench_unlabelled,
    "slices": bench_slices, "slow": bench_slow, "hostile": bench_hostile, "swapped": bench_swapped,
    "edits": bench_edits, "speed": bench_speed,
}  # fmt: skip


def main() -> None:
    """Run the benchmarks asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--minutes", type=float, default=150.0)
    parser.add_argument("--size", type=int, help="time one call with this many events, and nothing else")
    parser.add_argument("--only", nargs="*", choices=sorted(BENCHES), default=list(BENCHES))
    chosen = parser.parse_args()
    if chosen.size:
        measure_speed(chosen.size)
        return
    for name in chosen.only:
        BENCHES[name](range(chosen.first_seed, chosen.first_seed + chosen.seeds), Slice(minutes=chosen.minutes))


if __name__ == "__main__":
    main()
