"""Small worlds for tests of training: what chat answers depends on what was said, and a run learns it in seconds."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from dougpt_train import ChatModel, TrainResult, TrainSettings, load, train
from dougpt_train.base import Base, open_base
from dougpt_train.render import Renderer
from made import SMALL, make_samples


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


@pytest.fixture
def splits(samples: pa.Table, validation: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Both of them."""
    return samples, validation


@pytest.fixture(scope="session")
def settings() -> TrainSettings:
    """The smallest run that is still one: seconds on one core."""
    return SMALL


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
