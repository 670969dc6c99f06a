import re
from datetime import date, timedelta
from html import unescape

import pytest

from afterword.portal.digests import DigestMaker
from afterword.records import models, people, reflections
from afterword.records.store import RecordsAway
from afterword.reflection.answers import Answer, AnswerState, Sharing

from .factory import NOW, WEEK, Client, World, field_of, rated, said, without

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</blockquote></article><h1>Broken</h1>",
    "{{ 7 * 7 }} {% raw %} {clinician.name}",
    "\u202eright to left\u202c \u2066open",
    "javascript:alert(1) &lt;b&gt;",
    "line one\n\n  line three\ttab",
    "x" * 3000,
]


def reflected(world: World, *answers: Answer, sharing: Sharing | None = Sharing.ALL) -> str:
    """A reflection on last week's session; returns the coming appointment."""
    world.reflect(world.book(NOW - WEEK), *answers, sharing=sharing, at=NOW - WEEK / 2)
    return world.book(NOW + timedelta(hours=1))


def page_of(client: Client, appointment: str) -> str:
    response = client.get(f"/portal/appointments/{appointment}")
    assert response.status_code == 200
    return response.text


def test_the_page_has_the_order_of_the_product(world: World, signed_in: Client) -> None:
    with world.begin() as tx:
        goal = people.add_goal(tx, world.robin, "Sleep through the night", date(2026, 9, 1))
    world.history(*[(rated("heard", 4), said("wish", "Slower please"))] * 3)
    appointment = reflected(
        world,
        rated("heard", 2),
        rated("heard_why", "pace"),
        rated(f"goal-{goal}", "unsure"),
        said("helped", "The drawing helped."),
        said("wish", "More time at the end"),
    )
    page = page_of(signed_in, appointment)
    order = [
        "Robin Okafor",
        "Next session: today, 10:00",
        "About the session on Tue 10 Nov",
        'class="headline"',
        "What helped most in this session?",
        "The drawing helped.",
        "More time at the end",
        "I have read this",
        "Heard",
        "Partly",
        'role="img"',
        "What got in the way",
        "We moved on too fast",
        "Sleep through the night",
        "Not sure any more",
        "You could open with",
        "Open from last time",
        "Slower please",
        "conversation prompts, not a validated score",
        "Questions: core, version 1.",
    ]
    at = 0
    for part in order:
        at = page.index(part, at)
    text = re.sub(r"<[^>]+>", " ", page)
    assert "average" not in text.lower()


def test_every_link_on_the_page_leads_to_an_answer_on_it(world: World, signed_in: Client) -> None:
    page = page_of(signed_in, reflected(world, rated("heard", 1), rated("snag", 2)))
    targets = re.findall(r'href="#([^"]+)"', page)
    assert set(targets) == {"main", "item-heard", "item-snag"}
    ids = re.findall(r' id="([^"]+)"', page)
    assert set(targets) <= set(ids)
    assert len(ids) == len(set(ids))


def test_too_few_earlier_answers_draw_no_trend(world: World, signed_in: Client) -> None:
    world.history((rated("heard", 4),), (rated("heard", 4),))
    page = page_of(signed_in, reflected(world, rated("heard", 2)))
    assert "<svg" not in page
    assert "from three earlier answers on" in page


def test_a_missing_answer_is_a_gap_and_not_a_zero(world: World, signed_in: Client) -> None:
    skipped = (without("heard", AnswerState.SKIPPED),)
    world.history((rated("heard", 4),), skipped, (rated("heard", 3),), (rated("heard", 5),))
    page = page_of(signed_in, reflected(world, without("heard", AnswerState.DECLINED)))
    assert "Very much, no answer, Mostly, Completely. This time: no answer." in page
    assert page.count("<circle") == 3
    assert "Rather not say" in page


def test_what_was_not_shared_is_nowhere_on_any_page(world: World, signed_in: Client) -> None:
    private = reflected(world, said("helped", "CANARY private"), sharing=Sharing.PRIVATE)
    other = world.add_patient("Ratings Only", world.ada)
    world.reflect(
        world.book(NOW - WEEK, other),
        rated("heard", 2, "CANARY rating words"),
        said("helped", "CANARY open words"),
        sharing=Sharing.RATINGS,
    )
    ratings = world.book(NOW + timedelta(hours=2), other)
    third = world.add_patient("Not Finished", world.ada)
    world.reflect(world.book(NOW - WEEK, third), said("helped", "CANARY draft"), sharing=None)
    unfinished = world.book(NOW + timedelta(hours=3), third)
    pages = [page_of(signed_in, one) for one in (private, ratings, unfinished)]
    assert not [page for page in [*pages, signed_in.get("/portal").text] if "CANARY" in page]
    assert "No words were shared" in pages[1]
    assert "Partly" in pages[1]


