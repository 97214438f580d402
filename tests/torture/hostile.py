"""Hostile texts through every page, shell line and export: nothing of them runs, hides or leads elsewhere.

They stand in messages, names, captions, titles, channels and the names of files. Pages are parsed, and opened in
Chromium where there is one: a text that runs marks the document. A shell line that runs one leaves a file behind.
"""

import json
import random
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import tiny
from campaign import GIVE_UP_S, Asked, Outcome
from kill_pipeline import dougpt, make_workspace, pipeline

LEFT = "left-by-a-shell"
RUNS = "document.documentElement.dataset.ran=1"
LONG = 100_000
ENDINGS = {"pipeline": {0, 3}, "preflight": {0, 3}, "fit-channel": {0, 1}}
"""How a command may end here, where that is not with 0: a gate may close, and a channel may have too little to fit."""
TEXTS = (
    f"<script>{RUNS}</script>",
    f"</script><script>{RUNS}</script>",
    f"<img src=x onerror={RUNS}>",
    f'"><svg onload="{RUNS}">',
    f"'-({RUNS})-'",
    f"<!-- <script> {RUNS}",
    f"</textarea></title></style><script>{RUNS}</script>",
    f"{{{{constructor.constructor('{RUNS}')()}}}}",
    f"[link](javascript:{RUNS})",
    f"$(touch {LEFT})",
    f"`touch {LEFT}`",
    f"; touch {LEFT} #",
    f"' || touch {LEFT} || '",
    f"\n\ntouch {LEFT}\n",
    "=1+1",
    f'+HYPERLINK("{RUNS}")',
    "@SUM(1)",
    "-2+3",
    "\u202egnp.exe\u202c yes",
    "\u2066hidden\u2069",
    "a\x00b\x1b[2J\x1b]0;title\x07c",
    "\ud83d",
    "../../../../etc/passwd",
    "| a | b |\n|---|---|",
    "\u2028line\u2029",
)
NAMES = (f"$(touch {LEFT})", f"a;touch {LEFT};b", 'it\'s <b>here<b> & "there"', "-rf", "\u202egnp", "two  words")
CHANNELS = ("../../../escaped", f"$(touch {LEFT})", f"<script>{RUNS}</script>")
RECORDINGS = 4
MOVING = {"Cc", "Cf", "Zl", "Zp"}
KEPT = set("\n\t\u200d\ufe0f")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def run(asked: Asked) -> Outcome:
    """Make hostile recordings, run everything that shows or writes what is in them, and look at what came out."""
    outcome = Outcome()
    for number in range(asked.first, asked.first + asked.count):
        rng = random.Random(f"{asked.seed}:{number}")  # noqa: S311 - texts, not secrets
        folder = asked.folder / f"hostile-{number}"
        place = make_workspace(folder / "a" / "b" / "w")
        recordings = [_recording(folder / "in", index, rng) for index in range(RECORDINGS)]
        problems = []
        for words in _commands(place, recordings):
            code, found = _terminal(folder, words)
            outcome.endings[f"{words[0]} ended with {code}"] += 1
            problems += found
        pages = sorted(place.rglob("*.html"))
        problems += [f"{page.name}: {line}" for page in pages for line in page_problems(page)]
        problems += list(_exports(place))
        problems += [f"{path}: a shell ran a text" for path in folder.rglob(LEFT)]
        problems += [f"{path}: outside of the workspace" for path in _outside(folder)]
        outcome.endings["pages"] += len(pages)
        outcome.add("rounds", [f"case {number} of seed {asked.seed}: {problem}" for problem in problems])
        shutil.rmtree(folder)
    return outcome


def _recording(folder: Path, number: int, rng: random.Random) -> Path:
    """Write a recording in which everything that a stranger can choose is hostile."""
    place = tiny.make_recording(folder / f"{number}{rng.choice(NAMES)}", number, minutes=3)
    export = json.loads((place / f"stream-{number}.json").read_text(encoding="utf-8"))
    export["streamer"]["name"] = export["streamer"]["login"] = rng.choice(CHANNELS)
    export["video"]["title"] = rng.choice(TEXTS)
    for index, comment in enumerate(export["comments"]):
        text = f"{rng.choice(TEXTS)} {comment['message']['body']}"
        text = text.ljust(LONG, "x") if index == 7 else text
        comment["message"] |= {"body": text, "fragments": [{"text": text, "emoticon": None}]}
        comment["commenter"]["display_name"] = rng.choice(TEXTS)
    name = rng.choice(NAMES)
    (place / f"stream-{number}.json").unlink()
    (place / f"{name}.json").write_text(json.dumps(export), encoding="utf-8")
    captions = place / f"stream-{number}.srt"
    cues = captions.read_text(encoding="utf-8")
    said = [text.replace("\n", " ") for text in TEXTS if "\x00" not in text and "\ud83d" not in text]
    cues = re.sub(r"^Chat,", lambda _: f"{rng.choice(said)} Chat,", cues, flags=re.MULTILINE)
    captions.unlink()
    (place / f"{name}.srt").write_text(cues, encoding="utf-8")
    return place


