"""Who may speak to the page: this machine's browsers that were given the token, and no page of somebody else's.

Loopback alone protects nothing: any web page may send requests to it, by name too (DNS rebinding). So the Host must be
ours, what changes something must come from our own pages, and everything needs a cookie that is given for the token.
"""

import hmac
import secrets
import time
from collections.abc import Iterable
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 16_384
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}
NOT_LET_IN = "Open the address that `dougpt review` printed: it holds the token that lets you in.\n"


class Guard:
    """Lets in what belongs here, and writes the headers of safety on every answer.

    Args:
        app: What is guarded.
        hosts: Host headers that are ours, port included.
        token: Exchanged for the cookie at `/?token=`.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], token: str) -> None:
        self._app, self._hosts, self._token = app, frozenset(hosts), token
        self._secret = secrets.token_urlsafe(32)
        # Cookies do not know ports: another server on this machine must not overwrite ours.
        self._cookie = f"dougpt-review-{secrets.token_hex(4)}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        began = time.perf_counter()

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["server-timing"] = f"all;dur={1000 * (time.perf_counter() - began):.2f}"
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        refused = self._refusal(scope)
        if refused is not None:
            await refused(scope, receive, guarded)
            return
        body = await _read(receive)
        if body is None:
            await _plain("too large", 413)(scope, receive, guarded)
            return
        await self._app(scope, _replay(body, receive), guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to what is not let in, and None for what is."""
        headers = Headers(scope=scope)
        if len(headers.getlist("host")) != 1 or headers["host"].lower() not in self._hosts:
            return _plain("this server answers to loopback names only", 421)
        if scope["method"] not in {"GET", "HEAD", "POST"}:
            return _plain("not allowed", 405)
        if scope["method"] == "POST" and not self._is_own(headers):
            return _plain("this comes from another page", 403)
        if scope["path"] == "/" and (given := parse_qs(scope["query_string"].decode("latin-1")).get("token")):
            return self._let_in() if hmac.compare_digest(given[-1].encode(), self._token.encode()) else _not_let_in()
        return None if self._holds_cookie(headers) else _not_let_in()

    def _is_own(self, headers: Headers) -> bool:
        fetched_by = headers.get("sec-fetch-site", "same-origin")
        return headers.get("origin") == f"http://{headers['host']}" and fetched_by == "same-origin"

    def _let_in(self) -> Response:
        response = RedirectResponse("/", 303)
        response.set_cookie(self._cookie, self._secret, httponly=True, samesite="strict", path="/")
        return response

    def _holds_cookie(self, headers: Headers) -> bool:
        pairs = (part.strip().partition("=") for line in headers.getlist("cookie") for part in line.split(";"))
        return any(
            name == self._cookie and hmac.compare_digest(value.encode(), self._secret.encode())
            for name, _, value in pairs
        )


def _not_let_in() -> Response:
    return _plain(NOT_LET_IN, 403)


def _plain(text: str, status: int) -> Response:
    return PlainTextResponse(text, status)


async def _read(receive: Receive) -> bytes | None:
    """Return the whole body; None as soon as it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
