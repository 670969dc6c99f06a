"""The one-page form: everything that the chat can do, without a script."""

import re
from dataclasses import replace
from typing import Any

import pytest
from stand_in import Clinic, StandIn
from starlette.testclient import TestClient
from talking import answered, post, talk

from afterword.reflection.answers import AnswerState


class Page:
    """Fills in and sends forms as a browser without JavaScript does."""

    def __init__(self, client: TestClient, token: str) -> None:
        self._client = client
        self.base = f"/f/{token}/form"
        self.html = ""
        self.status = 0

    def open(self, end: str = "") -> "Page":
        return self._take(self._client.get(self.base + end))

    def send(self, **changes: str) -> "Page":
        fields = self._fields() | changes
        action = re.findall(r'<form method="post" action="([^"]+)"', self.html)[0]
        return self._take(self._client.post(action, data=fields))

    def _take(self, reply: Any) -> "Page":
        while reply.status_code == 303:
            reply = self._client.get(reply.headers["location"])
        self.html, self.status = reply.text, reply.status_code
        return self

    def _fields(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        for tag in re.findall(r"<input [^>]+>", self.html):
            name, value = (re.findall(f'{key}="([^"]*)"', tag)[0] for key in ("name", "value"))
            if 'type="hidden"' in tag or " checked" in tag:
                fields[name] = value
        for name, text in re.findall(
            r'<textarea name="([^"]+)"[^>]*>\n(.*?)</textarea>', self.html, re.S
        ):
            fields[name] = text
        return fields


@pytest.fixture
def token(clinic: Clinic) -> str:
    return clinic.link()


@pytest.fixture
def page(client: TestClient, token: str) -> Page:
    return Page(client, token)


LEAVING = '<script src="/static/leave.js" defer>'


def scripts(page: Page) -> list[str]:
    """What a page brings that could run: the one that only leaves it."""
    return re.findall("<script[^>]*>", page.html)


def test_the_form_asks_every_question_and_goal(page: Page) -> None:
    page.open()
    questions = re.findall(r'<fieldset id="q-([^"]+)"', page.html)
    assert [name for name in questions if not name.startswith("goal-")] == [
        *("heard", "safe", "goals", "approach", "snag", "helped", "wish"),
    ]
    assert page.html.count('value="skip"') == page.html.count('value="decline"') == 8
    assert "Go to the &lt;b&gt;market&lt;/b&gt; on my own" in page.html
    assert scripts(page) == [LEAVING]


def test_from_empty_to_shared(page: Page, clinic: Clinic, token: str) -> None:
    page.open().send(
        **{
            "pick.heard": "3",
            "words.heard": "but he was late",
            "pick.safe": "decline",
            "pick.goals": "skip",
            "words.helped": "Line one\r\nline two <script>alert(1)</script>",
        }
    )
    assert "Look it over" in page.html
    assert "but he was late" in page.html
    assert "&lt;script&gt;" in page.html
    assert scripts(page) == [LEAVING]
    given = clinic.answers(token)
    assert given["heard"].value == "3"
    assert given["heard"].words == "but he was late"
    assert given["safe"].state is AnswerState.DECLINED
    assert given["goals"].state is AnswerState.SKIPPED
    assert given["helped"].words == "Line one\nline two <script>alert(1)</script>"
    assert "approach" not in given
    assert clinic.reflection(token).state == "open"

    page.send(decision="share")
    assert "Shared." in page.html
    assert clinic.reflection(token).sharing == "all"
    assert {answer.visibility for answer in clinic.answers(token).values()} == {"shared"}
    page.open()
    assert "Shared." in page.html


@pytest.mark.parametrize(
    ("decision", "state", "sharing"),
    [("ratings", "shared", "ratings"), ("private", "private", "private")],
)
def test_the_other_decisions(
    page: Page, clinic: Clinic, token: str, decision: str, state: str, sharing: str
) -> None:
    page.open().send(**{"pick.heard": "2", "words.helped": "private words"})
    page.send(decision=decision)
    reflection = clinic.reflection(token)
    assert (reflection.state, reflection.sharing) == (state, sharing)
    assert clinic.answers(token)["helped"].visibility == "private"


def test_changing_an_answer_keeps_the_others(page: Page, clinic: Clinic, token: str) -> None:
    page.open().send(**{"pick.heard": "2", "words.helped": "Talking."})
    page.open().send(**{"pick.heard": "5"})
    given = clinic.answers(token)
    assert given["heard"].value == "5"
    assert given["helped"].words == "Talking."


def test_words_that_are_cleared_are_removed(page: Page, clinic: Clinic, token: str) -> None:
    page.open().send(**{"words.helped": "Not this after all"})
    page.open().send(**{"words.helped": ""})
    assert clinic.answers(token)["helped"].words is None
    assert "Not this after all" not in page.open().html


def test_an_old_form_does_not_clear_what_was_said_since(
    page: Page, client: TestClient, clinic: Clinic, token: str
) -> None:
    old = Page(client, token).open()
    page.open().send(**{"words.helped": "Said in another tab"})
    old.send(**{"pick.heard": "4"})
    assert clinic.answers(token)["helped"].words == "Said in another tab"


def test_going_back_and_sending_again_counts(page: Page, clinic: Clinic, token: str) -> None:
    page.open()
    first = page.html
    for value in ("2", "5", "2", "2"):
        page.html = first
        page.send(**{"pick.heard": value})
        assert clinic.answers(token)["heard"].value == value


def test_a_low_answer_opens_its_follow_up_once(page: Page, clinic: Clinic, token: str) -> None:
    picks = {f"pick.{name}": "4" for name in ("heard", "safe", "goals", "approach")}
    goal = re.findall(r'name="(pick\.goal-[^"]+)"', page.open().html)[0]
    page.send(**picks, **{"pick.snag": "1", goal: "mine"})
    assert "There is one more question" in page.html
    assert "What was the strain like?" in page.html
    page.send(**{"pick.snag_kind": "held_back"})
    assert "Look it over" in page.html
    assert clinic.answers(token)["snag_kind"].value == "held_back"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("pick.heard", "11", "Please choose one of the answers shown."),
        ("words.helped", "a" * 10_001, "Please keep it under 10,000 characters."),
    ],
)
def test_an_error_keeps_what_was_written(
    page: Page, clinic: Clinic, token: str, field: str, value: str, message: str
) -> None:
    page.open().send(**{field: value, "words.wish": "My long thought", "pick.safe": "3"})
    assert page.status == 422
    assert message in page.html
    assert "My long thought" in page.html
    assert page._fields()["pick.safe"] == "3"
    assert clinic.answers(token) == {}
    page.send(**{field: "3"})
    assert clinic.answers(token)["wish"].words == "My long thought"


