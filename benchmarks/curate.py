"""Curation against plain Polars, on made-up recordings whose right answer is known.

Run by `just bench curate`, or by row: `uv run python benchmarks/curate.py [links] [memory] [filters] ...`.

links: 10 million links (DOUGPT_BENCH_LINKS) of 100 recordings, from files to files without text filters, on two
threads, against a bare Polars scan, filter and write of the same files. memory: the most memory that 10, 100 and 400
recordings take. filters: all default filters and near-copies on a million replies (DOUGPT_BENCH_REPLIES). near: a
thousand edits of a hundred messages among others. leaks: moments of the test repeated elsewhere. trace: every reply
and turn of the example datasets, back to the row of the source file that it stands in.
"""

import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("POLARS_MAX_THREADS", "2")

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from dougpt.lineage import trace
from dougpt.project import Project
from dougpt_curate import CurateSettings, curate, curate_in_pieces
from dougpt_schema import (
    CHAT_EVENTS,
    LINKS,
    PROFILE,
    REJECTS,
    SAMPLES,
    UTTERANCES,
    Split,
    file_sha256,
    read_table,
    write_pieces,
    write_table,
)

ROOT = Path(__file__).resolve().parents[1]
LINKS_IN_ALL = int(os.environ.get("DOUGPT_BENCH_LINKS", "10000000"))
REPLIES_IN_ALL = int(os.environ.get("DOUGPT_BENCH_REPLIES", "1000000"))
RECORDINGS = 100
LINKS_A_TURN = 10
LINKS_OF_EACH = 5000
SYLLABLES = ("bo", "ka", "li", "mer", "nu", "pa", "ri", "sto", "tan", "ve", "wi", "zor", "que", "shi", "dra", "fen")
BARE = CurateSettings(
    drop_links=False,
    drop_personal_data=False,
    drop_replies_to_chatters=False,
    drop_advertising=False,
    drop_offensive=False,
    near_similarity=0,
    leak_similarity=0,
    copypasta_across=False,
)


def words(rng: np.random.Generator, count: int, least: int, most: int) -> list[str]:
    """Texts of `least` to `most` words."""
    vocabulary = np.array(["".join(rng.choice(SYLLABLES, rng.integers(1, 4))) for _ in range(5000)])
    lengths = rng.integers(least, most + 1, count)
    drawn = vocabulary[(rng.power(0.3, lengths.sum()) * len(vocabulary)).astype(int)].tolist()
    ends = np.cumsum(lengths).tolist()
    return [" ".join(drawn[end - length : end]) for end, length in zip(ends, lengths.tolist(), strict=True)]


