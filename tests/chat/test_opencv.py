"""One OpenCV passes, none names the extra, several are refused with the command that repairs it."""

import importlib.metadata
import importlib.util
import shlex
import sys
from pathlib import Path

import pytest
from dougpt_chat.rendered.opencv import SeveralOpenCVError, installed_opencv, require_one_opencv
from dougpt_schema import DougptError, MissingExtraError

HEADLESS, CONTRIB = "opencv-python-headless", "opencv-contrib-python"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An import path that holds nothing but what the test installs there."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def install(folder: Path, name: str, version: str) -> None:
    metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_one_distribution_is_right(folder: Path) -> None:
    install(folder, HEADLESS, "4.10.0.84")

    require_one_opencv()

    assert installed_opencv() == {HEADLESS: "4.10.0.84"}


def test_none_names_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    with pytest.raises(MissingExtraError) as caught:
        require_one_opencv()
    assert caught.value.extra == "dougpt-chat[ocr]"


def test_an_engine_without_any_names_what_it_lacks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())

    with pytest.raises(MissingExtraError, match=f"pip install {CONTRIB}$"):
        require_one_opencv()


def test_several_are_refused_by_name_with_the_one_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(folder, HEADLESS, "5.0.0.93")
    install(folder, CONTRIB, "4.10.0.84")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())

    with pytest.raises(SeveralOpenCVError) as caught:
        require_one_opencv()

    message = str(caught.value)
    assert isinstance(caught.value, DougptError)
    assert "\n" not in message
    assert f"{CONTRIB} 4.10.0.84" in message
    assert f"{HEADLESS} 5.0.0.93" in message
    assert message.endswith(caught.value.command)
    remove, add = caught.value.command.split(" && ")
    python = [sys.executable, "-m", "pip"]
    assert shlex.split(remove) == [*python, "uninstall", "-y", CONTRIB, HEADLESS]
    assert shlex.split(add) == [*python, "install", "--no-deps", f"{CONTRIB}==4.10.0.84"]


def test_an_environment_without_pip_is_repaired_with_uv(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(folder, HEADLESS, "5.0.0.93")
    install(folder, "opencv-python", "5.0.0.93")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    with pytest.raises(SeveralOpenCVError) as caught:
        require_one_opencv()

    assert caught.value.command.startswith(f"uv pip uninstall --python {shlex.quote(sys.executable)} opencv-python ")


def test_this_environment_holds_at_most_one() -> None:
    names = {name for name in installed_opencv() if importlib.metadata.version(name)}

    assert len(names) <= 1