def test_only_this_patients_own_words_are_on_the_page(world: World, signed_in: Client) -> None:
    appointment = reflected(world, said("helped", "Robins words"))
    other = world.add_patient("Kim Doe", world.ada)
    world.reflect(world.book(NOW - WEEK, other), said("helped", "CANARY of Kim"))
    page = page_of(signed_in, appointment)
    assert "Robins words" in page
    assert "CANARY" not in page
    assert "Kim" not in page


def test_a_corrected_answer_shows_what_it_is_now(world: World, signed_in: Client) -> None:
    session = world.book(NOW - WEEK)
    world.reflect(session, said("helped", "CANARY before"), sharing=None)
    world.reflect(session, said("helped", "After"))
    page = page_of(signed_in, world.book(NOW + timedelta(hours=1)))
    assert "After" in page
    assert "CANARY" not in page


@pytest.mark.parametrize(
    ("sharing", "words"),
    [
        (Sharing.PRIVATE, "own choice and needs no reason"),
        (None, "was started. Nothing has been shared so far."),
    ],
)
def test_a_page_without_a_reflection_says_so_and_blames_nobody(
    world: World, signed_in: Client, sharing: Sharing | None, words: str
) -> None:
    world.history((said("wish", "Slower please"),))
    page = page_of(signed_in, reflected(world, rated("heard", 1), sharing=sharing))
    assert words in page
    assert "Slower please" in page
    assert "Last shared reflection: the session on Tue 3 Nov." in page
    assert "I have read this" not in page
    assert not world.rows(models.Reading)


def test_a_first_appointment_has_nothing_to_read(world: World, signed_in: Client) -> None:
    assert "Nobody was asked" in page_of(signed_in, world.book(NOW))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_only_words(world: World, signed_in: Client, words: str) -> None:
    with world.begin() as tx:
        goal = people.add_goal(tx, world.robin, words, date(2026, 9, 1))
    world.history((said("wish", words),))
    answers = (rated(f"goal-{goal}", "mine"), said("helped", words), said("wish", words))
    page = page_of(signed_in, reflected(world, *answers))
    quotes = re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", page, re.S)
    assert [unescape(quote) for quote in quotes] == [words, words]
    for tag in ("<script", "<img", "<h1>Broken"):
        assert tag not in page


def test_opening_is_noted_once_and_bars_taking_back(world: World, signed_in: Client) -> None:
    appointment = reflected(world, rated("heard", 3))
    page_of(signed_in, appointment)
    world.clock.now += timedelta(minutes=1)
    page_of(signed_in, appointment)
    (reading,) = world.rows(models.Reading)
    assert (reading.opened_at, reading.read_at) == (NOW, None)
    with world.begin() as tx:
        assert not reflections.take_back(tx, reading.reflection_id)


def test_a_page_fetched_ahead_is_not_opened(world: World, signed_in: Client) -> None:
    appointment = reflected(world, rated("heard", 3))
    response = signed_in.get(
        f"/portal/appointments/{appointment}", headers={"Sec-Purpose": "prefetch;prerender"}
    )
    assert response.status_code == 503
    assert not world.rows(models.Reading)


def read_form(client: Client, appointment: str) -> dict[str, str]:
    page = page_of(client, appointment)
    return {name: field_of(page, name) for name in ("form_token", "reflection")}


def test_reading_is_noted_once_and_confirmed(world: World, signed_in: Client) -> None:
    appointment = reflected(world, rated("heard", 3))
    form = read_form(signed_in, appointment)
    path = f"/portal/appointments/{appointment}"
    response = signed_in.post(f"{path}/read", form)
    assert (response.status_code, response.headers["location"]) == (303, f"{path}?notice=read")
    world.clock.now += timedelta(minutes=5)
    assert signed_in.post(f"{path}/read", form).status_code == 303
    (reading,) = world.rows(models.Reading)
    assert reading.read_at == NOW
    page = signed_in.get(response.headers["location"]).text
    assert 'role="status"' in page
    assert "You said that you have read this on Tue 17 Nov, 09:00." in page
    assert '<button class="main"' not in page


