"""Which model serves whom: a reflection stays with its own, and the pointer moves for new ones."""

from datetime import timedelta

import pytest
from factory import NOW, WEEK, Clinic, Clock

from afterword.access.actors import Actor
from afterword.access.policy import Denied
from afterword.records import audit, inbox, jobs, models, registry, serving
from afterword.records.registry import State
from afterword.records.serving import Counts, NothingBefore, Notice, NotPromotable, Serving
from afterword.records.store import Records
from afterword.records.views import Claim

LEASE = timedelta(seconds=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLD, NEW, LATER = "1" * 16, "2" * 16, "3" * 16


def state(records: Records) -> Serving:
    with records.read() as tx:
        return serving.state(tx)


def go_live(records: Records, model: str) -> None:
    with records.begin() as tx:
        serving.promote(tx, model, None, DAY)


def serve(records: Records, *served: str) -> None:
    with records.begin() as tx:
        for model in served:
            serving.set_replica(tx, model, url_of(model), ready=True)


def url_of(model: str) -> str:
    return f"http://127.0.0.1:5{model[0]}00"


def known(records: Records, *names: str, state: State = State.READY) -> None:
    with records.begin() as tx:
        for name in names:
            registry.add(tx, name, None, {}, state=state)


def claim(records: Records) -> Claim:
    with records.begin() as tx:
        found = inbox.claim(tx, LEASE)
    assert found is not None
    return found


def say(records: Records, reflection: str, client_id: str) -> Claim:
    """Sends a message and returns the claim on it."""
    with records.begin() as tx:
        inbox.accept(tx, reflection, client_id, "text", {"text": "hello"})
    found = claim(records)
    assert found.client_id == client_id
    return found


def done(records: Records, message: Claim) -> None:
    with records.begin() as tx:
        inbox.finish(tx, message.inbox_id, [])


@pytest.fixture
def live(records: Records) -> str:
    """One model is live, and served."""
    with records.begin() as tx:
        serving.settle(tx, OLD)
    serve(records, OLD)
    return OLD


def test_while_nobody_has_said_who_serves_everybody_goes_to_the_one_there_is(
    records: Records, clinic: Clinic
) -> None:
    message = say(records, clinic.reflection(), "a")
    assert (message.model, message.url) == ("", "")
    assert state(records) == Serving()


def test_a_reflection_finishes_with_the_model_that_it_began_with(
    records: Records, clinic: Clinic, live: str
) -> None:
    begun, other = clinic.reflection(), clinic.reflection(clinic.book(NOW - 2 * WEEK))
    first = say(records, begun, "a")
    assert (first.model, first.url) == (OLD, url_of(OLD))
    done(records, first)
    serve(records, NEW)
    go_live(records, NEW)
    second = say(records, begun, "b")
    assert (second.model, second.url) == (OLD, url_of(OLD))
    done(records, second)
    assert say(records, other, "c").url == url_of(NEW)


def test_a_message_waits_while_its_model_is_being_started(
    records: Records, clinic: Clinic, live: str
) -> None:
    begun = clinic.reflection()
    done(records, say(records, begun, "a"))
    serve(records, NEW)
    go_live(records, NEW)
    with records.begin() as tx:
        serving.drop_replica(tx, OLD)
    message = say(records, begun, "b")
    assert (message.model, message.url) == (OLD, None)
    with records.read() as tx:
        assert serving.waited_for(tx) == {OLD}


def test_a_message_that_does_not_get_through_goes_to_what_is_live(
    records: Records, clinic: Clinic, live: str
) -> None:
    message = say(records, clinic.reflection(), "a")
    serve(records, NEW)
    go_live(records, NEW)
    models_seen = []
    for _ in range(10):
        with records.begin() as tx:
            inbox.postpone(tx, message.inbox_id, tx.now)
        message = claim(records)
        models_seen.append(message.model)
    assert models_seen[0] == OLD
    assert (message.model, message.url) == (NEW, url_of(NEW))


def test_the_live_model_keeps_its_reflections_however_often_a_turn_fails(
    records: Records, clinic: Clinic, live: str
) -> None:
    message = say(records, clinic.reflection(), "a")
    for _ in range(10):
        with records.begin() as tx:
            inbox.postpone(tx, message.inbox_id, tx.now)
        message = claim(records)
    assert (message.model, message.attempts) == (OLD, 11)


def test_going_back_is_one_step_and_leaves_who_has_begun(
    records: Records, clinic: Clinic, live: str
) -> None:
    known(records, NEW)
    serve(records, NEW)
    go_live(records, NEW)
    begun = clinic.reflection()
    done(records, say(records, begun, "a"))
    with records.begin(by=Actor.operator("root")) as tx:
        assert serving.take_back(tx, None) is None
    now = state(records)
    assert (now.live, now.previous, now.notice) == (OLD, "", Notice.NONE)
    assert say(records, begun, "b").model == NEW
    with records.read() as tx:
        former = registry.by_name(tx, NEW)
    assert former is not None
    assert former.state is State.FORMER
    with pytest.raises(NothingBefore), records.begin() as tx:
        serving.take_back(tx, None)


def test_what_was_live_is_started_first_where_it_does_not_run_any_more(
    records: Records, live: str
) -> None:
    serve(records, NEW)
    go_live(records, NEW)
    with records.begin() as tx:
        serving.drop_replica(tx, OLD)
        job_id = serving.take_back(tx, None)
    assert job_id is not None
    with records.read() as tx:
        asked = jobs.one(tx, job_id)
    assert (asked.kind, asked.model, state(records).live) == (jobs.Kind.PROMOTE, OLD, NEW)


def test_what_failed_is_taken_back_with_those_who_have_begun(
    records: Records, clinic: Clinic, live: str
) -> None:
    serve(records, NEW)
    go_live(records, NEW)
    begun = clinic.reflection()
    done(records, say(records, begun, "a"))
    with records.begin() as tx:
        serving.roll_back(tx, None, Notice.ERRORS)
    assert say(records, begun, "b").model == OLD
    now = state(records)
    assert (now.notice, now.notice_model) == (Notice.ERRORS, NEW)
    go_live(records, LATER)
    assert state(records).notice is Notice.NONE


def test_each_move_of_the_pointer_is_in_the_audit(records: Records, live: str) -> None:
    go_live(records, NEW)
    with records.begin(purpose="watch") as tx:
        serving.roll_back(tx, None, Notice.MISSES)
    with records.read() as tx:
        rows = [(row.action, row.object_kind, row.object_id) for row in audit.latest(tx)]
    assert rows == [("promote", "model", OLD), ("promote", "model", NEW)]


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        (OLD, State.READY, "live"),
        (NEW, State.REFUSED, "refused"),
        (NEW, State.REMOVED, "refused"),
        (LATER, None, "unknown"),
    ],
)
def test_what_may_not_go_live(
    records: Records, live: str, name: str, given: State | None, code: str
) -> None:
    if given is not None:
        known(records, name, state=given)
    with pytest.raises(NotPromotable) as refused, records.begin() as tx:
        serving.ask_promotion(tx, name, None)
    assert refused.value.code == code


