"""Kill the pipeline at random moments, run it again, and compare with a run that nobody disturbed, byte for byte.

    python tests/pipeline/kill_pipeline.py [RECORDINGS...] --kills 10 --seed 7 --until evaluate

Without RECORDINGS, tiny ones are made. Each kill is SIGKILL, by turns of the command alone, as a person does it, and of
its whole process tree, as a machine that runs out of memory might. At the end every output must equal the undisturbed
run's, no temporary file may be left, and a further run must find nothing to do. A run that ended before its kill is
compared at once, and the next starts from nothing. The exit code is 1 where anything differs.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import tiny

LENIENT = {"accept_probability": "0.3", "tiny_steps": "20", "max_steps": "5", "draws": "100", "generated": "10"}
GIVE_UP_S = 1800


def main() -> int:
    """Run the experiment that the arguments describe and say how it went."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("recordings", nargs="*", type=Path, help="files and folders; tiny ones are made by default")
    arguments.add_argument("--kills", type=int, default=10)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--until", default="curate", help="the last stage to run")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="kill-pipeline-") as name:
        problems = kill_and_compare(Path(name), chosen.recordings, chosen.kills, chosen.seed, chosen.until)
    print("\n".join(problems) or f"{chosen.kills} kills: the same bytes, nothing left behind")  # noqa: T201
    return 1 if problems else 0


def kill_and_compare(folder: Path, recordings: list[Path], kills: int, seed: int, until: str) -> list[str]:
    """Return what went wrong, nothing where all is well."""
    recordings = recordings or tiny.make_recordings(folder / "in", 4, minutes=4)
    calm = make_workspace(folder / "calm")
    began = time.monotonic()
    if run(calm, recordings, until).returncode:
        return ["the undisturbed run failed"]
    took_s = time.monotonic() - began
    return kill_beside(calm, folder / "killed", recordings, kills, seed, until=until, took_s=took_s)


def kill_beside(
    calm: Path, killed: Path, recordings: list[Path], kills: int, seed: int, *, until: str, took_s: float
) -> list[str]:
    """Kill runs in a workspace that is made for it, beside one that nobody disturbed; return what went wrong.

    Args:
        calm: The undisturbed workspace.
        killed: Where the other one is made.
        recordings: What both are made of.
        kills: How often to kill.
        seed: Decides the moments.
        until: The last stage.
        took_s: How long the undisturbed run took.
    """
    make_workspace(killed)
    rng, done = random.Random(seed), 0  # noqa: S311  # moments, not secrets
    while done < kills:
        moment_s, alone = rng.uniform(0.2, took_s), done % 2 == 0
        if kill(killed, recordings, until, moment_s, alone=alone):
            done += 1
            what = "the command" if alone else "its whole tree"
            print(f"kill {done}: {what} after {moment_s:.1f} s", file=sys.stderr)  # noqa: T201
        elif problems := compare(calm, killed, recordings, until):
            return problems
        else:
            shutil.rmtree(killed)
            make_workspace(killed)
    if run(killed, recordings, until).returncode:
        return ["the run after the kills failed"]
    return compare(calm, killed, recordings, until)


def make_workspace(place: Path) -> Path:
    """Make a workspace with the public key, quick settings and nothing in it."""
    subprocess.run([*dougpt(), "init", str(place), "--example-key"], check=True, capture_output=True)
    lines = (place / "dougpt.toml").read_text(encoding="utf-8").splitlines()
    for index, line in enumerate(lines):
        name = line.removeprefix("# ").partition(" = ")[0]
        if name in LENIENT and line.startswith("# "):
            lines[index] = f"{name} = {LENIENT[name]}"
    (place / "dougpt.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


def dougpt() -> list[str]:
    """Return the command line of this environment."""
    return [sys.executable, "-m", "dougpt"]


def pipeline(place: Path, recordings: list[Path], until: str) -> list[str]:
    """Return the command under test."""
    words = ["pipeline", *map(str, recordings), "--workspace", str(place), "--yes", "--until", until, "--cores", "2"]
    return [*dougpt(), *words]


def run(place: Path, recordings: list[Path], until: str) -> "subprocess.CompletedProcess[str]":
    """Run the pipeline to its end."""
    command = pipeline(place, recordings, until)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=GIVE_UP_S)
    if done.returncode:
        print(done.stderr, file=sys.stderr)  # noqa: T201
    return done


def kill(place: Path, recordings: list[Path], until: str, moment_s: float, *, alone: bool) -> bool:
    """Start the pipeline, kill it after `moment_s` seconds, and return whether it was still running."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        process = subprocess.Popen(pipeline(place, recordings, until), stdout=subprocess.DEVNULL, stderr=told)
        try:
            process.wait(timeout=moment_s)
        except subprocess.TimeoutExpired:
            for child in [process.pid] if alone else [process.pid, *descendants(process.pid)]:
                _kill(child)
            process.wait()
            return True
        if process.returncode:
            told.seek(0)
            print(f"ended by itself with {process.returncode}: {told.read()}", file=sys.stderr)  # noqa: T201
    return False


def descendants(parent: int) -> list[int]:
    """Return every process below `parent`, as Linux lists them."""
    found = []
    for listing in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread may have ended since it was listed
            for child in map(int, listing.read_text(encoding="ascii").split()):
                found += [child, *descendants(child)]
    return found


def compare(calm: Path, killed: Path, recordings: list[Path], until: str) -> list[str]:
    """Return how the killed workspace differs from the undisturbed one."""
    problems = []
    expected, found = outputs(calm), outputs(killed)
    problems += [f"{name}: only in one of the two" for name in sorted(expected.keys() ^ found.keys())]
    problems += [
        f"{name}: other bytes" for name in sorted(expected.keys() & found.keys()) if expected[name] != found[name]
    ]
    problems += [f"{path}: left behind" for path in killed.rglob("*.partial")]
    again = run(killed, recordings, until)
    if "nothing to do" not in again.stderr:
        problems.append("the run after that one still found something to do")
    return problems


def tables(place: Path) -> dict[str, bytes]:
    """Return the bytes of every table of a workspace."""
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in sorted(place.rglob("*.parquet"))}


def outputs(place: Path) -> dict[str, bytes]:
    """Return the bytes of all that two runs must leave alike: tables, what lies beside them, pages and adapters."""
    below = ("staged/**/*", "curated/**/*", "secret/**/*", "reports/*.html", "reports/*/dataset.html")
    paths = (path for name in (*below, "runs/*/adapter/*.safetensors") for path in place.glob(name) if path.is_file())
    return tables(place) | {path.relative_to(place).as_posix(): path.read_bytes() for path in paths}


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it may have ended since it was listed
        os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
