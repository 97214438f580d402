"""A sitting: which question is shown, what an answer does, and how far things are. It knows no web."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any

from dougpt_schema import DougptError, Verdict

from dougpt_review.book import Answer, Book, RefusedError
from dougpt_review.material import Material, Medium, Question, Recording, question_of
from dougpt_review.queue import Queue
from dougpt_review.scene import Item, Scene

LOOK_AGAIN_S = 2.0
WORTH_EVERY = 2  # answers: half of them are drawn at random
NONE, UNSURE, REPLY = "none", "unsure", "reply"


class NoSuchQuestionError(DougptError):
    """A question that is not asked here, or not any more."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sitting is.

    Attributes:
        given: Answers of this rater that stand, earlier sittings included.
        today: Those of this sitting.
        goal: How many this sitting is meant to give.
        left: Questions that wait, those being shown among them.
        minutes: Until the goal at the pace of the last answers; None before there is a pace.
        worth: What the next labels buy, in a sentence.
    """

    given: int
    today: int
    goal: int
    left: int
    minutes: float | None
    worth: str


class Desk:
    """Questions, their surroundings and the book of answers, for any number of pages at once.

    Args:
        load: Reads the material; called again when `stamp` changes.
        book: Keeps the answers.
        goal: How many answers this sitting is meant to give.
        stamp: Changes when there is a new alignment.
        worth: What the next labels buy of these recordings, in a sentence; asked for now and then, meanwhile.
    """

    def __init__(
        self,
        load: Callable[[], Material],
        book: Book,
        *,
        goal: int = 300,
        stamp: Callable[[], object] = lambda: None,
        worth: Callable[[Mapping[str, Recording]], str] = lambda _: "",
    ) -> None:
        self.book, self.goal = book, goal
        self._load, self._stamp, self._worth_now = load, stamp, worth
        self._refreshing, self._weighing = Lock(), Lock()
        self._worth = ""
        self._seen = stamp()
        self._looked = time.monotonic()
        self._arrange(load())
        # Those of earlier sittings too: an answer that was sent before a restart may come again.
        self._queue = Queue(self._open_questions(), map(question_of, book.given()))
        self._weigh()

    def take(self, owner: str, holding: Collection[str] = ()) -> Item | None:
        """Lend the next question to a page and return it with its surroundings; None where nothing is left."""
        self._refresh()
        question = self._queue.take(owner, holding)
        return None if question is None else self._shown(question)

    def item(self, name: str, owner: str) -> Item:
        """Return a question that a page names, as after a reload.

        Raises:
            NoSuchQuestionError: It is not asked here.
        """
        self._refresh()
        self._queue.hold(name, owner)
        return self._shown(self._question(name))

    def is_answered(self, name: str) -> bool:
        """Whether this rater's answer to a question stands."""
        return self.book.has_answered(self._question(name))

    def answer(self, answer_id: str, name: str, choice: str) -> dict[str, Any]:
        """Keep an answer and return its label.

        Args:
            answer_id: Made by the page: the same id gives the same label again.
            name: The question's.
            choice: `none`, `unsure`, or `reply:START:END` with the times of an utterance.

        Raises:
            NoSuchQuestionError: It is not asked here.
            RefusedError: The answer cannot be taken as it is.
            ArtifactError: It could not be written, and is not kept.
        """
        question = self._question(name)
        label = self.book.give(answer_id, question, self._meant(question, choice))
        self._queue.answered(name)
        if self.book.pace().today % WORTH_EVERY == 0:
            self._weigh()
        return label

    def undo(self, answer_id: str, label_id: str, owner: str) -> Question:
        """Take a label back and return its question, which is the next one of this page.

        Raises:
            RefusedError: The label is not there or does not stand.
            ArtifactError: It could not be written; the label stands.
        """
        question = question_of(self.book.undo(answer_id, label_id))
        self._queue.reopened(question, owner)
        return question

    def skip(self, name: str) -> None:
        """Put a question at the end; nothing is written.

        Raises:
            NoSuchQuestionError: It is not asked here.
        """
        self._queue.skipped(self._question(name).name)

    def hold(self, owner: str, names: Collection[str]) -> None:
        """Hear that a page is still there and what it holds."""
        for name in names:
            self._queue.hold(name, owner)

    def leave(self, owner: str) -> None:
        """Hear that a page is closed: another one may ask what it held."""
        self._queue.left(owner)

    def medium(self, source_id: str) -> Medium | None:
        """Return a file of the manifest, by its id."""
        return self._media.get(source_id)

    def progress(self) -> Progress:
        """Return how far the sitting is."""
        pace = self.book.pace()
        left = len(self._queue)
        open_ones = min(max(self.goal - pace.today, 0), left)
        minutes = None if pace.seconds is None else pace.seconds * open_ones / 60
        return Progress(pace.given, pace.today, self.goal, left, minutes, self._worth)

    def _arrange(self, material: Material) -> None:
        self._recordings = material.recordings
        self._scenes: dict[str, Scene] = {}
        self._questions = material.questions
        self._media = {one.source_id: one for each in material.recordings.values() for one in each.media}

    def _open_questions(self) -> list[Question]:
        """What was taken back comes first; what this rater has answered is left out."""
        again = [question_of(row) for row in self.book.taken_back()]
        asked = {question.name: question for question in (*again, *self._questions)}
        return [one for one in asked.values() if self._is_there(one) and not self.book.has_answered(one)]

    def _refresh(self) -> None:
        """Read everything again where there is a new alignment."""
        if time.monotonic() - self._looked < LOOK_AGAIN_S:
            return
        with self._refreshing:
            self._looked = time.monotonic()
            stamp = self._stamp()
            if stamp == self._seen:
                return
            self._arrange(self._load())
            self._queue.replaced(self._open_questions())
            self._seen = stamp
            self._weigh()

    def _question(self, name: str) -> Question:
        question = self._queue.find(name)
        if question is None or not self._is_there(question):
            raise NoSuchQuestionError("this message is not asked about here any more")
        return question

    def _is_there(self, question: Question) -> bool:
        """Whether a message is still there: its author may have been forgotten meanwhile."""
        return question.recording_id in self._recordings and self._scene(question.recording_id).knows(question.event_id)

    def _scene(self, recording_id: str) -> Scene:
        if recording_id not in self._scenes:
            self._scenes[recording_id] = Scene(self._recordings[recording_id])
        return self._scenes[recording_id]

    def _shown(self, question: Question) -> Item:
        return self._scene(question.recording_id).item(question, blind=self.book.blind)

    def _meant(self, question: Question, choice: str) -> Answer:
        kind, _, times = choice.partition(":")
        if choice in {NONE, UNSURE}:
            return Answer(Verdict.NOT_A_REPLY if choice == NONE else Verdict.UNSURE)
        start, _, end = times.partition(":")
        if kind != REPLY or not _is_time(start) or not _is_time(end):
            raise RefusedError("there is no such answer")
        text = self._scene(question.recording_id).utterance(int(start), int(end))
        if text is None:
            raise RefusedError("what was said was transcribed anew; look at this message again")
        return Answer(Verdict.REPLY, int(start), int(end), text)

    def _weigh(self) -> None:
        """Ask what more labels buy, once at a time, while the answering goes on."""
        if self._weighing.acquire(blocking=False):
            Thread(target=self._weigh_now, daemon=True).start()

    def _weigh_now(self) -> None:
        try:
            self._worth = self._worth_now(self._recordings)
        finally:
            self._weighing.release()


def _is_time(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) <= 15
