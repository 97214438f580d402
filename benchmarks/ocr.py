"""How well and how fast chat is read from the picture, beside the plain way on the same engine in the same run.

    just bench ocr [--quick] [--seconds 60]
                   [--only clean hard plain speed panel memory viability] [--engine rapidocr] [--keep FOLDER]
                   [--anew SEED]

The clips are drawn (tests/chat/chat_clips): people and texts of a real chat where shared/data lies beside the
checkout, made ones elsewhere. Every figure stands beside what it must at least reach and what it should. The plain
way detects and recognises all text of two pictures a second and joins what is alike (benchmarks/plain_ocr).
`--anew` draws the sets with other texts, and panels at other places and of other sizes: what nobody has looked at yet.

- clean: letters of 12 px and up, crf 26 or better, 720p; jumping, eased, transparent, outlined, moving emotes.
- hard: 9 to 10 px, crf 28 to 33, 480p made of 720p.
- plain: the same whole clips read by both, CPU seconds and figures of each.
- speed: video seconds for a second of wall time, at 2 and 6 messages a second.
- panel: found without a region; the share of it that is covered, over ten clips.
- memory: the peak of a process that reads three hours, made of a short clip's packets with shifted times.
- viability: recall and character errors by size of letters, quality and style.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from pickle import dumps, loads

import av

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "chat"))

from chat_clips import Clip, Moved, Panel, Truth, render
from chat_scores import Scores, messages_of, panel_iou, score
from dougpt_chat.rendered.seen import PictureProgress, Tell

CHAT = Path(__file__).parents[2] / "shared/data/chat/twitch-v5-highlight.json"
RECORDING = "0123456789abcdef"
PARTS = ("clean", "hard", "plain", "speed", "panel", "memory", "viability")
LONG_S = 3 * 3600
ANEW = 1000
Region = tuple[int, int, int, int]

BASE = Clip(seed=11, seconds=60, chat=CHAT if CHAT.exists() else None)
SMALL = replace(BASE, rescaled=(854, 480))
CLEAN = {
    "14 px crf 23 jump": BASE,
    "12 px crf 26 jump, 3 msg/s": replace(BASE, seed=12, font_px=12, crf=26, messages_per_s=3),
    "14 px crf 23 eased": replace(BASE, seed=13, scroll="eased"),
    "18 px crf 26 eased, newest on top": replace(BASE, seed=14, font_px=18, crf=26, scroll="eased", newest="top"),
    "14 px crf 23 moving emotes, lines removed": replace(BASE, seed=15, animated=True, removed=0.1),
    "16 px crf 23 transparent .6": replace(BASE, seed=16, font_px=16, opacity=0.6),
    "14 px crf 26 transparent .6, eased": replace(BASE, seed=17, crf=26, opacity=0.6, scroll="eased"),
    "16 px crf 23 outlined, transparent .3": replace(BASE, seed=18, font_px=16, opacity=0.3, outline_px=1),
}
HARD = {
    "9 px crf 28": replace(BASE, seed=21, font_px=9, crf=28),
    "10 px crf 33": replace(BASE, seed=22, font_px=10, crf=33),
    "9.3 px (14 px made 480p) crf 28": replace(SMALL, seed=23, crf=28),
    "10 px (15 px made 480p) crf 30 eased": replace(SMALL, seed=24, font_px=15, crf=30, scroll="eased"),
}


@dataclass
class Bench:
    """What the parts share: the engine, how long clips are, where they are kept."""

    engine: str
    quick: bool
    keep: Path
    longest_s: float = 60.0
    anew: int = 0

    def clip(self, clip: Clip) -> tuple[Path, Truth]:
        """Return a clip's file and its truth, drawn once."""
        clip = replace(clip, seconds=min(clip.seconds, self.longest_s))
        ending = "webm" if clip.codec == "libvpx-vp9" else "mp4"
        path = self.keep / f"{sha256(repr(clip).encode()).hexdigest()[:16]}.{ending}"
        noted = path.with_suffix(".truth")
        if not noted.exists():
            noted.write_bytes(dumps(render(clip, path)))
        return path, loads(noted.read_bytes())  # noqa: S301 - written right here

    def read(self, path: Path, region: Region | None, tell: Tell | None = None) -> "Reading":
        """Read a clip the real way."""
        from dougpt_chat import read_rendered_chat  # noqa: PLC0415 - the first import is not part of a measure

        cpu_s, wall_s = time.process_time(), time.perf_counter()
        chat = read_rendered_chat(
            path, recording_id=RECORDING, region=region, engine=self.engine, source_id="s", progress=tell
        )
        return Reading(chat, time.process_time() - cpu_s, time.perf_counter() - wall_s)


