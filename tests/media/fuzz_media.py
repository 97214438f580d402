"""Damages small media files at random and reads them: one of our errors, or sound and facts that hold together.

Each case is made from a seed and its number alone, so that one can be repeated (`--first N --count 1`). Cases are read
in processes of their own: a crash, more than 20 s or more memory than allowed is a failure as much as a wrong result.
Run by `just fuzz-media`; a small share runs as a test.
"""

import argparse
import json
import os
import random
import resource
import selectors
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from click_files import Clicks, write

SLOWEST_S = 20
MOST_MB = 700  # PyAV, NumPy and Arrow take 110 of them
LONGEST_MS = 49 * 3_600_000
SECONDS = 3.0
SIZES = (0, 1, 7, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
SOUND = {"seconds": SECONDS, "picture": False}
ORIGINALS: dict[str, tuple[Clicks, str | None]] = {
    "a.wav": (Clicks(codec="pcm_s16le", **SOUND), None),
    "b.flac": (Clicks(codec="flac", **SOUND), None),
    "c.mp3": (Clicks(codec="libmp3lame", **SOUND), None),
    "d.opus": (Clicks(codec="libopus", **SOUND), None),
    "e.aac": (Clicks(**SOUND), None),
    "f.m4a": (Clicks(layout="stereo", **SOUND), None),
    "g.mp4": (Clicks(SECONDS), None),
    "h.mkv": (Clicks(SECONDS, sound_from_s=0.7), None),
    "i.ts": (Clicks(SECONDS, rate_hz=44_100), None),
    "j.webm": (Clicks(SECONDS, codec="libopus"), None),
    "k.mka": (Clicks(codec="ac3", **SOUND), "matroska"),
    "l.avi": (Clicks(SECONDS, codec="libmp3lame"), None),
    "m.flv": (Clicks(rate_hz=44_100, **SOUND), None),
    "n.mp4": (Clicks(SECONDS, hidden_s=0.4), None),
    "o.ts": (Clicks(SECONDS, leap_s=(2.0, 90.0)), None),
    "p.caf": (Clicks(codec="alac", **SOUND), None),
}
FRAGMENTED = {"q.mp4": {"movflags": "frag_keyframe+empty_moov"}, "r.mp4": {"movflags": "faststart"}}


def originals(folder: Path) -> dict[str, bytes]:
    """Make the whole files that are damaged, by name."""
    for name, (clicks, container) in ORIGINALS.items():
        write(folder / name, clicks, container=container)
    for name, options in FRAGMENTED.items():
        write(folder / name, Clicks(SECONDS), options=options)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def damaged(  # noqa: C901 - one arm a kind of damage
    rng: random.Random, content: bytes, others: list[bytes]
) -> bytes:
    """Flip, overwrite, cut, zero, drop, repeat, swap and splice, once or many times; headers more than the rest."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        if not data:
            break
        head = min(len(data), rng.choice([64, 512, 2048]))
        at = rng.randrange(head if rng.random() < 0.4 else len(data))
        length = rng.choice([1, 4, 16, 188, 1024, 8192, len(data) // 4 + 1])
        match rng.randrange(10):
            case 0:
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                data[at : at + length] = rng.randbytes(min(length, 64))
            case 2:
                del data[at:]
            case 3:
                data[at : at + length] = bytes(len(data[at : at + length]))
            case 4:
                del data[at : at + length]
            case 5:
                data[at:at] = data[at : at + length]
            case 6:
                other = rng.randrange(len(data))
                one, two = data[at : at + length], data[other : other + length]
                data[at : at + length], data[other : other + length] = two, one
            case 7:
                donor = rng.choice(others)
                start = rng.randrange(len(donor))
                data[at:at] = donor[start : start + length]
            case _:
                size, width = rng.choice(SIZES), rng.choice([1, 2, 4, 8])
                data[at : at + width] = (size % (1 << 8 * width)).to_bytes(width, rng.choice(["big", "little"]))
    return bytes(data)


def case(number: int, seed: int, whole: dict[str, bytes]) -> tuple[str, bytes]:
    """Return a case's name and bytes; the same for the same numbers."""
    rng = random.Random(f"{seed}:{number}")  # noqa: S311 - damage, not secrets
    name = rng.choice(sorted(whole))
    return name, damaged(rng, whole[name], list(whole.values()))


def read(path: Path) -> dict[str, str]:
    """Probe and read a file; return how both ended, in a word, and what is wrong with that, if anything is."""
    from dougpt_media.audio import read_audio
    from dougpt_media.probe import probe
    from dougpt_schema import DougptError

    endings: list[str] = []
    try:
        for look in (lambda: _facts(probe(path)), lambda: _sound(read_audio(path))):
            try:
                endings.append(look())
            except DougptError as refusal:
                endings.append(type(refusal).__name__)
                if "\n" in str(refusal):
                    return {"wrong": "an error of several lines", "ending": endings[-1]}
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        where = traceback.extract_tb(error.__traceback__)[-1]
        return {"wrong": f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}: {error}", "ending": ""}
    return {"wrong": "", "ending": "probe " + ", sound ".join(endings)}


def _facts(facts: object) -> str:
    found = {name: getattr(facts, name) for name in ("duration_ms", "status", "evidence")}
    if not 0 <= found["duration_ms"] <= LONGEST_MS:
        raise AssertionError(f"a length of {found['duration_ms']} ms")
    if (found["status"] == "ok") != (not found["evidence"]):
        raise AssertionError(f"the status {found['status']} with the evidence {found['evidence']!r}")
    return str(found["status"])


def _sound(audio: object) -> str:
    from dougpt_media import Audio

    assert isinstance(audio, Audio)
    if not 0 < audio.end_ms <= LONGEST_MS:
        raise AssertionError(f"sound until {audio.end_ms} ms")
    if len(audio.samples) != audio.report.counts["samples"]:
        raise AssertionError(f"{len(audio.samples)} samples of {audio.report.counts['samples']}")
    edges = [edge for gap in audio.gaps for edge in (gap.from_ms, gap.to_ms)]
    if edges != sorted(edges):
        raise AssertionError(f"gaps that overlap: {edges}")
    audio.gaps_table("r")
    json.dumps([audio.timeline.to_dict(), audio.report.to_dict()])
    return "flagged" if audio.report.warnings or audio.gaps else "read"


def work(seed: int, whole_files: Path) -> None:
    """Read the cases whose numbers come in by lines; answer each with a line."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what FFmpeg prints is no answer
    whole = {path.name: path.read_bytes() for path in sorted(whole_files.iterdir())}
    with tempfile.TemporaryDirectory() as folder:
        read(whole_files / min(whole))  # what is imported on the way is no part of the first case
        print("ready", file=answers, flush=True)
        for line in sys.stdin:
            name, content = case(int(line), seed, whole)
            path = Path(folder) / f"case{Path(name).suffix}"
            path.write_bytes(content)
            found = read(path)
            peak_mb = peak_kib() // 1024
            if peak_mb > MOST_MB and not found["wrong"]:
                found["wrong"] = f"{peak_mb} MB of memory"
            print(json.dumps({"number": int(line), "name": name, **found, "mb": peak_mb}), file=answers, flush=True)


def peak_kib() -> int:
    """Return the most memory that this process held; its parent's is not in it, as it is in Linux's `ru_maxrss`."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.read_text().partition("VmHWM:")[2].split()[0])


@dataclass
class Worker:
    """A process that reads cases; it is started again after each failure."""

    seed: int
    whole_files: Path
    process: subprocess.Popen[str] = field(init=False)
    number: int | None = None
    since: float = 0.0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start, or start again."""
        command = [sys.executable, __file__, "--work", str(self.whole_files), "--seed", str(self.seed)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()

    def give(self, number: int) -> None:
        """Let it read a case."""
        assert self.process.stdin is not None
        self.number, self.since = number, time.monotonic()
        self.process.stdin.write(f"{number}\n")

    def answer(self) -> dict[str, str]:
        """Return its answer, or how it died."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line:
            found: dict[str, str] = json.loads(line)
            if "MB of memory" in found["wrong"]:
                self.stop()
                self.start()
        else:
            found = {"wrong": f"the process died: {self.process.wait()}", "ending": "", "name": "?"}
            self.stop()
            self.start()
        self.number = None
        return found

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        with self.process:
            pass  # closes its pipes


def fuzz(
    count: int, seed: int, *, whole_files: Path, first: int = 0, workers: int = 2
) -> tuple[list[str], Counter[str]]:
    """Read cases made from a folder of whole files; return a line for each that failed, and how cases ended."""
    failures: list[str] = []
    endings: Counter[str] = Counter()
    with ExitStack() as stack:
        team = [Worker(seed, whole_files) for _ in range(min(workers, count))]
        for worker in team:
            stack.callback(worker.stop)
        for found in _answers(team, iter(range(first, first + count))):
            endings[found["ending"]] += 1
            if found["wrong"]:
                failures.append(f"case {found['number']} of seed {seed}, {found['name']}: {found['wrong']}")
                print(failures[-1], file=sys.stderr, flush=True)
    return failures, endings


def _answers(team: list[Worker], numbers: Iterator[int]) -> Iterator[dict[str, str]]:
    for worker in team:
        worker.give(next(numbers))
    while busy := [worker for worker in team if worker.number is not None]:
        with selectors.DefaultSelector() as waiting:
            for worker in busy:
                waiting.register(worker.process.stdout, selectors.EVENT_READ, worker)  # type: ignore[arg-type]
            ready = [key.data for key, _ in waiting.select(timeout=1.0)]
        for worker in busy:
            number = worker.number
            if worker in ready:
                yield {"number": str(number), **worker.answer()}
            elif time.monotonic() - worker.since > SLOWEST_S:
                worker.stop()
                worker.start()
                worker.number = None
                yield {"number": str(number), "name": "?", "ending": "", "wrong": f"longer than {SLOWEST_S} s"}
            if worker.number is None and (following := next(numbers, None)) is not None:
                worker.give(following)


def main() -> None:
    """Run as many cases as asked for, and exit with 1 where any failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="how many cases")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other cases")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case, to go on where one stopped")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes that read")
    parser.add_argument("--keep", type=Path, help="write the cases into this folder and read none")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work:
        work(chosen.seed, chosen.work)
        return
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        whole = originals(Path(folder))
        if chosen.keep:
            keep(chosen.keep, chosen.count, chosen.seed, chosen.first, whole)
            return
        failures, endings = fuzz(
            chosen.count, chosen.seed, whole_files=Path(folder), first=chosen.first, workers=chosen.workers
        )
    took = time.perf_counter() - began
    print(f"{chosen.count} cases of seed {chosen.seed} in {took:.0f} s: {len(failures)} failures")
    for ending, times in endings.most_common():
        print(f"{times:>6} {ending}")
    sys.exit(bool(failures))


def keep(folder: Path, count: int, seed: int, first: int, whole: dict[str, bytes]) -> None:
    """Write cases as files, to look at them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        name, content = case(number, seed, whole)
        (folder / f"{seed}-{number}{Path(name).suffix}").write_bytes(content)


if __name__ == "__main__":
    main()
