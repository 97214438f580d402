"""The server on loopback: a socket of its own, a token for this run, and an end by Ctrl-C."""

import errno
import secrets
import socket
from collections.abc import Callable

import uvicorn
from dougpt_schema import DougptError

from dougpt_review.application import application
from dougpt_review.desk import Desk

HOST = "127.0.0.1"
LET_GO_S = 2


class PortTakenError(DougptError):
    """Something else listens where the page should be."""

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__(f"port {port} is taken, perhaps by another `dougpt review`; choose one: --port 0 takes any")


def serve(desk: Desk, *, port: int, started: Callable[[str], None]) -> None:
    """Serve until the process is interrupted; `started` is told the address with its token.

    Raises:
        PortTakenError: Something else listens there.
    """
    with _listening(port) as listening:
        port = listening.getsockname()[1]
        token = secrets.token_urlsafe(24)
        hosts = [f"{name}:{port}" for name in (HOST, "localhost")]
        app = application(desk, hosts=hosts, token=token, new_owner=lambda: secrets.token_hex(8))
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=LET_GO_S,
        )
        started(f"http://{HOST}:{port}/?token={token}")
        try:
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:  # how a person ends it: uvicorn passes it on once everything is closed
            return


def _listening(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
        made.listen(128)
    except OSError as error:
        made.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise PortTakenError(port) from error
        raise
    return made
