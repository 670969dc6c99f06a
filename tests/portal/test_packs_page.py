"""A clinician chooses packs of further questions for a patient of their caseload."""

import html
from collections.abc import Iterator

import pytest

from afterword.access.actors import Actor
from afterword.datafiles import load_instruments
from afterword.records import history, models
from afterword.settings import PROJECT

from .factory import NOW, WEEK, Client, World, field_of, rated

NONE, BOTH = frozenset[str](), frozenset({"psychiatry", "psychodynamic"})


@pytest.fixture
def world(world: World) -> World:
    world.context.instruments = load_instruments(PROJECT / "instruments" / "core.yml")
    return world


@pytest.fixture
def ada(world: World) -> Iterator[Client]:
    client = world.client()
    assert client.sign_in().status_code == 303
    yield client
    client.close()


@pytest.fixture
def page(world: World) -> str:
    return f"/portal/appointments/{world.book(NOW + WEEK / 7)}"


def chosen(world: World) -> frozenset[str]:
    with world.records.read(by=Actor.operator("test")) as tx:
        return history.packs_of(tx, world.robin)


def choose(client: Client, page: str, *packs: str) -> tuple[int, str]:
    sent = {"form_token": client.form_token(), **{f"pack.{pack}": "yes" for pack in packs}}
    response = client.post(f"{page}/questions", sent)
    return response.status_code, response.headers.get("location", "")


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return html.unescape(response.text)


def test_the_page_of_the_appointment_leads_there(world: World, ada: Client, page: str) -> None:
    assert f'href="{page}/questions">Questions</a>' in text_of(ada, page)
    world.reflect(world.book(NOW - WEEK), rated("heard", 4))
    assert f'href="{page}/questions">Questions</a>' in text_of(ada, page)


def test_each_pack_says_what_it_is_for_and_what_it_asks(ada: Client, page: str) -> None:
    shown = text_of(ada, f"{page}/questions")
    assert "Robin Okafor" in shown
    assert "For patients who take medicine or have another treatment." in shown
    assert "what your pills or other treatment do" in shown
    assert "Did a feeling toward Ada Whitfield come up" in shown
    assert shown.count("You do not get the answer to this one.") == 1
    assert shown.count('type="checkbox"') == 2
    assert "<script" not in shown and " checked" not in shown


def test_packs_are_chosen_and_left(world: World, ada: Client, page: str) -> None:
    for packs in (BOTH, frozenset({"psychiatry"}), NONE):
        status, to = choose(ada, page, *packs)
        assert (status, to) == (303, f"{page}/questions?notice=saved")
        assert chosen(world) == packs
        shown = text_of(ada, to)
        assert "Saved. This counts from the next reflection on." in shown
        assert shown.count(" checked") == len(packs)


def test_what_is_no_pack_is_not_kept(world: World, ada: Client, page: str) -> None:
    assert choose(ada, page, "surgery", "psychiatry")[0] == 303
    assert chosen(world) == {"psychiatry"}


def test_a_form_from_elsewhere_changes_nothing(world: World, ada: Client, page: str) -> None:
    for token in ("", "0" * 64):
        sent = {"form_token": token, "pack.psychiatry": "yes"}
        assert ada.post(f"{page}/questions", sent).status_code == 403
    assert chosen(world) == NONE


def test_only_who_has_the_patient_on_the_caseload_finds_it(
    world: World, ada: Client, page: str
) -> None:
    world.add_clinician("ben@clinic.example", "Ben")
    ben = world.client()
    ben.sign_in("ben@clinic.example")
    assert ben.get(f"{page}/questions").status_code == 404
    assert choose(ben, page, "psychiatry")[0] == 404
    ben.close()
    for other in ("none", "0" * 32):
        assert ada.get(f"/portal/appointments/{other}/questions").status_code == 404
    with world.begin() as tx:
        tx.session.query(models.Caseload).delete()
    assert ada.get(f"{page}/questions").status_code == 404
    assert choose(ada, page, "psychiatry")[0] == 404
    assert chosen(world) == NONE


@pytest.mark.parametrize("role", ["admin", "supervisor", "contact"])
def test_other_roles_do_not_find_it(world: World, page: str, role: str) -> None:
    world.add_clinician("ines@clinic.example", "Ines", role)
    client = world.client()
    client.sign_in("ines@clinic.example")
    assert client.get(f"{page}/questions").status_code == 404
    token = field_of(client.get("/portal/account").text, "form_token")
    sent = {"form_token": token, "pack.psychiatry": "yes"}
    assert client.post(f"{page}/questions", sent).status_code == 404
    assert chosen(world) == NONE
    client.close()


def test_without_packs_there_is_no_page(world: World, page: str) -> None:
    world.context.instruments = {("core", 1): world.context.instruments["core", 1]}
    client = world.client()
    client.sign_in()
    assert "/questions" not in text_of(client, page)
    assert client.get(f"{page}/questions").status_code == 404
    client.close()


def test_nothing_is_opened_by_choosing(world: World, ada: Client, page: str) -> None:
    world.reflect(world.book(NOW - WEEK), rated("heard", 4))
    text_of(ada, f"{page}/questions")
    choose(ada, page, "psychiatry")
    assert not world.rows(models.Reading)


def test_after_signing_in_again_it_goes_on_there(world: World, page: str) -> None:
    client = world.client()
    response = client.get(f"{page}/questions")
    assert response.headers["location"].endswith(f"{page}/questions".replace("/", "%2F"))
    client.close()
