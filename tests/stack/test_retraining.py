"""A new admin, from a message that was not understood to an assistant that understands it.

On few lines, so that it is soon trained; all else is the demo as everybody starts it.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from case import Patient
from playwright.sync_api import Browser, Locator, Page, expect
from small_assistant import Small, make_small
from waiting import wait_for

from afterword.demo_seed import ADMIN

MISHEARD = "wait i wasnt finished there"
LIKE_IT = (
    "oops too fast",
    "you moved on too fast",
    "my thumb was quicker than me",
    "the little thing on the left again",
    "top of the list for that",
)
STARTING, TRAINING, PROMOTING = 60_000, 480_000, 120_000


class Demo:
    """A running demo, as its greeting in the terminal tells of it."""

    def __init__(self, said: str) -> None:
        self.base = re.findall(r"(http://\S+)/portal\b", said)[0]
        self.password = re.findall(r"password (\S+)", said)[0]
        self.one = re.findall(r"Patient +\S+/f/(\S+)", said)[0]
        self.another = re.findall(r"Embedded +\S+link=(\S+)", said)[0]

    def is_up(self) -> bool:
        return httpx.get(f"{self.base}/health").status_code == 200

    def second_question(self, token: str) -> Patient:
        """A patient who has answered the first one."""
        patient = Patient(self.base, token)
        patient.start()
        patient.tap("heard.4")
        assert patient.open["question"] == "safe"
        return patient


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return make_small(tmp_path_factory.mktemp("retraining"), program=True)


@pytest.fixture
def demo(small: Small, tmp_path: Path) -> Iterator[Demo]:
    settings = {
        "MODELS_DIR": small.settings.models_dir,
        "MODEL_KEY_FILE": small.settings.model_key,
        "SAFETY_LAYERS": "rules",
    }
    ours = {f"AFTERWORD_{name}": str(value) for name, value in settings.items()}
    said = tmp_path / "said"
    with said.open("w") as out:
        process = subprocess.Popen(
            [str(small.project / ".venv/app/bin/python"), "-m", "afterword", "demo"],
            cwd=small.project,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **ours},
            stdout=out,
        )
    try:
        wait_for("the assistant", lambda: "assistant is ready" in said.read_text(), 120)
        running = Demo(said.read_text())
        wait_for("the pages", running.is_up, 120)
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def sign_in(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.base}/portal")
    page.get_by_label("E-mail").fill(ADMIN[1])
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Next").click()
    give_code(page)
    page.get_by_role("button", name="Sign in").click()


def messages(page: Page, text: str) -> Locator:
    own_words = page.locator(".words").get_by_text(text, exact=True)
    return page.locator(".misheard").filter(has=own_words)


def means(message: Locator, what: str) -> None:
    """By the suggestion, where it is one of the three."""
    button = message.get_by_role("button", name=what, exact=True)
    if button.count() == 0:
        message.get_by_label("Something else").select_option(label=what)
        button = message.get_by_role("button", name="Save", exact=True)
    button.click()


def put_live(page: Page) -> None:
    """Where the code was given long ago, it is asked for once more."""
    page.get_by_role("button", name="Put it live").click()
    page.wait_for_url(re.compile(r"/confirm|/models$"))
    if "/confirm" in page.url:
        give_code(page)
        page.get_by_role("button", name="Go on").click()
        page.wait_for_url(re.compile(r"/models$"))
        again = page.get_by_role("button", name="Put it live")
        if again.is_visible():
            again.click()


def give_code(page: Page) -> None:
    shown = page.get_by_text("an app would show").inner_text()
    page.get_by_label("Code from the app").fill("".join(filter(str.isdigit, shown)))


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_from_a_message_that_was_not_understood_to_a_model_that_is_live(
    demo: Demo, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    before = demo.second_question(demo.one)
    began = time.monotonic()
    before.type(MISHEARD)
    assert before.open["question"] == "safe", "it is not understood yet"
    page = browser.new_page()
    sign_in(page, demo)
    page.get_by_role("link", name="Not understood").first.click()
    # One of the demo, and the one of a moment ago.
    expect(messages(page, MISHEARD)).to_have_count(2)
    for text in (MISHEARD, *LIKE_IT):
        for left in reversed(range(messages(page, text).count())):
            means(messages(page, text).first, "Go back")
            expect(messages(page, text)).to_have_count(left)
    # From here on by what each page says is next.
    page.get_by_role("link", name="Teach them").click()
    page.get_by_role("button", name="Add them to the new lines").click()
    page.get_by_label("Why is this changed?").fill("More ways to go back")
    page.get_by_role("button", name="Train with these lines").click()
    expect(page.get_by_text("minutes left")).to_be_visible(timeout=STARTING)
    page.get_by_role("link", name="Look at it").click(timeout=TRAINING)
    trained = time.monotonic() - began
    expect(page.locator(".large")).to_contain_text("test messages")
    expect(page.get_by_text("Every check was passed.")).to_be_visible()
    put_live(page)
    expect(page.get_by_text("Answers now: Version 1")).to_be_visible(timeout=PROMOTING)
    took = time.monotonic() - began
    expect(page.get_by_role("button", name="Go back to the one before")).to_be_visible()
    page.close()
    after = demo.second_question(demo.another)
    after.type(MISHEARD)
    assert after.open["question"] == "heard", "it is understood now"
    before.tap("safe.4")
    assert before.open["question"] != "safe", "who had begun before goes on"
    with capsys.disabled():
        print(f"\n  trained and compared after {trained:.0f} s, live after {took:.0f} s")
    assert took < 600
