"""Damages chats in every format at random and reads them: a result with everything counted, or one of our errors.

Each case is made from a seed and its number alone, so that one can be repeated (`--only`). Failures are
printed with the input made small, and kept in a folder. Run by `just fuzz-chat`; a small share runs as a test.
"""

import argparse
import gzip
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from chat_exports import EXPORTS, START, chat
from dougpt_chat import read_chat
from dougpt_chat.collect import collect
from dougpt_chat.formats import FORMATS, choose_format
from dougpt_chat.formats.message import ParseNotes
from dougpt_chat.opening import ExportBytes
from dougpt_schema import DougptError

RECORDING = "0123456789abcdef"
SLOWEST_S = 10
REAL_BYTES = 20_000
DOUBTFUL = ("the last line has no end", "the page has no end")
SPECIAL = b'{}[]()<>",;:\\/\n\r\t\x00\x01\xff\xc3@#|= 0-'
REAL = (
    "twitch-v5-highlight.json",
    "irc/twitch-irc.txt",
    "chat-downloader/example.json",
    "chat-downloader/example.csv",
    "chat-downloader/example.txt",
    "chat-downloader/youtube-get-live-chat-replay.json",
    "chat-downloader/youtube-get-live-chat-replay.csv",
    "chat-downloader/twitch-get-live-chat-replay.json",
    "chat-downloader/twitch-get-live-chat-replay.csv",
    "chat-downloader/twitch-get-live-chat-replay.txt",
)


def originals(real: Path | None) -> list[tuple[str, bytes]]:
    """Whole files to damage, each with its format: made ones, and parts of real ones where they are there."""
    made = [(export.format, export.write(chat(12))) for export in EXPORTS.values()]
    if real is None:
        return made
    files = [real / "chat" / name for name in REAL]
    parts = [part for path in files if path.is_file() for part in _parts(path.read_bytes())]
    return made + [("auto", part) for part in parts]


def _parts(content: bytes) -> Iterator[bytes]:
    """The beginning of a file, and its end with the beginning's first bytes, which tell what it is."""
    yield content[:REAL_BYTES]
    if len(content) > 2 * REAL_BYTES:
        yield content[:2000] + content[-REAL_BYTES // 2 :]


def damaged(  # noqa: C901 - one arm a kind of damage
    rng: random.Random, content: bytes, others: Sequence[tuple[str, bytes]]
) -> bytes:
    """Flip, overwrite, cut, drop, repeat, swap and insert, once or many times."""
    text = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        if not text:
            break
        at, length = rng.randrange(len(text)), rng.choice([1, 2, 8, 64, 512, 4096])
        match rng.randrange(9):
            case 0:
                text[at] ^= 1 << rng.randrange(8)
            case 1:
                text[at] = rng.choice(SPECIAL)
            case 2:
                del text[at:]
            case 3:
                del text[at : at + length]
            case 4:
                text[at:at] = text[at : at + length]
            case 5:
                other = rng.randrange(len(text))
                one, two = text[at : at + length], text[other : other + length]
                text[at : at + length], text[other : other + length] = two, one
            case 6:
                text[at:at] = rng.randbytes(rng.randrange(1, 20))
            case 7:
                donor = rng.choice(others)[1]
                start = rng.randrange(len(donor))
                text[at:at] = donor[start : start + length]
            case _:
                text[at:at] = bytes([rng.choice(SPECIAL)]) * rng.choice([1, 3, 100])
    return bytes(text)


def case(number: int, seed: int, whole: Sequence[tuple[str, bytes]]) -> tuple[str, bytes, bool]:
    """Return a case's format, its bytes, and whether a cut file may be kept; the same for the same numbers."""
    rng = random.Random(f"{seed}:{number}")  # noqa: S311 - damage, not secrets
    name, content = rng.choice(whole)
    packs = rng.random()
    content = damaged(rng, gzip.compress(content, mtime=0) if packs < 0.05 else content, whole)
    if 0.05 < packs < 0.1:
        content = gzip.compress(content, mtime=0)
    elif 0.1 < packs < 0.13:
        content = b"\xff\xfe" + content.decode(errors="replace").encode("utf-16-le")[: rng.randrange(2, 1 << 20)]
    chosen = name if rng.random() < 0.4 else "auto"
    if rng.random() < 0.03:
        chosen = rng.choice(list(FORMATS))
    return chosen, content, rng.random() < 0.8


def problem(path: Path, content: bytes, name: str, *, allow_truncated: bool, shallow: bool = False) -> tuple[str, str]:
    """Read `content`; return what went wrong, nothing where all is well, and how it ended, in a word."""
    path.write_bytes(content)
    signal.setitimer(signal.ITIMER_REAL, SLOWEST_S)
    try:
        return (_parsed if shallow else _read)(path, name, allow_truncated=allow_truncated), "read"
    except DougptError as refusal:
        return ("an error of several lines" if "\n" in str(refusal) else ""), type(refusal).__name__
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}: {error}", "failure"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _read(path: Path, name: str, *, allow_truncated: bool) -> str:
    found = read_chat(
        path,
        recording_id=RECORDING,
        broadcast_start=START,
        format=name,
        allow_truncated=allow_truncated,
        source_id="s",
    )
    counts = found.report.counts
    # Contracts of both tables were checked by the reading itself.
    if counts.messages != found.events.num_rows + counts.duplicates + found.rejects.num_rows:
        return "the counts do not add up"
    doubtful = any(words in str(found.report.to_dict()["cut"]) for words in DOUBTFUL)
    if found.report.truncated and not allow_truncated and not doubtful:
        return "a cut file was kept without leave"
    return ""


