"""Words that cannot be taken in - by a dead link, too often, too many - are answered all the same.

Nothing of them is kept but what an alert keeps, and nobody is told where nobody can be.
"""

import json
import re
import uuid
from collections.abc import Mapping

from afterword.gateway import intake
from afterword.gateway.answering import WORDS
from afterword.gateway.context import GatewayContext
from afterword.gateway.guard import look_alone
from afterword.gateway.safe_lines import Body, Speaker
from afterword.records.store import RecordsAway
from afterword.records.views import Invitation
from afterword.safety import replies
from afterword.safety.finding import Category, Tier
from afterword.safety.helplines import choose
from afterword.safety.replies import Line

# The beginning of a JSON text, as far as its last whole sign.
_CUT = re.compile(rb'"text"\s*:\s*"((?:[^"\\]|\\u[0-9a-fA-F]{4}|\\[^u])*)')

Words = tuple[str, str]
"""What somebody wrote, and the id of the message."""


def of_message(body: bytes) -> Words | None:
    """The words of a posted message; None when there are none in it."""
    try:
        message = json.loads(body)
        return intake.storable(str(message["text"])), intake.checked_id(message["id"])
    except (ValueError, RecursionError, TypeError, KeyError, intake.Refused):
        return _of_beginning(body)


def of_form(token: str, fields: Mapping[str, str]) -> Words | None:
    """The words of a posted form, as one message."""
    written = [value for name, value in fields.items() if name.startswith(WORDS) and value.strip()]
    if not written:
        return None
    client_id = uuid.uuid5(uuid.NAMESPACE_URL, token + "".join(written))
    return "\n".join(written), str(client_id)


def by_known_link(
    context: GatewayContext, invitation: Invitation, token: str, words: Words | None, channel: str
) -> tuple[Body, ...]:
    """The lines on words by a link that works; the clinic is told as of any others."""
    if words is None or context.limits.late(token):
        return ()
    text, client_id = words
    try:
        return intake.answer_unkept(context.guard, invitation, client_id, text, channel)
    except RecordsAway:
        return by_no_link(context, words)


def by_no_link(context: GatewayContext, words: Words | None) -> tuple[Body, ...]:
    """The lines on words of somebody whom nobody knows: help, and that nobody is told."""
    if words is None:
        return ()
    seen = look_alone(context.guard, words[0][: intake.TEXT_LIMIT])
    if seen.finding.tier < Tier.CHECK:
        return ()
    return help_lines(context, seen.place, seen.finding.categories, "unheard")


def help_lines(
    context: GatewayContext, place: str, categories: tuple[Category, ...], what_became: str
) -> tuple[Body, ...]:
    """The emergency number, what became of the words, and the help lines on them."""
    country = choose(
        context.guard.help,
        named_place_text=place,
        clinic_country=context.settings.country,
        phone_prefix=None,
    )
    about = [one for one in categories if one is not Category.ABUSE_BY_CLINICIAN]
    lines = (
        Line("now_first", emergency=True),
        Line(what_became),
        *replies.support(about)[:1],
    )
    # Neither the clinic nor the reflection's language is known.
    catalogue = context.guard.catalogue(look_alone(context.guard, place).finding, "en")
    return tuple(Speaker(catalogue, country).bodies(lines))


def _of_beginning(body: bytes) -> Words | None:
    """The words at the beginning of a message that was cut off, or that is not in order."""
    found = _CUT.search(body)
    if found is None or not found[1]:
        return None
    try:
        cut = json.loads(b'"%s"' % found[1].decode("utf-8", "ignore").encode(), strict=False)
    except ValueError:
        return None
    text = intake.storable(cut)
    return text, str(uuid.uuid5(uuid.NAMESPACE_URL, text))
