"""A made-up clinic's page with the button on it; served in demo mode only."""

from starlette.requests import Request
from starlette.responses import Response

from afterword.gateway.context import context_of
from afterword.gateway.pages import render
from afterword.http import content_policy


async def clinic(request: Request) -> Response:
    """`/demo/clinic?link=<token>`."""
    context = context_of(request)
    token = request.query_params.get("link", "")
    response = render(context, "clinic.html", context.catalogue(), None, token=token)
    policy = content_policy(scripts=True) + "; frame-src 'self'"
    response.headers["Content-Security-Policy"] = policy
    return response
