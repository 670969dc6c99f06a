"""A form that came when the second factor was no longer fresh: it goes on once the code is right.

Nothing of it is kept here. It goes to the browser, sealed, in the page that asks for the code, and
comes back with the code. It opens in the session that it was typed in and at the path that it was
for, so it also stands for the form's token, which ends with the code.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass

from afterword.quotas import KIB, STAFF_BODY
from afterword.records.vault import Vault, VaultError

FIELD, TARGET = "held", "to"
"""Its field in the form that asks for the code; the part of the address that names its path."""
LONGEST = STAFF_BODY - 4 * KIB
"""The code, or what a passkey has signed, has to have room beside it."""
_PLACE = ("staff_session", "held form")


@dataclass(frozen=True)
class Held:
    """Where a form was to go, and its fields."""

    path: str
    fields: dict[str, str]


def seal(vault: Vault, session: str, path: str, fields: Mapping[str, str]) -> str:
    """Text for a form; empty where it would be longer than a form may be."""
    written = json.dumps([path, dict(fields)], ensure_ascii=False)
    sealed = base64.urlsafe_b64encode(vault.seal(*_PLACE, session, written)).decode()
    return sealed if len(sealed) <= LONGEST else ""


def opened(vault: Vault, session: str, sealed: str) -> Held | None:
    """What `seal` made for this session; None for anything else."""
    try:
        path, fields = json.loads(vault.open(*_PLACE, session, base64.urlsafe_b64decode(sealed)))
    except (ValueError, VaultError):
        return None
    return Held(path, fields)
