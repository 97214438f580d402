"""Damaged inputs for every reader: a result, or one of our errors in one line, soon and in little memory.

Chat exports and media have fuzzers of their own, which are called; captions, tables, settings, labels, descriptions of
videos and the files of a workspace are damaged here. A case is made from its reader, the seed and its number alone.
Cases run in a child process, so that a crash of a library is a failure like any other.
"""

import os
import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from campaign import Asked, Outcome
from damaged_files import READERS, Reader
from dougpt_schema import DougptError
from fuzz_exports import damaged, smaller
from fuzz_exports import fuzz as fuzz_chat
from fuzz_media import fuzz as fuzz_media
from fuzz_media import originals as media_files
from fuzz_media import peak_kib

SLOWEST_S = 10
MOST_MB = 1500
CHUNK = 500
SLICE = 10_000
SMALLER_S = 20
SHARES = {"chat": 40, "media": 2}
"""Of a hundred cases; the readers of this module share the rest. Media take a tenth of a second each."""


@dataclass(frozen=True)
class Failed:
    """A case that failed."""

    number: int
    wrong: str


def run(asked: Asked) -> Outcome:
    """Damage inputs of all readers, a slice of the cases after the other."""
    outcome, until = Outcome(), asked.first + asked.count
    for first in range(asked.first, until, SLICE):
        last = min(first + SLICE, until)
        for name, (start, count) in tasks(first, last).items():
            failures, endings = _fuzz_one(name, count, start, asked)
            outcome.failures += failures
            good = sum(times for ending, times in endings.items() if ending.startswith(("read", "probe ok")))
            outcome.endings[f"{name} read"] += good
            outcome.endings[f"{name} refused"] += endings.total() - good - len(failures)
        told = f"{last - asked.first} of {asked.count} inputs, {len(outcome.failures)} failures"
        print(f"{told}; go on with --first {last}", file=sys.stderr, flush=True)
    return outcome


def _fuzz_one(name: str, count: int, first: int, asked: Asked) -> tuple[list[str], Counter[str]]:
    """Run cases of one reader; failures name it."""
    if name == "chat":
        failures, endings = fuzz_chat(count, asked.seed, None, keep=asked.keep, first=first)
    elif name == "media":
        whole = asked.folder / "media"
        if not whole.exists():
            whole.mkdir(parents=True)
            media_files(whole)
        failures, endings = fuzz_media(count, asked.seed, whole_files=whole, first=first)
    else:
        return fuzz(READERS[name], count, asked.seed, keep=asked.keep, first=first)
    return [f"{name}, {failure}" for failure in failures], endings


def tasks(first: int, until: int) -> dict[str, tuple[int, int]]:
    """Return the first case and the number of cases of each reader, its share of the cases `first` to `until`."""
    rest = (100 - sum(SHARES.values())) / len(READERS)
    shares = SHARES | dict.fromkeys(sorted(READERS), rest)
    begins = {name: round(first * share / 100) for name, share in shares.items()}
    return {name: (begin, max(1, round(until * shares[name] / 100) - begin)) for name, begin in begins.items()}


def fuzz(reader: Reader, count: int, seed: int, *, keep: Path, first: int = 0) -> tuple[list[str], Counter[str]]:
    """Run cases of one reader; return a line for each that failed, and how often each ending was met."""
    failures, endings = [], Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = reader.originals(folder)
        number = first
        while number < first + count:
            until = min(number + CHUNK, first + count)
            number, found, failed = _chunk(reader, whole, folder, seed, first=number, until=until)
            endings += found
            for one in failed:
                failures.append(f"{reader.name}, case {one.number} of seed {seed}: {one.wrong}")
                print(failures[-1], file=sys.stderr, flush=True)
                _keep(reader, whole, folder, seed, failed=one, keep=keep)
    return failures, endings


def case(reader: Reader, whole: Sequence[tuple[str, bytes]], seed: int, number: int) -> tuple[str, bytes]:
    """Return a case's name and bytes; the same for the same numbers."""
    rng = random.Random(f"{reader.name}:{seed}:{number}")  # noqa: S311 - damage, not secrets
    name, content = rng.choice(whole)
    return name, damaged(rng, content, whole)


