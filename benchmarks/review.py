"""What an hour of labelling buys, and what a question costs: a made recording labelled through the page itself.

Run as `uv run python benchmarks/review.py [--labels 300] [--minutes 60] [--seed 50]`. A real browser (Chromium, found
on the path) presses the keys; the answers are the truth, one in twenty of them wrong. Links are scored on the messages
that were not asked about, before and after. Needs the extra `review` and playwright.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from random import Random
from threading import Thread

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_align import Alignment, align, scores, segment
from dougpt_align.asking import questions, worth
from dougpt_align.synthetic import Slice, make_stream
from dougpt_review import Book, Desk, Material, Recording, serve
from dougpt_review.material import name_of, questions_of
from dougpt_schema import LABELS
from dougpt_schema.journal import read_journal
from playwright.sync_api import Page, sync_playwright

WRONG = 0.05
TIMING = """() => {
  const cost = (one) => one.serverTiming[0]?.duration ?? null;
  const found = performance.getEntriesByType("resource").map((one) => [one.name, cost(one)]);
  performance.clearResourceTimings();
  return found;
}"""


@dataclass
class Rater:
    """Answers by the truth, now and then wrongly, and writes down what it cost."""

    truth: dict[str, tuple[int, int] | None]
    names: dict[str, str]
    random: Random
    shown_ms: list[float] = field(default_factory=list)
    server_ms: dict[str, list[float]] = field(default_factory=lambda: {"/next": [], "/answer": []})

    def answer(self, page: Page) -> None:
        """Press a key for what is shown and wait until the next question is."""
        name = page.get_attribute("#answers", "data-question") or ""
        span = self.truth[self.names[name]]
        meant = "none" if span is None else f"reply:{span[0]}:{span[1]}"
        offered = page.evaluate("[...document.querySelectorAll('[name=choice]')].map((one) => one.value)")
        choices = [one for one in dict.fromkeys(offered) if one == "none" or one.startswith("reply")]
        if meant not in choices:
            meant = "unsure"
        elif self.random.random() < WRONG and len(choices) > 1:
            meant = self.random.choice([one for one in choices if one != meant])
        began = time.perf_counter()
        key = page.evaluate("(value) => document.querySelector(`[name=choice][value='${value}']`).dataset.key", meant)
        if key:
            page.keyboard.press(key)
        else:
            page.click(f"[name=choice][value='{meant}']")
        page.wait_for_function("(name) => document.querySelector('#answers').dataset.question !== name", arg=name)
        self.shown_ms.append(1000 * (time.perf_counter() - began))

    def note(self, page: Page) -> None:
        """Take down what the server said that its answers cost."""
        for address, cost in page.evaluate(TIMING):
            for path, costs in self.server_ms.items():
                if address.endswith(path) and cost is not None:
                    costs.append(cost)


def main() -> None:
    """Label, align again, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=50)
    chosen = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("no chromium on the path: apt-get install chromium")
    made = make_stream(chosen.seed, Slice(minutes=chosen.minutes))
    utterances = segment(made.words)
    before = align(utterances, made.chat_events)
    parents = scores.true_parents(made, utterances)
    spans = list(zip(utterances["start_ms"].to_pylist(), utterances["end_ms"].to_pylist(), strict=True))
    ids = utterances["utterance_id"].to_pylist()
    events = made.chat_events["event_id"].to_pylist()
    by_id = dict(zip(ids, spans, strict=True))
    rater = Rater(
        {event: by_id.get(int(parent)) for event, parent in zip(events, parents, strict=True)},
        {name_of(made.recording_id, event): event for event in events},
        Random(chosen.seed),  # noqa: S311 - errors are drawn, not keys
    )
    tables = {"utterances": utterances, "chat_events": made.chat_events}
    aligned = {"candidates": before.candidates, "links": before.links}
    recording = Recording(made.recording_id, "made", clock=before.clock, **tables, **aligned)
    asked = questions(**aligned, **tables, count=len(events))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rater.jsonl"
        labels = label(
            Material({made.recording_id: recording}, tuple(questions_of(asked))), path, rater, chromium, chosen.labels
        )
    after = align(utterances, made.chat_events, labels=labels)
    report(events, parents, labels, before, after)
    print(worth(after.links, labels, candidates=after.candidates, **tables).sentence)
    costs(rater)


def label(material: Material, path: Path, rater: Rater, chromium: str, count: int) -> pa.Table:
    """Answer `count` questions in a browser and return what the journal holds."""
    desk = Desk(lambda: material, Book(path, rater="truth", blind=False, labels=LABELS.empty()), goal=count)
    told: SimpleQueue[str] = SimpleQueue()
    Thread(target=serve, args=(desk,), kwargs={"port": 0, "started": told.put}, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(told.get(timeout=60))
        for _ in range(count):
            rater.answer(page)
            rater.note(page)
        page.wait_for_function("() => outbox.length === 0")
        rater.note(page)
        browser.close()
    return read_journal(path, LABELS)


def report(events: list[str], parents: np.ndarray, labels: pa.Table, before: Alignment, after: Alignment) -> None:
    """Print how good the links are on what was not asked about."""
    given = pc.value_counts(labels["verdict"]).to_pylist()
    print(", ".join(f"{row['counts']} {row['values']}" for row in sorted(given, key=lambda row: row["values"])))
    asked = set(labels["event_id"].to_pylist())
    rest = [event not in asked for event in events]
    print(f"{'':16}{'best F1':>9}{'ECE':>8}{'threshold':>11}{'accepted':>10}{'precision':>11}{'recall':>8}  bound")
    for name, found in (("without labels", before), ("with labels", after)):
        links = found.links.filter(pc.invert(pc.is_in(found.links["event_id"], pa.array(sorted(asked)))))
        scored = scores.set_against(links, [e for e, r in zip(events, rest, strict=True) if r], parents[rest])
        precision, recall, _ = scores.precision_recall_f1(scored)
        threshold = found.report.to_dict()["threshold"]
        bound = threshold["bound"]
        print(
            f"{name:16}{scores.best_f1(scored)[0]:9.3f}{scores.calibration_error(scored):8.3f}"
            f"{threshold['probability']:11.3f}{int(scored.accepted.sum()):10d}{precision:11.3f}{recall:8.3f}"
            f"  {'none' if bound is None else f'{bound:.3f}'}{' (certified)' if threshold['certified'] else ''}"
        )


def costs(rater: Rater) -> None:
    """Print milliseconds."""
    timed = {
        "server, next question": rater.server_ms["/next"],
        "server, answer on disk": rater.server_ms["/answer"],
        "key to next question": rater.shown_ms,
    }
    for name, found in timed.items():
        print(f"{name:24}{np.median(found):8.1f} ms median{np.quantile(found, 0.95):8.1f} ms at 95 % of {len(found)}")


if __name__ == "__main__":
    main()
