"""Takes the pictures of the guide from the pages of the example workspace, in headless Chromium.

    just pipeline && just pictures

Works on a copy of the workspace, in which it also reads the example video's chat from its picture, makes the blind page
and starts the labelling page. Writes docs/pictures/NAME.png, with few colours, so that a clone stays small; exits with
1 where one is larger than it should be. Everything in the pictures is invented (examples/README.md).
"""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
VIDEO = "video.mp4"
SCALE = 1.5
COLOURS = 96
MOST_BYTES, MOST_BYTES_TOGETHER = 300_000, 1_500_000


@dataclass(frozen=True)
class Picture:
    """What is to be seen of a page: from an element on, as far as the height goes."""

    name: str
    address: str
    element: str = "body"
    width: int = 900
    height: int = 700


def dougpt(*words: str | Path) -> str:
    """Run a command and return what it prints."""
    command = [sys.executable, "-m", "dougpt", *map(str, words)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


@contextlib.contextmanager
def reviewing(place: Path) -> Iterator[str]:
    """Start the labelling page on the recording that has a video, and give its address."""
    command = ["review", "--workspace", str(place), "--only", VIDEO, "--port", "0", "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "dougpt", *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        told = ""
        for line in server.stdout or ():
            told += line
            if line.startswith("}"):
                break
        yield json.loads(told)["address"]
        server.terminate()


def wanted(place: Path, review: str) -> list[Picture]:
    """Return the pictures of a workspace that `just pipeline` made."""
    status = json.loads(dougpt("status", "--workspace", place, "--json"))
    titles = {one["title"]: one["recording_id"] for one in status["recordings"]}
    text_only = min(one["recording_id"] for one in status["recordings"] if one["title"] != VIDEO)
    align = (place / "reports" / f"align-{text_only}.html").as_uri()
    dataset = (place / "reports" / "default" / "dataset.html").as_uri()
    report = (place / "reports" / "default" / "index.html").as_uri()
    run = next((place / "runs").glob("*/index.html")).as_uri()
    return [
        Picture("alignment", align),
        Picture("lags", align, "#lags", height=560),
        Picture("examples", align, "#examples"),
        Picture("dataset", dataset, "#funnel"),
        Picture("samples", dataset, "#samples"),
        Picture("run", run),
        Picture("evaluation", report, "#evaluation"),
        Picture("blind", (place / "reports" / "default" / "blind.html").as_uri(), height=560),
        Picture("review", review, width=1100),
        Picture("sheet", (place / "secret" / "pictures" / f"{titles[VIDEO]}.html").as_uri()),
    ]


def taken(browser: "Browser", picture: Picture) -> bytes:
    """Return a picture as PNG with few colours."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height}, device_scale_factor=SCALE, color_scheme="light"
    )
    page = context.new_page()
    page.goto(picture.address)
    page.wait_for_timeout(1500)  # the labelling page asks for its first question, and a video for its first picture
    page.locator(picture.element).first.evaluate("element => element.scrollIntoView({block: 'start'})")
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    context.close()
    out = io.BytesIO()
    shot.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main(workspace: Path) -> int:
    """Take every picture."""
    chromium = shutil.which("chromium") or sys.exit("no chromium on the path: apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    sizes = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        place = shutil.copytree(workspace, Path(folder) / "examples")
        dougpt("evaluate", "--workspace", place, "--blind")
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=[*sandbox, "--disable-gpu"])
        with reviewing(place) as review:
            # Last, since it makes stale what was asked for before.
            dougpt("chat", "--workspace", place, "--only", VIDEO, "--from-video")
            for picture in wanted(place, review):
                content = taken(browser, picture)
                (PICTURES / f"{picture.name}.png").write_bytes(content)
                sizes[picture.name] = len(content)
                print(f"{picture.name}: {len(content) / 1000:.0f} kB", flush=True)
        browser.close()
    print(f"{len(sizes)} pictures, {sum(sizes.values()) / 1000:.0f} kB")
    return int(max(sizes.values()) > MOST_BYTES or sum(sizes.values()) > MOST_BYTES_TOGETHER)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
