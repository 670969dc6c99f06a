"""A hint between processes on one machine that there is something to do.

A hint may be lost: whoever waits looks into the database from time to time all the same.
"""

import contextlib
import socket
from pathlib import Path

WORKER, WEB = "worker", "web"


def bell_path(data_dir: Path, name: str) -> Path:
    """Where the process `name` listens."""
    return data_dir / f"{name}.bell"


def ring(data_dir: Path, name: str) -> None:
    """Tells the process `name`, if it is there, to look at once."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.setblocking(False)
        with contextlib.suppress(OSError):
            bell.sendto(b"1", str(bell_path(data_dir, name)))


def listen(data_dir: Path, name: str) -> socket.socket:
    """A non-blocking socket that becomes readable when the bell rings."""
    path = bell_path(data_dir, name)
    path.unlink(missing_ok=True)
    bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    bell.bind(str(path))
    bell.setblocking(False)
    return bell