@pytest.mark.parametrize("token", ["", "0" * 64, "\u00e9"])
def test_reading_needs_the_sessions_form_token(world: World, signed_in: Client, token: str) -> None:
    appointment = reflected(world, rated("heard", 3))
    form = {**read_form(signed_in, appointment), "form_token": token}
    response = signed_in.post(f"/portal/appointments/{appointment}/read", form)
    assert response.status_code == 403
    assert world.rows(models.Reading)[0].read_at is None


def test_a_form_token_is_good_for_its_own_session_only(world: World, signed_in: Client) -> None:
    appointment = reflected(world, rated("heard", 3))
    form = read_form(signed_in, appointment)
    signed_in.cookies.clear()
    signed_in.sign_in()
    response = signed_in.post(f"/portal/appointments/{appointment}/read", form)
    assert response.status_code == 403


def test_another_site_cannot_press_the_button(world: World, signed_in: Client) -> None:
    appointment = reflected(world, rated("heard", 3))
    form = read_form(signed_in, appointment)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        response = signed_in.post(f"/portal/appointments/{appointment}/read", form, headers)
        assert response.status_code == 403


def test_deleted_in_the_meantime_is_said_and_nothing_is_left(
    world: World, signed_in: Client
) -> None:
    appointment = reflected(world, said("helped", "CANARY"))
    form = read_form(signed_in, appointment)
    with world.begin() as tx:
        reflections.erase(tx, form["reflection"])
    response = signed_in.post(f"/portal/appointments/{appointment}/read", form)
    page = signed_in.get(response.headers["location"]).text
    assert "This changed while the page was open." in page
    assert "CANARY" not in page


def test_every_foreign_or_unknown_page_is_the_same_404(world: World, signed_in: Client) -> None:
    ben = world.add_clinician("ben@clinic.example", "Ben")
    foreign = world.add_patient("Bens Patient", ben)
    bens_reflection = world.reflect(world.book(NOW - WEEK, foreign, ben), said("helped", "CANARY"))
    former = world.add_patient("Former Patient", world.ada, date(2026, 11, 16))
    world.reflect(world.book(NOW - WEEK, former), said("helped", "CANARY"))
    own = reflected(world, rated("heard", 3))
    form = read_form(signed_in, own)
    bens_appointment = world.book(NOW, foreign, ben)
    ids = [bens_appointment, world.book(NOW, former), "a" * 32, "x", "%00", "A" * 5000]
    paths = [f"/portal/appointments/{one}" for one in ids]
    answers = [signed_in.get(path) for path in [*paths, "/portal/nothing", "/portal/sign-out"]]
    answers += [signed_in.post(f"{path}/read", form) for path in paths]
    for reflection in (bens_reflection, "a" * 32, ""):
        answers.append(
            signed_in.post(f"/portal/appointments/{own}/read", {**form, "reflection": reflection})
        )
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert "CANARY" not in answers[0].text
    assert all(reading.staff_id == world.ada for reading in world.rows(models.Reading))


def test_every_reply_carries_the_headers(world: World, signed_in: Client, client: Client) -> None:
    appointment = reflected(world, rated("heard", 3))
    replies = [
        signed_in.get("/portal"),
        signed_in.get(f"/portal/appointments/{appointment}"),
        signed_in.get("/portal/nothing"),
        signed_in.post("/portal/sign-out", {"form_token": "x"}),
        signed_in.get("/portal/sign-in"),
    ]
    for reply in replies:
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "noindex" in reply.headers["x-robots-tag"]
        assert reply.headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self' data:; "
            "require-trusted-types-for 'script'; trusted-types 'none'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'; report-uri /csp-report"
        )
        assert " style=" not in reply.text
        assert "<script" not in reply.text
    assert replies[1].headers["refresh"] == "905"
    style = signed_in.get("/portal/static/portal.css")
    assert style.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("error", "status"),
    [(RuntimeError("CANARY"), 500), (RecordsAway("CANARY"), 503)],
)
def test_a_failure_is_a_calm_page_and_no_words_are_logged(
    world: World,
    signed_in: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
) -> None:
    def fail(*_args: object) -> None:
        raise error

    monkeypatch.setattr(DigestMaker, "open_digest", fail)
    response = signed_in.get("/portal/appointments/" + "a" * 32)
    assert response.status_code == status
    assert "CANARY" not in response.text + caplog.text
    assert [vars(record).get("error") for record in caplog.records] == [error]


def test_the_demo_says_that_it_is_one(world: World, signed_in: Client) -> None:
    assert "made up" not in signed_in.get("/portal").text
    demo = world.context.settings.model_copy(update={"demo": True})
    world.context.settings = demo
    client = world.client()
    assert "made up" in client.get("/portal/sign-in").text
    client.close()
