"""What ingesting hundreds of files costs, and what it costs again: beside hashing the same files and doing no more.

    just bench ingest [RECORDINGS]

Each recording is ten seconds of sound and captions. Each step runs in a process of its own, the start of Python
included; memory is the peak of that process.
"""

import hashlib
import resource
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy as np

RECORDINGS = 250
RATE_HZ = 16_000
HASH = "import sys, pathlib; from dougpt_schema import file_sha256; [file_sha256(p) for p in sorted(pathlib.Path(sys.argv[1]).iterdir())]"  # noqa: E501 # a program in one line


def make(folder: Path, recordings: int) -> None:
    """Write sound and captions, no two alike."""
    for number in range(recordings):
        noise = np.random.default_rng(number).integers(-500, 500, 10 * RATE_HZ).astype("<i2")
        with wave.open(str(folder / f"talk {number}x.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(noise.tobytes())
        (folder / f"talk {number}x.vtt").write_text(f"WEBVTT\n\n00:01.000 --> 00:02.000\nhello {number}\n")


def measured(what: str, *command: str) -> None:
    """Run a command and print how long it took and how much memory it had at its peak."""
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    seconds = time.monotonic() - began
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{what:<44} {seconds:6.2f} s   peak so far {peak_mb:4.0f} MB")


def digest(place: Path) -> str:
    """Return a hash of every manifest, with its time of change."""
    files = sorted(place.glob("raw/*/*"))
    return hashlib.sha256(repr([(file.read_bytes(), file.stat().st_mtime_ns) for file in files]).encode()).hexdigest()


def main() -> None:
    """Measure a first ingest, one of the same files, and one with a file more."""
    recordings = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDINGS
    dougpt = [sys.executable, "-m", "dougpt"]
    with tempfile.TemporaryDirectory() as name:
        folder, place = Path(name) / "in", Path(name) / "w"
        folder.mkdir()
        make(folder, recordings)
        subprocess.run([*dougpt, "init", str(place), "--example-key"], check=True, capture_output=True)
        ingest = [*dougpt, "ingest", str(folder), "--yes", "--workspace", str(place)]
        print(f"{2 * recordings} files, {sum(file.stat().st_size for file in folder.iterdir()) / 1e6:.0f} MB")
        measured("hashing them", sys.executable, "-c", HASH, str(folder))
        measured("dougpt status, which reads nothing", *dougpt, "status", "--workspace", str(place))
        measured("dougpt ingest", *ingest)
        before = digest(place)
        measured("dougpt ingest again", *ingest)
        assert digest(place) == before, "an ingest of the same files changed something"
        (folder / "one more.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nnew\n")
        measured("dougpt ingest with a file more", *ingest)


main()
