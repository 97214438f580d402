"""The packages are of one make: one version, exact pins, the same licence, one OpenCV."""

import filecmp
import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(
    path.parent for path in ROOT.glob("*/*/pyproject.toml") if path.parent.parent.name in {"packages", "apps"}
)
OPENCV = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")
each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)


def test_the_workspace_has_the_seven_libraries_and_the_apps() -> None:
    libraries = {f"dougpt-{name}" for name in ("schema", "media", "chat", "align", "curate", "train", "eval")}
    assert {package.name for package in PACKAGES} >= {*libraries, "dougpt", "dougpt-review"}


@each_package
def test_the_version_comes_from_one_place_and_siblings_are_pinned_to_it(package: Path) -> None:
    one = (ROOT / "VERSION").read_text().strip()

    assert version(package.name) == one
    siblings = [line for line in requires(package.name) or [] if line.startswith("dougpt")]
    assert [
        line for line in siblings if not re.match(rf"dougpt(-\w+)?(\[[^]]+\])?=={re.escape(one)}(\W|$)", line)
    ] == []


@each_package
@pytest.mark.parametrize("name", ["LICENSE", "hatch_build.py"])
def test_what_every_sdist_carries_is_a_copy_of_the_one_at_the_root(package: Path, name: str) -> None:
    assert filecmp.cmp(ROOT / name, package / name, shallow=False)


@each_package
def test_a_package_says_that_it_is_typed(package: Path) -> None:
    assert (package / "src" / package.name.replace("-", "_") / "py.typed").is_file()


def test_exactly_one_opencv_is_installed() -> None:
    assert [name for name in OPENCV if _installed(name)] == ["opencv-contrib-python"]


def test_the_lock_lets_no_second_opencv_in() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    wanted = {
        (dependency["name"], dependency.get("marker", ""))
        for package in lock["package"]
        for dependency in [
            *package.get("dependencies", []),
            *(one for extra in package.get("optional-dependencies", {}).values() for one in extra),
        ]
        if dependency["name"] in OPENCV
    }
    assert {name for name, marker in wanted if "never" not in marker} == {"opencv-contrib-python"}


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def test_the_architecture_says_of_each_folder_what_belongs_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    of_one_package = {package.name.removeprefix("dougpt-") for package in PACKAGES} | {"dougpt", "app"}
    others = {path.parent.name for path in ROOT.glob("tests/*/*.py")} - of_one_package
    modules = {
        path.parent.relative_to(package / "src") for package in PACKAGES for path in package.glob("src/*/*/*.py")
    }
    named = [f"`{package.relative_to(ROOT).as_posix()}`" for package in PACKAGES]
    named += [f"`tests/{name}`" for name in sorted(others)]

    assert [name for name in named if name not in page] == []
    assert [str(path) for path in sorted(modules) if not re.search(rf"[`/]{path.name}`", page)] == []
