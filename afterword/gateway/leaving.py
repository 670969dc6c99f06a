"""`/leave`: away from here at once, to a page that says nothing of the clinic."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterword.gateway.context import context_of


async def leave(request: Request) -> Response:
    """303 to the neutral page; the browser forgets what this site has stored and cached."""
    response = RedirectResponse(context_of(request).settings.leave_url, 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
