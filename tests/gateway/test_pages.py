"""The patient's page in a real Chromium: what people see, reach by keyboard, and never lose."""

import re
from dataclasses import replace

import pytest
from barriers import violations
from phone import Open, begin, fill_form, go_to_review, go_to_text, next_turn, reach, tap
from stand_in import Site

from afterword import wake
from afterword.locales import load
from afterword.records import reflections

pytestmark = pytest.mark.browser
KIB = 1024


def test_the_review_marks_what_only_the_patient_sees(
    open_page: Open, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    instruments = site.clinic.context.phrasing.shipped.instruments
    core = instruments["core", 1]
    items = {**core.items, "safe": replace(core.items["safe"], private=True)}
    monkeypatch.setitem(instruments, ("core", 1), replace(core, items=items))
    page = open_page(site.link())
    go_to_text(page)
    tap(page, "Skip")
    tap(page, "Skip")
    rows = page.locator("#turn div.row")
    marked = rows.filter(has=page.locator(".mark", has_text="Only you see this"))
    assert marked.count() == 1
    assert "Safe to say things" in marked.text_content()
    assert violations(page) == []


def test_the_page_is_small(open_page: Open, site: Site) -> None:
    bodies = {}
    context_page = open_page("about:blank")
    context_page.on("response", lambda reply: bodies.update({reply.url: len(reply.body())}))
    context_page.goto(site.link())
    context_page.wait_for_load_state("networkidle")
    assert len(bodies) == 3
    # With the help lines of the place, which must be there without a script.
    assert sum(bodies.values()) <= 18.6 * KIB


def test_a_whole_reflection_by_keyboard_alone(open_page: Open, site: Site) -> None:
    token = site.clinic.link(goal=None)
    page = open_page(site.link(token))
    reach(page, "Start")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Mostly").wait_for()
    for name in ("Mostly", "Very much", "Mostly", "Completely", "None"):
        assert page.evaluate("document.activeElement.id") == "turn"
        shown = page.locator("#turn").text_content()
        reach(page, name)
        page.keyboard.press("Space")
        next_turn(page, shown)
    shown = page.locator("#turn").text_content()
    reach(page, "Your message")
    page.keyboard.type("Talking it through.")
    page.keyboard.press("Enter")
    next_turn(page, shown)
    for name in ("The same again", "Share"):
        shown = page.locator("#turn").text_content()
        reach(page, name)
        page.keyboard.press("Enter")
        next_turn(page, shown)
    assert site.clinic.reflection(token).state == "shared"
    assert site.clinic.answers(token)["helped"].words == "Talking it through."


def test_who_types_on_after_a_reply_writes(open_page: Open, site: Site) -> None:
    page = open_page(site.link())
    begin(page)
    assert page.evaluate("document.activeElement.id") == "turn"
    for key in ("Space", "Shift", "Control+a"):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.id") == "turn"
    page.keyboard.type("mostly but")
    assert page.get_by_label("Your message").input_value() == "mostly but"


def test_a_menu_that_was_left_open_does_not_lie_over_the_help_lines(
    open_page: Open, site: Site
) -> None:
    page = open_page(site.link())
    begin(page)
    page.locator("summary").press("Enter")
    menu = page.get_by_role("button", name="Talk to a person")
    menu.wait_for()
    page.get_by_label("Your message").press_sequentially("I want to kill myself")
    page.keyboard.press("Enter")
    page.get_by_text("cannot judge danger").wait_for()
    assert not menu.is_visible()


def test_words_and_names_stay_text(open_page: Open, site: Site) -> None:
    page = open_page(site.link())
    go_to_review(page)
    row = page.locator("#turn div.row", has_text="What helped most")
    assert "<img src=x onerror=alert(1)>" in row.text_content()
    assert page.locator("#turn img, #log img, #log b").count() == 0
    words = page.locator("#log .mine", has_text="הקשיב")
    assert words.get_attribute("dir") == "auto"
    assert words.evaluate("node => getComputedStyle(node).direction") == "rtl"


def test_a_double_tap_is_one_answer_and_does_not_hit_the_next_question(
    open_page: Open, site: Site
) -> None:
    token = site.clinic.link()
    page = open_page(site.link(token))
    begin(page)
    box = page.get_by_role("button", name="Mostly").bounding_box()
    page.mouse.dblclick(box["x"] + 20, box["y"] + 20, delay=30)
    page.locator("#turn", has_text="Did it feel safe").wait_for()
    page.wait_for_timeout(300)
    assert list(site.clinic.answers(token)) == ["heard"]


def test_a_reload_shows_the_same_conversation(open_page: Open, site: Site) -> None:
    page = open_page(site.link())
    begin(page)
    tap(page, "Mostly")
    before = page.locator("#chat").inner_text()
    page.reload()
    page.locator("#turn", has_text="Did it feel safe").wait_for()
    assert page.locator("#chat").inner_text() == before


def test_a_second_tab_follows_by_itself(open_page: Open, site: Site) -> None:
    token = site.clinic.link()
    first = open_page(site.link(token))
    begin(first)
    second = open_page(site.link(token))
    second.get_by_role("button", name="Mostly").wait_for()
    tap(first, "Mostly")
    second.locator("#turn", has_text="Did it feel safe").wait_for()
    assert second.locator("#log .mine").last.inner_text().endswith("Mostly")
    assert "Did it feel safe" in second.locator("#news").text_content()


def test_a_switch_of_language_brings_the_pages_own_texts_and_loses_no_draft(
    open_page: Open, site: Site
) -> None:
    # These questions are in English only: the page's own texts follow all the same.
    site.clinic.context.phrasing.shipped.catalogues.setdefault("es", load("es"))
    token = site.clinic.link()
    page = open_page(site.link(token))
    begin(page)
    page.get_by_label("Your message").fill("mostly")
    with site.clinic.records.begin() as tx:
        reflections.set_language(tx, site.clinic.reflection_id(token), "es")
    wake.ring(site.clinic.context.settings.data_dir, wake.WEB)
    page.wait_for_timeout(1500)
    assert page.get_by_label("Your message").input_value() == "mostly"
    page.get_by_role("button", name="Send").click()
    page.locator("#menu summary", has_text="Menú").wait_for()
    page.locator("#turn", has_text="Did it feel safe").wait_for()
    assert page.evaluate("document.documentElement.lang") == "es"
    assert page.locator("#log .mine").all_inner_texts()[-1].endswith("mostly")
    assert site.clinic.answers(token)["heard"].value == "3"


def test_offline_words_are_kept_through_a_reload_and_sent_later(
    open_page: Open, site: Site
) -> None:
    token = site.clinic.link()
    page = open_page(site.link(token))
    go_to_text(page)
    page.route("**/api/messages", lambda route: route.abort())
    page.get_by_label("Your message").fill("Written in a tunnel")
    page.get_by_role("button", name="Send").click()
    page.wait_for_timeout(300)
    assert "Written in a tunnel" in page.evaluate("JSON.stringify(sessionStorage)")
    page.reload()
    page.locator("#log .mine", has_text="Written in a tunnel").wait_for()
    page.unroute("**/api/messages")
    page.locator("#turn", has_text="What is one thing you would like next time?").wait_for()
    assert site.clinic.answers(token)["helped"].words == "Written in a tunnel"
    assert page.evaluate("sessionStorage.length") == 0


def test_being_offline_is_said(open_page: Open, site: Site) -> None:
    page = open_page(site.link())
    begin(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Mostly", exact=True).click()
    page.get_by_text("You are offline.").wait_for()
    page.context.set_offline(False)
    page.locator("#turn", has_text="Did it feel safe").wait_for()
    page.get_by_text("You are offline.").wait_for(state="hidden")


def test_a_sleeping_assistant_is_said_and_nothing_is_lost(open_page: Open, site: Site) -> None:
    token = site.clinic.link()
    page = open_page(site.link(token))
    # Soon after, it counts as away.
    site.assistant.pause()
    page.get_by_role("button", name="Start").click()
    page.get_by_text("The assistant is waking up. What you write is kept.").wait_for()
    assert violations(page) == []
    page.get_by_label("Your message").fill("mostly")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("link", name="Answer on one page instead").last.wait_for()
    assert page.locator("#offer").is_visible()
    assert violations(page) == []
    site.assistant.resume()
    page.locator("#turn", has_text="Did it feel safe").wait_for()
    assert site.clinic.answers(token)["heard"].value == "3"


def test_a_refused_message_goes_back_into_the_box(open_page: Open, site: Site) -> None:
    page = open_page(site.link())
    begin(page)
    long = "word " * 2001
    page.get_by_label("Your message").fill(long)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Your text is still here.").wait_for()
    assert page.get_by_label("Your message").input_value() == long
    assert page.evaluate("document.activeElement.id") == "text"
    assert violations(page) == []
    assert page.locator("#log .mine").count() == 0


def test_a_link_that_ends_meanwhile_is_said(open_page: Open, site: Site) -> None:
    page = open_page(site.link())
    begin(page)
    page.route("**/api/messages", lambda route: route.fulfill(status=404, body="{}"))
    page.get_by_role("button", name="Mostly", exact=True).click()
    page.get_by_text("This link does not work any more.").wait_for()


def test_reading_is_told_without_a_reload(open_page: Open, site: Site) -> None:
    token = site.clinic.link()
    page = open_page(site.link(token))
    go_to_review(page)
    tap(page, "Share")
    page.get_by_text("Open the same link later").wait_for()
    assert site.clinic.read_by_clinician(token)
    page.get_by_role("heading", name=re.compile("Dr Ada Okafor.* read this on")).wait_for()
    assert violations(page) == []


def test_deleting_in_the_chat(open_page: Open, site: Site) -> None:
    token = site.clinic.link()
    page = open_page(site.link(token))
    begin(page)
    tap(page, "Mostly")
    page.locator("summary").click()
    tap(page, "Stop and delete")
    tap(page, "Delete everything")
    page.get_by_role("heading", name="Deleted.").wait_for()
    assert site.clinic.answers(token) == {}
    page.reload()
    page.get_by_role("heading", name="Deleted.").wait_for()
    assert "Mostly" not in page.locator("#chat").inner_text()


def test_help_opens_while_the_assistant_sleeps(open_page: Open, site: Site) -> None:
    site.assistant.pause()
    page = open_page(site.link())
    page.get_by_role("link", name="Get help now").click()
    page.get_by_role("link", name="Call 020 7946 0999").wait_for()
    assert page.evaluate("document.activeElement.id") == "help"
    assert page.evaluate("history.length") == 2
    page.get_by_role("link", name="Back to the questions").click()
    page.locator("#help").wait_for(state="hidden")
    assert page.evaluate("history.length") == 2


def test_leaving_replaces_the_page(open_page: Open, site: Site) -> None:
    page = open_page(site.link())
    begin(page)
    page.get_by_role("link", name="Leave this page").click()
    page.wait_for_url("http://localhost:*/help")


def test_without_a_script_the_page_leads_to_the_form(open_page: Open, site: Site) -> None:
    token = site.clinic.link()
    page = open_page(site.link(token), java_script_enabled=False)
    page.get_by_role("link", name="Get help now").click()
    assert page.get_by_role("link", name="Call 020 7946 0999").is_visible()
    page.get_by_role("button", name="Start").click()
    page.get_by_label("Mostly").first.check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Keep private").click()
    assert site.clinic.reflection(token).state == "private"
    assert page.get_by_role("heading", name="Kept private.").is_visible()


def test_after_the_form_the_chat_can_be_begun(open_page: Open, site: Site) -> None:
    page = open_page(site.link())
    fill_form(page)
    page.goto(page.url.replace("/form/review", ""))
    page.get_by_role("button", name="Start").click()
    page.locator("#turn .question").wait_for()


def test_the_button_on_a_clinics_page(open_page: Open, site: Site) -> None:
    token = site.clinic.link()
    page = open_page(f"{site.url}/demo/clinic?link={token}", "desk")
    assert page.locator("iframe").count() == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    frame = next(frame for frame in page.frames if frame.url.endswith("/embed"))
    begin(frame)
    shown = frame.locator("#turn").text_content()
    frame.get_by_role("button", name="Mostly", exact=True).click()
    next_turn(frame, shown)
    assert site.clinic.answers(token)["heard"].value == "3"
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    assert not frame.locator("#turn").is_visible()
    # The focus is back on the button, which opens the same conversation again.
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert frame.locator("#turn").is_visible()
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    assert not frame.locator("#turn").is_visible()
