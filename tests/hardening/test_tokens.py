"""A dead link and a guessed one are one case: same reply, same work. Guessing leads nowhere."""

import resource
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from afterword.gateway.limits import Limits
from afterword.records import invitations, models
from afterword.reflection.answers import Sharing

from .guessing import WAYS as GUESSED
from .guessing import guess
from .house import WEEK, Caller, House, said

NewCaller = Callable[..., Caller]
CANARY = "canary-6f1c"
WAYS = {
    "page": ("GET", "/f/{}"),
    "embedded": ("GET", "/f/{}/embed"),
    "form": ("GET", "/f/{}/form"),
    "posted form": ("POST", "/f/{}/form"),
    "review": ("GET", "/f/{}/form/review"),
    "decision": ("POST", "/f/{}/form/review"),
    "safety": ("POST", "/f/{}/form/safety"),
    "language": ("POST", "/f/{}/language"),
    "conversation": ("GET", "/api/conversation"),
    "message": ("POST", "/api/messages"),
}


@pytest.fixture
def dead(house: House) -> dict[str, str]:
    """A token of every kind that does not work."""
    revoked, reflection_id = house.link(house.patient("Robin Okafor"))
    house.answer(reflection_id, said("helped", CANARY), sharing=None)
    with house.records.begin() as tx:
        reflection = tx.session.get(models.Reflection, reflection_id)
        assert reflection is not None
        invitations.invite(
            tx,
            reflection.appointment_id,
            instrument="core",
            instrument_version=1,
            expires_at=tx.now + WEEK,
        )
    expired, _ = house.link(house.patient("Kim Doe"), valid_for=timedelta(seconds=-1))
    return {
        "revoked": revoked,
        "expired": expired,
        "guessed": secrets.token_urlsafe(24),
        "also guessed": secrets.token_urlsafe(24),
        "nearly": revoked[:-1] + ("A" if revoked[-1] != "A" else "B"),
        "short": "x",
    }


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """What the house's database is asked meanwhile."""
    seen: list[str] = []

    def note(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # Servers of other tests may still run in this process.
        if connection.engine.url == house.records.engine.url:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def ask(call: Caller, way: str, token: str) -> Any:
    method, path = WAYS[way]
    more: dict[str, Any] = {}
    if path.startswith("/api"):
        more["headers"] = {"Authorization": f"Bearer {token}"}
    if method == "POST" and path.startswith("/api"):
        more["json"] = {"id": "5a1f6b7e-3f0f-4b62-8f0e-2f7a5f6d3c11", "text": "hello"}
    elif method == "POST":
        more["data"] = {"id": "5a1f6b7e-3f0f-4b62-8f0e-2f7a5f6d3c11", "words.helped": "hello"}
    return call(method, path.format(token), **more)


def without_wordings(asked: list[str]) -> list[str]:
    """Without the look for changed texts, once a second, whoever asks."""
    return [statement for statement in asked if "FROM wording" not in statement]


@pytest.mark.parametrize("way", WAYS)
def test_every_dead_token_gets_the_same_reply_after_the_same_work(
    house: House, call: Caller, dead: dict[str, str], way: str
) -> None:
    shapes, work = Counter[Any](), Counter[Any]()
    for _ in range(4):
        for token in dead.values():
            with statements(house) as asked:
                reply = ask(call, way, token)
            shapes[reply.status_code, reply.content, tuple(sorted(reply.headers.items()))] += 1
            work[tuple(without_wordings(asked))] += 1
    assert len(shapes) == 1
    assert next(iter(shapes))[0] == 404
    assert len(work) == 1
    (done,) = work
    assert sum("token_hash" in statement for statement in done) == 1


def test_no_row_of_a_dead_link_reaches_the_program(house: House, dead: dict[str, str]) -> None:
    loaded: list[object] = []

    def note(target: object, _context: object) -> None:
        loaded.append(target)

    event.listen(models.Invitation, "load", note)
    try:
        resolved = resolve_all(house, [*dead.values()])
        assert resolved == [None] * len(dead)
        assert not loaded
        living, _ = house.link(house.patient("Sam Lee"))
        loaded.clear()
        assert resolve_all(house, [living]) != [None]
        assert loaded
    finally:
        event.remove(models.Invitation, "load", note)


def resolve_all(house: House, tokens: list[str]) -> list[object]:
    with house.records.read() as tx:
        return [invitations.resolve(tx, token) for token in tokens]


def test_guesses_find_nothing_are_slowed_down_and_fill_no_memory(
    house: House, new_caller: NewCaller
) -> None:
    """A hundred thousand of them take minutes: `bench/fuzz.py`."""
    _, reflection_id = house.link(house.patient("Robin Okafor", goal=CANARY))
    house.answer(reflection_id, said("helped", CANARY), sharing=Sharing.ALL)
    first = guess(house.app, 1_000, ("POST", "/api/messages"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = guess(house.app, 1_500, ("POST", "/api/messages"))
    assert first.statuses == {404: Limits.UNKNOWN.amount, 429: 1_000 - Limits.UNKNOWN.amount}
    assert done.statuses == {429: 1_500}
    assert first.without_retry == done.without_retry == 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
    many = guess(house.app, 1_000, *GUESSED, senders=100)
    assert many.statuses.keys() <= {404, 429}
    assert many.statuses[404] > 900
    assert not {*many.bodies_with(CANARY), *done.bodies_with(CANARY)}
    assert new_caller(house.app)("GET", "/health").status_code == 200
