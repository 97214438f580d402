"""Thirty recordings of three channels through `dougpt pipeline`, with what happens to people on the way.

    just thirty                      # thirty recordings, about a quarter of an hour on two cores
    just thirty --recordings 6       # the same story, shorter

One recording is broken, the pipeline is killed in the middle and goes on; the broken one is mended, one is added, a
person is forgotten, a channel's prior is fitted. Before each of these runs `status` and `--dry-run` say what will be
redone, and exactly that must be redone: everything else keeps its file. Prints what was redone and why, the time of
each stage, the memory of the whole process tree, and how both grow with the number of recordings. Exits with 1 where
something does not hold.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "pipeline"))

import pyarrow as pa
import pyarrow.parquet as pq
from dougpt.recipes import STAGES
from dougpt_chat import pseudonym
from kill_pipeline import make_workspace
from thirty.making import Made, make
from thirty.watching import Ended, dougpt, stage_seconds

MINUTES = 8
SIZES = (3, 10)
"""How many recordings the smaller runs have, beside which the large one is held."""
BROKEN = 1
CORES = 2
type Jobs = set[tuple[str, str]]


class BrokenPromiseError(AssertionError):
    """The program did something else than it says."""


@dataclass
class Story:
    """A workspace to which things happen."""

    place: Path
    until: str

    def pipeline(self, *paths: Path, until: str = "", kill_when: Callable[[], bool] | None = None) -> Ended:
        """Run the pipeline, as far as this story goes or less far."""
        words = (
            "pipeline",
            *paths,
            "--workspace",
            self.place,
            "--yes",
            "--cores",
            CORES,
            "--until",
            until or self.until,
        )
        return dougpt(*words, kill_when=kill_when)

    def json(self, *words: object) -> Any:
        """Return what a command says with `--json`."""
        ended = dougpt(*words, "--workspace", self.place, "--json")
        require(ended.code == 0, f"{words} ended with {ended.code}: {ended.told}")
        return json.loads(ended.out)

    def foretold(self, until: str = "") -> dict[tuple[str, str], list[str]]:
        """Return what `--dry-run` says would run, and why; `status` must agree."""
        until = until or self.until
        jobs = self.json("pipeline", "--dry-run", "--until", until)["jobs"]
        names = list(STAGES)[: list(STAGES).index(until) + 1]
        open_jobs = {
            (job["stage"], job["subject"])
            for job in self.json("status")["jobs"]
            if job["state"] != "done" and job["stage"] in names
        }
        said = {(job["stage"], job["subject"]): job["why"] for job in jobs}
        require(said.keys() == open_jobs, f"status and --dry-run differ: {said.keys() ^ open_jobs}")
        return said

    def done(self) -> dict[tuple[str, str], int]:
        """Return every output that is there, with what tells one file from another."""
        found = {}
        for job in self.json("status")["jobs"]:
            stage = STAGES[job["stage"]]
            path = self._folder(stage.name, job["subject"], job["fingerprint"]) / stage.outputs[-1]
            if job["state"] == "done":
                found[job["stage"], job["subject"]] = path.stat().st_ino
        return found

    def redo(self, what: str, *paths: Path, until: str = "") -> Ended:
        """Run what is open, and require that exactly what was foretold is done anew."""
        said, before = self.foretold(until), self.done()
        ended = self.pipeline(*paths, until=until)
        require(ended.code == 0, f"{what}: ended with {ended.code}: {ended.told}")
        after = self.done()
        redone = {job for job, inode in after.items() if before.get(job) != inode}
        require(redone == said.keys(), f"{what}: foretold {sorted(said)}, redone {sorted(redone)}")
        self.tell(what, ended, said)
        return ended

    def tell(self, what: str, ended: Ended, jobs: dict[tuple[str, str], list[str]]) -> None:
        """Print what was redone and why."""
        print(f"\n{what}: {len(jobs)} jobs in {ended.wall_s:.0f} s, {ended.peak_mb:.0f} MB at most", flush=True)
        reasons = Counter((stage, reason) for (stage, _), why in jobs.items() for reason in why)
        for (stage, reason), times in reasons.items():
            print(f"  {times:>3} x {stage:<10} {reason}")

    def _folder(self, stage: str, subject: str, fingerprint: str) -> Path:
        match stage:
            case "curate":
                return self.place / "curated" / subject
            case "train":
                return self.place / "runs" / fingerprint[:16]
            case "evaluate":
                return self.place / "reports" / subject
        return self.place / "staged" / subject


def require(holds: bool, otherwise: str) -> None:
    """Raise where something does not hold."""
    if not holds:
        raise BrokenPromiseError(otherwise)


def grow(
    folder: Path, made: list[Made], sizes: list[int], until: str
) -> list[tuple[int, Ended, dict[str, list[float]]]]:
    """Run the first few recordings in workspaces of their own."""
    found = []
    for size in sizes:
        story = Story(make_workspace(folder / f"w{size}"), until)
        ended = story.pipeline(*(one.folder for one in made[:size]))
        require(ended.code in {0, 3}, f"{size} recordings: ended with {ended.code}: {ended.told}")
        print(f"{size} recordings in {ended.wall_s:.0f} s", flush=True)
        found.append((size, ended, stage_seconds(story.place)))
        shutil.rmtree(story.place)
    return found


def killed_and_resumed(story: Story, made: list[Made]) -> Ended:
    """Kill the first run when half of its recordings are aligned; the next one does the rest and no more."""
    timings, half = story.place / ".dougpt" / "timings", len(made) // 2
    killed = story.pipeline(*(one.folder for one in made), kill_when=lambda: len(list(timings.glob("align-*"))) >= half)
    require(killed.code == -9, f"the run ended with {killed.code} before it was killed: {killed.told}")
    before = story.done()
    ended = story.pipeline()
    require(ended.code == 1, f"with a broken recording it must end with 1, not {ended.code}: {ended.told}")
    errors = [line for line in ended.told.splitlines() if line.startswith("error:")]
    require(len(errors) == 1, f"one recording is broken, and these are the errors: {errors}")
    require("chat.json" in errors[0], f"the error does not name the file: {errors[0]}")
    after = story.done()
    again = [job for job, inode in before.items() if after.get(job) != inode]
    require(not again, f"done before the kill, and done again: {again}")
    print(f"\nkilled after {killed.wall_s:.0f} s with {len(before)} jobs done; none of them was done again")
    story.tell("resumed", ended, {job: ["killed before"] for job in sorted(after.keys() - before.keys())})
    print(f"  {errors[0]}")
    return Ended(ended.code, "", "", killed.wall_s + ended.wall_s, max(killed.peak_mb, ended.peak_mb))


def forget(story: Story, person: Made) -> None:
    """Forget who wrote most in a recording, and look into every table and page for them."""
    found = story.json("forget", person.busiest)
    print(f"\nforgot {person.busiest}: {found['removed']}")
    require(found["removed"].get("chat_events", 0) > 0, "nothing of a person who wrote much was removed")
    story.redo("a person forgotten")
    key = (story.place / "secret" / "key").read_bytes()
    left = traces(story.place, (person.busiest, pseudonym(person.busiest, key)))
    require(not left, f"{person.busiest} is still in {left}")
    print("  no table, page or report names them or their pseudonym any more")


def traces(place: Path, words: tuple[str, ...]) -> list[str]:
    """Return the files that hold one of the words, but for the list of who is forgotten."""
    found = []
    for path in sorted(place.rglob("*")):
        if not path.is_file() or path.name == "forgotten.json" or path.suffix in {".safetensors", ".lock"}:
            continue
        if path.suffix == ".parquet":
            text = str(pq.ParquetFile(path).read().to_pylist())
        else:
            text = path.read_text(encoding="utf-8", errors="replace")
        if any(word in text for word in words):
            found.append(str(path.relative_to(place)))
    return found


def fit(story: Story, one: Made) -> None:
    """Fit the prior of a recording's channel; its recordings alone are aligned anew."""
    rows = story.json("status")["recordings"]
    channel = next(row["channel"] for row in rows if str(row["video_id"]).endswith(one.video_id))
    found = story.json("fit-channel", channel)
    said = story.foretold()
    theirs: Jobs = {("align", name) for name in found["recordings"]}
    require(
        {job for job in said if job[0] in {"transcribe", "chat", "align"}} == theirs,
        f"the prior of {channel} touches {sorted(said)}",
    )
    story.redo(f"the prior of {channel} fitted")


