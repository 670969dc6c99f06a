"""Words that may mean danger while the records are away: answered at once, stored later."""

import asyncio
import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any

from anyio import to_thread

from afterword.gateway import intake
from afterword.gateway.answering import WORDS
from afterword.gateway.context import GatewayContext
from afterword.gateway.guard import look_alone
from afterword.gateway.safe_lines import Body, Speaker
from afterword.gateway.spool import Spooled, SpoolFull
from afterword.records import invitations
from afterword.records.store import RecordsAway
from afterword.safety import replies
from afterword.safety.finding import Category, Tier
from afterword.safety.helplines import choose
from afterword.safety.replies import Line

_LOOK_EVERY = 5.0

logger = logging.getLogger(__name__)


def keep_for_later(context: GatewayContext, token: str, body: bytes) -> list[Body]:
    """The lines on words that may mean danger; nothing when they do not, or are no message.

    The link cannot be checked now: it is when the message is played in.
    """
    message = _message(body)
    if message is None:
        return []
    text, client_id = message
    seen = look_alone(context.guard, text)
    if seen.finding.tier < Tier.CHECK:
        return []
    try:
        context.spool.keep(token, client_id, text, intake.PAGE)
        kept = "away"
    except SpoolFull:
        kept = "away_unkept"
    return _lines(context, seen.place, seen.finding.categories, kept)


def keep_form(context: GatewayContext, token: str, fields: Mapping[str, str]) -> list[Body]:
    """As `keep_for_later`, for the words of a posted form: they are kept as one message."""
    words = [value for name, value in fields.items() if name.startswith(WORDS) and value.strip()]
    client_id = uuid.uuid5(uuid.NAMESPACE_URL, token + "".join(words))
    message = {"id": str(client_id), "text": "\n".join(words)}
    return keep_for_later(context, token, json.dumps(message).encode())


def _lines(
    context: GatewayContext, place: str, categories: tuple[Category, ...], kept: str
) -> list[Body]:
    country = choose(
        context.guard.help,
        named_place_text=place,
        clinic_country=context.settings.country,
        phone_prefix=None,
    )
    about = [one for one in categories if one is not Category.ABUSE_BY_CLINICIAN]
    lines = (
        Line("now_first", emergency=True),
        Line(kept),
        *replies.support(about)[:1],
    )
    # The clinic is not known while the records are away, nor the reflection's language.
    catalogue = context.guard.catalogue(look_alone(context.guard, place).finding, "en")
    return Speaker(catalogue, country).bodies(lines)


async def play_in(context: GatewayContext) -> None:
    """Stores what was kept, as soon as the records are back; until cancelled."""
    while True:
        try:
            await to_thread.run_sync(play_in_once, context)
        except RecordsAway:
            pass
        except Exception as error:
            logger.error("kept messages could not be stored: %s", type(error).__name__)
        await asyncio.sleep(_LOOK_EVERY)


def play_in_once(context: GatewayContext) -> int:
    """Stores every kept message, and returns how many. Raises RecordsAway."""
    count = 0
    for message in context.spool.waiting():
        _store(context, message)
        context.spool.done(message)
        count += 1
    if count:
        context.ring()
    return count


def _store(context: GatewayContext, message: Spooled) -> None:
    with context.records.read() as tx:
        invitation = invitations.resolve(tx, message.token)
    if invitation is None:
        logger.warning("a kept message came by a link that does not work")
        return
    try:
        intake.accept(
            context.guard,
            invitation,
            message.client_id,
            text=message.text,
            channel=message.channel,
        )
    except intake.Refused as refused:
        logger.warning("a kept message was refused: %s", refused.reason)


def _message(body: bytes) -> tuple[str, str] | None:
    try:
        message: Any = json.loads(body)
        text = intake.checked_text(message["text"][: intake.TEXT_LIMIT])
        return text, intake.checked_id(message["id"])
    except (ValueError, RecursionError, TypeError, KeyError, intake.Refused):
        return None
