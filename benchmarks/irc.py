"""Who answered whom in IRC, by people's annotations: the attribution core without labels, the stacker with them.

Run as `uv run python benchmarks/irc.py [--folder PATH ...] [--train PATH]`. The files are those of
jkkummerfeld/irc-disentanglement (CC-BY-4.0; Kummerfeld et al., ACL 2019): NAME.ascii.txt holds one message a line,
NAME.annotation.txt lines `a b -`, where b answers a, or begins something new if a is b. Every earlier message within
100 lines is a possible parent. Scores are micro precision, recall and F1 over the links of annotated lines, intervals
from resampling files; ECE is that of the answer given (a parent or none), over messages that people wrote.
"""

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from dougpt_align.arrays import row_sums
from dougpt_align.candidates import Pairs
from dougpt_align.decide import best_parents
from dougpt_align.replies import Messages, attribute, pair_up, read_messages
from dougpt_align.reply_features import reply_features
from dougpt_align.scores import Scored, calibration_error
from dougpt_align.stacker import crossfit, fit_stacker

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "irc"
FIRST_ANNOTATED = 1000
LINE = re.compile(
    r"^(?:\S+ )?(?:(\d{4}-\d\d-\d\d) )?\[(\d\d):(\d\d)(?::(\d\d))?\] (?:<\s*([^>]+)> ?(.*)|\* (\S+) ?(.*))$"
)
Link = tuple[int, int, int]


@dataclass(frozen=True)
class Logs:
    """The files of a folder: what people wrote, and who answered whom (file, line, line answered)."""

    names: list[str]
    messages: Messages
    pairs: Pairs
    gold: set[Link]
    row_of: dict[tuple[int, int], int]

    @property
    def annotated(self) -> list[tuple[int, int]]:
        """Files and lines that were annotated."""
        return sorted({(log, line) for log, line, _ in self.gold})

    def share(self, logs: set[int]) -> float:
        """The share of annotated messages of these files that answer another."""
        written = {(log, line) for log, line, _ in self.gold if log in logs and (log, line) in self.row_of}
        return 1.0 - sum((log, line, line) in self.gold for log, line in written) / len(written)


@dataclass(frozen=True)
class Labelled:
    """Annotated messages with the features of their candidates, and which candidate is right (-1: none)."""

    rows: np.ndarray
    ptr: np.ndarray
    pair: np.ndarray
    x: np.ndarray
    z: np.ndarray
    chosen: np.ndarray
    weight: np.ndarray

    @property
    def start(self) -> np.ndarray:
        """Where the stacker begins: the attribution's log odds, the first feature, as they are."""
        return np.r_[1.0, np.zeros(self.x.shape[1] - 1)]


def read_logs(folder: Path) -> Logs:
    """Read all files of a folder; lines that nobody wrote (joins, notices) are no messages."""
    authors, texts, times, lines, logs = [], [], [], [], []
    gold: set[Link] = set()
    paths = sorted(folder.glob("*.ascii.txt"))
    for log, path in enumerate(paths):
        latest = 0.0
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines()):
            if (found := LINE.match(line)) is None:
                continue
            day, hour, minute, second, author, text, actor, action = found.groups()
            days = date.fromisoformat(day).toordinal() if day else latest // 86400
            at = 86400 * days + 3600 * int(hour) + 60 * int(minute) + int(second or 0)
            latest = at if day or at >= latest - 3600 else at + 86400
            authors.append(author or actor)
            texts.append((text if author else action) or "")
            times.append(latest)
            lines.append(number)
            logs.append(log)
        annotation = path.with_name(path.name.replace(".ascii.", ".annotation."))
        for row in annotation.read_text().splitlines():
            first, second_line = sorted(int(value) for value in row.split()[:2])
            if second_line >= FIRST_ANNOTATED:
                gold.add((log, second_line, first))
    messages = read_messages(authors, texts, np.array(times, dtype=float), np.array(lines), np.array(logs))
    row_of = {key: row for row, key in enumerate(zip(logs, lines, strict=True))}
    return Logs([path.name.split(".ascii")[0] for path in paths], messages, pair_up(messages), gold, row_of)


def previous(logs: Logs) -> set[Link]:
    """The rule: a message answers the one before; what nobody wrote answers nothing."""
    given = set()
    for log, line in logs.annotated:
        row = logs.row_of.get((log, line), 0)
        has = (log, line) in logs.row_of and row > 0 and logs.messages.log_N[row - 1] == log
        given.add((log, line, int(logs.messages.line_N[row - 1]) if has else line))
    return given


def unsupervised(logs: Logs, share_of: Callable[[int], float]) -> tuple[np.ndarray, np.ndarray]:
    """Posterior of pairs and of no parent, each file's under a share that its own labels have no part in."""
    link, background = np.zeros(len(logs.pairs.event_P)), np.ones(len(logs.messages.author_N))
    shares = np.array([share_of(log) for log in range(len(logs.names))])[logs.messages.log_N]
    for share in np.unique(shares).tolist():
        found = attribute(logs.messages, logs.pairs, share)
        mine = shares == share
        background[mine] = found.background_E[mine]
        link[mine[logs.pairs.event_P]] = found.link_P[mine[logs.pairs.event_P]]
    return link, background