@dataclass(frozen=True)
class Reading:
    """A chat that was read, and what that took."""

    chat: object
    cpu_s: float
    wall_s: float


def region_of(truth: Truth) -> Region:
    """Where the panel stands in the video: left, top, width, height."""
    left, top, right, bottom = (round(edge) for edge in truth.panels[0].box)
    return left, top, right - left, bottom - top


COLUMNS = ("msgs", 5), ("recall", 8), ("prec", 7), ("CER", 8), ("name", 8), ("exact", 7), ("|t| p50", 9), ("p95", 6)
HEAD = f"{'clip':<46}" + "".join(f"{name:>{width}}" for name, width in (*COLUMNS, ("CPU s", 8)))


def line(what: str, found: Scores, cpu_s: float) -> str:
    """A row of a table of clips."""
    return (
        f"{what:<46}{found.truth:>5}{found.recall:>8.3f}{found.precision:>7.3f}{found.text_cer:>8.2%}"
        f"{found.name_cer:>8.2%}{found.exact_share:>7.1%}"
        f"{found.error_ms(0.5):>9.0f}{found.error_ms(0.95):>6.0f}{cpu_s:>8.1f}"
    )


def verdict(what: str, value: str, least: str, aim: str) -> None:
    """A figure beside what it must reach and what it should."""
    print(f"  {what:<34}{value:>16}   at least {least}, aim {aim}")


def bench_set(bench: Bench, title: str, clips: dict[str, Clip]) -> Scores:
    """Read every clip of a set with its region known."""
    print(f"{title}, {bench.engine}")
    print(HEAD)
    total, cpu_s = Scores(), 0.0
    for what, clip in clips.items():
        path, truth = bench.clip(replace(clip, seed=clip.seed + ANEW * bench.anew))
        reading = bench.read(path, region_of(truth))
        found = score(messages_of(reading.chat), truth.messages)
        print(line(what, found, reading.cpu_s), flush=True)
        total, cpu_s = total + found, cpu_s + reading.cpu_s
    print(line("all", total, cpu_s))
    return total


def bench_clean(bench: Bench) -> None:
    """The clean set and its figures."""
    found = bench_set(bench, "clean set", CLEAN)
    verdict("recall / precision", f"{found.recall:.3f} / {found.precision:.3f}", ".98", ".995")
    verdict("CER of texts / names", f"{found.text_cer:.2%} / {found.name_cer:.2%}", "1 %", ".3 %")
    verdict("|t| median / 95 %", f"{found.error_ms(0.5):.0f} / {found.error_ms(0.95):.0f} ms", "34 / 100", "0 / 34")


def bench_hard(bench: Bench) -> None:
    """The hard set and its figures."""
    found = bench_set(bench, "hard set", HARD)
    verdict("recall / CER", f"{found.recall:.3f} / {found.text_cer:.2%}", ".95 / 5 %", ".98 / 2 %")
    verdict("precision / name CER", f"{found.precision:.3f} / {found.name_cer:.2%}", "-", "-")


def bench_plain(bench: Bench) -> None:
    """The same clips by both ways."""
    from plain_ocr import read_plainly  # noqa: PLC0415 - loads the engine
    from plain_ocr.engine import PlainEngine  # noqa: PLC0415

    print(f"beside detecting and recognising all text of 2 pictures a second, {bench.engine}")
    print(HEAD)
    engine = PlainEngine(bench.engine)
    ours_s = plain_s = 0.0
    clips = {**CLEAN, **HARD}
    for what in ("14 px crf 23 jump", "16 px crf 23 transparent .6", "10 px crf 33"):
        path, truth = bench.clip(replace(clips[what], seconds=20, before=14))
        began_s = time.process_time()
        plain = read_plainly(path, region_of(truth), engine)
        cost_s = time.process_time() - began_s
        print(line(f"{what}: plain", score(plain.messages, truth.messages), cost_s), flush=True)
        reading = bench.read(path, region_of(truth))
        print(line(f"{what}: ours", score(messages_of(reading.chat), truth.messages), reading.cpu_s), flush=True)
        ours_s, plain_s = ours_s + reading.cpu_s, plain_s + cost_s
    verdict("CPU seconds, plain by ours", f"{plain_s / ours_s:.1f} x", "8 x", "15 x")


def bench_speed(bench: Bench) -> None:
    """Seconds of video for a second of wall time; the first reading loads the models and is not counted."""
    print(f"speed by wall time, 720p30, {bench.engine}; load of the machine shows in wall against CPU")
    bench.read(*_with_region(bench.clip(replace(BASE, seconds=2))))
    for rate, least, aim in ((2, "8 x", "14 x"), (6, "4 x", "7 x")):
        path, truth = bench.clip(replace(BASE, seed=31 + rate, messages_per_s=rate, before=14))
        reading = bench.read(path, region_of(truth))
        seconds = truth.clip.seconds
        verdict(f"{rate} msg/s (CPU {seconds / reading.cpu_s:.1f} x)", f"{seconds / reading.wall_s:.1f} x", least, aim)