def recording(number: int, links: int) -> tuple[pa.Table, pa.Table, pa.Table]:
    """One recording: turns, and ten messages after each of which seven are accepted."""
    rng = np.random.default_rng(number)
    name, turns = f"{number:016x}", max(links // LINKS_A_TURN, 1)
    start = np.arange(turns) * 20_000
    said = pl.DataFrame({
        "recording_id": pl.repeat(name, turns, eager=True), "utterance_id": np.arange(turns),
        "turn_id": np.arange(turns), "start_ms": start, "end_ms": start + 4000, "text": words(rng, turns, 4, 16),
        "n_words": np.full(turns, 8, np.int32), "first_word_id": np.arange(turns) * 10,
        "last_word_id": np.arange(turns) * 10 + 8, "probability": np.full(turns, 0.9, np.float32),
        "unaligned_share": np.zeros(turns, np.float32), "is_question": rng.random(turns) < 0.2,
        "addresses_chat": rng.random(turns) < 0.1,
    })  # fmt: skip
    parent = np.sort(rng.integers(turns, size=links))
    lag = rng.integers(1000, 12_000, links)
    names = [f"{number:04x}-{row:08x}" for row in range(links)]
    order = np.argsort(parent * 20_000 + lag, kind="stable")
    parent, lag = parent[order], lag[order]
    vocabulary = words(rng, max(links // 3, 1), 1, 9)
    picked = rng.integers(len(vocabulary), size=links)
    events = pl.DataFrame({
        "recording_id": pl.repeat(name, links, eager=True), "event_id": names,
        "offset_ms": start[parent] + 4000 + lag, "author": pl.Series(rng.integers(5000, size=links)).cast(pl.String),
        "text": pl.Series(vocabulary).gather(picked), "source_row": np.arange(links),
    }).with_columns(
        offset_precision_ms=pl.lit(1), offset_source=pl.lit("exact"), clock_segment=pl.lit(0),
        kind=pl.lit("message"), emotes=pl.lit([], pl.List(pl.Struct(
            {"name": pl.String, "id": pl.String, "start": pl.Int32, "end": pl.Int32}))),
        badges=pl.lit([], pl.List(pl.String)), confidence=pl.lit(1.0), origin=pl.lit("bench"),
        source_id=pl.lit("0" * 16),
    )  # fmt: skip
    accepted = rng.random(links) < 0.7
    linked = pl.DataFrame({
        "recording_id": pl.repeat(name, links, eager=True), "event_id": names, "utterance_id": parent,
        "probability": np.where(accepted, 0.8, 0.2), "lag_ms": lag, "accepted": accepted,
    }).with_columns(
        reason=pl.when("accepted").then(None).otherwise(pl.lit("background")),
        runner_up=pl.lit(0.1), background=pl.lit(0.1), decided_by=pl.lit("model"), certified=pl.lit(value=False)
    )  # fmt: skip
    return (
        UTTERANCES.conform(said, sort=True),
        CHAT_EVENTS.conform(events, sort=True),
        LINKS.conform(linked, sort=True),
    )


def show(title: str, found: str, wanted: str, *, holds: bool) -> None:
    """Print one row; one that begins with spaces is the reference of the row above."""
    if title.startswith(" "):
        print(f"{title:44s} {found}", flush=True)
        return
    print(f"{title:44s} {found:52s} wanted {wanted:22s} {'holds' if holds else 'MISSED'}", flush=True)


def in_child(row: str, folder: Path) -> tuple[float, float]:
    """Run one part alone; return its seconds and the most memory that it held, in GiB."""
    done = subprocess.run([sys.executable, __file__, row, str(folder)], check=True, capture_output=True, text=True)
    seconds, memory_kib = done.stdout.split()[-2:]
    return float(seconds), float(memory_kib) / 2**20


def child(work: Callable[[Path], None], folder: Path) -> None:
    """Do one part and tell what it took, without the second in which pyarrow imports pandas at its first array."""
    pa.array([0])
    began = time.monotonic()
    work(folder)
    print(time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def bare_polars(folder: Path) -> None:
    """Scan, filter and write the files: what nothing that reads them can be faster than."""
    for name, kept in (("u", pl.col("n_words") > 0), ("e", pl.col("kind") == "message"), ("l", pl.col("accepted"))):
        pl.scan_parquet(folder / f"*.{name}.parquet").filter(kept).sink_parquet(folder / f"out-{name}.parquet")


def from_files(folder: Path, settings: CurateSettings = BARE) -> None:
    """Read, curate and write."""
    names = sorted({path.name.split(".")[0] for path in folder.glob("*.l.parquet")})

    def read(name: str) -> tuple[pa.Table, pa.Table, pa.Table]:
        # Not pq.read_table, which imports pandas for two seconds.
        first, second, third = (pq.ParquetFile(folder / f"{name}.{kind}.parquet").read() for kind in "uel")
        return first, second, third

    with curate_in_pieces(names, read, settings, folder=folder) as made:
        for split in Split:
            write_pieces(made.samples(split), folder / f"out-{split}.parquet", SAMPLES)
        write_pieces(made.rejects(), folder / "out-rejects.parquet", REJECTS)
        write_table(made.profile, folder / "out-profile.parquet", PROFILE)


def bench_links() -> None:
    """Files to files without text filters, against bare Polars on the same files."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        written(folder, RECORDINGS, LINKS_IN_ALL // RECORDINGS)
        before, _ = in_child("child-polars", folder)
        ours, memory = in_child("child-links", folder)
        after, _ = in_child("child-polars", folder)
    reference = (before + after) / 2
    found = f"{ours:.1f} s, {ours / reference:.1f} x Polars ({reference:.1f} s), {memory:.1f} GiB"
    holds = ours <= 6 * reference and memory < 4
    show(f"{LINKS_IN_ALL:,} links to samples", found, "6 x, under 4 GB", holds=holds)


def written(folder: Path, recordings: int, links: int) -> Path:
    """Write made-up recordings as files."""
    for number in range(recordings):
        for kind, table in zip("uel", recording(number, links), strict=True):
            pq.write_table(table, folder / f"{number:016x}.{kind}.parquet", compression="zstd")
    return folder


def compared(folder: Path) -> None:
    """Read, curate and write, with turns and copypasta compared between all recordings."""
    from_files(folder, replace(BARE, leak_similarity=0.7, near_similarity=0.55, copypasta_across=True))


def bench_memory() -> None:
    """The most memory that ten, a hundred and four hundred recordings of one size take; the first is the reference."""
    peaks = {}
    for count in (10, 100, 400):
        with tempfile.TemporaryDirectory() as temporary:
            seconds, peaks[count] = in_child("child-compared", written(Path(temporary), count, LINKS_OF_EACH))
        found = f"{peaks[count]:.2f} GiB, {seconds:.0f} s"
        flat = peaks[count] <= 1.25 * peaks.get(100, peaks[count])
        show(f"{count} recordings of {LINKS_OF_EACH:,} links", found, "flat from 100 on", holds=flat)


def bench_filters() -> None:
    """All default filters and near-copies, in one process on two threads; exact curation of the same beside it."""
    made = [recording(number, REPLIES_IN_ALL // 7) for number in range(10)]
    tables = [pa.concat_tables([one[place] for one in made]) for place in range(3)]
    seconds, of_cores = {}, {}
    for name, settings in (("bare", BARE), ("default", CurateSettings())):
        began, used = time.monotonic(), time.process_time()
        accepted = curate(*tables, settings).report.replies["accepted"]
        seconds[name], of_cores[name] = time.monotonic() - began, time.process_time() - used
    rate, busy = accepted / seconds["default"], of_cores["default"] / seconds["default"]
    found = (
        f"{rate:,.0f} replies/s with {busy:.1f} cores of this machine ({accepted:,} replies; without filters "
        f"{accepted / seconds['bare']:,.0f}/s)"
    )
    show("all default filters and near-copies", found, "10,000 replies/s", holds=rate >= 10_000)


def edited(text: str, luck: random.Random) -> str:
    """The text with one slip: a letter changed, lost, drawn out or added, a word lost, swapped or put behind."""
    place, said = luck.randrange(1, len(text) - 1), text.split()
    start, rest, spot = text[:place], text[place + 1 :], luck.randrange(len(said) - 1)
    return luck.choice([
        start + luck.choice("etaoin") + rest, start + rest, start + text[place] * 5 + rest,
        start + luck.choice("etaoin") + text[place:], " ".join(said[:spot] + said[spot + 1 :]),
        " ".join([*said[:spot], said[spot + 1], said[spot], *said[spot + 2 :]]), text + " lol", text.upper() + "!!",
    ])  # fmt: skip


def dialogue(name: str, prompts: list[str], answers: list[list[str]]) -> list[pa.Table]:
    """A recording of a prompt every twenty seconds, each with its accepted answers."""
    said = [
        {"recording_id": name, "utterance_id": n, "turn_id": n, "start_ms": 20_000 * n, "end_ms": 20_000 * n + 4000,
         "text": text, "n_words": len(text.split()), "first_word_id": 100 * n, "last_word_id": 100 * n + 1,
         "unaligned_share": 0.0, "is_question": False, "addresses_chat": False}
        for n, text in enumerate(prompts)
    ]  # fmt: skip
    events, links = [], []
    for n, texts in enumerate(answers):
        for k, text in enumerate(texts):
            event = {"recording_id": name, "event_id": f"{n}.{k:05d}"}
            events.append(event | {
                "offset_ms": 20_000 * n + 7000 + k, "offset_precision_ms": 1, "offset_source": "exact",
                "clock_segment": 0, "kind": "message", "author": f"{k}", "text": text, "emotes": [], "badges": [],
                "confidence": 1.0, "origin": "bench", "source_id": "0" * 16, "source_row": k,
            })  # fmt: skip
            links.append(event | {
                "utterance_id": n, "probability": 0.9, "runner_up": 0.0, "background": 0.1, "lag_ms": 3000 + k,
                "accepted": True, "decided_by": "model", "certified": False,
            })  # fmt: skip
    return [UTTERANCES.table(said), CHAT_EVENTS.table(events), LINKS.table(links)]


def bench_near() -> None:
    """A thousand edits of a hundred messages among 900 others; the reference is equality after normalisation."""
    luck = random.Random(7)  # noqa: S311  # slips need no secrecy
    rng = np.random.default_rng(7)
    texts = list(dict.fromkeys(words(rng, 1100, 5, 12)))
    origins, others = texts[:100], texts[100:]
    rest = [(edited(text, luck), number) for number, text in enumerate(origins) for _ in range(10)]
    rest += [(text, -1) for text in others]
    luck.shuffle(rest)
    tables = dialogue("r", ["hello"], [[*origins, *(text for text, _ in rest)]])
    for title, settings in (
        ("near-copies", CurateSettings()),
        ("  exact copies alone", CurateSettings(near_similarity=0)),
    ):
        made = curate(*tables, settings, holdout={"r": "train"})
        merged = {copy["event_id"]: copy["into"] for row in made.samples.to_pylist() for copy in row["merged"]}
        right = sum(merged.get(f"0.{n + 100:05d}") == f"0.{origin:05d}" for n, (_, origin) in enumerate(rest))
        recall, precision = right / 1000, right / max(len(merged), 1)
        holds = recall >= 0.95 and precision >= 0.98
        show(title, f"recall {recall:.3f}, precision {precision:.3f}", ".95 / .98", holds=holds)


def bench_leaks() -> None:
    """Moments of the test, edited, in the training recordings; the reference is what splits by recording leave."""
    luck = random.Random(11)  # noqa: S311  # slips need no secrecy
    rng = np.random.default_rng(11)
    prompts, replies = words(rng, 2000, 10, 16), words(rng, 2000, 2, 6)
    tests, others = prompts[:500], prompts[500:]
    repeated = [edited(text, luck) for text in tests]
    parts = [
        dialogue("a", tests, [[reply] for reply in replies[:500]]),
        dialogue("b", [*repeated, *others[:500]], [[reply] for reply in replies[500:1500]]),
        dialogue("c", others[500:], [[reply] for reply in replies[1000:]]),
    ]
    tables = [pa.concat_tables([part[place] for part in parts]) for place in range(3)]
    splits = {"a": "test", "b": "train", "c": "train"}
    for title, settings in (
        ("leaks", CurateSettings()),
        ("  splits by recording alone", CurateSettings(leak_similarity=0)),
    ):
        made = curate(*tables, settings, holdout=splits).samples.to_pylist()
        trained = {row["prompt"] for row in made if row["split"] == "train"}
        found = sum(copy in trained for copy in repeated)
        show(title, f"{found} of 500 planted moments are trained on", "0", holds=not found)


def bench_trace() -> None:
    """Each reply and word of the example datasets, back to the source; the reference is the file's own row."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary) / "w"
        call = [sys.executable, "-m", "dougpt"]
        for step in (
            ["init", str(place), "--key-file", str(ROOT / "examples/key.hex")],
            ["pipeline", str(ROOT / "examples/recordings"), "-w", str(place), "--yes", "--until", "curate"],
        ):
            subprocess.run([*call, *step], check=True, capture_output=True)
        samples, reached = traced(Project.open(place))
    show("traces", f"{reached} of {samples} samples reach their source rows", "100 %", holds=reached == samples)


def traced(project: Project) -> tuple[int, int]:
    """Return how many samples there are, and of how many each reply's trace names the row with its text."""
    rows: dict[str, list[dict[str, Any]]] = {}
    samples = reached = 0
    dataset = project.workspace.dataset(project.settings.dataset.name)
    for split in ("train", "validation", "test"):
        for name in read_table(dataset / f"{split}.parquet", SAMPLES)["sample_id"].to_pylist():
            found = trace(project, name)
            recording = project.recordings[found["sample"]["recording_id"]]
            paths = {source.source_id: source.path for source in recording.sources}
            samples += 1
            reached += bool(found["replies"]) and all(
                said_in(rows, paths[reply["source"]["source_id"]], reply["event"]) for reply in found["replies"]
            ) and all(file_sha256(paths[one["source"]["source_id"]]) == one["source"]["sha256"]
                      for one in (*found["replies"], *found["utterances"]))  # fmt: skip
    return samples, reached


def said_in(rows: dict[str, list[dict[str, Any]]], path: Path, event: dict[str, Any]) -> bool:
    """Whether the row that an event names in its chat export holds its time and, names aside, its words."""
    if str(path) not in rows:
        raw = path.read_bytes()
        rows[str(path)] = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)["comments"]
    comment = rows[str(path)][event["source_row"]]
    words_of_row = comment["message"]["body"].split()
    words_of_event = event["text"].split()
    same = [one == two for one, two in zip(words_of_row, words_of_event, strict=False) if not two.startswith("@")]
    return comment["_id"] == event["event_id"] or (len(words_of_row) == len(words_of_event) and all(same))


ROWS = {
    "links": bench_links,
    "memory": bench_memory,
    "filters": bench_filters,
    "near": bench_near,
    "leaks": bench_leaks,
    "trace": bench_trace,
}
PARTS = {"child-polars": bare_polars, "child-links": from_files, "child-compared": compared}

if __name__ == "__main__":
    chosen = sys.argv[1:] or list(ROWS)
    if chosen[0] in PARTS:
        child(PARTS[chosen[0]], Path(chosen[1]))
    else:
        for row in chosen:
            ROWS[row]()
