"""The labelling page is killed again and again: every answer that it acknowledged is on the disk, once.

The same answers are given to a page that nobody disturbs. Afterwards both workspaces hold the same labels, and the
pipeline makes the same bytes of them.
"""

import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Timer

import httpx2
from campaign import GIVE_UP_S, calm, differences, pipeline
from dougpt.labels import all_labels
from dougpt.workspace import Workspace
from dougpt_schema import LABELS
from dougpt_schema.journal import read_journal
from kill_pipeline import dougpt

OWNER = "a" * 16
ANSWERS_A_LIFE = 6
STARTING = 0.25
"""The share of kills that are meant to come before the page is there."""
TAKEN_BACK = 0.15
CHOICE = re.compile(r'name="choice" value="(none|unsure|reply:[-0-9:]+)"')
type Form = dict[str, str]


@dataclass(frozen=True)
class Pace:
    """How long the undisturbed page took to start, and for an answer, in seconds."""

    start_s: float
    answer_s: float


class RefusedError(AssertionError):
    """An answer that was given rightly was not taken."""


class Page:
    """`dougpt review` in a process of its own, and a browser that looks at it."""

    def __init__(self, place: Path) -> None:
        words = ["review", "--workspace", str(place), "--rater", "anna", "--port", "0"]
        self.process = subprocess.Popen(
            [*dougpt(), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
        )
        self.client = httpx2.Client(timeout=60)

    def open(self) -> None:
        """Wait for the address and go there; a transport error where the page died before."""
        assert self.process.stdout is not None
        address = self.process.stdout.readline().strip()
        if not address:
            raise httpx2.TransportError("it ended before it told its address")
        base = address.split("/?")[0]
        self.client.base_url = base
        self.client.headers |= {"origin": base, "accept": "application/json"}
        self.client.get(address, follow_redirects=True)

    def next(self) -> tuple[str, list[str]] | None:
        """Return the name of the next question and the answers that it offers."""
        found = self.client.post("/next", data={"page": OWNER}).raise_for_status().json()
        return (found["name"], CHOICE.findall(found["html"])) if found["name"] else None

    def answer(self, form: Form) -> None:
        """Give an answer; when this returns it was acknowledged."""
        given = self.client.post("/answer", data=form)
        if given.status_code != httpx2.codes.OK or given.json()["label"] != form["answer_id"]:
            raise RefusedError(f"{form} got {given.status_code}: {given.text[:200]}")

    def close(self) -> str:
        """End it; return what it said on stderr."""
        self.process.kill()
        _, told = self.process.communicate()
        self.client.close()
        return told


def kill_and_compare(folder: Path, kills: int, seed: int) -> list[str]:
    """Return what went wrong when a page was killed so often, nothing where all is well."""
    undisturbed, rng = calm(folder.parent), Random(seed)  # noqa: S311 - moments and answers, not secrets
    quiet, killed = (Path(shutil.copytree(undisturbed.place, folder / name)) for name in ("quiet", "killed"))
    try:
        forms, pace = _undisturbed(quiet, (kills + 1) * ANSWERS_A_LIFE, rng)
        problems = _through_kills(killed, forms, kills, rng, pace)
    except RefusedError as refused:
        return [str(refused)]
    return [*problems, *not_once(killed, forms), *_different(quiet, killed)]


def _undisturbed(place: Path, count: int, rng: Random) -> tuple[list[Form], Pace]:
    """Answer at random, and now and then take the last answer back; return what was given, and how fast that went."""
    forms: list[Form] = []
    page = Page(place)
    try:
        began = time.monotonic()
        page.open()
        opened = time.monotonic()
        while len(forms) < count and (found := page.next()) is not None:
            forms.append(_form(rng, *found, forms[-1] if forms else None))
            page.answer(forms[-1])
        return forms, Pace(opened - began, (time.monotonic() - opened) / len(forms))
    finally:
        page.close()


def _form(rng: Random, name: str, choices: list[str], last: Form | None) -> Form:
    form = {"answer_id": f"{rng.getrandbits(128):032x}", "question": name, "page": OWNER}
    if last is not None and last["choice"] != "undo" and rng.random() < TAKEN_BACK:
        return form | {"choice": "undo", "undoes": last["answer_id"]}
    return form | {"choice": rng.choice(choices)}


def _through_kills(place: Path, forms: list[Form], kills: int, rng: Random, pace: Pace) -> list[str]:
    """Give the answers to pages that are killed, again what was not acknowledged; return what else went wrong."""
    given, problems = 0, []
    for life in range(1, kills + 2):
        page = Page(place)
        try:
            if life <= kills:
                given += _until_killed(page, forms[given : given + ANSWERS_A_LIFE], rng, pace)
            else:
                page.open()
                for form in forms[given:]:
                    page.answer(form)
        except httpx2.TransportError as died:
            problems.append(f"the page after the kills died by itself: {died}")
        finally:
            died_of, told = page.process.poll(), page.close()
        if life <= kills and died_of != -signal.SIGKILL:
            problems.append(f"page {life} ended by itself with {died_of}: {told[-300:]}")
    return problems


def _until_killed(page: Page, forms: list[Form], rng: Random, pace: Pace) -> int:
    """Give answers to a page that is killed at a random moment; return how many were acknowledged."""
    starting, share = rng.random() < STARTING, rng.random()
    after_s = share * (pace.start_s if starting else 1.5 * ANSWERS_A_LIFE * pace.answer_s)
    killer, given = Timer(after_s, page.process.kill), 0
    try:
        if starting:
            killer.start()
        page.open()
        if not starting:
            killer.start()
        for form in forms:
            page.answer(form)
            given += 1
    except httpx2.TransportError:
        pass  # it is dead, or about to be
    page.process.wait(timeout=GIVE_UP_S)
    return given


def not_once(place: Path, forms: list[Form]) -> list[str]:
    """Return which answers are not on the disk, or there twice, or were never given."""
    kept = Counter(
        label
        for path in (place / "labels").glob("*.jsonl")
        for label in read_journal(path, LABELS)["label_id"].to_pylist()
    )
    acknowledged = [form["answer_id"] for form in forms]
    problems = [
        f"answer {name} was acknowledged and is there {kept[name]} times" for name in acknowledged if kept[name] != 1
    ]
    return problems + [f"label {name} was given by nobody" for name in kept.keys() - set(acknowledged)]


def _different(quiet: Path, killed: Path) -> list[str]:
    """Return how two workspaces differ in their labels, and in what the pipeline makes of them."""
    problems = []
    if not all_labels(Workspace(quiet)).equals(all_labels(Workspace(killed))):
        problems.append("other labels than those of a page that nobody killed")
    for place in (quiet, killed):
        done = pipeline(place)
        if done.returncode:
            problems.append(f"the pipeline after the answers ended with {done.returncode}: {done.stderr[-300:]}")
    return [*problems, *differences(quiet, killed)]
