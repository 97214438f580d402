"""JSON over HTTP to a server on this machine: patience with what passes, words for what does not."""

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from typing import Any

from dougpt_schema import DougptError

from dougpt_eval.event_stream import assembled

SHOWN = 300
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""What a server says when it is busy or waking up."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0


class ServerError(DougptError):
    """A server cannot be reached, or answers what is of no use.

    Attributes:
        status: The HTTP status, where there was one.
    """

    def __init__(self, url: str, found: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(f"{url} {found}")


@dataclass(frozen=True, slots=True)
class Client:
    """A server of which every address begins with `url`, such as `http://127.0.0.1:8080/v1`.

    Attributes:
        url: Where the interface begins.
        api_key: Sent as a bearer token, where a server wants one.
        timeout_s: How long one answer may take.
        tries: How often a request is sent when the server is busy or not there.
        pause_s: Seconds before the second try; doubled for each further one.
    """

    url: str
    api_key: str | None = None
    timeout_s: float = 120.0
    tries: int = 4
    pause_s: float = FIRST_PAUSE_S

    def get(self, path: str) -> Any:
        """Return what the server has at `path`.

        Raises:
            ServerError: It does not answer, or not with JSON.
        """
        return self._asked(path, None)

    def post(self, path: str, content: dict[str, Any]) -> Any:
        """Return the answer to `content`.

        Raises:
            ServerError: It does not answer, or not with JSON.
        """
        return self._asked(path, json.dumps(content).encode())

    def _asked(self, path: str, body: bytes | None) -> Any:
        address = f"{self.url.rstrip('/')}/{path}"
        for left in reversed(range(self.tries)):
            try:
                return self._once(address, body)
            except ServerError as error:
                if not left or (error.status is not None and error.status not in PASSING):
                    raise
                time.sleep(min(self.pause_s * 2 ** (self.tries - 1 - left), LONGEST_PAUSE_S))
        raise ServerError(address, "was not asked: `tries` is 0")

    def _once(self, address: str, body: bytes | None) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        request = urllib.request.Request(address, data=body, headers=headers)  # noqa: S310 - see `_opener`
        try:
            with _opener().open(request, timeout=self.timeout_s) as answer:
                streamed = answer.headers.get_content_type() == "text/event-stream"
                text = answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            found = error.read(SHOWN * 4).decode("utf-8", "replace")
            raise ServerError(address, f"answered {error.code}: {_short(found)}", error.code) from error
        except TimeoutError as error:
            raise ServerError(address, f"did not answer within {self.timeout_s:g} s") from error
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise ServerError(address, f"did not answer within {self.timeout_s:g} s") from error
            raise ServerError(address, f"cannot be reached: {reason}; is a server running there?") from error
        try:
            return assembled(text) if streamed else json.loads(text)
        except ValueError as error:
            raise ServerError(address, f"answered no JSON: {_short(text)}", 200) from error


@cache  # a context for TLS reads every certificate of the machine
def _opener() -> urllib.request.OpenerDirector:
    """Open http and https, nothing else, and ask no proxy for what runs on this machine."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= SHOWN else plain[: SHOWN - 1] + "…"
