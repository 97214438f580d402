"""A run is found by the name of its folder, and by the id that its page tells."""

from pathlib import Path
from typing import Any

import pytest
from dougpt.runs import NoSuchRunError, run_folder


def test_a_run_is_found_by_its_folders_name_and_by_the_id_on_its_page(tmp_path: Path, run: Any) -> None:
    place = tmp_path / "mine"
    run("init", place)
    for name, run_id in (("aa11", "bb22"), ("aa33", "bb44")):
        (place / "runs" / name).mkdir(parents=True)
        (place / "runs" / name / "run.json").write_text(f'{{"run_id": "{run_id}"}}', encoding="utf-8")

    assert run_folder(place, "aa1") == run_folder(place, "bb2") == place / "runs" / "aa11"
    for unclear in ("aa", "bb", "cc"):
        with pytest.raises(NoSuchRunError, match=f"finished runs begin with '{unclear}'"):
            run_folder(place, unclear)
