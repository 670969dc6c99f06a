"""The Rasa project at the root is one that Rasa's own tools accept."""

import os
import re
import subprocess
from pathlib import Path

from afterword.settings import PROJECT


def rasa(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROJECT / "rasa"), *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )


def test_data_validate_is_clean() -> None:
    done = rasa("data", "validate", "--fail-on-warnings")
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    assert "ERROR" not in done.stderr


def test_every_test_story_passes(trained_model: Path, tmp_path: Path) -> None:
    done = rasa(
        *("test", "core", "--stories", "tests/rasa", "--model", str(trained_model)),
        *("--fail-on-prediction-errors", "--out", str(tmp_path)),
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-2000:]
    correct = re.search(r"Correct:\s+(\d+) / (\d+)", said)
    assert correct is not None
    assert correct[1] == correct[2] != "0"


def test_a_server_that_others_could_reach_is_refused() -> None:
    for arguments in (["-i", "0.0.0.0"], ["--enable-api"]):
        done = rasa("run", *arguments)
        assert done.returncode == 1
        assert "refused" in done.stderr
