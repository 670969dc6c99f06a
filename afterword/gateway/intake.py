"""The one door by which a patient's message enters. Nothing else writes the inbox."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from afterword.records import inbox
from afterword.records.store import Records, Tx
from afterword.records.views import Accepted, Invitation

TEXT_LIMIT = 10_000
"""Characters of one message."""

_TOKEN = re.compile(r"[a-z0-9_-]{1,48}(\.[a-z0-9_-]{1,48}){1,2}")
# NUL cannot be stored in PostgreSQL, half a surrogate pair not be written as UTF-8.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Form = dict[str, Any]
Then = Callable[[Tx, Accepted], None]


class Refused(Exception):
    """A message that was not kept. `reason`: empty, long, shape or closed; never the text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def accept(
    records: Records,
    invitation: Invitation,
    client_id: str,
    *,
    text: object = None,
    choice: object = None,
    form: Form | None = None,
    then: Then | None = None,
) -> Accepted:
    """Checks one message and commits it to the inbox, sealed; a repeat changes nothing.

    Exactly one of `text`, `choice` and `form` is given. `then` runs in the same transaction, so
    that what a form says is stored together with it. Raises Refused.
    """
    key = checked_id(client_id)
    kind, body = _checked(text, choice, form)
    with records.begin() as tx:
        try:
            accepted = inbox.accept(tx, invitation.reflection_id, key, kind, body)
        except LookupError:
            raise Refused("closed") from None
        if then is not None:
            then(tx, accepted)
    return accepted


def checked_id(value: object) -> str:
    """A client's message id in the one way of writing it. Raises Refused."""
    try:
        return str(uuid.UUID(value if isinstance(value, str) else ""))
    except ValueError:
        raise Refused("shape") from None


def checked_text(value: object) -> str:
    """Words as they may be stored. Raises Refused."""
    if not isinstance(value, str):
        raise Refused("shape")
    if len(value) > TEXT_LIMIT:
        raise Refused("long")
    return _UNSTORABLE.sub("\ufffd", value)


def _checked(text: object, choice: object, form: Form | None) -> tuple[str, dict[str, Any]]:
    given = [value for value in (text, choice, form) if value is not None]
    if len(given) != 1:
        raise Refused("shape")
    if form is not None:
        return inbox.FORM, form
    if choice is not None:
        if not isinstance(choice, str) or not _TOKEN.fullmatch(choice):
            raise Refused("shape")
        return inbox.CHOICE, {"choice": choice}
    words = checked_text(text)
    if not words.strip():
        raise Refused("empty")
    return inbox.TEXT, {"text": words}
