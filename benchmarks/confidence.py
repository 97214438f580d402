"""How well the confidence of messages read from the picture is calibrated, on clips drawn for nothing else.

    just bench confidence [--seeds 100-124] [--fit 0-39] [--keep FOLDER]

Each seed draws a clip: letters of 9 to 18 px, crf 20 to 33, jumping or eased, opaque, transparent or outlined, some
made smaller, two fonts. A message is right where person and words are without a mistake: capitals in names aside,
which pseudonyms do not tell apart, and emotes, whose names are not in the picture. The table holds what was told
against what was found, beside what the engine itself says of the worst piece of a message. `--fit` finds the numbers of
`dougpt_chat.rendered.confidence` on other seeds. At the end, how many names are wrong without a roster, with one of
half of the people of that chat, and with one of all.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from pickle import dumps, loads

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "chat"))

from chat_clips import Clip, Truth, render
from chat_scores import folded, matched
from dougpt_chat.rendered.confidence import NO_DOUBT, confidence
from dougpt_chat.rendered.engines import Recogniser, load_engine
from dougpt_chat.rendered.follow import Followed, track_rows
from dougpt_chat.rendered.frames import Video
from dougpt_chat.rendered.messages import Read, by_time
from dougpt_chat.rendered.panel import Panel
from dougpt_chat.rendered.read_rows import read_rows
from dougpt_chat.rendered.repair import repaired_messages

CHAT = Path(__file__).parents[2] / "shared/data/chat/twitch-v5-highlight.json"
PEOPLE = (
    {one["commenter"]["display_name"] for one in json.loads(CHAT.read_bytes())["comments"]} if CHAT.exists() else set()
)
SIZE = 640, 480
BINS = 10
LEVELS = (0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95)
Floats = NDArray[np.float64]
# Doubt, what the engine says of the worst piece, and 1 where it is right, of every message.
Found = tuple[Floats, Floats, Floats]


@dataclass(frozen=True)
class Reading:
    """A clip's truth, the messages that were read, and what the engine says of the worst piece of each."""

    truth: Truth
    messages: list[Read]
    score_N: Floats


