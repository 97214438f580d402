"""Thirty recordings of three channels through `dougpt pipeline`, with what happens to people on the way.

    just thirty                      # thirty recordings of four minutes
    just thirty --recordings 6       # the same story, shorter
    just thirty --keep FOLDER        # work there; the same again goes on where it broke off, and tells the rest again

All recordings but one are begun, of which one is broken, and the pipeline is killed when half are aligned; it goes on.
The broken one is mended, one is added, a person is forgotten, a channel's prior is fitted. Before each of these runs
`status` and `--dry-run` say what will be done, and exactly that must be done: everything else keeps its file. Beside
that, 3 and 10 recordings in workspaces of their own. Prints what was done anew and why, the time and memory of each
stage and of the whole process tree, and how both grow with the number of recordings. Exits with 1 where something does
not hold.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "pipeline"))

import pyarrow as pa
import pyarrow.parquet as pq
from dougpt.recipes import STAGES
from dougpt_chat import pseudonym
from kill_pipeline import make_workspace
from thirty.chapters import Chapter, Chapters, together
from thirty.making import Made, make_all
from thirty.story import BrokenPromiseError, Foretold, Story, require
from thirty.tables import growth, stage_memory, stage_times, what_was_done
from thirty.watching import Ended, Job

MINUTES = 4
SIZES = (3, 10)
"""How many recordings the smaller runs have, beside which the large one is held."""
BROKEN = 1
PER_RECORDING = [name for name, stage in STAGES.items() if stage.per == "recording"]


def grow(story: Story, made: list[Made]) -> Chapter:
    """Run the first few recordings in a workspace of their own, which is removed."""
    _begin(story.place)
    ended = story.pipeline(*(one.folder for one in made))
    require(ended.code in {0, 3}, f"{len(made)} recordings: ended with {ended.code}: {ended.told}")
    done = story.redone({})
    chapter = story.chapter(f"{len(made)} recordings", ended, _all_new(done), done)
    shutil.rmtree(story.place)
    return chapter


def killed(story: Story, made: list[Made]) -> Chapter:
    """Break a recording, and kill the first run when half of the recordings are aligned."""
    _begin(story.place)
    made[BROKEN].chat.write_bytes(made[BROKEN].whole_chat[: len(made[BROKEN].whole_chat) // 2])
    timings, half = story.place / ".dougpt" / "timings", len(made) // 2
    ended = story.pipeline(*(one.folder for one in made), kill_when=lambda: len(list(timings.glob("align-*"))) >= half)
    require(ended.code == -9, f"the run ended with {ended.code} before it was killed: {ended.told}")
    story.end_orphans()
    done = story.redone({})
    return story.chapter(f"{len(made)} recordings begun, killed", ended, _all_new(done), done)


def resumed(story: Story) -> Chapter:
    """Run again: the rest is done and no more, but for what the broken recording spoils."""
    before, said = story.outputs(), story.foretold()
    ended = story.pipeline()
    error, done = _only_error(ended), story.redone(before)
    again = done & before.keys()
    require(not again, f"done before the kill, and done again: {sorted(again)}")
    left = sorted(said.why.keys() - done)
    require({stage for stage, _ in left} == {"chat", "align"}, f"foretold, and not done: {left}")
    notes = ["foretold and not done, for want of a whole chat: " + ", ".join(" ".join(job) for job in left), error]
    return story.chapter("resumed, one broken", ended, said, done, notes)


def mended(story: Story, one: Made) -> Chapter:
    """Mend the broken recording; it and the dataset are done."""
    one.chat.write_bytes(one.whole_chat)
    story.json("ingest", one.folder, "--yes")
    return story.redo("the broken one mended, up to the dataset", until="curate")


def added(story: Story, one: Made) -> Chapter:
    """Add a recording; of all recordings it alone is worked on."""
    before = {row["recording_id"] for row in story.json("status")["recordings"]}
    story.json("ingest", one.folder, "--yes")
    new = {row["recording_id"] for row in story.json("status")["recordings"]} - before
    said = {job for job in story.foretold().why if job[0] in PER_RECORDING}
    require(said == {(stage, name) for stage in PER_RECORDING for name in new}, f"added {new}, foretold {said}")
    return story.redo("one added")


def forgotten(story: Story, person: str) -> Chapter:
    """Forget who wrote most in a recording, and look into every table and page for them."""
    removed = story.json("forget", person)["removed"]
    require(removed.get("chat_events", 0) > 0, "nothing of a person who wrote much was removed")
    chapter = story.redo("a person forgotten")
    key = (story.place / "secret" / "key").read_bytes()
    left = traces(story.place, (person, pseudonym(person, key)))
    require(not left, f"{person} is still in {left}")
    told = ", ".join(f"{name} {rows}" for name, rows in removed.items() if rows)
    chapter.notes.extend([f"rows of {person} removed at once: {told}", "no table, page or report names them any more"])
    return chapter


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


def fitted(story: Story, one: Made) -> Chapter:
    """Fit the prior of a recording's channel; its recordings alone are aligned anew, and then nothing is left."""
    rows = story.json("status")["recordings"]
    channel = next(row["channel"] for row in rows if str(row["video_id"]).endswith(one.video_id))
    theirs = {("align", name) for name in story.json("fit-channel", channel)["recordings"]}
    said = {job for job in story.foretold().why if job[0] in PER_RECORDING}
    require(said == theirs, f"the prior of {channel} touches {sorted(said)}, its recordings are {sorted(theirs)}")
    chapter = story.redo(f"the prior of {channel} fitted")
    require(not story.foretold().why, "there is still something to do")
    return chapter


