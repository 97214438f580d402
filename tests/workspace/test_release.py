"""What is published can be installed from a private index alone, and refuses a broken OpenCV."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run("uv", "build", "--all-packages", "--out-dir", folder, "--quiet")
    run(sys.executable, "scripts/sbom.py", folder)
    return folder


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty private index on loopback that takes uploads from anybody."""
    packages = tmp_path_factory.mktemp("index")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        "-m",
        "pypiserver",
        "run",
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
        "-P",
        ".",
        "-a",
        ".",
        "--disable-fallback",
    ]
    with subprocess.Popen([sys.executable, *command, str(packages)]) as server:
        address = f"http://127.0.0.1:{port}/"
        for _ in range(100):
            try:
                urlopen(address, timeout=1).close()
                break
            except URLError:
                time.sleep(0.1)
        yield address
        server.terminate()


def test_everything_built_stands_together_and_alone(dist: Path) -> None:
    printed = run(sys.executable, "scripts/check_release.py", dist)

    assert printed.count("stands") == len(list(dist.glob("*.whl")))


def test_a_private_index_serves_one_library_and_then_the_app(dist: Path, index: str, tmp_path: Path) -> None:
    shutil.copytree(dist, tmp_path / "dist")
    just = ("uvx", "--from", "rust-just", "just", "--justfile", ROOT / "justfile", "--working-directory", tmp_path)
    run(*just, "publish", index, "--username", "", "--password", "")

    python = tmp_path / "environment" / "bin" / "python"
    run("uv", "venv", "--python", sys.executable, python.parents[1])
    # uv asks the named index first and takes a package from the first that has it: the siblings come from here alone.
    install = ("uv", "pip", "install", "--no-cache", "--python", python, "--index", f"{index}simple/")
    run(*install, "dougpt-align")
    installed = run("uv", "pip", "freeze", "--python", python)
    assert {line.split("==")[0] for line in installed.splitlines() if line.startswith("dougpt")} == {
        "dougpt-align",
        "dougpt-schema",
    }
    run(python, "-c", "from dougpt_align import align, segment")

    run(*install, "dougpt")
    run("uv", "pip", "check", "--python", python)
    assert "pipeline" in run(python.parent / "dougpt", "--help")


def test_two_opencvs_are_refused_with_the_command_that_repairs_them(dist: Path, tmp_path: Path) -> None:
    python = tmp_path / "environment" / "bin" / "python"
    run(sys.executable, "-m", "venv", tmp_path / "environment")
    wheel = next(dist.glob("dougpt_chat-*.whl"))
    # What PaddleOCR brings beside what RapidOCR brings; PaddleOCR itself takes 1.2 GB more.
    second = "opencv-contrib-python==4.10.0.84"
    run(python, "-m", "pip", "install", "--quiet", "--find-links", dist, f"{wheel}[ocr]", second)
    script = """
from dougpt_schema import DougptError
from dougpt_chat.rendered.opencv import require_one_opencv
try:
    require_one_opencv()
except DougptError as error:
    print(error)
else:
    import cv2
    print("one OpenCV,", cv2.cvtColor.__name__)
"""
    refused = run(python, "-c", script)
    found = "(opencv-contrib-python 4.10.0.84, opencv-python-headless "
    assert f"2 OpenCV distributions overwrite each other {found}" in refused

    run("bash", "-c", refused.strip().split("; run: ")[1])
    assert run(python, "-c", script).strip() == "one OpenCV, cvtColor"
