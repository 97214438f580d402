"""How true and how fast the clock of a recording is, each figure beside a plain way in the same run.

    just bench media [--only clicks decode exact memory] [--repeat 3] [--minutes 30] [--hours 6]

Recordings are made into a temporary folder and go with it. `clicks` makes recordings that click at known times, late,
with losses, damaged, and reads them by us and frame after frame, as plain decoding does. `decode` times sound of 30
minutes to 16 kHz beside the ffmpeg command line. `exact` reads on one CPU as if on older ones. `memory`
weighs six hours. Each reading that is timed or weighed runs in a process of its own.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from itertools import count
from pathlib import Path
from statistics import median

import av
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "media"))

from click_files import Clicks, click_times, write, zeroed

RATE_HZ = 16_000
WINDOW_MS = 30_000
OPUS = {"codec": "libopus"}
FLAC = {"codec": "flac", "picture": False}
RECORDINGS: dict[str, tuple[str, dict[str, Clicks]]] = {
    "whole": (
        "",
        {
            "wav": Clicks(codec="pcm_s16le", picture=False),
            "flac": Clicks(**FLAC),
            "mp3": Clicks(codec="libmp3lame", picture=False),
            "opus": Clicks(codec="libopus", picture=False),
            "aac": Clicks(picture=False),
            "m4a": Clicks(picture=False),
            "mp4": Clicks(),
            "mkv": Clicks(),
            "webm": Clicks(**OPUS),
            "ts": Clicks(),
        },
    ),
    "sound 1.478 s late": (
        "late",
        {
            "mp4": Clicks(8, sound_from_s=1.478),
            "mkv": Clicks(8, sound_from_s=1.478),
            "webm": Clicks(8, sound_from_s=1.478, **OPUS),
            "ts": Clicks(8, sound_from_s=1.478),
        },
    ),
    "3 s lost": (
        "gap",
        {
            "mp4": Clicks(10, lost_s=(2.2, 5.2)),
            "mkv": Clicks(10, lost_s=(2.2, 5.2)),
            "webm": Clicks(10, lost_s=(2.2, 5.2), **OPUS),
            "ts": Clicks(10, lost_s=(2.2, 5.2)),
            "mka": Clicks(10, lost_s=(2.2, 5.2), **FLAC),
        },
    ),
    "one packet lost": (
        "packet",
        {
            "mp4": Clicks(10, lost_s=(2.2, 2.221)),
            "mkv": Clicks(10, lost_s=(2.2, 2.221)),
            "ts": Clicks(10, lost_s=(2.2, 2.221)),
        },
    ),
    "a tenth zeroed": ("damaged", {"mp4": Clicks(10), "mkv": Clicks(10), "ts": Clicks(10), "flac": Clicks(10, **FLAC)}),
    "uneven pictures": (
        "vfr",
        {"mp4": Clicks(8, variable=True), "mkv": Clicks(8, variable=True), "ts": Clicks(8, variable=True)},
    ),
    "edit list": ("edit", {"mp4": Clicks(8, hidden_s=1.2)}),
    "leap of 100 s": (
        "leap",
        {
            "mp4": Clicks(10, leap_s=(5.0, 100.0)),
            "mkv": Clicks(10, leap_s=(5.0, 100.0)),
            "ts": Clicks(10, leap_s=(5.0, 100.0)),
        },
    ),
}
SSE42 = 0x1 | 0x8 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200
AVX = SSE42 | 0x4000
AVX2 = AVX | 0x8000 | 0x10000 | 0x20000 | 0x40000
CPUS = {"none": 0, "SSE4.2": SSE42, "AVX": AVX, "AVX2": AVX2, "this CPU": -1}
CODECS = {
    "AAC": ("m4a", {"codec": "aac"}),
    "AAC 5.1": ("m4a", {"codec": "aac", "layout": "5.1"}),
    "MP3": ("mp3", {"codec": "libmp3lame"}),
    "AC-3": ("mka", {"codec": "ac3"}),
    "FLAC": ("flac", {"codec": "flac"}),
    "ALAC": ("m4a", {"codec": "alac"}),
    "PCM 16 bit": ("wav", {"codec": "pcm_s16le"}),
    "PCM 24 bit": ("wav", {"codec": "pcm_s24le"}),
    "mu-law": ("wav", {"codec": "pcm_mulaw", "rate_hz": 8_000}),
    "ADPCM": ("wav", {"codec": "adpcm_ms"}),
    "Opus": ("opus", {"codec": "libopus"}),
}


def frame_after_frame(path: Path) -> NDArray[np.int16]:
    """The plain way: what comes out of the decoder, one frame behind the other, until it fails."""
    pieces: list[NDArray[np.int16]] = []
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        try:
            for frame in container.decode(audio=0):
                frame.pts = None
                pieces += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
        except av.error.FFmpegError:
            pass
        pieces += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    return np.concatenate(pieces)


def bench_clicks() -> None:
    """Where clicks are found and where they are, in ms; an encoder's lead that nothing tells of stands apart."""
    from dougpt_media import read_audio  # noqa: PLC0415

    print("click placement, worst error in ms; lead: what raw AAC and .ts keep of the encoder's lead, not in the error")
    print(f"{'recording':<20}{'file':<6}{'clicks':>7}{'ours':>7}{'clicks':>9}{'plain':>9}{'lead':>7}")
    worst, worst_plain = 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for what, (stem, files) in RECORDINGS.items():
            for ending, clicks in files.items():
                path = write(Path(folder) / f"{stem or 'whole'}.{ending}", clicks)
                if stem == "damaged":
                    zeroed(path, 0.4, 0.5)
                audio = read_audio(path, RATE_HZ)
                found = click_times(audio.samples, RATE_HZ)
                lead_ms = _lead_ms(found, clicks.times_s, audio.timeline.lead_ms)
                ours = _worst_ms(found, clicks.times_s, lead_ms, may_miss=stem == "damaged")
                plain_found = click_times(frame_after_frame(path), RATE_HZ)
                plain = _worst_ms(plain_found, clicks.times_s, lead_ms)
                heard, plain_heard = (f"{len(times)}/{len(clicks.times_s)}" for times in (found, plain_found))
                print(f"{what:<20}{ending:<6}{heard:>7}{ours:>7.2f}{plain_heard:>9}{plain:>9.1f}{lead_ms:>7.1f}")
                worst, worst_plain = max(worst, ours), max(worst_plain, plain)
    print(f"{'worst':<33}{worst:>7.2f}{worst_plain:>18.1f}")


