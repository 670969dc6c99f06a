"""Rasa's role at PostgreSQL must not reach the clinic's tables."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from afterword import services
from afterword.records.store import open_engine
from afterword.records.tracker_role import reaches_the_records
from afterword.settings import Settings


def as_role(database: str, name: str, *statements: str) -> str:
    """The address with which a new role signs in."""
    engine = open_engine(database)
    with engine.begin() as connection:
        connection.execute(text(f"DROP ROLE IF EXISTS {name}"))
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'x'"))
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
    return make_url(database).set(username=name, password="x").render_as_string(False)


def without_role(database: str, name: str) -> None:
    engine = open_engine(database)
    with engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {name}"))
        connection.execute(text(f"DROP ROLE {name}"))
    engine.dispose()


@pytest.fixture
def postgresql(postgres: Any) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database with the present schema."""
    name = postgres.create("with_schema")
    yield postgres.url_of(name)
    postgres.drop(name)


def settings(folder: Path, database: str, trackers: str | None) -> Settings:
    return Settings(data_dir=folder, database_url=database, tracker_url=trackers)


def test_the_clinics_own_role_is_refused(postgresql: str, tmp_path: Path) -> None:
    for trackers in (None, postgresql, postgresql.replace("+psycopg", "")):
        with pytest.raises(services.RasaRefused, match="CREATE ROLE afterword_rasa"):
            services.require_own_place(settings(tmp_path, postgresql, trackers))


def test_a_role_made_as_we_say_is_taken(postgresql: str, tmp_path: Path) -> None:
    own = "CREATE SCHEMA rasa AUTHORIZATION rasa_well"
    url = as_role(postgresql, "rasa_well", own)
    try:
        assert services.require_own_place(settings(tmp_path, postgresql, url)) == url
    finally:
        without_role(postgresql, "rasa_well")


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT SELECT ON answer TO rasa_ill",
        "GRANT UPDATE ON answer TO rasa_ill",
        "GRANT CURRENT_ROLE TO rasa_ill",
        "GRANT pg_read_all_data TO rasa_ill",
    ],
)
def test_a_role_that_reaches_them_is_refused(postgresql: str, statement: str) -> None:
    url = as_role(postgresql, "rasa_ill", statement.replace("CURRENT_ROLE", '"postgres"'))
    try:
        assert reaches_the_records(postgresql, url)
    finally:
        without_role(postgresql, "rasa_ill")


def test_on_sqlite_there_are_two_files(tmp_path: Path) -> None:
    made = Settings(data_dir=tmp_path)
    assert services.require_own_place(made) == f"sqlite:///{tmp_path / 'conversations.db'}"
