"""Logs that cannot hold a patient's words: fixed sentences, listed fields, errors by place.

Every record is made safe when it is born, so it does not matter which library logs, with what, or
which handler writes it. Of our own records the sentence stays (it is one, says
`tests/repository/test_log_calls.py`); of a library's only the place where it logged. Used by every
process of ours, and by the launcher inside Rasa's.
"""

import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

OURS = ("afterword", "actions", "bot")

# What may follow the sentence. None of them ever holds text of a person.
FIELDS = (
    "action",
    "code",
    "conversation",
    "count",
    "directive",
    "error",
    "inbox_id",
    "notice_id",
    "pages",
    "place",
    "reason",
    "seconds",
)

# Sentences of libraries worth reading; what they would fill in is left out.
KNOWN = frozenset(
    {
        "Started server process [%d]",
        "Waiting for application startup.",
        "Application startup complete.",
        "Waiting for application shutdown.",
        "Application shutdown complete.",
        "Finished server process [%d]",
        "Shutting down",
        "Exception in ASGI application\n",
    }
)
_LONGEST = 200
_CHAIN = 3


class Event(str):
    """A sentence that is known to be fixed, whoever logs it."""

    __slots__ = ()


class SafeRecord(logging.LogRecord):
    """A record without arguments, without text of an error, and without local variables."""

    def __init__(
        self,
        name: str,
        level: int,
        pathname: str,
        lineno: int,
        msg: object,
        args: Any,
        exc_info: Any,
        func: str | None = None,
        sinfo: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            name, level, pathname, lineno, _event(name, msg, pathname, lineno), (), None, func, None
        )
        error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
        self.fault = fault(error) if isinstance(error, BaseException) else ""


class SafeFormatter(logging.Formatter):
    """Time, level, logger, sentence, listed fields, error."""

    def format(self, record: logging.LogRecord) -> str:
        facts = [f"{name}={_plain(value)}" for name, value in _listed(record.__dict__)]
        failed = getattr(record, "fault", "")
        facts += [f"error={_plain(failed)}"] if failed and "error" not in record.__dict__ else []
        said = " ".join(record.getMessage().split())
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return " ".join([at, record.levelname, record.name, said, *facts])


def set_up(level: str, stream: TextIO | None = None) -> None:
    """Makes all that this process logs, warns of or dies of safe."""
    logging.setLogRecordFactory(SafeRecord)
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(SafeFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # These tell of each request, which is too much.
    for noisy in ("httpx", "httpcore", "rasa_sdk"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    warnings.showwarning = _warned
    sys.excepthook = _died
    sys.unraisablehook = lambda failed: _died(failed.exc_type, failed.exc_value, None)
    threading.excepthook = lambda failed: _died(failed.exc_type, failed.exc_value, None)


def fault(error: BaseException) -> str:
    """An error by type and place, and what it came from: `ValueError at store.py:88`."""
    parts: list[str] = []
    at: BaseException | None = error
    while at is not None and len(parts) < _CHAIN:
        frames = traceback.extract_tb(at.__traceback__)
        place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        parts.append(f"{type(at).__name__}{place}")
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return " from ".join(parts)


def _event(name: str, msg: object, pathname: str, lineno: int) -> str:
    if isinstance(msg, Event) or (isinstance(msg, str) and msg in KNOWN):
        return str(msg)
    if name.split(".")[0] in OURS and isinstance(msg, str):
        return msg
    return f"{Path(pathname).name}:{lineno}"


def _listed(values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, values[name]) for name in FIELDS if name in values]


def _plain(value: object) -> str:
    if isinstance(value, BaseException):
        value = fault(value)
    if not isinstance(value, str | int | float):
        return type(value).__name__
    text = "".join(letter for letter in str(value) if letter.isprintable())[:_LONGEST]
    return f'"{text}"' if " " in text else text


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    place = f"{Path(filename).name}:{lineno}"
    logging.getLogger("py.warnings").warning(
        Event(category.__name__), extra={"place": place}, stacklevel=2
    )


def _died(
    kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    what = fault(error) if error is not None else getattr(kind, "__name__", "unknown")
    logging.getLogger("afterword").critical(
        Event("An error that nobody caught."), extra={"error": what}
    )
