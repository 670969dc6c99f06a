"""Words that may mean danger while the records are away: answered at once, stored later."""

import asyncio
import logging

from anyio import to_thread

from afterword.gateway import intake
from afterword.gateway.context import GatewayContext
from afterword.gateway.guard import look_alone
from afterword.gateway.safe_lines import Body
from afterword.gateway.spool import Spooled, SpoolFull
from afterword.gateway.unheard import Words, help_lines
from afterword.records import invitations
from afterword.records.store import RecordsAway
from afterword.safety.finding import Tier

_LOOK_EVERY = 5.0

logger = logging.getLogger(__name__)


def keep_for_later(
    context: GatewayContext, token: str, words: Words | None, channel: str
) -> tuple[Body, ...]:
    """The lines on words that may mean danger; nothing when they do not, or there are none.

    The link cannot be checked now: it is when the message is played in.
    """
    if words is None:
        return ()
    text, client_id = words
    text = intake.storable(text[: intake.TEXT_LIMIT])
    seen = look_alone(context.guard, text)
    if seen.finding.tier < Tier.CHECK:
        return ()
    try:
        context.spool.keep(token, client_id, text, channel)
        kept = "away"
    except SpoolFull:
        kept = "away_unkept"
    return help_lines(context, seen.place, seen.finding.categories, kept)


async def play_in(context: GatewayContext) -> None:
    """Stores what was kept, as soon as the records are back; until cancelled."""
    while True:
        try:
            await to_thread.run_sync(play_in_once, context)
        except RecordsAway:
            pass
        except Exception as error:
            logger.error("kept messages could not be stored", extra={"error": error})
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
    given = (context.guard, invitation, message.client_id)
    try:
        if invitation.asks:
            # Nobody knows whether the code would have been given: it is told, and not kept.
            intake.answer_unkept(*given, message.text, message.channel)
        else:
            intake.accept(*given, text=message.text, channel=message.channel)
    except intake.Refused as refused:
        logger.warning("a kept message was refused", extra={"reason": refused.reason})
