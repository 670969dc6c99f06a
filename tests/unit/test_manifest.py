"""A model counts only with its manifest, and the manifest only with this installation's key."""

import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from afterword import manifest
from afterword.manifest import Manifest, ModelRefused, check, path_of, public_text, sha256, write
from afterword.training import model as training
from afterword.training.signing_key import SigningKeyUnusable, signing_key

KEY = Ed25519PrivateKey.generate()
MEND = "Run: afterword train"


def facts(archive: Path, **others: object) -> Manifest:
    known = {
        "model": archive.name,
        "sha256": sha256(archive),
        "bytes": archive.stat().st_size,
        "fingerprint": "f",
        "config_sha256": "c",
        "domain_sha256": "d",
        "components": ("RulePolicy",),
        "afterword": "0",
        "rasa": "3.6.21",
        "python": "3.11",
        "trained_at": "2026-11-28T00:00:00+00:00",
        "seconds": 1.0,
    }
    return Manifest(**{**known, **others})  # type: ignore[arg-type]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "one.tar.gz"
    path.write_bytes(b"a model")
    write(path, facts(path), KEY)
    return path


def test_what_was_signed_is_accepted(archive: Path) -> None:
    found = check(archive, public_text(KEY))
    assert (found.model, found.components) == ("one.tar.gz", ("RulePolicy",))


def changed(archive: Path) -> None:
    archive.write_bytes(b"b model")


def unsigned(archive: Path) -> None:
    path_of(archive).unlink()


def missing(archive: Path) -> None:
    archive.unlink()


def edited(archive: Path) -> None:
    path = path_of(archive)
    path.write_text(path.read_text().replace(sha256(archive), "0" * 64))


def signed_by_another(archive: Path) -> None:
    write(archive, facts(archive), Ed25519PrivateKey.generate())


def of_another_name(archive: Path) -> None:
    """An older model of ours, put in the place of this one with its own manifest."""
    other = archive.with_name("two.tar.gz")
    other.write_bytes(b"older")
    write(other, facts(other), KEY)
    shutil.copy(other, archive)
    shutil.copy(path_of(other), path_of(archive))


def with_a_foreign_component(archive: Path) -> None:
    write(archive, facts(archive, components=("subprocess.Popen",)), KEY)


def no_manifest_at_all(archive: Path) -> None:
    path_of(archive).write_text("[]")


def without_a_fact(archive: Path) -> None:
    stored = json.loads(path_of(archive).read_text())
    del stored["manifest"]["rasa"]
    signature = KEY.sign(manifest._signed_bytes(stored["manifest"]))
    stored["signature"] = manifest.base64.b64encode(signature).decode()
    path_of(archive).write_text(json.dumps(stored))


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        (changed, "not the one that was signed"),
        (unsigned, "is not signed"),
        (missing, "is missing"),
        (edited, "was changed, or signed with another key"),
        (signed_by_another, "was changed, or signed with another key"),
        (of_another_name, "belongs to two.tar.gz"),
        (with_a_foreign_component, "subprocess.Popen, which is not an allowed component"),
        (no_manifest_at_all, "cannot be read"),
        (without_a_fact, "another version"),
    ],
)
def test_anything_else_is_refused_and_says_what_to_do(
    archive: Path, attack: Callable[[Path], None], words: str
) -> None:
    attack(archive)
    with pytest.raises(ModelRefused) as refused:
        check(archive, public_text(KEY))
    assert words in str(refused.value)
    assert str(refused.value).endswith(MEND)


@pytest.mark.parametrize("key", ["", "no key", "c2hvcnQ="])
def test_without_a_public_key_nothing_is_accepted(archive: Path, key: str) -> None:
    with pytest.raises(ModelRefused, match=manifest.PUBLIC_KEY_VARIABLE):
        check(archive, key)


def test_the_private_key_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "model-signing.key"
    first = signing_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert public_text(signing_key(path)) == public_text(first), "made once"
    assert path.with_suffix(".pub").read_text().strip() == public_text(first)
    assert public_text(first).encode() not in path.read_bytes()
    path.chmod(0o640)
    with pytest.raises(SigningKeyUnusable, match="Others may read"):
        signing_key(path)


def test_a_key_file_that_holds_no_key_says_so(tmp_path: Path) -> None:
    path = tmp_path / "model-signing.key"
    path.touch(0o600)
    with pytest.raises(SigningKeyUnusable, match="afterword train"):
        signing_key(path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose training leaves a trace and makes no model."""
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    (folder / "config.yml").write_text("pipeline: [{name: WhitespaceTokenizer}]\npolicies: []\n")
    (folder / "domain.yml").write_text("{}\n")
    rasa = folder / "rasa"
    rasa.write_text("#!/bin/sh\ntouch trained\nexit 1\n")
    rasa.chmod(0o755)
    return folder


def test_a_cached_model_counts_only_when_it_is_signed_here(project: Path, tmp_path: Path) -> None:
    models, key = tmp_path / "models", tmp_path / "model-signing.key"
    models.mkdir()
    assert training.find(project, models, key) is None
    archive = models / f"{training.fingerprint(project)}.tar.gz"
    archive.write_bytes(b"a model")
    assert training.find(project, models, key) is None, "one from before manifests"
    training.sign(archive, facts(archive), key)
    assert training.train(project, models, key, print).path == archive
    assert not (project / "trained").exists()
    archive.write_bytes(b"another")
    with pytest.raises(ModelRefused):
        training.find(project, models, key)
    said: list[str] = []
    with pytest.raises(training.TrainingFailed):
        training.train(project, models, key, said.append)
    assert (project / "trained").exists(), "it is trained anew, never used"
    assert "not the one that was signed" in said[0]


def test_a_foreign_component_is_never_trained(project: Path, tmp_path: Path) -> None:
    (project / "config.yml").write_text("pipeline: [{name: os.system}]\npolicies: []\n")
    with pytest.raises(training.TrainingFailed, match=r"os\.system is not .*WhitespaceTokenizer"):
        training.train(project, tmp_path / "models", tmp_path / "k.key", print)
    assert not (project / "trained").exists()