def _parsed(path: Path, name: str, *, allow_truncated: bool) -> str:
    source, notes = ExportBytes(path), ParseNotes()
    batches = list(choose_format(source, name).parse(source, notes))
    collect(batches)
    rows = [record.row for batch in batches for record in (*batch.messages, *batch.rejected)]
    return "a row stands twice" if allow_truncated and len(set(rows)) != len(rows) else ""


def smaller(content: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Drop stretches of `content`, halving their length, as long as it fails the same way."""
    length = max(1, len(content) // 2)
    while length:
        at = 0
        while at < len(content):
            shorter = content[:at] + content[at + length :]
            if shorter and fails(shorter):
                content = shorter
            else:
                at += length
        length //= 2
    return content


def fuzz(
    count: int, seed: int, real: Path | None, *, keep: Path | None = None, first: int = 0, shallow: bool = False
) -> tuple[list[str], Counter[str]]:
    """Run cases; return a line for each that failed, and how often each ending was met."""
    whole, failures, endings = originals(real), [], Counter[str]()
    before = signal.signal(signal.SIGALRM, _too_slow)
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "chat.bin"
            for number in range(first, first + count):
                name, content, allowed = case(number, seed, whole)
                wrong, ending = problem(path, content, name, allow_truncated=allowed, shallow=shallow)
                endings[ending] += 1
                if wrong:
                    failures.append(f"case {number} of seed {seed}, format {name}: {wrong}")
                    if keep is not None:
                        _keep(
                            keep,
                            failures[-1],
                            wrong,
                            content,
                            lambda text, name=name, allowed=allowed: problem(
                                path, text, name, allow_truncated=allowed, shallow=shallow
                            )[0],
                        )
    finally:
        signal.signal(signal.SIGALRM, before)
    return failures, endings


def _keep(folder: Path, line: str, wrong: str, content: bytes, again: Callable[[bytes], str]) -> None:
    print(line, file=sys.stderr, flush=True)
    kind = wrong.partition(":")[0]
    path = folder / f"{kind.replace(' ', '-').replace('/', '-')}.bin"
    if path.exists():
        return
    small = content if kind.startswith("Timeout") else smaller(content, lambda text: again(text).startswith(kind))
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(small)
    print(f"  made small: {small[:300]!r}", file=sys.stderr, flush=True)


def _too_slow(*_: object) -> None:
    raise TimeoutError(f"longer than {SLOWEST_S} s")


def main() -> None:
    """Run as many cases as asked for, and exit with 1 where any failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="how many cases")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other cases")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--shallow", action="store_true", help="parse alone: no clock, no people, ten times as fast")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="where inputs that fail are kept")
    chosen = parser.parse_args()
    real = Path(os.environ.get("DOUGPT_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    began = time.perf_counter()
    failures, endings = fuzz(
        chosen.count,
        chosen.seed,
        real if real.is_dir() else None,
        keep=chosen.keep,
        first=chosen.first,
        shallow=chosen.shallow,
    )
    took = time.perf_counter() - began
    print(f"{chosen.count} cases of seed {chosen.seed} in {took:.0f} s: {len(failures)} failures")
    print(", ".join(f"{ending} {count}" for ending, count in endings.most_common()))
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