def _with_region(clip: tuple[Path, Truth]) -> tuple[Path, Region]:
    return clip[0], region_of(clip[1])


def panel_clips() -> Iterator[tuple[str, Clip]]:
    """Ten clips whose panel must be found."""
    base = replace(BASE, seconds=20, before=8, messages_per_s=1.5)
    left = (40, 100, 320, 520)
    yield "opaque, right", base
    yield "opaque, left, eased", replace(base, seed=41, panel=left, scroll="eased")
    yield "opaque, low and wide", replace(base, seed=42, panel=(400, 430, 480, 270), font_px=16)
    yield "opaque, newest on top", replace(base, seed=43, newest="top", panel=left)
    yield "opaque, VP9, 60 fps", replace(base, seed=44, codec="libvpx-vp9", fps=60, seconds=10)
    yield "opaque, made 480p, crf 30", replace(base, seed=45, rescaled=(854, 480), crf=30)
    yield "transparent .6", replace(base, seed=46, opacity=0.6, font_px=16)
    yield "transparent .3, outlined, eased", replace(base, seed=47, opacity=0.3, outline_px=1, scroll="eased")
    yield "opaque, hidden and moved", replace(base, seed=48, hidden=((6, 9),), moved=(Moved(13, 60, 60),))
    yield "1080p, 20 px", replace(base, seed=49, size=(1920, 1080), panel=(1380, 120, 500, 840), font_px=20)


def elsewhere(clip: Clip, anew: int) -> Clip:
    """A clip of the same kind with other texts, and its panel elsewhere, of another size and another shade."""
    seed = clip.seed + ANEW * anew
    rng = random.Random(f"elsewhere {seed}")  # noqa: S311 - no secret
    width, height = clip.size
    panel_px = 2 * round(rng.uniform(0.2, 0.4) * width / 2), 2 * round(rng.uniform(0.4, 0.95) * height / 2)
    places = [(rng.randrange(0, width - panel_px[0]), rng.randrange(0, height - panel_px[1])) for _ in range(2)]
    return replace(
        clip,
        seed=seed,
        panel=(*places[0], *panel_px),
        moved=tuple(replace(one, left=places[1][0], top=places[1][1]) for one in clip.moved),
        font_px=round(rng.uniform(12, 18) * height / 720),
        opacity=clip.opacity if clip.opacity == 1 else clip.opacity + rng.choice((-0.1, 0.0, 0.1)),
        ground=rng.choice(("#111111", "#18181b", "#000000", "#1f2a44", "#3a2f45")),
    )


def bench_panel(bench: Bench) -> None:
    """How well the panel is found by itself, and what is read then."""
    print(f"panel found by itself, {bench.engine}")
    print(f"{'clip':<46}{'IoU':>6}{'recall':>8}{'prec':>7}{'CPU s':>8}")
    shares = []
    for what, clip in panel_clips():
        path, truth = bench.clip(elsewhere(clip, bench.anew) if bench.anew else clip)
        reading = bench.read(path, None)
        share = panel_iou(truth, found_panels(reading.chat))
        found = score(messages_of(reading.chat), truth.messages)
        print(f"{what:<46}{share:>6.2f}{found.recall:>8.3f}{found.precision:>7.3f}{reading.cpu_s:>8.1f}", flush=True)
        shares.append(share)
    verdict("IoU over .8", f"{sum(share > 0.8 for share in shares)} of {len(shares)}", "9 of 10", "all")


def found_panels(chat: object) -> list[Panel]:
    """The panels that a reading tells of."""
    panels = chat.report.to_dict().get("panels", ())  # type: ignore[attr-defined]
    found = []
    for panel in panels:
        left, top, width, height = panel["region"]
        found.append(Panel(panel["from_ms"], panel["to_ms"], (left, top, left + width, top + height)))
    return found


def bench_memory(bench: Bench) -> None:
    """The peak of a process that reads hours, as it grows: all of a clip's packets come again and again.

    So much is said in a round that nothing of its beginning is left at its end: what comes again then is new.
    """
    seconds = min(60, bench.longest_s)
    path, truth = bench.clip(replace(BASE, seconds=seconds, messages_per_s=40 / seconds, before=14))
    length_s = 600 if bench.quick else LONG_S
    long = bench.keep / f"long_{length_s}.mkv"
    repeat(path, long, length_s)
    print(f"memory, 720p30, {bench.engine}", flush=True)
    found = _step("memory", long, region_of(truth), bench.engine)
    long.unlink()
    said = len(truth.messages) * int(length_s / seconds)
    print(f"  {found['events']} of {said} events, {found['cpu_s']:.0f} CPU s")
    verdict("peak", f"{found['peak_mb']:.0f} MB", "flat, 1000", "500")


