"""Migrations make exactly the tables that the code expects, on both databases."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from factory import Clinic, Clock, rated
from sqlalchemy import Engine, inspect

from afterword.records import schema
from afterword.records.models import Base
from afterword.records.store import Records, open_engine
from afterword.records.vault import Vault


@pytest.fixture
def engine(empty_database: str) -> Iterator[Engine]:
    opened = open_engine(empty_database)
    yield opened
    opened.dispose()


def downgrade(engine: Engine) -> None:
    with engine.begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_migrations_give_exactly_the_models(engine: Engine) -> None:
    schema.upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []


def test_a_difference_would_be_found(engine: Engine) -> None:
    schema.upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE outbox")
        connection.exec_driver_sql("ALTER TABLE clinic DROP COLUMN website")
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert {difference[0] for difference in found} == {"add_table", "add_index", "add_column"}


def test_upgrading_twice_is_harmless(empty_database: str, vault: Vault, clock: Clock) -> None:
    records = Records(empty_database, vault, clock)
    schema.upgrade(records.engine)
    clinic = Clinic(records, clock)
    reflection = clinic.reflect(rated("heard", 4, "words"), sharing=None)
    schema.upgrade(records.engine)
    assert clinic.answers(reflection) == {"heard": rated("heard", 4, "words")}
    records.close()


def test_down_and_up_again_gives_the_same_tables(engine: Engine) -> None:
    schema.upgrade(engine)
    before = tables(engine)
    downgrade(engine)
    assert tables(engine) == {"alembic_version"}
    schema.upgrade(engine)
    assert tables(engine) == before == {*Base.metadata.tables, "alembic_version"}


def test_it_is_known_whether_a_database_is_up_to_date(engine: Engine) -> None:
    assert not schema.is_current(engine)
    schema.upgrade(engine)
    assert schema.is_current(engine)
    downgrade(engine)
    assert not schema.is_current(engine)