def test_a_model_with_words_of_somebody_erased_does_not_go_live(
    records: Records, live: str
) -> None:
    from afterword.records.training_models import TrainedModel

    known(records, NEW)
    with records.begin() as tx:
        tx.session.get_one(TrainedModel, NEW).tainted_at = tx.now
    with pytest.raises(NotPromotable) as refused, records.begin() as tx:
        serving.ask_promotion(tx, NEW, None)
    assert refused.value.code == "tainted"


def test_only_an_admin_puts_a_model_live(records: Records, clinic: Clinic, live: str) -> None:
    known(records, NEW)
    with pytest.raises(Denied), records.begin(by=Actor.staff(clinic.ada)) as tx:
        serving.ask_promotion(tx, NEW, clinic.ada)
    admin = clinic.add_clinician("Mo", role="admin")
    with records.begin(by=Actor.staff(admin)) as tx:
        assert serving.ask_promotion(tx, NEW, admin)


def test_turns_are_counted_by_model_and_hour(records: Records, clock: Clock) -> None:
    began = clock.now
    for _ in range(2):
        with records.begin() as tx:
            serving.note_turns(tx, OLD, Counts(3, 1, 2))
            serving.note_turns(tx, NEW, Counts(1, 0, 0))
        clock.now += HOUR
    with records.read() as tx:
        assert serving.counted(tx, OLD, began) == Counts(6, 2, 4)
        assert serving.counted(tx, OLD, began + HOUR) == Counts(3, 1, 2)
        assert serving.counted(tx, LATER, began) == Counts()


def test_a_start_forgets_the_processes_of_the_one_before_and_what_was_tried_out(
    records: Records, live: str
) -> None:
    with records.begin() as tx:
        serving.try_out(tx, NEW)
        serving.forget_replicas(tx)
    with records.read() as tx:
        assert serving.replicas(tx) == []
        assert serving.live_url(tx) == ""
    assert (state(records).live, state(records).candidate) == (OLD, "")


def test_a_model_is_in_use_while_something_happens_in_its_reflections(
    records: Records, clinic: Clinic, live: str, clock: Clock
) -> None:
    done(records, say(records, clinic.reflection(), "a"))
    with records.read() as tx:
        assert serving.in_use(tx, clock.now - HOUR) == {OLD}
        assert serving.in_use(tx, clock.now + HOUR) == set()
        assert serving.pinned(tx) == {OLD}
    with records.begin() as tx:
        serving.unpin(tx, OLD)
        assert serving.pinned(tx) == set()
        assert tx.session.query(models.Reflection).filter_by(model=OLD).count() == 0
