"""The action server answers Rasa on this machine, with the secret, and nobody else."""

import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from actions.server import KEY_HEADER, KeyTooShort, make_app, make_desk
from afterword.records import schema
from afterword.records.store import Records
from afterword.records.vault import create_key_file, load_vault
from afterword.settings import PROJECT, Settings

KEY = "k" * 64
CANARY = "canary-5d1 words of a patient"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(data_dir=tmp_path)
    create_key_file(made.keys)
    records = Records(made.database, load_vault(made.keys))
    schema.upgrade(records.engine)
    records.close()
    return made


@pytest.mark.parametrize("key", ["", "test", "k" * 31])
def test_a_secret_that_can_be_guessed_is_refused(settings: Settings, key: str) -> None:
    with pytest.raises(KeyTooShort, match="AFTERWORD_ACTIONS_KEY must hold at least 32"):
        make_app(make_desk(settings), key)


def test_a_call_from_another_machine_is_refused(settings: Settings) -> None:
    app = make_app(make_desk(settings), KEY)
    headers = {KEY_HEADER: KEY}
    body = {"next_action": None}
    there = TestClient(app, client=("10.0.0.9", 40000))
    assert there.post("/webhook", headers=headers, json=body).status_code == 403
    here = TestClient(app, client=("127.0.0.1", 40000))
    assert here.post("/webhook", headers={KEY_HEADER: KEY[1:]}, json=body).status_code == 401
    assert here.post("/webhook", headers=headers, json=body).status_code == 200


def test_a_failing_action_echoes_nothing(settings: Settings) -> None:
    here = TestClient(make_app(make_desk(settings), KEY), client=("127.0.0.1", 40000))
    for name in ("action_open", CANARY):
        call = {"next_action": name, "sender_id": CANARY, "tracker": {"sender_id": CANARY}}
        failed = here.post("/webhook", headers={KEY_HEADER: KEY}, json=call)
        assert (failed.status_code, failed.json()) == (500, {"error": "action failed"})


def test_it_is_not_served_to_other_machines() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "afterword", "serve", "actions", "--host", "0.0.0.0"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "serve actions --host 0.0.0.0 is refused" in done.stderr
