"""A reflection of known content, taken through faults; for the tests and for bench/chaos.py."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from case import Case
from sqlalchemy import func, select, text
from stack import Stack

from afterword.records import inbox, models

SERVICES = ("rasa", "actions", "worker", "web")

Fault = Callable[[int], None]


@dataclass(frozen=True)
class Turn:
    """One message and the answer that it must leave: (question, value, words)."""

    body: dict[str, str]
    stored: tuple[str, str | None, str | None] | None


def turns(mark: str) -> list[Turn]:
    """A whole reflection, taps and typing in turn; `mark` makes its words its own."""
    helped = f"The walk to the window helped, {mark}"
    wish = f"Please ask about my sister {mark}"
    return [
        Turn({"choice": "menu.start"}, None),
        Turn({"choice": "heard.4"}, ("heard", "4", None)),
        Turn({"text": "completely"}, ("safe", "5", None)),
        Turn({"choice": "goals.3"}, ("goals", "3", None)),
        Turn({"text": "4"}, ("approach", "4", None)),
        Turn({"choice": "snag.5"}, ("snag", "5", None)),
        Turn({"text": helped}, ("helped", None, helped)),
        Turn({"text": wish}, ("wish", None, wish)),
        Turn({"choice": "review.share"}, None),
    ]


def kill(stack: Stack, service: str) -> Fault:
    """kill -9, a little later at each turn, so that each phase of a turn is hit."""

    def fault(at: int) -> None:
        time.sleep(0.012 * at)
        stack.kill(service)

    return fault


def cut_connections(stack: Stack) -> Fault:
    """Every connection to PostgreSQL is closed from the server's side."""

    def fault(at: int) -> None:
        time.sleep(0.012 * at)
        with stack.records.engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            )

    return fault


def reflect(case: Case, fault: Fault | None, *, each: int = 1) -> list[float]:
    """Plays a reflection with a fault in every `each`-th turn; returns seconds for each turn."""
    patient = case.patient()
    took = []
    for at, turn in enumerate(turns(case.reflection_id)):
        message = str(uuid.uuid4())
        began = time.monotonic()
        breaking = None
        if fault is not None and at % each == 0:
            breaking = threading.Thread(target=fault, args=(at,))
            breaking.start()
        patient.post(turn.body, message)
        patient.answered(message)
        took.append(time.monotonic() - began)
        if breaking is not None:
            breaking.join()
    patient.client.close()
    return took


def check(case: Case) -> list[str]:
    """What is wrong with the record of a reflection that was played; empty when it is exact."""
    expected = {
        stored[0]: stored[1:] for turn in turns(case.reflection_id) if (stored := turn.stored)
    }
    found = {key: (answer.value, answer.words) for key, answer in case.answers().items()}
    wrong = [f"missing {key}" for key in expected.keys() - found.keys()]
    wrong += [f"not asked {key}" for key in found.keys() - expected.keys()]
    wrong += [
        f"wrong {key}" for key in expected.keys() & found.keys() if expected[key] != found[key]
    ]
    if case.state() != "shared":
        wrong.append(f"state {case.state()}")
    with case.stack.records.read() as tx:
        versions = tx.session.scalar(
            select(func.count())
            .select_from(models.AnswerVersion)
            .join(models.Answer, models.Answer.id == models.AnswerVersion.answer_id)
            .where(models.Answer.reflection_id == case.reflection_id)
        )
        undone = tx.session.scalar(
            select(func.count())
            .select_from(models.Inbox)
            .where(
                models.Inbox.reflection_id == case.reflection_id, models.Inbox.state != inbox.DONE
            )
        )
    if versions:
        wrong.append(f"{versions} answers stored twice")
    if undone:
        wrong.append(f"{undone} messages not done")
    return wrong
