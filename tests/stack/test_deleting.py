"""Deleting reaches Rasa's copy too, also from the plain form and while Rasa is busy elsewhere."""

import re
import sqlite3

import httpx
from stack import Case, Stack, wait_for

from afterword.records import reflections


def turns_of(stack: Stack, case: Case) -> int:
    """How many turns of a case Rasa still holds."""
    with stack.records.read() as tx:
        reflection = reflections.by_id(tx, case.reflection_id)
    assert reflection is not None
    found = sqlite3.connect(stack.settings.data_dir / "conversations.db")
    query = "SELECT count(*) FROM conversation_turn WHERE conversation = ?"
    (count,) = found.execute(query, (reflection.conversation,)).fetchone()
    found.close()
    return int(count)


def test_deleting_on_the_plain_form_reaches_rasa(stack: Stack) -> None:
    case = stack.case()
    patient = case.patient()
    patient.start()
    patient.tap("heard.1")
    assert turns_of(stack, case) > 0
    with httpx.Client(base_url=stack.url, follow_redirects=True) as browser:
        page = browser.get(f"/f/{case.token}/form/review").text
        fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        browser.post(f"/f/{case.token}/form/review", data=fields | {"decision": "delete_yes"})
    assert case.state() == "deleted"
    wait_for("Rasa to forget", lambda: turns_of(stack, case) == 0)