def label(logs: Logs, link: np.ndarray, background: np.ndarray) -> Labelled:
    """Features and answers of annotated messages; of several parents the nearest counts."""
    rows = np.array([logs.row_of[key] for key in logs.annotated if key in logs.row_of])
    table = reply_features(logs.messages, logs.pairs, link, background, rows)
    parents: dict[int, list[int]] = {}
    for log, line, parent in logs.gold:
        if (log, line) in logs.row_of:
            parents.setdefault(logs.row_of[log, line], []).append(logs.row_of.get((log, parent), -1))
    chosen, weight = np.full(len(rows), -1), np.ones(len(rows))
    for event, row in enumerate(rows.tolist()):
        mine = slice(table.ptr[event], table.ptr[event + 1])
        right = np.flatnonzero(np.isin(logs.pairs.parent_P[table.pair_P[mine]], parents[row]))
        if len(right):
            chosen[event] = table.ptr[event] + right[-1]
        else:
            weight[event] = float(row in parents[row])  # a parent that is no candidate teaches nothing
    x, z = (np.stack(list(features.values()), 1) for features in (table.x, table.z))
    return Labelled(rows, table.ptr, table.pair_P, x, z, chosen, weight)


def answers(logs: Logs, link: np.ndarray) -> tuple[set[Link], Scored]:
    """The most probable answer to each annotated line, and its probability with whether it is right."""
    best = best_parents(logs.pairs, link)
    none = 1.0 - row_sums(link, logs.pairs.ptr)
    given, probability, right = set(), [], []
    for log, line in logs.annotated:
        row = logs.row_of.get((log, line))
        parent = line
        if row is not None and best.probability_E[row] > none[row]:
            parent = int(logs.messages.line_N[logs.pairs.parent_P[best.pair_E[row]]])
        given.add((log, line, parent))
        if row is not None:
            probability.append(max(best.probability_E[row], none[row]))
            right.append((log, line, parent) in logs.gold)
    taken = np.ones(len(right), dtype=bool)
    return given, Scored(np.array(right), taken, np.array(probability), taken)


def f1(counts: np.ndarray) -> float:
    """F1 from the numbers of links right, given and true."""
    return float(2 * counts[..., 0].sum() / (counts[..., 1].sum() + counts[..., 2].sum()))


def show(title: str, logs: Logs, given: set[Link], scored: Scored | None = None) -> None:
    """Print one line: precision, recall, F1 with its interval over files, and ECE."""
    counts = np.array([
        [len(given & logs.gold & mine), len(given & mine), len(logs.gold & mine)]
        for mine in ({link for link in given | logs.gold if link[0] == log} for log in range(len(logs.names)))
    ])  # fmt: skip
    right, said, true = counts.sum(axis=0)
    draws = np.random.default_rng(0).integers(len(counts), size=(2000, len(counts)))
    low, high = np.quantile([f1(counts[draw]) for draw in draws], [0.025, 0.975])
    ece = "" if scored is None else f"  ECE {calibration_error(scored):.3f}"
    print(f"{title:46s} P {right / said:.3f}  R {right / true:.3f}  F1 {f1(counts):.3f} [{low:.3f}, {high:.3f}]{ece}",
          flush=True)  # fmt: skip


def spread(logs: Logs, labelled: Labelled, probability: np.ndarray) -> np.ndarray:
    """Probabilities of the annotated messages' candidates, at their places among all pairs."""
    link = np.zeros(len(logs.pairs.event_P))
    link[labelled.pair] = probability
    return link


def bench(name: str, logs: Logs, train: tuple[Logs, Labelled] | None) -> Labelled:
    """Rule, attribution and stacker on a folder, trained on another or else on its own other files."""
    everything = set(range(len(logs.names)))
    halves = [{log for log in everything if log % 2 == half} for half in (0, 1)]
    if train is None and len(everything) < 2:
        raise SystemExit(f"{name}: one file cannot teach itself; name others with --train")
    show(f"{name}, previous message", logs, previous(logs))

    def share_of(log: int) -> float:
        return logs.share(halves[1 - log % 2]) if train is None else train[0].share(set(range(len(train[0].names))))

    link, background = unsupervised(logs, share_of)
    show(f"{name}, attribution, share from other files", logs, *answers(logs, link))
    labelled = label(logs, link, background)
    if train is None:
        probability = crossfit(
            labelled.ptr, labelled.x, labelled.z, labelled.chosen, labelled.weight,
            fold_E=logs.messages.log_N[labelled.rows], start_F=labelled.start,
        )  # fmt: skip
        title = f"{name}, stacker, trained on the other files"
    else:
        known = train[1]
        fitted = fit_stacker(known.ptr, known.x, known.z, known.chosen, known.weight, start_F=known.start)
        probability = fitted(labelled.ptr, labelled.x, labelled.z)
        title = f"{name}, stacker, trained on {len(train[0].names)} training files"
    show(title, logs, *answers(logs, spread(logs, labelled, probability)))
    return labelled


def main() -> None:
    """Run on the folders given; without any, on the dev files by cross-validation, then on the Rust channel."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, nargs="*", help="folders to score; each by itself if --train is missing")
    parser.add_argument("--train", type=Path, help="a folder whose labels train what scores the others")
    chosen = parser.parse_args()
    folders, train = chosen.folder, chosen.train
    if not folders:
        folders, train = [DATA / "dev", DATA / "rust"], DATA / "dev"
    missing = [folder for folder in [*folders, *([train] if train else [])] if not list(folder.glob("*.ascii.txt"))]
    if missing:
        print(f"irc: skipped, no *.ascii.txt in {', '.join(str(folder) for folder in missing)}")
        return
    known = None
    if train is not None:
        logs = read_logs(train)
        known = (logs, bench(train.name, logs, None))
    for folder in folders:
        if train is None or folder.resolve() != train.resolve():
            bench(folder.name, read_logs(folder), known)


if __name__ == "__main__":
    main()
