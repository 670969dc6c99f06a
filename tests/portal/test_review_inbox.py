"""What was not understood, as an admin and an annotator meet it: without a script."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from afterword.access.actors import Actor
from afterword.demo_misheard import CONSENTING, MESSAGES, seed_misheard
from afterword.demo_seed import ADMIN, ANNOTATOR, CLINICIANS, CONTACTS, STORIES, secret_of, seed
from afterword.records import consents, models, wordings
from afterword.records.misheard import Reason
from afterword.records.store import Records
from afterword.settings import Settings

from .factory import Client, Clock, Context, client_of, empty_records, field_of, password_hash
from .factory import instrument as first_instrument

REVIEW, TEACH = "/portal/review", "/portal/admin/teach"
NAMES = {
    part
    for name in (
        *(story.name for story in STORIES),
        *(name for name, _ in (*CLINICIANS, *CONTACTS.values(), ADMIN, ANNOTATOR)),
    )
    for part in name.split()
} - {"Dr"}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """Made once: each test gets a copy of the file."""
    made = empty_records(tmp_path_factory.mktemp("demo"), Clock())
    seed_misheard(made, seed(made, first_instrument(), password_hash(), []).reflections)
    made.forget_log()
    made.close()
    return made


@pytest.fixture
def records(seeded: Records, tmp_path: Path) -> Iterator[Records]:
    copy = tmp_path / "afterword.db"
    shutil.copy(str(seeded.engine.url.database), copy)
    opened = Records(f"sqlite:///{copy}", seeded.vault, Clock())
    yield opened
    opened.close()


def client(records: Records, who: str) -> Client:
    made = client_of(Context(Settings(demo=True), records))
    assert made.sign_in(who, secret=secret_of(who)).status_code == 303
    return made


@pytest.fixture
def alex(records: Records) -> Iterator[Client]:
    made = client(records, ADMIN[1])
    yield made
    made.close()


@pytest.fixture
def nat(records: Records) -> Iterator[Client]:
    made = client(records, ANNOTATOR[1])
    yield made
    made.close()


def page(who: Client, query: str = "") -> str:
    response = who.get(f"{REVIEW}{query}")
    assert response.status_code == 200
    return response.text


def messages(text: str) -> dict[str, str]:
    """Id of each message by its words, as they stand there."""
    found = re.findall(r'<p class="words" id="t-(\w+)"[^>]*>(.*?)</p>', text, re.DOTALL)
    return {" ".join(re.sub(r"<[^>]+>", "", words).split()): key for key, words in found}


def press(who: Client, do: str, message: str = "", **more: str) -> str:
    """Presses a button; the page that follows."""
    data = {"form_token": field_of(page(who), "form_token"), "id": message, "do": do} | more
    response = who.post(REVIEW, data)
    if response.status_code != 303:
        return response.text
    return who.get(response.headers["location"]).text


def progress(text: str) -> tuple[int, int]:
    found = re.search(r"<span>(\d+) of (\d+) done", text)
    assert found
    return int(found[1]), int(found[2])


def test_a_message_with_its_question_what_was_done_and_three_suggestions(alex: Client) -> None:
    text = page(alex, "?reason=margin&language=en")
    assert "my thumb was quicker than me" in messages(text)
    shown = text.partition("my thumb was quicker than me")[2].partition("</form>")[0]
    assert "working toward the same thing?" in shown
    assert "did not understand" in shown
    labels = re.findall(r'value="label\.(\w+)" data-key="([123])"', shown)
    assert [key for _, key in labels] == ["1", "2", "3"]
    assert labels[0][0] == "back"
    assert len(re.findall(r"<li dir=\"auto\">", shown)) == 9
    for action in ("label.answer", "skip", "hide", "other"):
        assert f'value="{action}"' in shown


def test_the_question_is_shown_in_the_words_of_the_clinic(alex: Client, records: Records) -> None:
    (asked,) = re.findall(r"<dd><span[^>]*>([^<]+)</span></dd>", card(alex, "oops too fast"))
    assert asked.startswith("Think back to your session.")
    with records.begin(by=Actor.operator("test")) as tx:
        clinic = tx.session.scalars(select(models.Clinic.id)).one()
        text = "Did {clinician} get what was on your mind?"
        wordings.change(tx, clinic, language="en", key="core/heard/ask", text=text)
    again = client(records, ADMIN[1])
    assert "Did ‹…› get what was on your mind?" in card(again, "oops too fast")
    again.close()


def card(who: Client, words: str) -> str:
    return page(who).partition(words)[2].partition("</form>")[0]


def test_no_name_of_the_clinic_is_shown(alex: Client, nat: Client) -> None:
    for who in (alex, nat):
        text = page(who) + page(who, "?language=es")
        for _, _, _, words in re.findall(
            r"(<p class=\"words\")( id=\"t-\w+\")([^>]*)>(.*?)</p>", text, re.DOTALL
        ):
            said = re.sub(r"<[^>]+>", " ", words).casefold()
            assert not {name for name in NAMES if re.search(rf"\b{name.casefold()}\b", said)}


def test_labels_progress_and_undo(alex: Client) -> None:
    before = progress(page(alex))
    key = messages(page(alex, "?reason=margin"))["my thumb was quicker than me"]
    after = press(alex, "label.back", key)
    assert "Saved." in after
    assert progress(after) == (before[0] + 1, before[1])
    assert "my thumb was quicker than me" not in messages(page(alex, "?reason=margin"))
    undone = press(alex, "undo")
    assert "Taken back." in undone
    assert progress(undone) == before
    assert "There is nothing to take back." in press(alex, "undo")


def test_filters_stay_with_the_decision(alex: Client) -> None:
    text = page(alex, "?language=es")
    assert progress(text)[1] == sum(one.name == "Lucía Inventada" for one in MESSAGES)
    key = next(iter(messages(text).values()))
    after = press(alex, "skip", key, language="es", week="tomorrow")
    assert progress(after)[1] == progress(text)[1]
    assert "week=tomorrow" not in after


def test_a_batch_has_twenty_and_the_last_leads_to_all_done(alex: Client) -> None:
    assert len(messages(page(alex))) == 20
    for _ in range(len(MESSAGES)):
        found = messages(page(alex))
        if not found:
            break
        press(alex, "hide", next(iter(found.values())))
    text = page(alex)
    assert "All done" in text
    assert progress(text) == (len(MESSAGES), len(MESSAGES))


def test_what_touches_safety_waits_for_a_second_person(alex: Client, nat: Client) -> None:
    key = messages(page(alex, "?reason=fallback"))["my new one is phone"]
    assert "It counts once a second person says the same." in press(alex, "label.ask_human", key)
    assert "my new one is phone" not in messages(page(alex, "?reason=fallback"))
    assert "1 of yours waits for a second person" in page(alex)
    text = page(nat, "?reason=fallback")
    assert "A colleague says: Talk to a person." in text
    assert "Saved." in press(nat, "label.ask_human", key)
    assert "waits for a second person" not in page(alex)


def test_the_same_person_cannot_be_the_second(alex: Client) -> None:
    key = messages(page(alex, "?reason=fallback"))["my new one is phone"]
    press(alex, "label.ask_human", key)
    assert "Ask a colleague." in press(alex, "label.ask_human", key)


def test_something_else_is_chosen_from_all(alex: Client) -> None:
    key = messages(page(alex, "?reason=margin"))["who wants to hear about rows"]
    assert "Choose what was meant." in press(alex, "other", key)
    assert "Choose what was meant." in press(alex, "label.nonsense", key)
    assert "Saved." in press(alex, "other", key, other="ask_why")


def test_who_only_labels_lands_there_and_sees_nothing_else(nat: Client) -> None:
    text = page(nat)
    assert 'href="/portal/review" aria-current="page"' in text
    assert "/portal/admin" not in text
    assert nat.get("/portal/admin/patients").status_code == 404


def test_clinicians_and_contacts_have_no_such_page(records: Records) -> None:
    for address in (CLINICIANS[0][1], *(address for _, address in CONTACTS.values())):
        if address.startswith("pat@"):
            continue
        made = client(records, address)
        assert made.get(REVIEW).status_code == 404
        assert REVIEW not in made.get("/portal/account").text
        made.close()


def test_the_script_is_a_file_of_ours_and_nothing_is_inline(alex: Client) -> None:
    response = alex.get(REVIEW)
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert re.findall(r"<script[^>]*>", response.text) == [
        '<script src="/portal/static/review.js" defer>'
    ]
    assert alex.get("/portal/static/review.js").status_code == 200


def test_the_demo_has_all_reasons_and_consents(records: Records) -> None:
    assert {one.reason for one in MESSAGES} == set(Reason)
    assert len(MESSAGES) == 25
    with records.read() as tx:
        rows = tx.session.query(consents.Consent).filter_by(kind="training").count()
    assert rows == len(CONSENTING)


def test_what_was_taken_out_of_a_line_is_shown_in_words_when_it_is_taught(
    alex: Client, nat: Client
) -> None:
    line = "name next time please"
    for who in (alex, nat):
        press(who, "label.ask_human", messages(page(who))[line])
    teach(alex, "take")
    drafted = alex.get(TEACH).text
    assert '<span class="gone">name</span> next time please' in drafted
    assert "&lt;name&gt;" not in drafted.partition("<details>")[0]


def test_a_line_that_is_taken_back_waits_here_for_another_meaning(alex: Client) -> None:
    press(alex, "label.thanks", messages(page(alex))["the little thing on the left again"])
    assert "the little thing on the left again" not in messages(page(alex))
    teach(alex, "take")
    drafted = alex.get(TEACH).text.partition("the little thing on the left again")[2]
    teach(alex, "drop", change=field_of(drafted, "change"))
    assert "the little thing on the left again" not in alex.get(TEACH).text
    assert "the little thing on the left again" in messages(page(alex))


def teach(who: Client, what: str, **form: str) -> None:
    token = field_of(who.get(TEACH).text, "form_token")
    assert who.post(f"{TEACH}/{what}", {"form_token": token} | form).status_code == 303