def _commands(place: Path, recordings: list[Path]) -> Iterator[list[str]]:
    """Yield every command that draws a page, writes an export or prints texts."""
    yield pipeline(place, recordings, "evaluate")[len(dougpt()) :]
    names = sorted(path.parent.name for path in place.glob("raw/*/sources.parquet"))
    workspace = ["--workspace", str(place)]
    yield ["transcribe", "--report", *workspace]
    yield ["chat", "--report", *workspace]
    yield from (["show", name, *workspace] for name in names)
    yield ["status", *workspace]
    yield ["pipeline", "--dry-run", *workspace]
    for form in ("all", "dvc"):
        yield ["export", "--as", form, *workspace]
    line = place / "curated" / "default" / "exports" / "train.messages.jsonl"
    yield ["trace", "--line", f"{line}:1", *workspace]
    yield ["trace", "--in", names[0], *workspace]
    yield ["evaluate", "--blind", *workspace]
    yield ["preflight", "--rows", *workspace]
    yield ["forget", "viewer3", *workspace]
    for channel in CHANNELS:  # at last: a prior makes everything stale, and what was trained is not today's any more
        yield ["fit-channel", channel, *workspace]


def _terminal(folder: Path, words: list[str]) -> tuple[int, list[str]]:
    """Run a command; return its exit code, and what is wrong with what it prints."""
    done = subprocess.run(
        [*dougpt(), *words],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd=folder,
        timeout=GIVE_UP_S,
    )
    found = set(done.stdout + done.stderr) - KEPT
    moving = sorted(f"U+{ord(char):04X}" for char in found if unicodedata.category(char) in MOVING)
    problems = [f"{words[0]} prints {', '.join(moving)}"] if moving else []
    if done.returncode not in ENDINGS.get(words[0], {0}):
        problems.append(f"{' '.join(words[:2])} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    if "Traceback" in done.stderr:
        problems.append(f"{' '.join(words[:2])}: a traceback: {done.stderr.strip().splitlines()[-1][:200]}")
    return done.returncode, problems


class _Looked(HTMLParser):
    """What a page holds that could run."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.script: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.script = (known.get("type") or "code") if tag == "script" else None
        for name, value in attrs:
            if RUNS in (value or "") and (name.startswith("on") or "javascript:" in (value or "")):
                self.problems.append(f"<{tag} {name}> holds a text that runs")

    def handle_data(self, data: str) -> None:
        if self.script == "code" and data.strip() == RUNS:
            self.problems.append("a script element is a stranger's text")
        self.script = None


def page_problems(page: Path) -> list[str]:
    """Return what of a stranger's texts runs, or could run, on a page."""
    looked = _Looked()
    looked.feed(page.read_text(encoding="utf-8"))
    browser = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if browser is None:
        return looked.problems
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", "--dump-dom"]
    command = [browser, *options, page.resolve().as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=GIVE_UP_S)
    if not done.stdout.strip():
        return [*looked.problems, f"Chromium shows nothing: {done.stderr[-200:]}"]
    opening = re.search(r"<html[^>]*>", done.stdout)
    return [*looked.problems, "a text ran"] if opening and "data-ran" in opening[0] else looked.problems


def _exports(place: Path) -> Iterator[str]:
    """Yield what is wrong with JSON lines; a table for spreadsheets, in which a formula could run, is not written."""
    for path in sorted(place.rglob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().decode("utf-8").split("\n")[:-1], start=1):
            try:
                row: Any = json.loads(line)
            except ValueError as error:
                yield f"{path.name}:{number}: no JSON: {error}"
            else:
                if not isinstance(row, dict):
                    yield f"{path.name}:{number}: no object"
    for path in sorted(place.rglob("*")):
        if path.suffix in {".csv", ".tsv", ".xlsx"}:
            yield f"{path.name}: a table for spreadsheets, which this campaign does not look into"


def _outside(folder: Path) -> Iterator[Path]:
    inside = {folder / "in", folder / "a", folder / "a" / "b", folder / "a" / "b" / "w"}
    for place in (folder, folder / "a", folder / "a" / "b"):
        yield from (path for path in place.iterdir() if path not in inside)
