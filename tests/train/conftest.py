"""Small worlds for tests of training: what chat answers depends on what was said, and a run learns it in seconds."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from dougpt_schema import SAMPLES
from dougpt_train import ChatModel, TrainResult, TrainSettings, load, train
from dougpt_train.base import Base, open_base
from dougpt_train.render import Renderer

THINGS = ("boss", "toaster", "giraffe", "bridge", "goat", "banana")
ANSWERS = {"should": ("yes {}", "no {}", "do it"), "lost to": ("Sadge", "{} wins", "gg")}


def make_samples(seed: int, n_recordings: int, turns: int, split: str = "train") -> pa.Table:
    """Turns of made-up recordings; `seed` decides them, ids included."""
    draw = random.Random(seed)  # noqa: S311 (no secret)
    rows = []
    for at in range(n_recordings):
        context: list[str] = []
        for turn in range(turns):
            thing, kind = draw.choice(THINGS), draw.choice(sorted(ANSWERS))
            prompt = f"we {kind} the {thing} again"
            replies = [draw.choice(ANSWERS[kind]).format(thing) for _ in range(draw.choice((1, 2, 3, 5)))]
            rows.append(
                {
                    "sample_id": f"{seed:02x}{at:06x}{turn:08x}",
                    "recording_id": f"{seed:08x}{at:08x}",
                    "split": split,
                    "context": context[-2:],
                    "prompt": prompt,
                    "responses": [
                        {
                            "event_id": f"e{turn}-{place}",
                            "text": text,
                            "style": "plain",
                            "weight": draw.choice((1.0, 1.0, 0.5)),
                            "confidence": 0.9,
                            "multiplicity": 1,
                        }
                        for place, text in enumerate(replies)
                    ],
                    "rate_bucket": draw.choice(("slow", "fast")),
                    "utterance_ids": [turn],
                    "links_fingerprint": "0" * 64,
                }
            )
            context.append(prompt)
    return SAMPLES.table(rows)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for a busy core cost more than they bring on models this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def samples() -> pa.Table:
    """A training split of four recordings."""
    return make_samples(1, n_recordings=4, turns=12)


@pytest.fixture(scope="session")
def validation() -> pa.Table:
    """One more recording, to measure on."""
    return make_samples(2, n_recordings=1, turns=8, split="validation")


@pytest.fixture(scope="session")
def settings() -> TrainSettings:
    """The smallest run that is still one: seconds on one core."""
    return TrainSettings(
        device="cpu",
        single_share=0.5,
        context_lines=2,
        prompt_tokens=160,
        epochs=1,
        max_steps=6,
        batch_rows=4,
        log_steps=2,
        eval_steps=3,
        reply_tokens=48,
        tiny_vocabulary=512,
        tiny_width=64,
        tiny_layers=2,
        tiny_steps=12,
        tiny_batch_rows=8,
    )


@pytest.fixture(scope="session")
def base(samples: pa.Table, settings: TrainSettings) -> Base:
    """The tiny base before its training."""
    return open_base(settings, samples)


@pytest.fixture(scope="session")
def renderer(base: Base, settings: TrainSettings) -> Renderer:
    """The rendering of the smallest run."""
    return Renderer(base.tokenizer, settings, base.stop_ids)


@pytest.fixture(scope="session")
def result(
    samples: pa.Table, validation: pa.Table, settings: TrainSettings, tmp_path_factory: pytest.TempPathFactory
) -> TrainResult:
    """The smallest run, finished."""
    return train(samples, settings, tmp_path_factory.mktemp("runs") / "run", validation=validation, git_commit="abc")


@pytest.fixture(scope="session")
def model(result: TrainResult) -> ChatModel:
    """The finished run's model."""
    return load(result.run_folder)


@pytest.fixture
def saved_base(base: Base, settings: TrainSettings, tmp_path: Path) -> Callable[..., Path]:
    """Save the tiny base as the folder of a local model, its tokenizer changed by a function; weights untrained."""
    from dougpt_train import tiny

    def save(change: Callable[[Base], None] = lambda _: None, name: str = "local") -> Path:
        folder = tmp_path / name
        tiny.make_model(base.config, settings).save_pretrained(folder)
        base.tokenizer.save_pretrained(folder)
        from dougpt_train.base import open_folder

        opened = open_folder(name, folder)
        change(opened)
        opened.tokenizer.save_pretrained(folder)
        return folder

    return save
