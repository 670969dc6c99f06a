"""The signed manifest beside a model: what it is, and that this installation trained it.

`<model>.manifest.json` holds the facts and an Ed25519 signature over them. Whoever can write into
the models' folder, but has not the private key, cannot put another model in its place. Written by
afterword/training, checked by the command line and by the launcher inside Rasa's environment.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from afterword import __version__
from afterword.components import unknown

SUFFIX = ".manifest.json"
PUBLIC_KEY_VARIABLE = "AFTERWORD_MODEL_PUBLIC_KEY"
FORMAT = 1
VERSION = __version__
# Signed with it, so that a signature of ours over anything else is none over a manifest.
_PURPOSE = b"afterword model manifest\n"
_MEND = "Run: afterword train"
# Facts that older manifests do not have.
_LATER = frozenset({"data_version"})


class ModelRefused(Exception):
    """A model must not be loaded; the message says why and what to do."""


class ManifestMissing(ModelRefused):
    """The model or its manifest is not there."""


@dataclass(frozen=True)
class Manifest:
    """What is known of a model. `fingerprint` is that of everything it was trained on."""

    model: str
    sha256: str
    bytes: int
    fingerprint: str
    config_sha256: str
    domain_sha256: str
    components: tuple[str, ...]
    afterword: str
    rasa: str
    python: str
    trained_at: str
    seconds: float
    format: int = FORMAT
    data_version: int | None = None
    """The clinic's version of the training data; None for the data as shipped."""


def path_of(archive: Path) -> Path:
    """The manifest's file: `x.tar.gz` -> `x.manifest.json`, in the same folder."""
    return archive.with_name(archive.name.removesuffix(".tar.gz") + SUFFIX)


def write(archive: Path, manifest: Manifest, key: Ed25519PrivateKey) -> Path:
    """Sign a manifest and write it beside its archive."""
    signature = base64.b64encode(key.sign(_signed_bytes(asdict(manifest)))).decode()
    content = {"manifest": asdict(manifest), "signature": signature}
    path = path_of(archive)
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)
    return path


def read(archive: Path, public_key: str) -> Manifest:
    """The manifest of an archive, whose bytes are not looked at yet: see `require_same`.

    Args:
        public_key: 32 bytes in base64, as `public_text` writes them.

    Raises:
        ModelRefused: manifest or key missing or malformed, changed, signed with another key, made
            for another archive, or naming a component that is not allowed.
    """
    path = path_of(archive)
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        facts, signature = stored["manifest"], base64.b64decode(stored["signature"])
        signed = _signed_bytes(facts)
    except OSError:
        raise ManifestMissing(f"{archive} is not signed: {path} is missing. {_MEND}") from None
    except (ValueError, KeyError, TypeError):
        raise ModelRefused(f"{path} cannot be read. {_MEND}") from None
    try:
        _public_key(public_key).verify(signature, signed)
    except InvalidSignature:
        raise ModelRefused(
            f"{path} was changed, or signed with another key than this installation's. {_MEND}"
        ) from None
    known = {one.name for one in fields(Manifest)}
    if not isinstance(facts, dict) or not known - _LATER <= facts.keys() <= known:
        raise ModelRefused(f"{path} is of another version of Afterword. {_MEND}")
    manifest = Manifest(**{**facts, "components": tuple(facts["components"])})
    if manifest.model != archive.name:
        raise ModelRefused(f"{path} belongs to {manifest.model}, not {archive.name}. {_MEND}")
    if foreign := unknown(manifest.components):
        raise ModelRefused(
            f"{archive} was trained with {', '.join(foreign)}, which is not an allowed component. "
            f"Take it out of config.yml. {_MEND}"
        )
    return manifest


def require_same(manifest: Manifest, file: Path) -> None:
    """That a file has the bytes that were signed. Raises ModelRefused."""
    if not file.is_file():
        raise ManifestMissing(f"The model {file} is missing. {_MEND}")
    if sha256(file) != manifest.sha256:
        raise ModelRefused(f"The model {manifest.model} is not the one that was signed. {_MEND}")


def check(archive: Path, public_key: str) -> Manifest:
    """The manifest of an archive that is the one that was signed. Raises ModelRefused."""
    manifest = read(archive, public_key)
    require_same(manifest, archive)
    return manifest


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half of a key, as it is given to Rasa's process."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def sha256(file: Path) -> str:
    """The hash of a file's content, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _public_key(text: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise ModelRefused(
            f"{PUBLIC_KEY_VARIABLE} is not set to a public key, so no model can be checked. "
            "`afterword up` sets it."
        ) from None


def _signed_bytes(facts: Any) -> bytes:
    return _PURPOSE + json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
