"""The key with which this installation signs the models that it trains."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from afterword.manifest import public_text

_OTHERS = 0o077


class SigningKeyUnusable(Exception):
    """The key file is no key of ours or open to others; the message says what to do."""


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The private key in `path`, made at the first use for its owner's eyes only.

    The public half goes beside it as `<name>.pub`, for commands that only check.

    Raises:
        SigningKeyUnusable: see there.
    """
    _create(path)
    if path.stat().st_mode & _OTHERS:
        raise SigningKeyUnusable(
            f"Others may read the key {path}. Delete it and run: afterword train"
        )
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyUnusable(
            f"{path} holds no key that signs models. Delete it and run: afterword train"
        )
    public = path.with_suffix(".pub")
    if not public.is_file() or public.read_text(encoding="utf-8").strip() != public_text(key):
        public.write_text(public_text(key) + "\n", encoding="utf-8")
    return key


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(new)