def _lead_ms(found: list[float], true: list[float], told_ms: float) -> float:
    """The lead that may be in the sound, if it is: files whose sound starts late give its time without it."""
    first = min(((at - found[0]) * 1000 for at in true), key=abs)
    return told_ms if abs(first + told_ms) < abs(first) else 0.0


def _worst_ms(found: list[float], true: list[float], lead_ms: float, *, may_miss: bool = False) -> float:
    """The largest error; clicks are paired in order, or, where damage may hide one, with the nearest."""
    at_ms, true_ms = np.array(found) * 1000 - lead_ms, np.array(true) * 1000
    if may_miss:
        return float(np.abs(at_ms[:, None] - true_ms).min(axis=1).max())
    pairs = min(len(at_ms), len(true_ms))
    return float(np.abs(at_ms[:pairs] - true_ms[:pairs]).max())


def write_long(path: Path, seconds: float, *, picture: bool, bit_rate: int = 128_000) -> None:
    """A long recording: a minute's packets, again and again with later time stamps; AAC, 48 kHz, stereo."""
    period = Fraction(2812 * 1024, 48_000)  # whole packets
    with tempfile.TemporaryDirectory() as folder:
        minute = Path(folder) / "minute.mp4"
        write(minute, Clicks(61.0, layout="stereo", picture=picture, noise=0.05, size=(854, 480), bit_rate=bit_rate))
        with av.open(str(minute)) as source, av.open(str(path), "w") as out:
            streams = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
            held = [
                (packet.stream.index, packet.dts, packet.time_base, bytes(packet))
                for packet in source.demux()
                if packet.size and packet.dts is not None and 0 <= packet.dts * packet.time_base < period
            ]
            for again in range(round(seconds / period)):
                for index, dts, time_base, content in held:
                    packet = av.Packet(content)
                    packet.stream, packet.time_base, packet.is_keyframe = streams[index], time_base, True
                    packet.pts = packet.dts = dts + round(again * period / time_base)
                    out.mux(packet)


def ffmpeg_program() -> str | None:
    """The ffmpeg command line: that of imageio-ffmpeg, which the group `bench` brings, else the system's."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe  # noqa: PLC0415
    except ModuleNotFoundError:
        return shutil.which("ffmpeg")
    program: str = get_ffmpeg_exe()
    return program


def step(name: str, path: Path) -> dict[str, float]:
    """Run one of the steps below in a process of its own; seconds, CPU seconds, peak megabytes."""
    command = [sys.executable, __file__, "--step", name, str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def by_ffmpeg(path: Path) -> dict[str, float]:
    """The reference: ffmpeg's command line, to a file of samples."""
    program = ffmpeg_program()
    if program is None:
        raise SystemExit("no ffmpeg: `uv run --group bench python benchmarks/media.py` brings it")
    target = path.with_suffix(".pcm")
    command = [program, "-v", "error", "-y", "-i", str(path), "-vn", "-ac", "1", "-ar", str(RATE_HZ), "-f", "s16le"]
    began, before = time.perf_counter(), os.times()
    subprocess.run([*command, str(target)], check=True)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"seconds": time.perf_counter() - began, "cpu": cpu}


