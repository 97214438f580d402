"""Which question comes next: each is lent to one page at a time, and comes back where that page does not answer."""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import chain
from threading import Lock

from dougpt_review.material import Question

LENT_FOR_S = 600.0


@dataclass(slots=True)
class _Loan:
    owner: str
    until: float


class Queue:
    """Questions in their order, lent to owners for a time.

    Args:
        questions: In the order of asking.
        known: Further ones, answered already, that a page may still name.
        lent_for_s: After this long without a sign of life a question is lent to somebody else.
        now: A clock that never goes back, in seconds.
    """

    def __init__(
        self,
        questions: Iterable[Question],
        known: Iterable[Question] = (),
        *,
        lent_for_s: float = LENT_FOR_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waiting = {question.name: question for question in questions}
        self._known = {question.name: question for question in known} | self._waiting
        self._loans: dict[str, _Loan] = {}
        self._skipped: dict[str, None] = {}  # in the order of skipping
        self._lent_for_s, self._now = lent_for_s, now
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def find(self, name: str) -> Question | None:
        """Return a question by its name, answered or not."""
        return self._known.get(name)

    def take(self, owner: str, holding: Collection[str] = ()) -> Question | None:
        """Lend the next question to `owner`; None where every one is answered or lent.

        What the owner had before and does not hold any more, as after a reload, comes first.
        """
        with self._lock:
            for name in holding:
                self._hold(name, owner)
            lost = (name for name, loan in self._loans.items() if loan.owner == owner and name in self._waiting)
            free = (name for name in self._waiting if self._is_free(name, owner))
            found = next((name for name in chain(lost, free) if name not in holding), None)
            if found is None:
                return None
            self._lend(found, owner)
            return self._waiting[found]

    def hold(self, name: str, owner: str) -> None:
        """Lend a question that an owner names, unless another one has it."""
        with self._lock:
            self._hold(name, owner)

    def answered(self, name: str) -> None:
        """Take a question out."""
        with self._lock:
            self._waiting.pop(name, None)
            self._loans.pop(name, None)
            self._skipped.pop(name, None)

    def skipped(self, name: str) -> None:
        """Put a question at the end."""
        with self._lock:
            self._loans.pop(name, None)
            self._skipped.pop(name, None)
            if name in self._waiting:
                self._waiting[name] = self._waiting.pop(name)
                self._skipped[name] = None

    def left(self, owner: str) -> None:
        """Take back everything that was lent to an owner who is gone."""
        with self._lock:
            self._loans = {name: loan for name, loan in self._loans.items() if loan.owner != owner}

    def reopened(self, question: Question, owner: str) -> None:
        """Put a question at the beginning again, lent to who took the answer back."""
        with self._lock:
            self._waiting.pop(question.name, None)
            self._waiting = {question.name: question, **self._waiting}
            self._known[question.name] = question
            self._skipped.pop(question.name, None)
            self._lend(question.name, owner)

    def replaced(self, questions: Iterable[Question]) -> None:
        """Go on with other questions, as after a new alignment; loans of those that stay are kept."""
        with self._lock:
            waiting = {question.name: question for question in questions}
            self._skipped = {name: None for name in self._skipped if name in waiting}
            first = {name: question for name, question in waiting.items() if name not in self._skipped}
            self._waiting = first | {name: waiting[name] for name in self._skipped}
            self._known |= self._waiting
            self._loans = {name: loan for name, loan in self._loans.items() if name in self._waiting}

    def _hold(self, name: str, owner: str) -> None:
        # A page names what it skipped until it hears that this was taken: it must not get that one again at once.
        let_go = name in self._skipped and name not in self._loans
        if name in self._waiting and not let_go and self._is_free(name, owner):
            self._lend(name, owner)

    def _is_free(self, name: str, owner: str) -> bool:
        loan = self._loans.get(name)
        return loan is None or loan.owner == owner or loan.until <= self._now()

    def _lend(self, name: str, owner: str) -> None:
        self._loans[name] = _Loan(owner, self._now() + self._lent_for_s)