def attempt(reader: Reader, folder: Path, name: str, content: bytes, held_kib: int) -> tuple[str, str]:
    """Read one input; return how that ended, in a word, and what is wrong with it.

    `held_kib` is what the process held before any was read: a fork begins with the memory of what it came from.
    """
    signal.setitimer(signal.ITIMER_REAL, SLOWEST_S)
    try:
        reader.read(folder, name, content)
    except DougptError as refusal:
        return type(refusal).__name__, "an error of several lines" if "\n" in str(refusal).strip() else ""
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        where = traceback.extract_tb(error.__traceback__)[-1]
        return "failure", f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}: {error}"[:300]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    peak_mb = (peak_kib() - held_kib) // 1024
    return "read", f"{peak_mb} MB of memory" if peak_mb > MOST_MB else ""


def _chunk(
    reader: Reader, whole: Sequence[tuple[str, bytes]], folder: Path, seed: int, *, first: int, until: int
) -> tuple[int, Counter[str], list[Failed]]:
    """Run cases in a child; return the next case to run, which is earlier than `until` where the child died."""

    def work(tell: Callable[[str], None]) -> None:
        signal.signal(signal.SIGALRM, _too_slow)
        held_kib = peak_kib()
        for number in range(first, until):
            ending, wrong = attempt(reader, folder, *case(reader, whole, seed, number), held_kib)
            tell(f"{number}\t{ending}\t{wrong}".replace("\n", " "))

    lines, died = _in_child(work)
    endings, failed, following = Counter[str](), [], first
    for line in lines:
        number, ending, wrong = line.split("\t", 2)
        endings[ending] += 1
        following = int(number) + 1
        if wrong:
            failed.append(Failed(int(number), wrong))
    if died and following < until:
        endings["failure"] += 1
        failed.append(Failed(following, f"the process died with {died}"))
        following += 1
    return following, endings, failed


def _in_child(work: Callable[[Callable[[str], None]], None]) -> tuple[list[str], int]:
    """Run `work` in a fork; return the lines that it told, and its exit status, 0 where all is well."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of pytest only wait, and Arrow's start anew
        child = os.fork()
    if child == 0:
        os.close(reading)
        status = 1
        try:
            with os.fdopen(writing, "w") as pipe:
                work(lambda line: print(line, file=pipe, flush=True))
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        lines = pipe.read().splitlines()
    return lines, os.waitpid(child, 0)[1]


def _keep(
    reader: Reader, whole: Sequence[tuple[str, bytes]], folder: Path, seed: int, *, failed: Failed, keep: Path
) -> None:
    """Make a failing input small and keep it, one of each kind."""
    kind = failed.wrong.partition(":")[0]
    name, content = case(reader, whole, seed, failed.number)
    path = keep / f"{reader.name}-{kind.replace(' ', '-').replace('/', '-')}-{failed.number}-{seed}.bin"
    if any(keep.glob(f"{reader.name}-{kind.replace(' ', '-').replace('/', '-')}-*.bin")):
        return
    keep.mkdir(parents=True, exist_ok=True)

    def fails(text: bytes) -> bool:
        def work(tell: Callable[[str], None]) -> None:
            signal.signal(signal.SIGALRM, _too_slow)
            tell(attempt(reader, folder, name, text, peak_kib())[1])

        lines, died = _in_child(work)
        return bool(died) if kind.startswith("the process") else bool(lines) and lines[0].startswith(kind)

    until = time.monotonic() + SMALLER_S
    slow = kind.startswith(("TimeoutError", "the process"))
    small = content if slow else smaller(content, lambda text: time.monotonic() < until and fails(text))
    path.write_bytes(small)
    print(f"  {name} made small, kept as {path}: {small[:200]!r}", file=sys.stderr, flush=True)


def _too_slow(*_: object) -> None:
    raise TimeoutError(f"longer than {SLOWEST_S} s")
