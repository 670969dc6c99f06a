"""Words that may mean danger on the plain form."""

import uuid
from typing import Any

import pytest
from danger import CONCERN, PLAIN, Gone, alerts, duty, overdue
from stand_in import Clinic
from starlette.testclient import TestClient

from afterword.gateway import late
from afterword.records import reflections
from afterword.reflection.answers import Answer, AnswerState
from afterword.safety.finding import Tier


def sends_form(client: TestClient, token: str, words: str) -> Any:
    """A rating, and these words to what helped."""
    fields = {"id": str(uuid.uuid4()), "shown": "heard helped", "prefilled": ""}
    given = {"pick.heard": "4", "words.helped": words}
    return client.post(f"/f/{token}/form", data=fields | given)


def kept_before(clinic: Clinic, token: str, words: str) -> None:
    """Words that are in the record already, and were not screened."""
    reflection = clinic.reflection_id(token)
    with clinic.records.begin() as tx:
        reflections.begin(tx, reflection)
        answer = Answer("helped", AnswerState.ANSWERED, words=words)
        reflections.record_answer(tx, reflection, answer, str(uuid.uuid4()))


def test_the_form_answers_at_once_and_keeps_the_rest(client: TestClient, clinic: Clinic) -> None:
    duty(clinic)
    token = clinic.link()
    page = sends_form(client, token, PLAIN)
    assert page.status_code == 200
    assert "tel:999" in page.text
    assert "safety.go_on" in page.text
    assert len(alerts(clinic, token)) == 1
    onward = client.post(
        f"/f/{token}/form/safety", data={"id": str(uuid.uuid4()), "choice": "safety.stop"}
    )
    assert onward.headers["location"] == f"/f/{token}/form/review"
    assert clinic.answers(token)["heard"].value == "4"


@pytest.mark.parametrize(
    "wrong", [{"pick.helped": "decline"}, {"pick.heard": "11"}, {"words.wish": "a" * 10_001}]
)
def test_a_form_that_is_shown_again_is_answered_first(
    client: TestClient, clinic: Clinic, wrong: dict[str, str]
) -> None:
    duty(clinic)
    token = clinic.link()
    fields = {"id": str(uuid.uuid4()), "shown": "heard helped wish", "words.helped": PLAIN} | wrong
    page = client.post(f"/f/{token}/form", data=fields)
    assert page.status_code == 422
    assert "tel:999" in page.text
    assert PLAIN in page.text
    assert len(alerts(clinic, token)) == 1
    # Mended and sent again it is the same danger, and no second alert.
    del fields[next(iter(wrong))]
    client.post(f"/f/{token}/form", data=fields | {"words.helped": PLAIN})
    assert clinic.answers(token)["helped"].words == PLAIN
    assert len(alerts(clinic, token)) == 1


def test_at_the_end_everything_is_looked_at_once_more_and_told_once(
    client: TestClient, clinic: Clinic
) -> None:
    duty(clinic)
    token = clinic.link()
    kept_before(clinic, token, PLAIN)
    for _ in range(2):
        client.post(
            f"/f/{token}/form/review", data={"id": str(uuid.uuid4()), "decision": "private"}
        )
    assert [alert.tier for alert in alerts(clinic, token)] == [Tier.SAME_DAY.word]


def test_words_about_the_clinician_on_the_form_do_not_become_an_answer(
    client: TestClient, clinic: Clinic
) -> None:
    token = clinic.link()
    page = sends_form(client, token, CONCERN)
    assert "does not get this message" in page.text
    assert set(clinic.answers(token)) == {"heard"}


def test_a_concern_that_is_found_at_the_end_is_not_shared_unawares(
    client: TestClient, clinic: Clinic
) -> None:
    token = clinic.link()
    kept_before(clinic, token, CONCERN)
    review = f"/f/{token}/form/review"
    first = client.post(review, data={"id": str(uuid.uuid4()), "decision": "share"})
    assert "Nothing is shared yet" in first.text
    assert clinic.reflection(token).state == "open"
    client.post(review, data={"id": str(uuid.uuid4()), "decision": "share"})
    assert clinic.reflection(token).state == "shared"


def test_while_the_database_is_away_the_form_answers_too(
    client: TestClient, clinic: Clinic
) -> None:
    token = clinic.link()
    fields = {"id": str(uuid.uuid4()), "shown": "helped", "words.helped": PLAIN}
    with Gone(clinic):
        page = client.post(f"/f/{token}/form", data=fields)
        assert page.status_code == 503
        assert "tel:" in page.text
    assert late.play_in_once(clinic.context) == 1
    assert len(alerts(clinic, token)) == 1


def test_on_the_form_the_reply_is_the_help(client: TestClient, clinic: Clinic) -> None:
    token = clinic.link()
    fields = {"id": str(uuid.uuid4()), "shown": "helped", "words.helped": PLAIN}
    assert "tel:999" in client.post(f"/f/{token}/form", data=fields).text
    assert overdue(clinic) == []
