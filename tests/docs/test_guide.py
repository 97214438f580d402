"""What the guide shows runs as it stands there, and the pages made from code say what the code says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INPUTS = [ROOT / "examples" / "recordings" / "text-01" / name for name in ("chat.json.gz", "vod.en.json3")]
LONG = "<!-- takes a minute -->\n"
PAGES = [page for page in sorted((ROOT / "docs" / "guide").glob("*.md")) if "```python" in page.read_text()]


def python_blocks(page: Path, *, long: bool = False) -> list[str]:
    found = re.findall(rf"({LONG})?^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [block for mark, block in found if long or not mark]


@pytest.mark.parametrize(
    ("page", "long"),
    [
        *(pytest.param(page, False, id=page.stem) for page in PAGES),
        pytest.param(ROOT / "docs" / "guide" / "one-library.md", True, id="with training", marks=pytest.mark.slow),
    ],
)
def test_the_blocks_of_a_page_run_one_after_the_other(page: Path, long: bool, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for path in INPUTS:
        shutil.copy(path, tmp_path)
    script = "\n".join(python_blocks(page, long=long))

    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.slow
def test_the_first_block_of_the_readme_on_media_runs() -> None:
    pytest.importorskip("pocketsphinx")
    script = python_blocks(ROOT / "packages" / "dougpt-media" / "README.md")[0]

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT / "examples", capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "'timing': 'forced'" in done.stdout


def test_pages_made_from_code_are_up_to_date() -> None:
    command = [sys.executable, "docs/generate.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "page",
    [*sorted((ROOT / "packages").glob("*/README.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"],
    ids=lambda page: page.parent.name,
)
def test_links_to_files_of_the_repository_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []
