"""What an admin is told to do next, on every page between a message and a version that is live."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from measured import measured, report_of

from afterword.portal.guide import Facts, following
from afterword.records import registry, serving
from afterword.records.registry import State

from .factory import Client, World

PAGES = ("review", "admin/teach", "admin/teach/lines", "admin/training", "admin/models")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (Facts(), "nothing"),
        (Facts(waiting=3), "waiting"),
        (Facts(waiting=3, ready=1), "ready"),
        (Facts(waiting=3, ready=1, lines=2), "lines"),
        (Facts(waiting=3, lines=2, training=True), "training"),
        (Facts(waiting=3, lines=2, passed="new", promoting=True), "promoting"),
        (Facts(waiting=3, lines=2, passed="new"), "passed"),
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


def trained(world: World, name: str, *, wrong: int = 0) -> None:
    """A version that was trained a minute after the one before; `wrong` stops go unheard."""
    stops = [place for place, read in measured(name).lines.items() if read.meant == "stop"]
    report = report_of(name, dict.fromkeys(stops[:wrong], "pause"))
    world.clock.now += timedelta(minutes=1)
    with world.records.begin() as tx:
        state = State.REFUSED if wrong else State.READY
        registry.add(tx, name, None, report, state=state)


def test_what_was_refused_is_said_with_its_reason_and_is_not_what_comes_next(
    world: World, admin: Client
) -> None:
    trained(world, "worse", wrong=9)
    for page in PAGES:
        text = html.unescape(admin.get(f"/portal/{page}").text)
        way = text.partition('class="way"')[2].partition("</nav>")[0]
        assert "Refused:" in way
        assert "“Stop” is heard: " in way, "the reason"
        assert 'href="/portal/admin/models/worse"' in way, "the next step"
        assert "nothing has to be done now" in way
    own = html.unescape(admin.get("/portal/admin/models/worse").text)
    assert "Refused:" not in own, "that page says all of it"
    assert "checks were not passed" in own


def test_what_was_refused_stands_in_nobodys_way(world: World, admin: Client) -> None:
    trained(world, "older")
    trained(world, "worse", wrong=9)
    page = admin.get("/portal/review").text
    assert "Refused:" in page
    assert "a new version passed every check" in page
    assert 'class="button" href="/portal/admin/models/older"' in page
    trained(world, "newer")
    page = admin.get("/portal/review").text
    assert "Refused:" not in page
    assert 'class="button" href="/portal/admin/models/newer"' in page
    with world.records.begin() as tx:
        serving.promote(tx, "newer", None, timedelta(hours=1))
    assert "nothing has to be done now" in admin.get("/portal/review").text, "the older one is past"


def test_who_only_gives_meanings_is_not_sent_to_pages_of_others(world: World) -> None:
    world.add_clinician("nat@clinic.example", "Nat Annotator", "annotator")
    client = world.client()
    assert client.sign_in("nat@clinic.example").status_code == 303
    assert "/portal/admin/teach" not in client.get("/portal/review").text
    client.close()