def repeat(path: Path, long: Path, seconds: float) -> None:
    """Write the packets of a clip again and again until `seconds` are full, nothing encoded anew."""
    with av.open(str(path)) as source:
        packets = [packet for packet in source.demux(video=0) if packet.dts is not None]
        length = sum(packet.duration for packet in packets)
        base = packets[0].time_base
        with av.open(str(long), "w") as target:
            stream = target.add_stream_from_template(source.streams.video[0])
            rounds = int(Fraction(seconds) / (length * base))
            for turn in range(max(1, rounds)):
                for packet in packets:
                    again = av.Packet(bytes(packet))
                    again.pts, again.dts = packet.pts + turn * length, packet.dts + turn * length
                    again.time_base, again.duration = base, packet.duration
                    again.is_keyframe = packet.is_keyframe
                    again.stream = stream
                    target.mux(again)


def _step(what: str, *arguments: object) -> dict[str, float]:
    """Run a step of this file in a process of its own; what it tells on the way is shown."""
    command = [sys.executable, __file__, "--step", json.dumps([what, *arguments], default=str)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def step(what: str, path: str, region: list[int], engine: str) -> dict[str, float]:
    """Read a file and tell this process's peak, on the way after every minute that is double the last."""
    due_ms = 60_000

    def tell(progress: PictureProgress) -> None:
        nonlocal due_ms
        if progress.done_ms >= due_ms:
            print(f"  {due_ms / 60_000:>5.0f} min: {_peak_mb():>6.0f} MB", file=sys.stderr, flush=True)
            due_ms *= 2

    reading = Bench(engine, quick=False, keep=Path(path).parent).read(Path(path), tuple(region), tell)  # type: ignore[arg-type]
    return {"what": what, "peak_mb": _peak_mb(), "events": reading.chat.events.num_rows, "cpu_s": reading.cpu_s}  # type: ignore[attr-defined, dict-item]


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def bench_viability(bench: Bench) -> None:
    """Recall and CER by size of letters, quality and style: rows are sizes, columns qualities."""
    # Each cell is a clip of its own: short ones, so that the table takes minutes.
    base = replace(BASE, seconds=12, messages_per_s=2, before=8)
    styles: dict[str, dict[str, object]] = {
        "jump, opaque": {},
        "eased, opaque": {"scroll": "eased"},
        "jump, transparent .6": {"opacity": 0.6},
    }
    sizes, qualities = (9, 12, 16), (23, 33) if bench.quick else (23, 28, 33)
    print(f"recall / CER of texts / CER of names by letters (px) and crf (libx264 veryfast, 720p30), {bench.engine}")
    for style, fields in styles.items():
        print(f"\n| {style} | " + " | ".join(f"crf {crf}" for crf in qualities) + " |")
        print("|---" * (len(qualities) + 1) + "|")
        for px in sizes:
            cells, rates = [], []
            for crf in qualities:
                path, truth = bench.clip(replace(base, seed=60 + px, font_px=px, crf=crf, **fields))
                found = score(messages_of(bench.read(path, region_of(truth)).chat), truth.messages)
                cells.append(f"{found.recall:.2f} / {found.text_cer:.1%} / {found.name_cer:.1%}")
                rates.append(path.stat().st_size * 8 / truth.clip.seconds / 1000)
            print(f"| {px} px ({rates[0]:.0f} to {rates[-1]:.0f} kbit/s) | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--quick", action="store_true", help="clips of 15 s at most, 10 minutes for 3 hours")
    parser.add_argument("--seconds", type=float, help="the most that a clip lasts")
    parser.add_argument("--engine", default="rapidocr")
    parser.add_argument("--keep", type=Path, help="keeps the clips there for the next run")
    parser.add_argument("--anew", type=int, default=0, metavar="SEED", help="other clips of the same kinds")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(step(*json.loads(options.step))))
        return
    parts: dict[str, Callable[[Bench], None]] = {
        "clean": bench_clean,
        "hard": bench_hard,
        "plain": bench_plain,
        "speed": bench_speed,
        "panel": bench_panel,
        "memory": bench_memory,
        "viability": bench_viability,
    }
    with tempfile.TemporaryDirectory() as folder:
        keep = options.keep or Path(folder)
        keep.mkdir(parents=True, exist_ok=True)
        for part in options.only:
            longest_s = options.seconds or (15 if options.quick else 60)
            parts[part](Bench(options.engine, options.quick, keep, longest_s, options.anew))
            print()


if __name__ == "__main__":
    main()
