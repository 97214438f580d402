"""The example at the top of the README runs."""

import re
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pytest
from dougpt_schema import SAMPLES, write_table
from dougpt_train import TrainSettings

README = Path(__file__).parents[2] / "packages" / "dougpt-train" / "README.md"


@pytest.fixture
def written(samples: pa.Table, validation: pa.Table, tmp_path: Path) -> Path:
    """A folder with the splits that the example reads."""
    folder = tmp_path / "curated" / "default"
    folder.mkdir(parents=True)
    at = validation.schema.get_field_index("split")
    test = validation.set_column(at, validation.schema.field("split"), pa.array(["test"] * validation.num_rows))
    write_table(samples, folder / "train.parquet", SAMPLES)
    write_table(test, folder / "test.parquet", SAMPLES)
    return tmp_path


def test_the_example_runs(
    written: Path, settings: TrainSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(written)

    exec(code.replace("TrainSettings()", f"TrainSettings(**{asdict(settings)!r})"), {})  # noqa: S102 (our own page)

    printed = capsys.readouterr().out.splitlines()
    assert "('P3', 'passed'" in printed[0]
    assert len(printed) == 2