def drawn(seed: int) -> Clip:
    """A clip of any kind; small, so that many can be drawn."""
    rng = random.Random(f"confidence {seed}")  # noqa: S311 - no secret
    font = rng.choice((9, 10, 11, 12, 12, 13, 14, 14, 16, 18))
    width, height = 2 * round(rng.uniform(130, 200)), 2 * round(rng.uniform(160, 235))
    opacity, outline = rng.choice(((1.0, 0), (1.0, 0), (1.0, 0), (0.8, 0), (0.6, 0), (0.3, 1)))
    rescaled = rng.choice((None, None, None, (428, 320)))
    return Clip(
        seed=900_000 + seed,
        size=SIZE,
        fps=12,
        seconds=16,
        before=8,
        messages_per_s=rng.choice((1.5, 2.0, 3.0)),
        panel=(
            2 * rng.randrange((SIZE[0] - width) // 2),
            2 * rng.randrange((SIZE[1] - height) // 2 + 1),
            width,
            height,
        ),
        font=rng.choice(("Inter", "Inter", "DejaVu Sans")),
        font_px=max(font, 13) if rescaled else font,
        crf=rng.choice((20, 23, 23, 26, 28, 30, 33)),
        scroll=rng.choice(("jump", "jump", "eased")),
        newest=rng.choice(("bottom",) * 5 + ("top",)),
        opacity=opacity,
        outline_px=outline,
        rescaled=rescaled,
        animated=rng.random() < 0.3,
        removed=rng.choice((0, 0, 0.05)),
        ground=rng.choice(("#111111", "#18181b", "#000000", "#1f2a44", "#3a2f45")),
        preset=rng.choice(("veryfast", "veryfast", "medium")),
        chat=CHAT if CHAT.exists() else None,
    )


def read_clip(seed: int, engine: Recogniser, keep: Path) -> Reading:
    """Draw a clip, once, and read it."""
    path, noted = keep / f"{seed}.mp4", keep / f"{seed}.truth"
    if not noted.exists():
        noted.write_bytes(dumps(render(drawn(seed), path)))
    truth: Truth = loads(noted.read_bytes())  # noqa: S301 - written right here
    left, top, right, bottom = (round(edge) for edge in truth.panels[0].box)
    followed, said = Followed(), {}
    rows = track_rows(Video(path), [Panel(0, (left, top, right - left, bottom - top), 0, None)], followed)
    found = read_rows(rows, lambda: engine, tell=lambda row: said.update({row.row_id: row.score}))
    messages = by_time(found.messages, followed.downward)
    score_N = np.array([min(said[row] for row in one.row_ids) for one in messages])
    return Reading(truth, messages, score_N)


def right_ones(messages: Sequence[Read], truth: Truth) -> Floats:
    """1 for each message that is one of the truth's, with the same person and words."""
    mine = [(folded(one.name).casefold(), folded(one.text)) for one in messages]
    theirs = [(folded(one.name).casefold(), folded(one.text)) for one in truth.messages]
    right_N = np.zeros(len(mine))
    for row, column in matched([" ".join(one) for one in mine], [" ".join(one) for one in theirs]):
        right_N[row] = mine[row] == theirs[column]
    return right_N


def read_all(seeds: range, engine: Recogniser, keep: Path) -> list[Reading]:
    """All clips."""
    clips = []
    for seed in seeds:
        clips.append(read_clip(seed, engine, keep))
        print(f"  seed {seed}: {len(clips[-1].messages)} messages", file=sys.stderr, flush=True)
    return clips


def found_in(clips: Sequence[Reading]) -> Found:
    """The facts of all messages."""
    return (
        np.array([one.doubt for clip in clips for one in clip.messages]),
        np.concatenate([clip.score_N for clip in clips]),
        np.concatenate([right_ones(clip.messages, clip.truth) for clip in clips]),
    )


def name_errors(clips: Sequence[Reading], share: float) -> tuple[float, float]:
    """The shares of names and of their characters that are wrong where a roster holds this share of all people."""
    wrong = names = edits = characters = 0
    for clip in clips:
        raw = [replace(one, name=one.raw_name, fragments=one.raw_fragments) for one in clip.messages]
        people = sorted({one.name for one in clip.truth.messages} | PEOPLE)
        roster = random.Random(share).sample(people, round(share * len(people)))  # noqa: S311 - no secret
        messages, _ = repaired_messages(raw, roster, ())
        for one, true in pairs(messages, clip.truth):
            name = folded(true).casefold()
            apart = Levenshtein.distance(folded(one.name).casefold(), name)
            wrong, names = wrong + (apart > 0), names + 1
            edits, characters = edits + apart, characters + len(name)
    return wrong / max(names, 1), edits / max(characters, 1)


def pairs(messages: Sequence[Read], truth: Truth) -> Iterator[tuple[Read, str]]:
    """The messages that were there, as first read, each with who wrote it."""
    mine = [f"{folded(one.raw_name)} {folded(one.text)}" for one in messages]
    theirs = [f"{folded(one.name)} {folded(one.text)}" for one in truth.messages]
    for row, column in matched(mine, theirs):
        yield messages[row], truth.messages[column].name


def is_hard(clip: Clip) -> bool:
    """Whether letters are small, compressed hard, or made smaller."""
    return clip.font_px < 12 or clip.crf >= 28 or clip.rescaled is not None


def print_rosters(clips: Sequence[Reading]) -> None:
    """What a roster of some or all people of the chat is worth."""
    print(f"{'names wrong / characters':<34}{'no roster':>18}{'half of all':>18}{'everybody':>18}")
    for what, some in (
        ("12 px and up, below crf 28", [clip for clip in clips if not is_hard(clip.truth.clip)]),
        ("smaller, harder or made smaller", [clip for clip in clips if is_hard(clip.truth.clip)]),
    ):
        cells = (name_errors(some, share) for share in (0.0, 0.5, 1.0))
        print(f"{what:<34}" + "".join(f"{f'{names:.1%} / {characters:.2%}':>18}" for names, characters in cells))


def calibration_error(told_N: Floats, right_N: Floats) -> float:
    """How far what was told is from what was found, on average over equal bins, by their messages."""
    bins = np.minimum((told_N * BINS).astype(int), BINS - 1)
    return sum(abs(float((told_N - right_N)[bins == one].sum())) for one in range(BINS)) / len(told_N)


def log_loss(told_N: Floats, right_N: Floats) -> float:
    """Minus the mean logarithm of what was told of what happened."""
    told_N = np.clip(told_N, 1e-4, 1 - 1e-4)
    return -float(np.mean(right_N * np.log(told_N) + (1 - right_N) * np.log(1 - told_N)))


def fitted(doubt_N: Floats, right_N: Floats) -> Floats:
    """ODDS, FALL and FALL_OF_LOG of a logistic regression, by Newton's method with a little ridge."""
    facts_N3 = np.column_stack([np.ones_like(doubt_N), -doubt_N, -np.log(doubt_N + NO_DOUBT)])
    ridge, weights = np.diag([0.0, 0.01, 0.01]), np.zeros(3)
    for _ in range(50):
        told_N = 1 / (1 + np.exp(-facts_N3 @ weights))
        slope = facts_N3.T @ (right_N - told_N) - ridge @ weights
        curve = facts_N3.T @ (facts_N3 * (told_N * (1 - told_N))[:, None]) + ridge
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def print_tables(told_N: Floats, before_N: Floats, right_N: Floats) -> None:
    """What was told against what was found, and what each least confidence keeps."""
    print(f"{len(right_N)} messages, {right_N.mean():.1%} without a mistake")
    for what, one_N in (("the engine's own word", before_N), ("confidence", told_N)):
        print(f"{what:<24} calibration error {calibration_error(one_N, right_N):.3f}  log loss ", end="")
        print(f"{log_loss(one_N, right_N):.3f}")
    print(f"{'told':<12}{'messages':>10}{'told, mean':>12}{'found':>8}")
    bins = np.minimum((told_N * BINS).astype(int), BINS - 1)
    for one in np.unique(bins):
        inside = bins == one
        print(f"{one / BINS:.1f} to {(one + 1) / BINS:.1f}{inside.sum():>12}{told_N[inside].mean():>12.3f}", end="")
        print(f"{right_N[inside].mean():>8.3f}")
    print(f"{'at least':<12}{'kept':>10}{'right':>8}{'right ones lost':>18}")
    for level in LEVELS:
        kept = told_N >= level
        lost = right_N[~kept].sum() / right_N.sum()
        print(f"{level:<12}{kept.mean():>10.3f}{right_N[kept].mean():>8.3f}{lost:>18.3f}")


def seeds_of(text: str) -> range:
    """`100-130` as numbers, the last one included."""
    first, last = map(int, text.split("-"))
    return range(first, last + 1)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=seeds_of, default=seeds_of("100-124"))
    parser.add_argument("--fit", type=seeds_of, nargs="?", const=seeds_of("0-39"), help="fit to these seeds first")
    parser.add_argument("--engine", default="rapidocr")
    parser.add_argument("--keep", type=Path, help="keep clips here, and find them again")
    arguments = parser.parse_args()
    engine = load_engine(arguments.engine, threads=2)
    with tempfile.TemporaryDirectory() as folder:
        keep = arguments.keep or Path(folder)
        keep.mkdir(parents=True, exist_ok=True)
        if arguments.fit:
            doubt_N, _, right_N = found_in(read_all(arguments.fit, engine, keep))
            numbers = ", ".join(f"{number:.3f}" for number in fitted(doubt_N, right_N))
            print(f"fitted to {len(doubt_N)} messages: ODDS, FALL, FALL_OF_LOG = {numbers}")
        clips = read_all(arguments.seeds, engine, keep)
    doubt_N, before_N, right_N = found_in(clips)
    print_tables(np.array([confidence(doubt) for doubt in doubt_N]), before_N, right_N)
    print_rosters(clips)


if __name__ == "__main__":
    main()
