"""A workspace of tiny recordings, made once a session and copied for each test that changes it."""

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result
from dougpt.cli import main

STAGES = ("transcribe", "chat", "align", "curate")
RECORDINGS = 3

type Run = Callable[..., Result]


@pytest.fixture(scope="session")
def tiny() -> ModuleType:
    """The module that makes tiny recordings."""
    path = Path(__file__).resolve().parents[1] / "pipeline" / "tiny.py"
    spec = importlib.util.spec_from_file_location("tiny_recordings", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def run() -> Run:
    """Call the command line in this process, words and paths as they come."""

    def call(*words: object) -> Result:
        result = CliRunner().invoke(main, [str(word) for word in words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory, tiny: ModuleType, run: Run) -> Path:
    """A workspace with three recordings, nothing run; not to be changed."""
    folder = tmp_path_factory.mktemp("ingested")
    tiny.make_recordings(folder / "in", RECORDINGS, minutes=5)
    assert run("init", folder / "w", "--example-key").exit_code == 0
    settings = folder / "w" / "dougpt.toml"
    text = settings.read_text().replace("# accept_probability = 0.9", "accept_probability = 0.3")
    settings.write_text(text)
    assert run("ingest", folder / "in", "--workspace", folder / "w").exit_code == 0
    return folder / "w"


@pytest.fixture(scope="session")
def curated(ingested: Path, tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """The same with every stage up to curation done; not to be changed."""
    place = tmp_path_factory.mktemp("curated") / "w"
    shutil.copytree(ingested, place)
    for stage in STAGES:
        assert run(stage, "--workspace", place).exit_code == 0
    return place


@pytest.fixture
def fresh(ingested: Path, tmp_path: Path) -> Path:
    """A copy of the ingested workspace, to be changed."""
    return Path(shutil.copytree(ingested, tmp_path / "w"))


@pytest.fixture
def done(curated: Path, tmp_path: Path) -> Path:
    """A copy of the curated workspace, to be changed."""
    return Path(shutil.copytree(curated, tmp_path / "w"))