def tell(folder: Path, count: int, minutes: float, until: str, cores: int) -> None:
    """Let everything happen, and print the tables."""
    chapters = Chapters(folder, {"recordings": count, "minutes": minutes, "until": until, "cores": cores})
    made, story = make_all(folder / "in", count, minutes), Story(folder / "w", until, cores)
    chapters.live("killed", story.place, partial(killed, story, made[:-1]))
    chapters.live("resumed", story.place, partial(resumed, story))
    chapters.live("mended", story.place, partial(mended, story, made[BROKEN]))
    chapters.live("added", story.place, partial(added, story, made[-1]))
    chapters.live("forgotten", story.place, partial(forgotten, story, made[0].busiest))
    chapters.live("fitted", story.place, partial(fitted, story, made[0]))
    sizes = [size for size in SIZES if size < count]
    for size in sizes:
        small = Story(folder / f"w{size}", until, cores)
        chapters.live(f"first-{size}", small.place, partial(grow, small, made[:size]))
    grown = [*chapters.told[-len(sizes) :], together(*chapters.told[:2])]
    for part in (what_was_done, stage_times, stage_memory):
        print(f"\n{part(chapters.told)}")
    print(f"\n{growth(grown)}")


def _begin(place: Path) -> None:
    """Make a workspace whose tiny model is trained for a few steps alone: this is not about how good it gets."""
    shutil.rmtree(place, ignore_errors=True)
    settings = make_workspace(place) / "dougpt.toml"
    text = settings.read_text(encoding="utf-8")
    require("\ntiny_steps = 20\n" in text, "the settings know no tiny_steps")
    settings.write_text(text.replace("\ntiny_steps = 20\n", "\ntiny_steps = 5\n"), encoding="utf-8")


def _all_new(done: set[Job]) -> Foretold:
    return Foretold({job: ["new"] for job in done}, 0)


def _only_error(ended: Ended) -> str:
    """Return the one error line of a run with one broken recording, which must name the file."""
    require(ended.code == 1, f"with a broken recording it must end with 1, not {ended.code}: {ended.told}")
    errors = [line for line in ended.told.splitlines() if line.startswith("error:")]
    require(len(errors) == 1, f"one recording is broken, and these are the errors: {errors}")
    require("chat.json" in errors[0], f"the error does not name the file: {errors[0]}")
    return errors[0]


@contextmanager
def _working_in(keep: Path | None) -> Iterator[Path]:
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
    else:
        with tempfile.TemporaryDirectory(prefix="thirty-") as name:
            yield Path(name)


def main() -> int:
    """Let the story happen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=int, default=30, help="how many, at least six")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long each is")
    parser.add_argument("--until", choices=("curate", "train", "evaluate"), default="evaluate", help="the last stage")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="how many jobs run side by side")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="work there, and go on there where it broke off")
    chosen = parser.parse_args()
    if chosen.recordings < 6:
        parser.error("three channels need at least six recordings")
    pa.set_cpu_count(1)
    at_once = f"{chosen.cores} jobs side by side on {os.cpu_count()} cores"
    print(f"{chosen.recordings} recordings of {chosen.minutes:g} minutes, {at_once}", flush=True)
    try:
        with _working_in(chosen.keep) as folder:
            tell(folder, chosen.recordings, chosen.minutes, chosen.until, chosen.cores)
    except BrokenPromiseError as broken:
        print(f"\n{broken}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
