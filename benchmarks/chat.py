"""What reading chat exports costs and how good the clock is, each beside a plain way in the same run.

    just bench chat [--megabytes 100 1000] [--repeat 1] [--only stream clock counts irc]

The exports are written into a temporary folder, TwitchDownloader's layout byte for byte with the mix of a real chat,
and go with it. Every reading runs in a process of its own; its memory is the peak of that process. Beside it stands
`orjson.loads` of the same bytes, from memory, which makes dictionaries and stops there.
"""

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np

REAL = Path(__file__).parents[2] / "shared/data/chat"
PARTS = ("stream", "clock", "counts", "irc")
START = datetime(2024, 5, 4, 18, 0, 7, 312_000, tzinfo=UTC)
HOURS = 8
COMMENT_BYTES = 720
PEOPLE, BODIES = 30_000, 20_000
WORDS = (
    "lol",
    "no",
    "way",
    "that",
    "is",
    "the",
    "best",
    "run",
    "ever",
    "why",
    "would",
    "you",
    "do",
    "this",
    "ok",
    "stop",
)
EMOTES = (("Kappa", "25"), ("LUL", "425618"), ("PogChamp", "305954156"), ("BibleThump", "86"))
HEAD = {
    "FileInfo": {"Version": {"Major": 1, "Minor": 4, "Patch": 0}, "CreatedAt": "2024-05-05T00:00:00Z"},
    "streamer": {"name": "Owner", "login": "owner", "id": 9},
    "clipper": None,
    "video": {"title": "T", "id": "77", "created_at": "2024-05-04T18:00:07Z", "start": 0, "length": HOURS * 3600},
}


