"""Rasa is away: the page says so, keeps what is written, and offers the same items as a form."""

import html
import re
import time
import uuid
from collections.abc import Iterator

import httpx
import pytest
from stack import Stack
from waiting import wait_for

WORDS = "The walk to the window."


def hidden_fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))


def field(page: str, item: str, kind: str) -> str:
    """The name of the field of this kind for an item."""
    names = re.findall(rf'<(?:input type="{kind}"|{kind}) name="([^"]+)"', page)
    return next(name for name in names if name.endswith(item))


@pytest.fixture(scope="module")
def asleep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything but Rasa; the form is offered after one second."""
    with Stack(tmp_path_factory.mktemp("asleep"), rasa=False, plain_form_after=1) as running:
        yield running


def test_what_is_written_is_kept_and_the_form_offered(asleep: Stack) -> None:
    patient = asleep.case().patient()
    message = str(uuid.uuid4())
    began = time.monotonic()
    patient.post({"choice": "menu.start"}, message)
    assert time.monotonic() - began < 5, "the page never waits for Rasa"
    state = patient.client.get("/api/conversation").json()
    assert state["assistant"] in ("waking", "away")
    assert [line["client"] for line in state["messages"]] == [message]
    wait_for(
        "the form to be offered", lambda: patient.client.get("/api/conversation").json()["form"]
    )


def test_the_form_alone_carries_a_reflection(asleep: Stack) -> None:
    case = asleep.case()
    with httpx.Client(base_url=asleep.url, follow_redirects=True) as browser:
        page = browser.get(f"/f/{case.token}/form").text
        hidden = hidden_fields(page)
        given = {field(page, "heard", "radio"): "4", field(page, "helped", "textarea"): WORDS}
        review = browser.post(f"/f/{case.token}/form", data=hidden | given)
        assert WORDS in html.unescape(review.text)
        assert case.state() == "open", "nothing is shared before the patient says so"
        decision = hidden_fields(review.text) | {"decision": "share"}
        browser.post(f"/f/{case.token}/form/review", data=decision)
    answers = case.answers()
    assert (answers["heard"].value, answers["helped"].words) == ("4", WORDS)
    assert case.state() == "shared"
    assert WORDS in html.unescape(case.digest())


def test_the_assistant_goes_on_where_the_messages_waited(asleep: Stack) -> None:
    case = asleep.case()
    patient = case.patient()
    messages = [str(uuid.uuid4()) for _ in range(3)]
    for message, body in zip(
        messages, ({"choice": "menu.start"}, {"text": "4"}, {"text": "mostly"}), strict=True
    ):
        patient.post(body, message)
    asleep.start_rasa()
    patient.answered(messages[-1])
    answers = case.answers()
    assert {key: answer.value for key, answer in answers.items()} == {"heard": "4", "safe": "3"}