@pytest.mark.parametrize(("pick", "label"), [("skip", "Skip"), ("decline", "Rather not say")])
@pytest.mark.parametrize("keeps", [True, False])
def test_words_beside_a_skip_are_asked_about(
    page: Page, clinic: Clinic, token: str, pick: str, label: str, keeps: bool
) -> None:
    page.open().send(**{"words.helped": "The drawing", "pick.helped": pick})
    assert page.status == 422
    assert f"choose “{label}” again" in page.html
    assert page._fields()["words.helped"] == "The drawing"
    page.send(**({} if keeps else {"words.helped": "", "pick.helped": pick}))
    given = clinic.answers(token)["helped"]
    assert given.words == ("The drawing" if keeps else None)


def test_an_earlier_answer_can_be_skipped_after_all(page: Page, clinic: Clinic, token: str) -> None:
    page.open().send(**{"words.helped": "The drawing"})
    page.open().send(**{"pick.helped": "skip"})
    given = clinic.answers(token)["helped"]
    assert (given.state, given.words) == (AnswerState.SKIPPED, None)


def test_far_too_much_is_not_read(page: Page) -> None:
    page.open().send(**{"words.helped": "a" * 1_100_000})
    assert page.status == 413
    assert "go back in your browser" in page.html


def test_odd_words_are_kept_whole(page: Page, clinic: Clinic, token: str) -> None:
    page.open().send(**{"words.helped": '\nNUL \x00 and שלום 🙂 & "quotes"'})
    kept = clinic.answers(token)["helped"].words
    assert kept == '\nNUL \ufffd and שלום 🙂 & "quotes"'


def test_deleting_asks_first(page: Page, clinic: Clinic, token: str) -> None:
    page.open().send(**{"pick.heard": "2"})
    page.send(decision="delete")
    assert "It cannot be undone." in page.html
    assert clinic.answers(token) != {}
    kept = page.html
    page.send(decision="keep")
    assert "Look it over" in page.html
    page.html = kept
    page.send(decision="delete_yes")
    assert clinic.answers(token) == {}
    assert clinic.reflection(token).state == "deleted"
    assert "Deleted." in page.html
    assert "Take it back" not in page.html


def test_the_review_marks_what_stays_private(page: Page, clinic: Clinic, token: str) -> None:
    core = clinic.context.phrasing.shipped.instruments["core", 1]
    items = {**core.items, "heard": replace(core.items["heard"], private=True)}
    clinic.context.phrasing.shipped.instruments["core", 1] = replace(core, items=items)
    page.open().send(**{"pick.heard": "2", "pick.safe": "3"})
    heard, safe = page.html.split('<div class="row">')[1:3]
    assert "Only you see this" in heard
    assert "Only you see this" not in safe
    page.send(decision="share")
    given = clinic.answers(token)
    assert (given["heard"].visibility, given["safe"].visibility) == ("private", "shared")


def test_taking_back_until_it_was_opened(page: Page, clinic: Clinic, token: str) -> None:
    page.open().send(**{"pick.heard": "2"})
    page.send(decision="share").send(decision="take_back")
    assert clinic.reflection(token).state == "open"
    page.send(decision="share")
    assert clinic.read_by_clinician(token)
    kept = page.html
    assert "Dr Ada Okafor" in page.open().html
    assert "Take it back" not in page.html
    page.html = kept
    page.send(decision="take_back")
    assert clinic.reflection(token).state == "shared"


def test_a_form_sent_after_sharing_changes_nothing(
    page: Page, client: TestClient, clinic: Clinic, token: str
) -> None:
    late = Page(client, token).open()
    page.open().send(**{"pick.heard": "2"})
    page.send(decision="share")
    late.send(**{"pick.heard": "5"})
    assert "Shared." in late.html
    assert clinic.answers(token)["heard"].value == "2"


def test_chat_and_form_are_one_record(
    page: Page, client: TestClient, clinic: Clinic, token: str, assistant: StandIn
) -> None:
    for choice in ("menu.start", "heard.4"):
        post(client, token, choice=choice)
        answered(client, token)
    page.open()
    assert page._fields()["pick.heard"] == "4"
    page.send(**{"pick.safe": "3"})
    post(client, token, choice="safe.2")
    answered(client, token)
    assert clinic.answers(token)["safe"].value == "2"
    assert all(line["from"] for line in talk(client, token).json()["messages"])
    assert "one page" not in str(talk(client, token).json())


def test_help_is_on_every_page_and_needs_no_script(page: Page) -> None:
    for end in ("", "/review"):
        page.open(end)
        assert 'href="#help"' in page.html
        assert 'href="tel:02079460999"' in page.html
        assert "Nobody reads this page live." in page.html