def scenario(folder: Path, count: int, minutes: float, until: str) -> None:
    """Let everything happen."""
    made = [make(folder / "in", number, minutes) for number in range(count)]
    grown = grow(folder, made, [size for size in SIZES if size < count], until)
    whole = (made[BROKEN].folder / "chat.json").read_bytes()
    (made[BROKEN].folder / "chat.json").write_bytes(whole[: len(whole) // 2])
    story = Story(make_workspace(folder / "w"), until)
    large = killed_and_resumed(story, made[:-1])
    grown.append((count - 2, large, stage_seconds(story.place)))

    (made[BROKEN].folder / "chat.json").write_bytes(whole)
    story.json("ingest", made[BROKEN].folder, "--yes")
    story.redo("the broken one mended", until="curate")

    before = {row["recording_id"] for row in story.json("status")["recordings"]}
    story.json("ingest", made[-1].folder, "--yes")
    new = {row["recording_id"] for row in story.json("status")["recordings"]} - before
    said = {job for job in story.foretold() if STAGES[job[0]].per == "recording"}
    require(said == {(stage, name) for stage in ("transcribe", "chat", "align") for name in new}, f"added: {said}")
    story.redo("one added")

    forget(story, made[0])
    fit(story, made[0])
    require(not story.foretold(), "there is still something to do")
    growth(grown)


def growth(grown: list[tuple[int, Ended, dict[str, list[float]]]]) -> None:
    """Print the time of each stage, and how time and memory grow."""
    print("\nseconds within the jobs of a stage, all together (the longest)")
    print(f"{'recordings':<12}" + "".join(f"{stage:>16}" for stage in STAGES))
    for size, _, stages in grown:
        cells = [f"{sum(took):.1f} ({max(took):.1f})" if (took := stages.get(stage)) else "-" for stage in STAGES]
        print(f"{size:<12}" + "".join(f"{cell:>16}" for cell in cells))
    print(f"\n{'recordings':<12}{'wall s':>9}{'s a recording':>16}{'peak MB':>10}")
    for size, ended, _ in grown:
        print(f"{size:<12}{ended.wall_s:>9.0f}{ended.wall_s / size:>16.1f}{ended.peak_mb:>10.0f}")


def main() -> int:
    """Let the story happen in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=int, default=30, help="how many, at least six")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long each is")
    parser.add_argument("--until", choices=("curate", "train", "evaluate"), default="evaluate", help="the last stage")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave everything there")
    chosen = parser.parse_args()
    if chosen.recordings < 6:
        parser.error("three channels need at least six recordings")
    pa.set_cpu_count(1)
    try:
        if chosen.keep:
            scenario(chosen.keep, chosen.recordings, chosen.minutes, chosen.until)
        else:
            with tempfile.TemporaryDirectory(prefix="thirty-") as name:
                scenario(Path(name), chosen.recordings, chosen.minutes, chosen.until)
    except BrokenPromiseError as broken:
        print(f"\n{broken}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
