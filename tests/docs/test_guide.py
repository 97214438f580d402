"""What the guide shows runs as it stands there, and the pages made from code say what the code says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [page for page in sorted((ROOT / "docs" / "guide").glob("*.md")) if "```python" in page.read_text()]


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_blocks_of_a_page_run_one_after_the_other(page: Path) -> None:
    script = "\n".join(python_blocks(page))

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

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
