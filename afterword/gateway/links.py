"""From a request to the invitation that its link stands for.

Unknown, expired, revoked and guessed links are one case: the same query, the same reply.
"""

from dataclasses import replace

from anyio import to_thread
from starlette.requests import Request

from afterword.access.routes import Caller
from afterword.gateway.context import context_of
from afterword.http import client_address, row_of
from afterword.records import codes, invitations
from afterword.records.views import Invitation

UNLOCK_COOKIE, UNLOCK_HEADER = "unlocked", "X-Afterword-Unlock"


class NoSuchLink(Exception):
    """The link does not work; the reply must not say why."""


class TooMany(Exception):
    """Too many requests; `seconds` until the next one is answered.

    `invitation` is the one behind the link, when the link is known.
    """

    def __init__(self, seconds: int, invitation: Invitation | None = None) -> None:
        super().__init__()
        self.seconds = seconds
        self.invitation = invitation


def bearer(request: Request) -> str:
    """The token of the Authorization header; empty when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class Locked(Exception):
    """The patient wants their code to be given besides the link, and it was not."""

    def __init__(self, invitation: Invitation) -> None:
        super().__init__()
        self.invitation = invitation


def in_path(request: Request) -> str:
    return str(request.path_params["token"])


def key_given(request: Request) -> str:
    """What says that the code was given here: a cookie, or a header where there are none."""
    return request.headers.get(UNLOCK_HEADER) or request.cookies.get(UNLOCK_COOKIE, "")


async def follow(
    request: Request, token: str, *, sends: bool = False, locked: bool = False
) -> Invitation:
    """The invitation behind `token`. Raises NoSuchLink, TooMany or Locked.

    `sends` counts against the smaller number of messages instead of the number of reads.
    `locked` is for what is reached without the code as well: nothing of the patient's is shown.
    """
    context = context_of(request)
    key = key_given(request)

    def resolve() -> Invitation | None:
        with context.records.read() as tx:
            context.phrasing.refresh(tx)
            found = invitations.resolve(tx, token)
            if found is None or not key:
                return found
            return replace(found, unlocked=codes.unlocked(tx, found.reflection_id, key))

    invitation = await to_thread.run_sync(resolve, abandon_on_cancel=True)
    if invitation is None or Caller.LINK not in row_of(request).callers:
        wait = context.limits.unknown(client_address(request))
        if wait:
            raise TooMany(wait)
        raise NoSuchLink
    wait = context.limits.message(token) if sends else context.limits.read(token)
    if wait:
        raise TooMany(wait, invitation)
    if invitation.asks and invitation.unlocked is None and not locked:
        raise Locked(invitation)
    return invitation
