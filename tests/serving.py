"""An application behind a real server in this process, for browsers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

_PATIENCE = 60.0
"""Seconds after which a server that has not come up, or not gone, is a failure."""


class _Server(uvicorn.Server):
    """Says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


def free_port() -> socket.socket:
    """A socket that listens on loopback; for `serving`, where the port has to be known before."""
    return socket.create_server(("127.0.0.1", 0))


@contextmanager
def serving(app: Any, at: socket.socket | None = None) -> Iterator[str]:
    """The address at which an application is served meanwhile."""
    with at or free_port() as listening:
        config = uvicorn.Config(
            app,
            access_log=False,
            log_level="error",
            proxy_headers=False,
            # A page that waits for news is not waited for.
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        assert server.up.wait(_PATIENCE) and server.started
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(_PATIENCE)
