"""The one door by which a patient's message enters. Nothing else writes the inbox.

Each message is screened here before it is kept, and answered here when it may mean danger: in the
transaction that keeps it, without the assistant. An adapter cannot go around it: the inbox is
written nowhere else, and Rasa's channel refuses a text that was not screened.
"""

import logging
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from afterword.gateway import alarm
from afterword.gateway.alarm import Answer, Arrival
from afterword.gateway.guard import Guard, Look, look
from afterword.gateway.safe_lines import Body
from afterword.records import deliveries, inbox
from afterword.records.store import Tx
from afterword.records.views import Accepted, Invitation

TEXT_LIMIT = 10_000
"""Characters of one message."""
PAGE, FORM_PAGE = "page", "form"
"""The channels that there are; an alert says by which one the words came."""
UNREADABLE = ("voice", "picture", "video", "file")
"""What a channel may bring besides text; it is not screened, and that is said."""

_TOKEN = re.compile(r"[a-z0-9_-]{1,48}(\.[a-z0-9_-]{1,48}){1,2}")
# NUL cannot be stored in PostgreSQL, half a surrogate pair not be written as UTF-8.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Form = dict[str, Any]
_log = logging.getLogger(__name__)
Then = Callable[[Tx, "Taken"], None]


class Refused(Exception):
    """A message that was not kept. `reason`: empty, long, shape or closed; never the text.

    `lines` are lines of safety: words that may mean danger are answered also when they come late.
    """

    def __init__(self, reason: str, lines: tuple[Body, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lines = lines


@dataclass(frozen=True)
class Taken:
    """A message that is safe, and what was said to it at once."""

    accepted: Accepted
    answer: Answer


def accept(
    guard: Guard,
    invitation: Invitation,
    client_id: str,
    *,
    text: object = None,
    choice: object = None,
    form: Form | None = None,
    unreadable: object = None,
    then: Then | None = None,
    channel: str = PAGE,
) -> Taken:
    """Checks and screens one message and commits it, sealed; a repeat changes nothing.

    Exactly one of `text`, `choice`, `form` and `unreadable` is given. `then` runs in the same
    transaction, so that what a form says is stored together with it. Raises Refused.
    """
    key = checked_id(client_id)
    arrival = Arrival(invitation, channel, key)
    try:
        kind, body = _checked(text, choice, form, unreadable)
    except Refused as refused:
        if refused.reason != "long":
            raise
        seen = _look_at_long(guard, invitation, str(text))
        raise Refused("long", _answer_unkept(guard, arrival, seen)) from None
    seen = look(guard, invitation, kind, body)
    with guard.records.begin(by=invitation.actor) as tx:
        taken = _keep(tx, guard, arrival, seen, kind, body)
        if taken is not None and then is not None:
            then(tx, taken)
    if taken is None:
        raise Refused("closed", _answer_unkept(guard, arrival, seen))
    return taken


def answer_unkept(
    guard: Guard, invitation: Invitation, client_id: str, text: str, channel: str = PAGE
) -> tuple[Body, ...]:
    """What is said to words that cannot be taken in; an alert is raised as for any others.

    Sent again under the same id they are told to staff once. Raises Refused.
    """
    arrival = Arrival(invitation, channel, checked_id(client_id))
    return _answer_unkept(guard, arrival, _look_at_long(guard, invitation, text))


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
    return storable(value)


def storable(text: str) -> str:
    """The same words with a mark for each sign that no database takes."""
    return _UNSTORABLE.sub("\ufffd", text)


def _keep(
    tx: Tx, guard: Guard, arrival: Arrival, seen: Look | None, kind: str, body: dict[str, Any]
) -> Taken | None:
    """Keeps and answers a message; None when everything here was deleted."""
    try:
        accepted = inbox.accept(tx, arrival.invitation.reflection_id, arrival.message, kind, body)
    except LookupError:
        return None
    if accepted.repeat:
        return Taken(accepted, Answer())
    answer = alarm.answer(tx, guard, arrival, seen)
    if kind == inbox.UNREADABLE:
        answer = alarm.unreadable(tx, guard, arrival)
        _log.warning(
            "a message was not screened: it holds no text", extra={"inbox_id": accepted.inbox_id}
        )
    if answer.mark:
        inbox.answer_at_once(tx, accepted.inbox_id, answer.lines, answer.mark)
    if answer.lines and arrival.channel == FORM_PAGE:
        # They stand on the page that is the reply.
        deliveries.seen(tx, arrival.invitation.reflection_id)
    if kind == inbox.UNREADABLE:
        # There is nothing in it for the assistant.
        inbox.finish(tx, accepted.inbox_id, [])
    return Taken(accepted, answer)


def _look_at_long(guard: Guard, invitation: Invitation, text: str) -> Look | None:
    """Of words that are too many the beginning and the end: what somebody came to say is there."""
    if len(text) > TEXT_LIMIT:
        text = f"{text[: TEXT_LIMIT // 2]}\n{text[-TEXT_LIMIT // 2 :]}"
    return look(guard, invitation, inbox.TEXT, {"text": storable(text)})


def _answer_unkept(guard: Guard, arrival: Arrival, seen: Look | None) -> tuple[Body, ...]:
    """Words that are not kept are answered all the same; that they came is kept."""
    with guard.records.begin(by=arrival.invitation.actor) as tx:
        return alarm.answer(tx, guard, arrival, seen).lines


def _checked(
    text: object, choice: object, form: Form | None, unreadable: object
) -> tuple[str, dict[str, Any]]:
    given = [value for value in (text, choice, form, unreadable) if value is not None]
    if len(given) != 1:
        raise Refused("shape")
    if unreadable is not None:
        if unreadable not in UNREADABLE:
            raise Refused("shape")
        return inbox.UNREADABLE, {"unreadable": unreadable}
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