def as_json(value: object) -> str:
    """JSON as TwitchDownloader writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def body(rng: random.Random) -> str:
    """A message: of a hundred 27 hold an emote, 4 a third-party one, 3 a mention, 1 chaff, 1 an accent."""
    text = " ".join(rng.choice(WORDS) for _ in range(1 + min(40, int(rng.expovariate(0.33)))))
    pieces: list[tuple[str, str | None]] = [(text, None)]
    match rng.randrange(100):
        case draw if draw < 27:
            pieces = [(text + " ", None), rng.choice(EMOTES)]
        case draw if draw < 31:
            pieces = [(text + " catJAM", None)]
        case draw if draw < 34:
            pieces = [(f"@viewer_{rng.randrange(PEOPLE)} {text}", None)]
        case 34:
            pieces = [(text + " \U000e0000", None)]
        case 35:
            pieces = [(text + " é", None)]
    badges = [{"_id": "subscriber", "version": "12"}] * (rng.random() < 0.6) + [{"_id": "premium", "version": "1"}] * (
        rng.random() < 0.3
    )
    return as_json(
        {
            "body": "".join(piece for piece, _ in pieces),
            "bits_spent": 0,
            "fragments": [{"text": piece, "emoticon": emote and {"emoticon_id": emote}} for piece, emote in pieces],
            "user_badges": badges,
            "user_color": "#1E90FF",
            "emoticons": [{"_id": emote, "begin": 0, "end": 5} for _, emote in pieces if emote],
        }
    )


def commenter(number: int) -> str:
    """Somebody with a biography and a picture."""
    return as_json(
        {
            "display_name": f"Viewer_{number}",
            "_id": str(10**8 + number),
            "name": f"viewer_{number}",
            "bio": f"I am viewer {number} and like streams",
            "created_at": "2019-02-01T10:11:12.123456Z",
            "updated_at": "2024-03-01T10:11:12.123456Z",
            "logo": f"https://static-cdn.jtvnw.net/jtv_user_pictures/{number:032x}-profile_image-300x300.png",
        }
    )


def comments(rng: random.Random, step_ms: float) -> Iterator[str]:
    """Comments in the order of time, some milliseconds apart."""
    bodies, people = [body(rng) for _ in range(BODIES)], [commenter(number) for number in range(PEOPLE)]
    at_ms = 0.0
    while True:
        at_ms += rng.expovariate(1 / step_ms)
        sent = (START + timedelta(milliseconds=int(at_ms))).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        bits = rng.getrandbits(128)
        name = f"{bits:032x}"
        yield (
            f'{{"_id":"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:]}","created_at":"{sent}",'
            f'"channel_id":"9","content_type":"video","content_id":"77","content_offset_seconds":{int(at_ms) // 1000},'
            f'"commenter":{people[int(rng.random() ** 2 * PEOPLE)]},"message":{bodies[bits % BODIES]}}}'
        )


def write_export(path: Path, megabytes: int, seed: int = 1) -> int:
    """Write an export of about that size; return how many comments it has."""
    rng = random.Random(seed)  # noqa: S311 - a chat, not secrets
    least = megabytes * 1_000_000
    head = as_json(HEAD)[:-1] + ',"comments":['
    written, number = 0, 0
    with path.open("w", encoding="utf-8") as file:
        written += file.write(head)
        for number, comment in enumerate(comments(rng, HOURS * 3.6e6 * COMMENT_BYTES / least), start=1):
            written += file.write(comment if number == 1 else "," + comment)
            if written >= least:
                break
        embedded = {"thirdParty": [{"id": "1", "data": "QUJD" * 4000, "name": "catJAM"}], "firstParty": []}
        file.write(f'],"embeddedData":{as_json(embedded)}}}')
    return number


def load_all(path: Path) -> int:
    """The reference: the same bytes to dictionaries, timed without reading them from disk."""
    import orjson  # noqa: PLC0415 - not in the process that is measured beside it

    content = path.read_bytes()
    began = time.perf_counter(), time.process_time()
    found = orjson.loads(content)
    print(json.dumps({"seconds": time.perf_counter() - began[0], "cpu": time.process_time() - began[1]}))
    return len(found["comments"])


def stage_all(path: Path) -> int:
    """The export to a checked table, as `dougpt chat` makes it."""
    began = time.perf_counter(), time.process_time()
    from dougpt.light_arrow import hold_little, keep_pandas_out  # noqa: PLC0415 - what is loaded is measured too

    keep_pandas_out()
    hold_little()
    from dougpt_chat import stream_chat  # noqa: PLC0415
    from dougpt_schema import CHAT_EVENTS, write_pieces  # noqa: PLC0415

    with stream_chat(path, recording_id="0123456789abcdef", source_id="0123456789abcdef") as stream:
        rows = write_pieces(stream.events(), path.with_suffix(".parquet"), CHAT_EVENTS)
    print(json.dumps({"seconds": time.perf_counter() - began[0], "cpu": time.process_time() - began[1]}))
    return rows


STEPS: dict[str, Callable[[Path], int]] = {"orjson.loads": load_all, "to chat_events": stage_all}


def in_a_process(step: str, path: Path) -> dict[str, float]:
    """Seconds, CPU seconds and peak megabytes of a step, and how many messages it found."""
    command = [sys.executable, __file__, "--step", step, str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = {}
    for line in done.stdout.splitlines():
        found |= json.loads(line)
    return found


def bench_stream(sizes: list[int], repeat: int) -> None:
    """Time and memory, the best of some runs, beside the reference."""
    print(f"{'size':>8} {'step':<15}{'messages':>10}{'seconds':>9}{'CPU s':>8}{'ratio':>7}{'peak MB':>9}")
    for megabytes in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.json"
            written = write_export(path, megabytes)
            runs = [{step: in_a_process(step, path) for step in STEPS} for _ in range(repeat)]
        reference = min(run["orjson.loads"]["seconds"] for run in runs)
        for step in STEPS:
            best = min((run[step] for run in runs), key=lambda one: one["seconds"])
            ratio = best["seconds"] / reference
            if best["messages"] != written:
                raise SystemExit(f"{step}: {best['messages']} messages of {written}")
            print(
                f"{megabytes:>5} MB {step:<15}{written:>10,}{best['seconds']:>9.1f}{best['cpu']:>8.1f}"
                f"{ratio:>7.2f}{best['peak_mb']:>9.0f}"
            )


def bench_clock() -> None:
    """How far rebuilt times are off, the median over messages and 40 seeds, in ms."""
    from dougpt_chat.clock import tell_time  # noqa: PLC0415

    cases = [
        (50, 1, 0.0, 0.0),
        (500, 1, 0.0, 0.0),
        (500, 1, 0.01, 0.0),
        (5000, 2, 0.0, 0.0),
        (5000, 2, 0.01, 0.0),
        (5000, 2, 0.0, 20.0),
    ]
    print(f"{'messages':>9}{'hours':>6}{'outliers':>9}{'jitter':>7}{'integer':>9}{'minimum':>9}{'ours':>7}{'bound':>7}")
    for messages, hours, outliers, jitter_ms in cases:
        errors: dict[str, list[float]] = {"integer": [], "minimum": [], "ours": [], "bound": []}
        for seed in range(40):
            rng = np.random.default_rng([seed, messages])
            true_N = np.sort(rng.uniform(0, hours * 3.6e6, messages))
            late_N = np.where(rng.random(messages) < outliers, rng.uniform(-3000, 3000, messages), 0)
            sent_N = np.floor(1_714_845_607_312.4 + true_N + late_N + rng.normal(0, jitter_ms, messages))
            second_N = np.floor(true_N / 1000)
            clock = tell_time(second_N, sent_N)
            start = (sent_N - second_N * 1000).min()
            errors["integer"].append(float(np.median(np.abs(second_N * 1000 - true_N))))
            errors["minimum"].append(float(np.median(np.abs(sent_N - start - true_N))))
            errors["ours"].append(float(np.median(np.abs(clock.offset_ms - true_N))))
            errors["bound"].append(float(np.median(clock.precision_ms)))
        shown = {name: float(np.median(values)) for name, values in errors.items()}
        print(
            f"{messages:>9}{hours:>6}{outliers:>9.0%}{jitter_ms:>7.0f}{shown['integer']:>9.1f}"
            f"{shown['minimum']:>9.1f}{shown['ours']:>7.1f}{shown['bound']:>7.1f}"
        )


def counted(path: Path) -> int:
    """How many records a real file has, by the plainest code that can tell."""
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".csv":
        return sum(1 for _ in csv.DictReader(text.splitlines(keepends=True)))
    if path.suffix == ".json":
        found = json.loads(text)
        return len(found["comments"] if isinstance(found, dict) else found)
    return sum(1 for line in text.splitlines() if line.strip())


def bench_counts() -> None:
    """Real files: what was read and counted by us, and by plain code."""
    from dougpt_chat import UnknownFormatError, read_chat  # noqa: PLC0415

    print(f"{'file':<74}{'format':<22}{'records':>8}{'ours':>8}{'events':>8}{'twice':>6}{'rejects':>8}{'other':>6}")
    for path in sorted(path for path in REAL.rglob("*") if path.is_file()):
        name = path.relative_to(REAL).as_posix()
        try:
            report = read_chat(path, recording_id="0123456789abcdef", broadcast_start=START).report
        except UnknownFormatError:
            print(f"{name:<74}no format yet")
            continue
        counts, other = report.counts, sum(report.passed_over.values()) + report.removals
        print(
            f"{name:<74}{report.origin:<22}{counted(path):>8}{counts.messages + other:>8}{counts.events:>8}"
            f"{counts.duplicates:>6}{sum(counts.rejects.values()):>8}{other:>6}"
        )


def bench_irc() -> None:
    """Raw IRC lines: the fields that we find and those of irctokens."""
    from dougpt_chat.formats.twitch_irc import parse_line  # noqa: PLC0415

    try:
        import irctokens  # noqa: PLC0415
    except ModuleNotFoundError:
        print("irctokens is not installed: skipped")
        return
    same, lines = 0, [line for line in (REAL / "irc/twitch-irc.txt").read_text().splitlines() if line.strip()]
    for line in lines:
        ours, theirs = parse_line(line), irctokens.tokenise(line)
        nick = (theirs.source or "").partition("!")[0]
        same += ours is not None and (ours.tags, ours.nick, ours.command, list(ours.parameters)) == (
            theirs.tags or {},
            nick,
            theirs.command,
            theirs.params,
        )
    print(f"{same} of {len(lines)} real lines have the fields that irctokens finds")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--repeat", type=int, default=1, help="runs of each step, of which the best counts")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        name, path = options.step
        messages = STEPS[name](Path(path))
        print(json.dumps({"messages": messages, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return
    for number, part in zip(count(1), options.only):
        print("" if number == 1 else "\n", end="")
        if part == "stream":
            bench_stream(options.megabytes, options.repeat)
        else:
            {"clock": bench_clock, "counts": bench_counts, "irc": bench_irc}[part]()


if __name__ == "__main__":
    main()
