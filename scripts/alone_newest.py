"""Runs a library's tests with the newest versions that the index has, past the lock.

Usage:

    uv run python scripts/alone_newest.py chat
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# As in the workspace: one OpenCV distribution, or three write the same folder.
OVERRIDES = "opencv-python ; sys_platform == 'never'\nopencv-python-headless ; sys_platform == 'never'\n"


def main(name: str) -> None:
    """Install `dougpt-NAME` and its test group into a new environment and run its tests there."""
    with tempfile.TemporaryDirectory() as place:
        folder, overrides = Path(place) / "environment", Path(place) / "overrides.txt"
        overrides.write_text(OVERRIDES)
        python = folder / "bin" / "python"
        package = next(ROOT.glob(f"*/dougpt-{name}"))
        install = ["uv", "pip", "install", "--quiet", "--python", python, "--overrides", overrides, "--upgrade"]
        subprocess.run(["uv", "venv", "--quiet", "--python", "3.12", folder], check=True)
        group = f"{package / 'pyproject.toml'}:test"
        subprocess.run([*install, ROOT / "packages" / "dougpt-schema", package, "--group", group], check=True)
        subprocess.run(["uv", "pip", "list", "--python", python], check=True)
        sys.exit(subprocess.run([python, "-m", "pytest", f"tests/{name}"], cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    main(sys.argv[1])
