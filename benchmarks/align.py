"""How well speech and chat are aligned, beside simple rules and beside an oracle, on recordings made with their truth.

Run as `uv run python benchmarks/align.py [--seeds 8] [--minutes 150] [--only NAME ...]`. Seeds begin at 40; none of
them was looked at while the aligner was made. Means over recordings, with the standard deviation behind.
"""

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from dougpt_align import Alignment, AlignSettings, align, baselines, edit_map, fit_channel, scores, segment
from dougpt_align.aligner import starting_point
from dougpt_align.attribution import Delays, Trust, fertilities, learn, pair_rates, posterior
from dougpt_align.background import Windows
from dougpt_align.decide import best_parents
from dougpt_align.prepared import prepare
from dougpt_align.scene import read_scene
from dougpt_align.synthetic import Slice, Synthetic, make_hostile, make_stream
from dougpt_schema import CHAT_EVENTS, LABELS, UTTERANCES, WORDS

FIRST_SEED = 40
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

    def labels(self, count: int, seed: int = 0) -> pa.Table:
        """True labels of `count` events drawn at random."""
        rows = np.random.default_rng([seed, count]).permutation(len(self.parents))[:count]
        spoken, names = self.utterances.to_pylist(), self.made.chat_events["event_id"].to_pylist()
        return LABELS.table(
            _label(self, order, names[row], spoken, int(self.parents[row])) for order, row in enumerate(rows.tolist())
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
    start, _ = starting_point(AlignSettings(), None)
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
        (case.parents >= 0) & (parent == case.parents), case.parents >= 0, probability, probability, probability >= 0.5
    )


def rules(case: Case) -> dict[str, scores.Scored]:
    """Scores of the simple rules."""
    scene = baselines.read(case.utterances, case.made.chat_events)
    found = {
        "previous start": baselines.previous_start(scene), "previous end": baselines.previous_end(scene),
        "fixed 5 s": baselines.fixed_lag(scene, 5.0), "fixed 8 s": baselines.fixed_lag(scene, 8.0),
        "fixed 10 s": baselines.fixed_lag(scene, 10.0), "correlated lag": baselines.correlated_lag(scene),
        "lexical best": baselines.lexical_best(scene),
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
    show("stream, no labels", [measures(case.score(case.align().links)) for case in cases])
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


def bench_shares(seeds: range, shape: Slice) -> None:
    """The default share against true shares that differ from it."""
    for share in (0.15, 0.30, 0.45, 0.60):
        cases = family(make_stream, seeds, replace(shape, share=share))
        show(f"stream, true share {share:.2f}", [measures(case.score(case.align().links)) for case in cases])


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


def bench_edits(seeds: range, shape: Slice) -> None:
    """Twenty minutes cut from three hours, found again by their words."""
    rows = []
    for seed in seeds:
        made = make_stream(seed, replace(shape, minutes=180.0, per_minute=5.0))
        rng = np.random.default_rng(seed)
        words = made.words.to_pylist()
        pieces = np.sort(rng.choice(len(words) - 40, 100, replace=False))
        kept = [(int(first), int(first) + int(rng.integers(15, 32))) for first in pieces]
        kept = [
            (first, min(last, after[0]))
            for (first, last), after in zip(kept, [*kept[1:], (len(words), 0)], strict=True)
        ]
        edit: list[dict[str, Any]] = []
        shift, truth = 0, []
        for first, last in kept:
            begin = words[first]["start_ms"]
            for word in words[first:last]:
                heard = word["normal"] if rng.random() > 0.15 else "xx" + word["normal"][::-1]
                moved = {"start_ms": word["start_ms"] - begin + shift, "end_ms": word["end_ms"] - begin + shift}
                edit.append(word | moved | {"word_id": len(edit), "normal": heard})
                truth.append((word["start_ms"], moved["start_ms"]))
            shift += words[last - 1]["end_ms"] - begin
        clock = edit_map(WORDS.table(edit), made.words)
        stream_ms, edit_ms = np.array(truth).T
        placed = stream_ms - scores.offsets_at(clock, stream_ms)
        rows.append({"placed within 500 ms": float((np.abs(placed - edit_ms) <= 500).mean()), "pieces": clock.num_rows})
    show("edit of 100 cuts, 15 % word errors", rows)


def bench_speed(_seeds: range, _shape: Slice) -> None:
    """Whole calls of growing size, against an as-of join of the same rows."""
    for count in (10_000, 100_000, 1_000_000):
        utterances, chat_events = _large(count)
        began = time.perf_counter()
        align(utterances, chat_events)
        took = time.perf_counter() - began
        left = pl.DataFrame({"t": chat_events["offset_ms"].to_numpy()})
        right = pl.DataFrame({"t": utterances["end_ms"].to_numpy(), "row": np.arange(utterances.num_rows)})
        joins = []
        for _ in range(5):
            began = time.perf_counter()
            left.join_asof(right, on="t")
            joins.append(time.perf_counter() - began)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(
            f"{count} events: {took:.2f} s, {took / min(joins):.0f} x join_asof ({min(joins):.4f} s), "
            f"peak {peak:.2f} GB"
        )


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
        "event_id": [f"e{k:08d}" for k in range(count)], "offset_ms": at[order].astype(np.int64),
        "offset_source": ["exact"] * count, "kind": ["message"] * count,
        "author": [f"a{k % 9973}" for k in range(count)],
        "text": [" ".join(f"w{word}" for word in row) for row in written[order].tolist()],
    })  # fmt: skip
    return utterances, chat_events


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
    "stream": bench_stream, "shares": bench_shares, "slices": bench_slices, "slow": bench_slow,
    "hostile": bench_hostile, "swapped": bench_swapped, "edits": bench_edits, "speed": bench_speed,
}  # fmt: skip


def main() -> None:
    """Run the benchmarks asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--minutes", type=float, default=150.0)
    parser.add_argument("--only", nargs="*", choices=sorted(BENCHES), default=list(BENCHES))
    chosen = parser.parse_args()
    for name in chosen.only:
        BENCHES[name](range(chosen.first_seed, chosen.first_seed + chosen.seeds), Slice(minutes=chosen.minutes))


if __name__ == "__main__":
    main()
