"""From a request to the invitation that its link stands for.

Unknown, expired, revoked and guessed links are one case: the same query, the same reply.
"""

from anyio import to_thread
from starlette.requests import Request

from afterword.gateway.context import context_of
from afterword.http import client_address
from afterword.records import invitations
from afterword.records.views import Invitation


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


def in_path(request: Request) -> str:
    return str(request.path_params["token"])


async def follow(request: Request, token: str, *, sends: bool = False) -> Invitation:
    """The invitation behind `token`. Raises NoSuchLink or TooMany.

    `sends` counts against the smaller number of messages instead of the number of reads.
    """
    context = context_of(request)

    def resolve() -> Invitation | None:
        with context.records.read() as tx:
            return invitations.resolve(tx, token)

    invitation = await to_thread.run_sync(resolve, abandon_on_cancel=True)
    if invitation is None:
        wait = context.limits.unknown(client_address(request))
        if wait:
            raise TooMany(wait)
        raise NoSuchLink
    wait = context.limits.message(token) if sends else context.limits.read(token)
    if wait:
        raise TooMany(wait, invitation)
    return invitation
