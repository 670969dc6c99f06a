"""The table of routes and the processes have the same paths, and each goes to the table first."""

from pathlib import Path

import pytest

from actions import server
from actions.desk import Desk
from afterword.access import routes
from afterword.access.routes import ACTION_SERVER, ROUTES, Caller, Key, NoRow
from afterword.access_cli import page
from afterword.phrasing import Phrasing
from afterword.records.store import Records
from afterword.records.vault import create_key_file, load_vault
from afterword.settings import PROJECT, Settings
from afterword.web import make_app

from .matrix import REST, keys_of

OPEN = {Caller.ANYONE, Caller.STAFF, Caller.INVITED}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    create_key_file(tmp_path / "keys.json")
    return Settings(data_dir=tmp_path, safety_layers="rules")


def test_each_route_of_the_pages_has_a_row_and_each_row_is_served(settings: Settings) -> None:
    as_usual = keys_of(make_app(settings))
    in_demo = keys_of(make_app(settings.model_copy(update={"demo": True})))
    assert in_demo - as_usual == {("GET", "/demo/clinic")}
    assert in_demo | as_usual == set(ROUTES)


def test_each_route_of_the_action_server_has_a_row(settings: Settings) -> None:
    records = Records(settings.database, load_vault(settings.keys))
    app = server.make_app(Desk(records, Phrasing({}, {}), {}), "k" * server.SHORTEST_KEY)
    records.close()
    assert keys_of(app) == set(ACTION_SERVER)


@pytest.mark.parametrize("key", [REST, ("POST", "/api/messages"), ("GET", "/health")])
def test_a_route_without_a_row_never_starts(
    key: Key, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(routes.ROUTES, key)  # type: ignore[arg-type]
    with pytest.raises(NoRow, match=key[1].replace("{", r"\{").replace("*", r"\*")):
        make_app(settings)


def test_what_is_for_some_says_what_it_leads_to() -> None:
    silent = [key for key, row in ROUTES.items() if not row.actions and not row.callers <= OPEN]
    assert not silent


def test_what_changes_who_may_sign_in_needs_a_fresh_second_factor() -> None:
    changing = ("/portal/account/", "/portal/admin/people")
    lasting = ("password", "app", "passkey", "remove", "codes", "people")
    wanted = {
        key
        for key in ROUTES
        if key[1].startswith(changing) and any(word in key[1] for word in lasting)
    }
    assert wanted
    assert {key for key in wanted if not ROUTES[key].fresh} == set()


def test_the_page_shows_the_tables_as_they_are() -> None:
    """Made anew by: afterword access > docs/access.md"""
    written = (PROJECT / "docs" / "access.md").read_text(encoding="utf-8")
    assert written.splitlines() == "\n".join(page()).splitlines()
