"""`afterword promote` and `rollback`: what they refuse, and going back where none runs."""

from datetime import timedelta

import pytest
from measured import report_of
from typer.testing import CliRunner, Result

from afterword import promote_cli
from afterword.cli import cli
from afterword.records import audit, jobs, registry, serving
from afterword.records.store import Records
from afterword.records.training_models import TrainingJob
from afterword.training import promotion

OLD, NEW = "1" * 16, "2" * 16


@pytest.fixture
def records(installation: Records) -> Records:
    with installation.begin() as tx:
        serving.settle(tx, OLD)
    return installation


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def test_a_model_that_nobody_trained_is_refused(records: Records) -> None:
    result = run("promote", NEW)
    assert result.exit_code == 2
    assert "There is no such model." in result.output


def test_what_is_live_is_not_promoted(records: Records) -> None:
    assert "It is live already." in run("promote", OLD).output


def test_there_may_be_nothing_to_go_back_to(records: Records) -> None:
    result = run("rollback")
    assert result.exit_code == 2
    assert "No model was live before this one." in result.output


def test_where_nothing_runs_going_back_is_done_at_once(records: Records) -> None:
    with records.begin() as tx:
        serving.promote(tx, NEW, None, timedelta(hours=1))
    result = run("rollback")
    assert (result.exit_code, result.output.split()[0]) == (0, OLD)
    with records.read() as tx:
        assert serving.state(tx).live == OLD
        operators = [row for row in audit.latest(tx) if row.actor_kind == "operator"]
    assert {row.purpose for row in operators} == {"rollback"}


def test_what_another_process_left_undone_is_done_here(records: Records) -> None:
    asked_for(records)
    with records.begin() as tx:
        claimed = jobs.claim(tx, (jobs.Kind.PROMOTE,))
        assert claimed is not None
        tx.session.get_one(TrainingJob, claimed.id).beat_at = tx.now - 2 * jobs.LEASE
    result = run("promote", NEW)
    assert result.exit_code == 2
    assert "Its archive or the manifest beside it is missing." in result.output


def test_it_is_not_waited_for_longer_than_it_may_take(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for(records)
    with records.begin() as tx:
        assert jobs.claim(tx, (jobs.Kind.PROMOTE,)), "somebody works on it, and does not end"
    monkeypatch.setattr(promote_cli, "_PATIENCE", 0.5)
    result = run("promote", NEW)
    assert result.exit_code == 2
    assert "It has not ended in time" in result.output


def asked_for(records: Records) -> None:
    """The promotion of a model that was measured and never made."""
    with records.begin() as tx:
        registry.add(tx, NEW, None, report_of(NEW))
        serving.ask_promotion(tx, NEW, None)


def test_every_reason_has_its_words() -> None:
    assert set(promotion.CODES) <= promote_cli.WHY.keys()