def bench_decode(minutes: float, repeat: int) -> None:
    """Time from AAC to 16 kHz mono; ratios are medians of runs that took turns."""
    print(
        f"{minutes:g} min of AAC 48 kHz stereo to 16 kHz mono; ratio: wall time to ffmpeg's, median of {repeat} turns"
    )
    print(f"{'file':<22}{'way':<22}{'seconds':>8}{'CPU s':>8}{'ratio':>7}")
    with tempfile.TemporaryDirectory() as folder:
        for name, picture in (("sound.m4a", False), ("sound and picture.mp4", True)):
            path = Path(folder) / name
            write_long(path, minutes * 60, picture=picture)
            ways: dict[str, Callable[[Path], dict[str, float]]] = {
                "ffmpeg command": by_ffmpeg,
                "read_audio": lambda path: step("read", path),
                "read_audio, exact": lambda path: step("exact", path),
                "PyAV, frame by frame": lambda path: step("plain", path),
            }
            turns = [{way: run(path) for way, run in ways.items()} for _ in range(repeat)]
            for way in ways:
                seconds = median(turn[way]["seconds"] for turn in turns)
                cpu = median(turn[way]["cpu"] for turn in turns)
                ratio = median(turn[way]["seconds"] / turn["ffmpeg command"]["seconds"] for turn in turns)
                print(f"{name:<22}{way:<22}{seconds:>8.2f}{cpu:>8.2f}{ratio:>7.2f}")


def bench_memory(hours: float) -> None:
    """Peak memory of reading hours, over that of the imports alone; all of it as floats would take 230 MB an hour."""
    print(f"{hours:g} h of AAC to 16 kHz mono; peak memory in MB, and over that of the imports")
    print(f"{'way':<44}{'peak':>7}{'over':>7}{'seconds':>9}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hours.m4a"
        write_long(path, hours * 3600, picture=False, bit_rate=32_000)
        baseline = step("imports", path)["peak_mb"]
        for way, name in (
            ("imports", "imports"),
            ("read_audio", "read"),
            (f"read_audio, then all in windows of {WINDOW_MS // 1000} s", "windows"),
        ):
            found = step(name, path)
            print(f"{way:<44}{found['peak_mb']:>7.0f}{found['peak_mb'] - baseline:>7.0f}{found['seconds']:>9.1f}")


def bench_exact() -> None:
    """How many different samples one file gives when FFmpeg is told that the CPU has less to offer."""
    print(f"different results of one file on {len(CPUS)} CPUs: {', '.join(CPUS)}")
    print(f"{'sound':<14}{'exact':>9}{'fast':>7}")
    with tempfile.TemporaryDirectory() as folder:
        for name, (ending, more) in CODECS.items():
            path = write(
                Path(folder) / f"sound.{ending}", Clicks(20.0, picture=False, noise=0.1, **{"layout": "stereo", **more})
            )
            results = {way: {_on_cpu(way, flags, path) for flags in CPUS.values()} for way in ("exact", "fast")}
            exact = "refused" if results["exact"] == {"refused"} else str(len(results["exact"]))
            print(f"{name:<14}{exact:>9}{len(results['fast']):>7}")


def _on_cpu(way: str, flags: int, path: Path) -> str:
    command = [sys.executable, __file__, "--on-cpu", way, str(flags), str(path)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def read_on_cpu(way: str, flags: int, path: Path) -> str:
    """The hash of a file's samples when FFmpeg believes in a CPU with these abilities."""
    from click_files import force_cpu  # noqa: PLC0415
    from dougpt_media import read_audio  # noqa: PLC0415
    from dougpt_media.decoding import InexactCodecError  # noqa: PLC0415

    force_cpu(flags)
    try:
        samples = read_audio(path, RATE_HZ, exact=way == "exact").samples
    except InexactCodecError:
        return "refused"
    return hashlib.sha256(samples.tobytes()).hexdigest()


def run_step(name: str, path: Path) -> dict[str, float]:
    """One step: imports alone, our reading, the plain reading."""
    from dougpt_media import audio as loaded  # noqa: PLC0415, F401 - the imports are the baseline
    from dougpt_media import read_audio  # noqa: PLC0415

    began = time.perf_counter(), time.process_time()
    if name == "plain":
        frame_after_frame(path)
    elif name != "imports":
        audio = read_audio(path, RATE_HZ, exact=name == "exact")
        for from_ms in range(0, audio.end_ms if name == "windows" else 0, WINDOW_MS):
            audio.floats_between(from_ms, from_ms + WINDOW_MS).sum()
    spent = {"seconds": time.perf_counter() - began[0], "cpu": time.process_time() - began[1]}
    return {**spent, "peak_mb": _peak_mb()}


def _peak_mb() -> float:
    """This process's own peak; what getrusage gives begins with the parent's."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return float(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS))
    parser.add_argument("--repeat", type=int, default=3, help="turns of each way of decoding")
    parser.add_argument("--minutes", type=float, default=30, help="length of what is timed")
    parser.add_argument("--hours", type=float, default=6, help="length of what is weighed")
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--on-cpu", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(run_step(options.step[0], Path(options.step[1]))))
        return
    if options.on_cpu:
        way, flags, path = options.on_cpu
        print(read_on_cpu(way, int(flags), Path(path)))
        return
    for number, part in zip(count(1), options.only):
        print("" if number == 1 else "\n", end="")
        PARTS[part](options)


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "clicks": lambda _: bench_clicks(),
    "decode": lambda options: bench_decode(options.minutes, options.repeat),
    "exact": lambda _: bench_exact(),
    "memory": lambda options: bench_memory(options.hours),
}


if __name__ == "__main__":
    main()
