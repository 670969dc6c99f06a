"""The commands of the README, as a person at a terminal meets them."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from stack import Stack
from waiting import START, wait_for

from afterword.settings import PROJECT, Settings

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def afterword(tmp_path: Path) -> Run:
    """Runs a command on an installation in an empty folder."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "afterword", *arguments],
            cwd=PROJECT,
            env=environment(tmp_path, **settings),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def environment(folder: Path, **settings: str) -> dict[str, str]:
    ours = {f"AFTERWORD_{name}": value for name, value in settings.items()}
    return {**os.environ, "COLUMNS": "120", **_own(folder), **ours}


def _own(folder: Path) -> dict[str, str]:
    """A folder of its own, and the key with which the models of all tests are signed."""
    key = str(Settings().model_key)
    return {"AFTERWORD_DATA_DIR": str(folder / "var"), "AFTERWORD_MODEL_KEY_FILE": key}


def test_help_lists_what_a_person_needs(afterword: Run) -> None:
    said = afterword("--help").stdout
    for command in ("up", "demo", "db", "train", "doctor", "safety"):
        assert re.search(rf"\b{command}\b", said)


def test_wrong_settings_stop_at_start_with_one_line_each(afterword: Run) -> None:
    done = afterword("doctor", PORT="eighty", DATABASE_URL="mysql://x", LOG_LEVEL="loud")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    for name in ("PORT", "DATABASE_URL", "LOG_LEVEL"):
        assert any(line.startswith(f"afterword: AFTERWORD_{name}:") for line in lines)
    assert "mysql" not in done.stderr, "a value may be a secret"


def test_up_without_a_database_says_what_to_do(afterword: Run) -> None:
    done = afterword("up")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("put the key file of this database back.")
    assert "db upgrade" in done.stderr


def test_doctor_goes_from_wrong_to_well(afterword: Run, trained_model: Path) -> None:
    before = afterword("doctor")
    assert before.returncode == 1
    assert "db upgrade" in before.stdout
    assert afterword("db", "upgrade").returncode == 0
    assert afterword("db", "upgrade").returncode == 0, "safe to repeat"
    after = afterword("doctor")
    assert after.returncode == 0, after.stdout
    assert trained_model.name in after.stdout


def test_a_broken_question_file_names_file_and_line(afterword: Run, tmp_path: Path) -> None:
    broken = tmp_path / "mine.yml"
    text = (PROJECT / "instruments" / "core.yml").read_text()
    broken.write_text(text.replace("kind: scale", "kind: slider", 1))
    done = afterword("doctor", INSTRUMENT_FILE=str(broken))
    lines = enumerate(broken.read_text().splitlines(), start=1)
    wrong = next(at for at, line in lines if "slider" in line)
    assert f"{broken}:{wrong}:" in done.stdout


def test_questions_that_are_in_use_and_gone_stop_the_start(afterword: Run, tmp_path: Path) -> None:
    with Stack(tmp_path / "var", rasa=False) as stack:
        stack.case()
    other = tmp_path / "questions" / "other.yml"
    other.parent.mkdir()
    text = (PROJECT / "instruments" / "core.yml").read_text()
    other.write_text(text.replace("version: 1", "version: 2", 1))
    done = afterword("up", INSTRUMENT_FILE=str(other))
    assert done.returncode == 2
    assert "questions core 1" in done.stderr
    assert "questions core 1" in afterword("doctor", INSTRUMENT_FILE=str(other)).stdout


@contextmanager
def demo(folder: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running demo and what it printed first."""
    log = folder / "demo.txt"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-m", "afterword", "demo"],
            cwd=PROJECT,
            env=environment(folder, **settings) | {"TMPDIR": str(folder)},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        try:
            wait_for("the links", lambda: "/demo/clinic" in log.read_text(), START)
            yield process, log.read_text()
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def test_the_demo_prints_links_that_work_and_ctrl_c_ends_all_of_it(tmp_path: Path) -> None:
    before = {process.pid for process in psutil.process_iter()}
    with demo(tmp_path) as (process, said):
        wait_for("its processes", lambda: len(psutil.Process(process.pid).children()) >= 3, START)
        started = [process.pid for process in psutil.Process(process.pid).children(recursive=True)]
        links = re.findall(r"http://\S+", said)
        assert len(links) == 7
        for link in links:
            wait_for(
                link,
                lambda link=link: httpx.get(link, follow_redirects=True).status_code == 200,
                START,
            )
        folder = next(tmp_path.glob("afterword-demo-*"))
        bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert not folder.exists(), "the data is gone"
    gone = [pid for pid in started if psutil.pid_exists(pid) and pid not in before]
    assert gone == []
    assert bystander.poll() is None, "nothing else was ended"
    bystander.kill()
    bystander.wait()


def test_a_taken_port_is_left_alone(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with demo(tmp_path, PORT=str(port)) as (_, said):
            link = re.search(r"http://127\.0\.0\.1:(\d+)/f/", said)
            assert link is not None
            assert int(link[1]) != port


def test_killing_the_supervisor_outright_leaves_nothing_behind(tmp_path: Path) -> None:
    with demo(tmp_path) as (process, _):
        wait_for("its processes", lambda: len(psutil.Process(process.pid).children()) >= 3, START)
        children = psutil.Process(process.pid).children()
        process.kill()
        process.wait()
        _, alive = psutil.wait_procs(children, timeout=20)
        assert alive == []


@pytest.mark.browser
def test_the_tour_plays_through_and_writes_its_pictures(afterword: Run, tmp_path: Path) -> None:
    done = afterword("demo", "--tour", "--out", str(tmp_path / "pictures"))
    assert done.returncode == 0, done.stderr[-2000:]
    pictures = {path.stem for path in (tmp_path / "pictures").glob("*.png")}
    assert {"patient", "review", "digest"} <= pictures
