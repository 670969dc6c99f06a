"""An admin teaches, trains and looks at what came of it, on pages that need no script."""

import html
import re
from dataclasses import replace

import pytest
from measured import measured, report_of

from afterword.records import data_versions, jobs, registry, serving
from afterword.settings import PROJECT
from afterword.training import changeset, corpus, locked
from afterword.training.measuring import meant
from afterword.training.report import Report, as_json

from .factory import Client, World, field_of

TEACH, TRAINING, MODELS = (f"/portal/admin/{one}" for one in ("teach", "training", "models"))


def act(client: Client, path: str, **form: str) -> tuple[int, str]:
    """The status and the page after a button was pressed."""
    token = field_of(client.get("/portal/account").text, "form_token")
    response = client.post(path, {"form_token": token, **form})
    if response.status_code == 303:
        response = client.get(response.headers["location"])
        return 303, html.unescape(response.text)
    return response.status_code, html.unescape(response.text)


def add(client: Client, text: str, label: str) -> tuple[int, str]:
    return act(client, f"{TEACH}/add", text=text, label=label, language="en")


def change_of(page: str, text: str) -> str:
    found = re.search(rf"{re.escape(text)}.*?name=\"change\" value=\"(\w+)\"", page, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_line_is_added_a_version_made_and_its_training_asked_for(admin: Client) -> None:
    status, page = add(admin, "that is me finished for this evening", "stop")
    assert (status, "added as Stop" in page) == (303, True)
    status, page = act(admin, f"{TEACH}/close", reason="  ")
    assert (status, "Say in a sentence" in page) == (422, True)
    status, page = act(admin, f"{TEACH}/close", reason="Heard this week.")
    assert status == 303
    assert "Version 1: Heard this week." in page
    assert "waits for its turn" in page
    assert "Ines Admin" in admin.get(TEACH).text


def test_a_conflict_is_named_and_has_to_be_mended_first(admin: Client) -> None:
    _, page = add(admin, "Who sees this?", "thanks")
    assert "It means “Who sees this?” already" in page
    status, page = act(admin, f"{TEACH}/close", reason="Why not.")
    assert (status, "Mend the marked lines first" in page) == (422, True)
    status, page = act(admin, f"{TEACH}/drop", change=change_of(page, "Who sees this?"))
    assert "None yet." in page


def test_a_line_that_versions_are_measured_on_is_not_taught(admin: Client) -> None:
    held = next(one for one in locked.load(PROJECT).lines if one.language == "en")
    _, page = add(admin, held.text, "answer")
    assert "one of the test messages, or nearly" in page


def test_a_shipped_line_is_found_and_moved(admin: Client) -> None:
    page = html.unescape(admin.get(f"{TEACH}/lines?words=who+reads+this&language=en").text)
    assert "who reads this" in page
    form = {"text": "who reads this", "was": "ask_who_sees", "language": "en"}
    _, page = act(admin, f"{TEACH}/move", **form, label="ask_why")
    assert "moved from Who sees this? to Why do you ask?" in page
    status, _ = act(admin, f"{TEACH}/move", **form, label="no_such_label")
    assert status == 422


def test_a_training_shows_how_far_it_is_and_can_be_stopped(world: World, admin: Client) -> None:
    add(admin, "that is me finished for this evening", "stop")
    act(admin, f"{TEACH}/close", reason="Heard this week.")
    with world.records.begin() as tx:
        job = jobs.claim(tx)
        assert job is not None
        jobs.beat(tx, job, step="train", at=2, of=5, percent=50)
    response = admin.get(TRAINING)
    assert "Step 2 of 5: Learning" in response.text
    assert response.headers["Refresh"] == "5"
    by_hand = admin.get(f"{TRAINING}?again=by-hand")
    assert int(by_hand.headers["Refresh"]) > 60
    _, page = act(admin, f"{TRAINING}/cancel", job=job.id)
    assert "It is being stopped" in page
    assert "no record of it" in admin.get(f"{TRAINING}/{job.id}/log").text


def test_work_that_was_cut_off_says_that_it_goes_on_by_itself(world: World, admin: Client) -> None:
    add(admin, "that is me finished for this evening", "stop")
    act(admin, f"{TEACH}/close", reason="Heard this week.")
    with world.records.begin() as tx:
        registry.add(tx, "candidate", None, report_of("candidate"))
        serving.settle(tx, "shipped")
        serving.ask_promotion(tx, "candidate", None)
        for kind, step in ((jobs.Kind.TRAIN, "measure"), (jobs.Kind.PROMOTE, "switch")):
            job = jobs.claim(tx, (kind,))
            assert job is not None
            jobs.beat(tx, job, step=step, at=3, of=5)
    assert "It was cut off" not in admin.get(TRAINING).text + admin.get(MODELS).text
    world.clock.now += 2 * jobs.LEASE
    for page in (TRAINING, MODELS):
        assert "It was cut off. What answers patients has not changed." in admin.get(page).text


def test_a_version_that_was_refused_is_taken_back_as_a_whole(world: World, admin: Client) -> None:
    """Each version holds what came before it: what was refused would be refused again."""
    add(admin, "that is me finished for this evening", "stop")
    moved = {"text": "who reads this", "was": "ask_who_sees", "language": "en"}
    act(admin, f"{TEACH}/move", **moved, label="ask_why")
    act(admin, f"{TEACH}/close", reason="Heard this week.")
    with world.records.begin() as tx:
        (version,) = data_versions.versions(tx, world.clinic)
        stops = [at for at, one in measured("worse").lines.items() if one.meant == "stop"]
        report = report_of("worse", dict.fromkeys(stops, "pause"))
        registry.add(tx, "worse", version.id, report, state=registry.State.REFUSED)
    assert "refused, as it did not pass every check" in admin.get(TEACH).text
    assert "Take back all lines of version 1" in admin.get(f"{MODELS}/worse").text
    status, page = act(admin, f"{TEACH}/withdraw", version=version.id)
    assert status == 303
    assert "taken out of Stop" in page
    assert "moved from Why do you ask? to Who sees this?" in page
    status, page = act(admin, f"{TEACH}/withdraw", version=version.id)
    assert (status, "was taken back already" in page) == (422, True)
    with world.records.read() as tx:
        draft = data_versions.draft_of(tx, world.clinic)
        changes = data_versions.changes_upto(tx, str(draft))
    there = changeset.apply(corpus.lines(PROJECT), changes)
    assert there.lines == tuple(corpus.lines(PROJECT))


@pytest.mark.parametrize("well", [True, False])
def test_a_comparison_is_in_words_first_and_says_what_was_not_passed(
    world: World, admin: Client, well: bool
) -> None:
    kept = locked.load(PROJECT)
    backs = [one for one in kept.lines if meant(one) == ("why_ask" if well else "delete")]
    wrong = {one.place: "stop" for one in backs[:2]}
    words = [one.place for one in kept.lines if meant(one) == "words"][:5]
    live = measured("live", dict.fromkeys(words, "asked"))
    report = Report(None, measured("candidate", wrong), live)
    state = registry.State.READY if well else registry.State.REFUSED
    with world.records.begin() as tx:
        registry.add(tx, "candidate", None, as_json(report), state=state)
    page = html.unescape(admin.get(f"{MODELS}/candidate").text)
    first = page.index(f"It understands 3 more of {len(kept.lines)} test messages")
    assert first < page.index("Checks") < page.index("Score")
    assert f"2 of {len(backs)} are now read as “Stop”" in page
    assert ("Put it live" in page) == well
    assert ("Put it live" in admin.get(MODELS).text) == well
    if not well:
        assert "there is no way round that" in page
        assert backs[0].text in page


def test_a_model_that_holds_words_of_somebody_erased_has_no_button(
    world: World, admin: Client
) -> None:
    same = measured("candidate")
    with world.records.begin() as tx:
        data_versions.add(
            tx, world.clinic, language="en", label="stop", text="no more", owner_hash="hash"
        )
        version = data_versions.draft(tx, world.clinic)
        data_versions.close(tx, version, None, "A reason.")
        report = as_json(Report(1, same, replace(same, model="live")))
        registry.add(tx, "candidate", version, report)
    assert "Put it live" in admin.get(MODELS).text
    with world.records.begin() as tx:
        data_versions.forget(tx, "hash")
    page = admin.get(MODELS).text
    assert "Put it live" not in page
    assert "somebody who was erased" in page
