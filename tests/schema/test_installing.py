"""The command that is recommended for something optional works where it is typed."""

import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from dougpt_schema import installing
from dougpt_schema.installing import install_command


class Installed:
    """Where a distribution says that it came from."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def read_text(self, _: str) -> str | None:
        return self.folder and json.dumps({"url": self.folder.as_uri(), "dir_info": {"editable": True}})


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "a checkout"
    (root / "packages" / "dougpt-schema").mkdir(parents=True)
    (root / "uv.lock").touch()
    monkeypatch.setattr(installing, "distribution", lambda _: Installed(root / "packages" / "dougpt-schema"))
    return root


def test_in_a_checkouts_own_environment_its_lock_decides(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(checkout / ".venv"))
    monkeypatch.chdir(checkout / "packages")

    assert install_command("dougpt[review]") == "uv sync --inexact --package dougpt --extra review"
    assert install_command("dougpt-media") == "uv sync --inexact --package dougpt-media"
    assert install_command("opencv-contrib-python").endswith("pip install opencv-contrib-python")


def test_from_elsewhere_the_checkout_is_named(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(checkout / ".venv"))
    monkeypatch.chdir(checkout.parent)

    assert f"--project '{checkout}' --package" in install_command("dougpt[review]")


@pytest.mark.parametrize("editable", [True, False])
@pytest.mark.parametrize(("pip", "program"), [(ModuleSpec("pip", None), "pip"), (None, "uv pip")])
def test_elsewhere_it_is_pip_or_uv_where_there_is_none(
    editable: bool, pip: ModuleSpec | None, program: str, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not editable:
        monkeypatch.setattr(installing, "distribution", lambda _: Installed(None))
    monkeypatch.setattr(sys, "prefix", str(checkout.parent / "an environment of its own"))
    monkeypatch.setattr(installing, "find_spec", lambda _: pip)

    assert install_command("dougpt-media[whisperx]") == f"{program} install 'dougpt-media[whisperx]'"
