"""A real Rasa serves the one model that was named and signed, and no other."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from bot_harness import PYTHON, ROOT, SIGNING_KEY, Rasa, signed
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from afterword.manifest import PUBLIC_KEY_VARIABLE, path_of, public_text


@pytest.fixture
def copied(model: Path, tmp_path: Path) -> Path:
    """The small model with its manifest, to be tampered with."""
    for file in (model, path_of(model)):
        shutil.copy(file, tmp_path)
    return tmp_path / model.name


def test_what_was_signed_is_served(new_rasa: Callable[..., Rasa], copied: Path) -> None:
    rasa = new_rasa()
    rasa.model = copied
    rasa.start()
    assert rasa.say("a" * 32, choice="menu.start")
    rasa.stop()


def tampered(archive: Path) -> None:
    with archive.open("ab") as file:
        file.write(b"\0")


def unsigned(archive: Path) -> None:
    path_of(archive).unlink()


def of_a_foreign_component(archive: Path) -> None:
    signed(archive, components=("subprocess.Popen",))


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        (tampered, "is not the one that was signed"),
        (unsigned, "is not signed"),
        (of_a_foreign_component, "subprocess.Popen, which is not an allowed component"),
    ],
)
def test_a_model_that_is_not_ours_is_not_served(
    new_rasa: Callable[..., Rasa], copied: Path, attack: Callable[[Path], None], words: str
) -> None:
    attack(copied)
    rasa = new_rasa()
    rasa.model = copied
    assert rasa.spawn().wait(40) == 1
    assert words in rasa.log()
    assert rasa.log().rstrip().endswith("Run: afterword train")


def test_a_model_of_another_installation_is_not_served(new_rasa: Callable[..., Rasa]) -> None:
    other = public_text(Ed25519PrivateKey.generate())
    rasa = new_rasa(environment={PUBLIC_KEY_VARIABLE: other})
    assert rasa.spawn().wait(40) == 1
    assert "signed with another key" in rasa.log()


def test_a_signed_file_that_is_no_model_is_not_served(
    new_rasa: Callable[..., Rasa], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"no archive")
    rasa = new_rasa()
    rasa.model = signed(broken)
    assert rasa.spawn().wait(40) != 0
    assert "The model could not be loaded. Run: afterword train" in rasa.log()


# Rasa's own way in, past the launcher's check: what a reload or another storage would call.
_LOADING = """
import sys
from pathlib import Path
from tempfile import mkdtemp
from afterword.screening import one_core
from bot import tensorflow_stand_in
tensorflow_stand_in.install()
from rasa.engine.storage.local_model_storage import LocalModelStorage
from bot.model_guard import ModelGuard
key, named, wanted = sys.argv[1:]
ModelGuard(key, Path(named) if named else None).install()
for load in (
    lambda: LocalModelStorage.from_model_archive(Path(mkdtemp()), wanted),
    lambda: LocalModelStorage.metadata_from_archive(wanted),
):
    try:
        load()
        print("loaded")
    except Exception as error:
        print(type(error).__name__, error)
"""


def loading(key: str, named: str, wanted: Path) -> list[str]:
    done = subprocess.run(
        [str(PYTHON), "-c", _LOADING, key, named, str(wanted)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_rasas_own_ways_to_load_are_guarded(model: Path, copied: Path) -> None:
    key = public_text(SIGNING_KEY)
    assert loading(key, str(copied), copied) == ["loaded", "loaded"]
    for said in loading(key, str(model), copied):
        assert "is not the model that was named" in said
    tampered(copied)
    for said in loading(key, "", copied):
        assert said.startswith("ModelNotTrusted")
