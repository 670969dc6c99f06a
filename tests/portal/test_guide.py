"""What an admin is told to do next, on every page between a message and a version that is live."""

import re
from collections.abc import Iterator

import pytest

from afterword.portal.guide import Facts, following
from afterword.records.registry import State

from .factory import Client, World

READY, REFUSED, LIVE = State.READY, State.REFUSED, State.LIVE
PAGES = ("review", "admin/teach", "admin/teach/lines", "admin/training", "admin/models")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (Facts(), "nothing"),
        (Facts(waiting=3), "waiting"),
        (Facts(waiting=3, ready=1), "ready"),
        (Facts(waiting=3, ready=1, lines=2), "lines"),
        (Facts(waiting=3, lines=2, training=True), "training"),
        (Facts(waiting=3, lines=2, newest=READY, promoting=True), "promoting"),
        (Facts(waiting=3, lines=2, newest=READY), "passed"),
        (Facts(waiting=3, newest=REFUSED), "refused"),
        (Facts(waiting=3, newest=REFUSED, lines=1), "lines"),
        (Facts(waiting=3, newest=LIVE), "waiting"),
        (Facts(waiting=3, failed=True), "failed"),
    ],
)
def test_what_was_begun_comes_first(facts: Facts, code: str) -> None:
    assert following(facts).code == code


@pytest.fixture
def admin(world: World) -> Iterator[Client]:
    world.add_clinician("ines@clinic.example", "Ines Admin", "admin")
    client = world.client()
    assert client.sign_in("ines@clinic.example").status_code == 303
    yield client
    client.close()


def test_every_page_of_the_way_says_where_it_is_and_what_is_next(admin: Client) -> None:
    for page in PAGES:
        text = admin.get(f"/portal/{page}").text
        (here,) = re.findall(r'<a href="/portal/(\S+)" aria-current="step"', text)
        assert page.startswith(here)
        assert "nothing has to be done now" in text


def test_who_only_gives_meanings_is_not_sent_to_pages_of_others(world: World) -> None:
    world.add_clinician("nat@clinic.example", "Nat Annotator", "annotator")
    client = world.client()
    assert client.sign_in("nat@clinic.example").status_code == 303
    assert "/portal/admin/teach" not in client.get("/portal/review").text
    client.close()
