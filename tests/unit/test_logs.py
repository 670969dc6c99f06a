"""Nothing that a person wrote can get into a log: not by an argument, an error, or a library."""

import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from afterword import logs
from afterword.logs import Event, fault

CANARY = "canary-7f3a words of a patient"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def log() -> Iterator[StringIO]:
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    handlers, level, shown = root.handlers[:], root.level, warnings.showwarning
    hooks = sys.excepthook, sys.unraisablehook, logs.threading.excepthook
    said = StringIO()
    logs.set_up("debug", said)
    yield said
    logging.setLogRecordFactory(factory)
    root.handlers[:], root.level, warnings.showwarning = handlers, level, shown
    sys.excepthook, sys.unraisablehook, logs.threading.excepthook = hooks


def failing() -> None:
    local = CANARY
    raise ValueError(f"cannot read {local}")


def test_our_sentence_and_listed_fields_stay(log: StringIO) -> None:
    fields = {"inbox_id": 7, "text": CANARY, "code": "late"}
    logging.getLogger("afterword.gateway").warning("a message was refused", extra=fields)
    assert "WARNING afterword.gateway a message was refused code=late inbox_id=7" in log.getvalue()
    assert "canary" not in log.getvalue()


def test_a_line_begins_with_its_time_in_utc(log: StringIO) -> None:
    before = datetime.now(UTC)
    logging.getLogger("afterword").warning("something happened")
    at = datetime.fromisoformat(log.getvalue().split(" ")[0])
    assert at.utcoffset() == timedelta()
    assert abs(at - before) < timedelta(minutes=1)


def test_arguments_never_stay(log: StringIO) -> None:
    logging.getLogger("afterword.x").error("this failed: %s", CANARY)
    assert "canary" not in log.getvalue()


@pytest.mark.parametrize("name", ["asyncio", "sqlalchemy.engine", "rasa.core", "starlette", ""])
def test_of_libraries_only_the_place(log: StringIO, name: str) -> None:
    logger = logging.getLogger(name)
    logger.error(f"could not handle {CANARY}")
    logger.error("could not handle %s", CANARY)
    logger.error(CANARY)
    logger.error("x", extra={"text": CANARY}, stack_info=True)
    assert "canary" not in log.getvalue()
    assert log.getvalue().count("test_logs.py:") == 4


def test_an_error_is_its_type_and_place(log: StringIO) -> None:
    try:
        try:
            failing()
        except ValueError as error:
            raise RuntimeError(CANARY) from error
    except RuntimeError as error:
        logging.getLogger("afterword").exception("a page failed")
        logging.getLogger("afterword").error("a page failed", extra={"error": error})
    for line in log.getvalue().splitlines():
        assert 'error="RuntimeError at test_logs.py:' in line
        assert "from ValueError at test_logs.py:" in line
    assert "canary" not in log.getvalue()
    assert "Traceback" not in log.getvalue()


def test_a_handler_that_somebody_else_adds_sees_no_more(log: StringIO) -> None:
    other = StringIO()
    handler = logging.StreamHandler(other)
    logging.getLogger().addHandler(handler)
    try:
        failing()
    except ValueError:
        logging.getLogger("library").exception("failed with %s", CANARY)
    logging.getLogger().removeHandler(handler)
    assert other.getvalue()
    assert "canary" not in other.getvalue()


def test_warnings_are_kind_and_place(log: StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = logs._warned
        warnings.warn(CANARY, UserWarning, stacklevel=1)
    assert "UserWarning place=test_logs.py:" in log.getvalue()
    assert "canary" not in log.getvalue()


def test_a_value_cannot_add_a_line(log: StringIO) -> None:
    logging.getLogger("bot").error(Event("a turn\nfailed"), extra={"reason": "a\nb\x1b[2J"})
    assert len(log.getvalue().splitlines()) == 1
    assert "\x1b" not in log.getvalue()


@pytest.mark.parametrize(
    "dying",
    [
        "failing()",
        "t = threading.Thread(target=failing); t.start(); t.join()",
        "asyncio.new_event_loop().call_exception_handler({'message': CANARY, 'exception': None})",
    ],
)
def test_dying_says_no_more(dying: str) -> None:
    code = (
        "import asyncio, threading, sys; sys.path.insert(0, 'tests/unit')\n"
        "from test_logs import CANARY, failing\nfrom afterword import logs\n"
        f"logs.set_up('info')\n{dying}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert "canary" not in said
    assert "ValueError at test_logs.py:" in said or "base_events.py:" in said


def test_a_fault_without_a_place() -> None:
    assert fault(ValueError(CANARY)) == "ValueError"
