"""What evaluation costs beside asking the model alone, in one run.

Run by `just bench eval`, or with a trained run and its dataset: `uv run python benchmarks/eval.py RUN DATASET`.

Without arguments a tiny model is trained for a moment on made-up samples: the smallest model is the hardest case, since
whatever else evaluation does weighs most beside it. Every question that evaluation puts to the model is written down
and put again to the model alone. Overhead is what evaluation takes longer; the same is told from the clock around the
questions inside the evaluation, which no other program on the machine disturbs differently. Then each measure that the
numbers rest on (bootstrap, likeness) is part of the overhead; baselines are models of their own and are timed apart.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from dougpt_eval import EvaluateSettings, evaluate
from dougpt_schema import SAMPLES, Split, read_table
from dougpt_train import ChatModel, TrainSettings, load, train

HELD_OUT, TRAINED, WINDOWS = 10, 6, 20
THINGS = ("boss", "toaster", "giraffe", "bridge", "goat", "banana", "volcano", "soup")
ANSWERS = ("yes {}", "no {}", "{} wins", "KEKW", "why the {} though", "gg", "we want {}", "that {} again LULW")


class Watched:
    """A model, with every question that it is asked and the time it takes to answer."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.seconds = 0.0

    @property
    def fingerprint(self) -> str:
        """The model's own."""
        return self._model.fingerprint

    def logprobs(self, samples: pa.Table) -> list[list[float]]:
        """Ask the model, on the clock."""
        return self._timed("logprobs", samples)

    def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:
        """Ask the model, on the clock."""
        return self._timed("generate", samples, seed)

    def answers(self, samples: pa.Table, seed: int) -> Sequence[Any]:
        """Ask the model, on the clock."""
        return self._timed("answers", samples, seed)

    def _timed(self, name: str, *arguments: Any) -> Any:
        self.asked.append((name, arguments))
        began = time.perf_counter()
        found = getattr(self._model, name)(*arguments)
        self.seconds += time.perf_counter() - began
        return found


def main() -> None:
    """Measure the run that is named, or one that is made for it."""
    with tempfile.TemporaryDirectory() as name:
        if len(sys.argv) == 3:
            model, data = load(sys.argv[1]), Path(sys.argv[2])
            held_out, training = (read_table(data / f"{split}.parquet", SAMPLES) for split in ("test", "train"))
        else:
            training = made_up(Split.TRAIN, TRAINED)
            quick = TrainSettings(tiny_steps=30, max_steps=5, epochs=1)
            model, held_out = load(train(training, quick, Path(name) / "run").run_folder), made_up(Split.TEST, HELD_OUT)
        measure(model, held_out, training)


def measure(model: ChatModel, held_out: pa.Table, training: pa.Table) -> None:
    """Print what evaluation takes, what the model alone takes, and each baseline."""
    settings = EvaluateSettings()
    evaluate(model, held_out.slice(0, 4), settings)  # what is loaded on first use is nobody's overhead
    watched = Watched(model)
    began = time.perf_counter()
    whole, report = timed(lambda: evaluate(watched, held_out, settings))
    wall = time.perf_counter() - began
    bare, _ = timed(lambda: [getattr(model, name)(*arguments) for name, arguments in watched.asked])
    facts = report.suite
    print(f"{facts.samples} windows of {facts.recordings} recordings, {facts.replies} replies, {settings.draws} draws")
    print(f"evaluation {whole:.1f} s of the processor; the model alone on the same questions {bare:.1f} s")
    inside = share(wall - watched.seconds, watched.seconds)
    print(f"overhead {share(whole - bare, bare)}; by the clock on the wall, inside the evaluation, {inside}")
    first = time.process_time()
    for baseline in settings.baselines:
        alone = EvaluateSettings(baselines=(baseline,), generated=settings.generated)
        seconds, _ = timed(lambda chosen=alone: evaluate(Silent(), held_out, chosen, training=training))
        print(f"  {baseline}: {seconds:.1f} s")
    print(f"all baselines {time.process_time() - first:.1f} s, contamination counted with each")


class Silent:
    """Says nothing and expects everything alike: evaluation without a model."""

    fingerprint = "silent"

    def logprobs(self, samples: pa.Table) -> list[list[float]]:
        """Return the same for every reply."""
        return [[-1.0] * len(replies) for replies in samples["responses"].to_pylist()]

    def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:
        """Return no reply."""
        del seed
        return [[] for _ in range(len(samples))]


def made_up(split: str, recordings: int) -> pa.Table:
    """Windows whose replies follow from what is said, as far as a moment of training can tell."""
    draw = random.Random(f"{split}")  # noqa: S311 - chat, no secrets
    rows = []
    for recording in range(recordings):
        for window in range(WINDOWS):
            thing, sample_id = draw.choice(THINGS), f"{split}-{recording:02d}-{window:03d}"
            texts = [draw.choice(ANSWERS).format(thing) for _ in range(draw.choice((1, 2, 3, 5)))]
            reply = {"style": "plain", "weight": 1.0, "confidence": 0.9, "multiplicity": 1}
            rows.append(
                {
                    "sample_id": sample_id,
                    "recording_id": f"{split}-{recording:02d}",
                    "split": str(split),
                    "context": [f"so the {draw.choice(THINGS)} is gone"],
                    "prompt": f"should we look at the {thing} number {draw.randrange(50)}",
                    "responses": [reply | {"event_id": f"{sample_id}-{k}", "text": t} for k, t in enumerate(texts)],
                    "rate_bucket": draw.choice(("slow", "fast")),
                    "utterance_ids": [window],
                    "links_fingerprint": "0" * 16,
                }
            )
    return SAMPLES.table(rows)


def timed[Found](work: Callable[[], Found]) -> tuple[float, Found]:
    """Return the seconds of the processor that something takes, and what it returns."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def share(part: float, whole: float) -> str:
    """Return percent in words."""
    return f"{100 * part / whole:.1f} %"


if __name__ == "__main__":
    main()
