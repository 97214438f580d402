"""The web application: few addresses, each one call of the desk. Forms work without the script, which only hastens."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote

from dougpt_schema import ArtifactError, DougptError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from dougpt_review.book import RefusedError
from dougpt_review.desk import Desk, NoSuchQuestionError, Progress
from dougpt_review.guard import Guard
from dougpt_review.pages import STATIC, question_part, whole_page
from dougpt_review.scene import Item

OWNER = re.compile(r"[0-9a-f]{16}")
MOST_HELD = 16
MOST_FIELDS = 64

type Form = Mapping[str, list[str]]


def application(desk: Desk, *, hosts: list[str], token: str, new_owner: Callable[[], str]) -> Guard:
    """Return the guarded application.

    Args:
        desk: What it serves.
        hosts: Host headers that are ours, port included.
        token: Lets a browser in.
        new_owner: Names a page that has no name yet, by 16 hex digits.
    """
    return Guard(_Pages(desk, new_owner).starlette(), hosts=hosts, token=token)


class _Pages:
    def __init__(self, desk: Desk, new_owner: Callable[[], str]) -> None:
        self.desk, self.new_owner = desk, new_owner

    def starlette(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self.begin),
                Route("/q/{name}", self.question),
                Route("/item/{name}", self.part),
                Route("/next", self.next, methods=["POST"]),
                Route("/hold", self.hold, methods=["POST"]),
                Route("/leave", self.leave, methods=["POST"]),
                Route("/answer", self.answer, methods=["POST"]),
                Route("/media/{source_id}", self.media),
                Route("/static/{name}", self.static),
            ],
            exception_handlers={DougptError: _told},
        )

    async def begin(self, request: Request) -> Response:
        """Lend a question to a new page."""
        owner = self._owner(request.query_params.get("page"))
        item = await run_in_threadpool(self.desk.take, owner)
        return self._whole(None, owner) if item is None else _see(item.question.name, owner)

    async def question(self, request: Request) -> Response:
        """Show a question; a reload shows it again."""
        owner = self._owner(request.query_params.get("page"))
        name = request.path_params["name"]
        try:
            item = await run_in_threadpool(self.desk.item, name, owner)
        except NoSuchQuestionError:
            return RedirectResponse(f"/?page={owner}", 303)
        return self._whole(item, owner, refused="refused" in request.query_params)

    async def part(self, request: Request) -> Response:
        """Return a question that the script names, as when an answer was taken back."""
        owner = self._owner(request.query_params.get("page"))
        item = await run_in_threadpool(self.desk.item, request.path_params["name"], owner)
        return JSONResponse(self._part(item))

    async def next(self, request: Request) -> Response:
        """Lend the next question to the script, which fetches it before it is needed."""
        form = await _form(request)
        owner = self._owner(_one(form, "page"))
        item = await run_in_threadpool(self.desk.take, owner, form.get("holding", [])[:MOST_HELD])
        return JSONResponse(self._part(item) if item else {"name": None})

    async def hold(self, request: Request) -> Response:
        """Hear that a page is still there."""
        form = await _form(request)
        self.desk.hold(self._owner(_one(form, "page")), form.get("holding", [])[:MOST_HELD])
        return JSONResponse(_plain(self.desk.progress()))

    async def leave(self, request: Request) -> Response:
        """Hear that a page is closed."""
        self.desk.leave(self._owner(_one(await _form(request), "page")))
        return Response(status_code=204)

    async def answer(self, request: Request) -> Response:
        """Keep an answer; what says so is sent once it is on the disk."""
        form = await _form(request)
        by_script = "application/json" in request.headers.get("accept", "")
        owner = self._owner(_one(form, "page"))
        try:
            done = await run_in_threadpool(self._act, form, owner)
        except (RefusedError, NoSuchQuestionError):
            if by_script:
                raise
            return RedirectResponse(f"/q/{quote(_one(form, 'question'), safe='')}?page={owner}&refused=1", 303)
        if by_script:
            return JSONResponse(done | {"progress": _plain(self.desk.progress())})
        return _see(done["show"], owner) if "show" in done else RedirectResponse(f"/?page={owner}", 303)

    async def media(self, request: Request) -> Response:
        """Play a file of the manifest, in ranges."""
        medium = self.desk.medium(request.path_params["source_id"])
        if medium is None or not medium.path.is_file():
            return PlainTextResponse("there is no such file\n", 404)
        return FileResponse(medium.path, media_type=medium.media_type)

    async def static(self, request: Request) -> Response:
        """Serve one of four files of our own."""
        found = STATIC.get(request.path_params["name"])
        return FileResponse(found[0], media_type=found[1]) if found else PlainTextResponse("not here\n", 404)

    def _act(self, form: Form, owner: str) -> dict[str, Any]:
        answer_id, name, choice = _one(form, "answer_id"), _one(form, "question"), _one(form, "choice")
        if choice == "skip":
            self.desk.skip(name)
            return {"skipped": name}
        if choice == "undo":
            question = self.desk.undo(answer_id, _one(form, "undoes"), owner)
            return {"label": answer_id, "show": question.name}
        return {"label": self.desk.answer(answer_id, name, choice)["label_id"]}

    def _whole(self, item: Item | None, owner: str, *, refused: bool = False) -> Response:
        book = self.desk.book
        answered = item is not None and self.desk.is_answered(item.question.name)
        html = whole_page(
            item,
            self.desk.progress(),
            owner=owner,
            rater=book.rater,
            blind=book.blind,
            answered=answered,
            last=book.last(),
            refused=refused,
        )
        return HTMLResponse(html)

    def _part(self, item: Item) -> dict[str, Any]:
        name = item.question.name
        html = question_part(item, blind=self.desk.book.blind, answered=self.desk.is_answered(name))
        return {"name": name, "html": html, "progress": _plain(self.desk.progress())}

    def _owner(self, given: str | None) -> str:
        return given if given and OWNER.fullmatch(given) else self.new_owner()


def _see(name: str, owner: str) -> Response:
    return RedirectResponse(f"/q/{name}?page={owner}", 303)


async def _form(request: Request) -> Form:
    # Starlette's own forms need a parser of uploads, which nobody sends here.
    try:
        return parse_qs((await request.body()).decode(), max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise RefusedError("this is no form of this page") from error


def _one(form: Form, name: str) -> str:
    return form.get(name, [""])[-1]


def _plain(progress: Progress) -> dict[str, Any]:
    return {
        "given": progress.given,
        "today": progress.today,
        "goal": progress.goal,
        "left": progress.left,
        "minutes": progress.minutes,
        "worth": progress.worth,
    }


async def _told(_request: Request, error: Exception) -> Response:
    """An error that a person can act on; what could not be written may be sent again, what was refused may not."""
    status = 503 if isinstance(error, ArtifactError) else 404 if isinstance(error, NoSuchQuestionError) else 409
    return JSONResponse({"error": str(error)}, status)
