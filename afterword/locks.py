"""Locks that the system lets go of when a process ends, however it ends."""

import fcntl
from typing import IO


def taken(file: IO[str] | int, *, shared: bool = False) -> bool:
    """Whether the lock on an open file or folder is ours now; it lasts until that is closed.

    Args:
        file: the open file, or the number of one.
        shared: beside others who share it; else we are the only one.
    """
    how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
