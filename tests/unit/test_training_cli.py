"""`afterword train`, `evaluate` and `models`: what is taught and what came of it, on the server."""

from pathlib import Path

import pytest
from factory import Clinic, Clock
from measured import measured, report_of
from typer.testing import CliRunner, Result

from afterword.cli import cli
from afterword.records import data_versions, jobs, registry, serving
from afterword.records.store import Records

NEW, WORSE = "1" * 16, "2" * 16


@pytest.fixture(autouse=True)
def records(installation: Records) -> Records:
    Clinic(installation, Clock())
    return installation


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def test_a_line_becomes_a_version_and_its_training_waits(records: Records) -> None:
    assert "0 changes, 0 to mend." in run("train", "draft").stdout
    assert run("train", "now").stdout == "Nothing is in the queue.\n"
    assert run("train", "version", "--reason", "Heard.").exit_code == 1, "nothing is new"
    assert run("train", "add", "en", "stop", "that is me done for tonight").exit_code == 0
    drafted = run("train", "draft").stdout
    assert "add en/stop: that is me done for tonight" in drafted
    assert "1 changes, 0 to mend." in drafted
    made = run("train", "version", "--reason", "Heard this week.")
    assert (made.exit_code, made.stdout.split(".")[0]) == (0, "Version 1")
    with records.read() as tx:
        (job,) = jobs.latest(tx)
        version = data_versions.version(tx, str(job.version_id))
    assert (job.state, version.reason) == (jobs.State.QUEUED, "Heard this week.")


def test_a_training_that_came_to_nothing_says_so_as_the_page_does(
    records: Records, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AFTERWORD_MODELS_DIR", str(tmp_path / "no models"))
    nothing = run("train", "now", "--again")
    assert (nothing.exit_code, "afterword train version" in nothing.stderr) == (1, True)
    run("train", "add", "en", "stop", "that is me done for tonight")
    run("train", "version", "--reason", "Heard this week.")
    for arguments in ((), ("--again",)):
        failed = run("train", "now", *arguments)
        assert (failed.exit_code, failed.stdout) == (1, "")
        assert "There is nothing to compare with yet." in failed.stderr
        assert "Run: afterword train; then: afterword train now --again" in failed.stderr
        assert "nothing_live" not in failed.stderr
    with records.read() as tx:
        assert [job.state for job in jobs.latest(tx)] == [jobs.State.FAILED] * 2


def test_a_meaning_that_there_is_none_of_is_refused_with_those_there_are() -> None:
    refused = run("train", "add", "en", "nonsense", "a line")
    assert refused.exit_code == 1
    assert "ask_who_sees" in refused.stderr


def test_a_line_with_two_meanings_has_to_be_mended_first(records: Records) -> None:
    run("train", "add", "en", "thanks", "Who sees this?")
    assert "conflict ask_who_sees" in run("train", "draft").stdout
    refused = run("train", "version", "--reason", "Why not.")
    assert (refused.exit_code, "afterword train draft" in refused.stderr) == (1, True)
    with records.read() as tx:
        assert jobs.latest(tx) == []


def test_versions_go_out_as_files_and_come_back_once(tmp_path: Path) -> None:
    run("train", "add", "es", "stop", "por mi parte ya vale")
    run("train", "version", "--reason", "Heard this week.")
    folder = tmp_path / "versions"
    assert "lines of patients" in run("train", "export", str(folder)).stdout
    again = run("train", "import", str(folder))
    assert (again.exit_code, again.stdout) == (0, "0 versions were brought in, 1 were here.\n")
    file = folder / "0001.yml"
    file.write_text(file.read_text("utf-8").replace("stop", "thanks"), encoding="utf-8")
    changed = run("train", "import", str(folder))
    assert (changed.exit_code, "was changed" in changed.stderr) == (1, True)


def test_models_are_listed_and_told_in_words(records: Records) -> None:
    assert "None was trained here yet." in run("models").stdout
    ways_to_stop = [at for at, one in measured(NEW).lines.items() if one.meant == "stop"]
    with records.begin() as tx:
        registry.add(tx, NEW, None, report_of(NEW))
        wrong = dict.fromkeys(ways_to_stop, "pause")
        registry.add(tx, WORSE, None, report_of(WORSE, wrong), state=registry.State.REFUSED)
        serving.settle(tx, NEW)
    listed = run("models").stdout.splitlines()
    marks = {line.split()[0]: line.split()[-1] for line in listed}
    assert marks == {NEW: "live", WORSE: "refused"}
    well = run("evaluate")
    assert (well.exit_code, "WRONG" in well.stdout) == (0, False)
    assert well.stdout.startswith("It understands as many as the one that is live now")
    worse = run("evaluate", WORSE)
    assert worse.exit_code == 1
    assert "WRONG “Stop” is heard: 0 of" in worse.stdout
    assert "Look in the last version for lines like the ones below" in worse.stdout
    unknown = run("evaluate", "3" * 16)
    assert (unknown.exit_code, NEW in unknown.stderr) == (1, True)
