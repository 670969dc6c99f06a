"""`afterword promote` and `rollback`: what they refuse, and going back where none runs."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner, Result

from afterword import promote_cli
from afterword.cli import cli
from afterword.records import audit, serving
from afterword.records.store import Records
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


def test_every_reason_has_its_words() -> None:
    assert set(promotion.CODES) <= promote_cli.WHY.keys()
