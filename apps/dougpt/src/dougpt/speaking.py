"""What chat would write to lines that are said: typed ones, those of a file, or a recording's, now or as it goes by.

Everything is decided by the seed: what is said, how many reply, and after which lag. Only the clock on the wall
decides when it is printed.
"""

import heapq
import random
import time
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyarrow as pa
from dougpt_schema import PROFILE, UTTERANCES, DougptError, Model, read_table

from dougpt.project import Project
from dougpt.prompting import as_sample

CONTEXT_LINES = 3
WORD_MS = 400  # a line that nobody timed is said at 150 words a minute
QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
TRIES = 8


class NothingSaidError(DougptError):
    """There is no line to answer."""


class NoHabitsError(DougptError):
    """The dataset's profile does not say how fast its chat is."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something that is said.

    Attributes:
        text: The words.
        context: What was said before, oldest first.
        end_ms: When the last word is over: on the recording's clock, or since the first line of all began.
    """

    text: str
    context: tuple[str, ...]
    end_ms: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of the scrolling chat: what was said, or a reply."""

    at_ms: int
    text: str
    reply: bool


def lines_of_texts(texts: Iterable[str], before: Sequence[str] = ()) -> list[Line]:
    """Return lines said one after the other.

    Raises:
        NothingSaidError: No text holds a word.
    """
    kept = [" ".join(text.split()) for text in texts if text.strip()]
    if not kept:
        raise NothingSaidError("there is no line to answer")
    said, lines, at_ms = list(before), [], 0
    for text in kept:
        at_ms += WORD_MS * len(text.split())
        lines.append(Line(text, tuple(said[-CONTEXT_LINES:]), at_ms))
        said.append(text)
    return lines


def lines_of_file(path: Path) -> list[Line]:
    """Return the lines of a text file, empty ones left out.

    Raises:
        NothingSaidError: It holds none, or is no text.
    """
    try:
        return lines_of_texts(path.read_text(encoding="utf-8").splitlines())
    except UnicodeDecodeError as error:
        raise NothingSaidError(f"{path}: not UTF-8 text") from error
    except NothingSaidError as error:
        raise NothingSaidError(f"{path}: {error}") from error


def lines_of_recording(project: Project, recording_id: str, from_ms: int, to_ms: int | None) -> list[Line]:
    """Return the turns of a recording that begin in a stretch of it, at their own times.

    Raises:
        ArtifactError: The recording was not aligned yet.
        NothingSaidError: Nothing is said there.
    """
    table = read_table(project.workspace.staged(recording_id) / "utterances.parquet", UTTERANCES)
    said: list[str] = []
    lines = []
    for _, group in groupby(table.to_pylist(), key=lambda row: row["turn_id"]):
        rows = list(group)
        text = " ".join(row["text"] for row in rows)
        if rows[0]["start_ms"] >= from_ms and (to_ms is None or rows[0]["start_ms"] < to_ms):
            lines.append(Line(text, tuple(said[-CONTEXT_LINES:]), rows[-1]["end_ms"]))
        said.append(text)
    if not lines:
        raise NothingSaidError(f"nothing is said in that stretch of {recording_id}")
    return lines


@dataclass(frozen=True, slots=True)
class Habits:
    """How a channel's chat answers, from the profile of its dataset.

    Attributes:
        pace: The most common speed of chat, in the words of a prompt.
        lag_ms: Quantiles of the lag of replies.
        replies: Quantiles of the replies to a turn.
    """

    pace: str
    lag_ms: Mapping[float, float]
    replies: Mapping[float, float]

    @classmethod
    def of(cls, project: Project) -> "Habits":
        """Read them from the dataset of today's settings.

        Raises:
            ArtifactError: There is no dataset yet.
            NoHabitsError: Its profile is empty.
        """
        path = project.workspace.dataset(project.settings.dataset.name) / "profile.parquet"
        numbers: dict[str, dict[str, float]] = {}
        for row in read_table(path, PROFILE).to_pylist():
            numbers.setdefault(row["name"], {})[row["key"]] = row["value"]
        try:
            lag_ms, replies = (
                {share: numbers[name][key] for key, share in QUANTILES.items()}
                for name in ("lag_ms", "replies_per_turn")
            )
            pace = max(sorted(numbers["rate"]), key=lambda key: numbers["rate"][key])
        except KeyError as error:
            raise NoHabitsError(f"{path}: the profile has no {error.args[0]}; curate again") from error
        return cls(pace, lag_ms, replies)

    def draw(self, name: str, draw: random.Random) -> float:
        """Return a lag or a number of replies, drawn between the known quantiles."""
        quantiles = self.lag_ms if name == "lag_ms" else self.replies
        shares, values = list(quantiles), list(quantiles.values())
        share = min(max(draw.random(), shares[0]), shares[-1])
        above = min(bisect(shares, share), len(shares) - 1)
        part = (share - shares[above - 1]) / (shares[above] - shares[above - 1])
        return values[above - 1] + part * (values[above] - values[above - 1])


def burst(model: Model, sample: pa.Table, seed: int, count: int | None) -> list[str]:
    """Return a burst, or exactly `count` replies taken from as many bursts as that takes.

    A model that stays silent over and over gives fewer.
    """
    if count is None:
        return list(model.generate(sample, seed)[0])
    found: list[str] = []
    silent = 0
    for number in range(count * TRIES):
        said = model.generate(sample, seed + number)[0]
        silent = 0 if said else silent + 1
        found += said
        if len(found) >= count or silent >= TRIES:
            break
    return found[:count]


def live(model: Model, lines: Sequence[Line], habits: Habits, seed: int, count: int | None = None) -> Iterator[Shown]:
    """Yield what is said and what chat writes, in the order of time.

    Args:
        model: Who answers.
        lines: What is said, in order.
        habits: How many reply, and when.
        seed: Decides all of it.
        count: So many replies to a line; None draws how many, as the channel does.
    """
    waiting: list[tuple[int, int, str]] = []
    drawn = 0
    for place, (line, sample) in enumerate(asked(lines, habits.pace)):
        while waiting and waiting[0][0] <= line.end_ms:
            at_ms, _, text = heapq.heappop(waiting)
            yield Shown(at_ms, text, reply=True)
        yield Shown(line.end_ms, line.text, reply=False)
        draw = random.Random(f"live:{seed}:{place}")  # noqa: S311 - chat, no secrets
        wanted = count if count is not None else max(round(habits.draw("replies", draw)), 1)
        for text in burst(model, sample, seed, wanted):
            heapq.heappush(waiting, (line.end_ms + round(habits.draw("lag_ms", draw)), drawn, text))
            drawn += 1
    while waiting:
        at_ms, _, text = heapq.heappop(waiting)
        yield Shown(at_ms, text, reply=True)


def on_time(
    shown: Iterable[Shown], speed: float, from_ms: int = 0, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Shown]:
    """Yield each line when its time has come, `speed` times as fast as the clock; what is late comes at once.

    What is shown at `from_ms` comes at once: that is where the clock stands now.
    """
    began = time.monotonic()
    for one in shown:
        left_s = (one.at_ms - from_ms) / 1000 / speed - (time.monotonic() - began)
        if left_s > 0:
            sleep(left_s)
        yield one


def asked(lines: Sequence[Line], pace: str) -> Iterator[tuple[Line, pa.Table]]:
    """Yield each line with the sample that a model is asked with."""
    for place, line in enumerate(lines):
        yield line, as_sample(line.text, line.context, name=f"line-{place}", pace=pace)


def answers(
    model: Model, lines: Sequence[Line], pace: str, *, seed: int, count: int | None, bursts: int
) -> Iterator[tuple[Line, list[list[str]]]]:
    """Yield each line with as many bursts as are wanted, drawn by seeds one after the other."""
    for line, sample in asked(lines, pace):
        yield line, [burst(model, sample, seed + number, count) for number in range(bursts)]
