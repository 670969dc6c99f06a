"""Pages that show what is under way look again by themselves, until somebody stops that."""

from starlette.responses import Response

from afterword.portal.visits import Visit

EVERY = 5
"""Seconds."""


def by_itself(visit: Visit) -> bool:
    """Whether the page may: somebody who reads it slowly can stop it (WCAG 2.2.2)."""
    return visit.request.query_params.get("again") != "by-hand"


def look_again(response: Response) -> Response:
    """The page, which now asks for itself again."""
    response.headers["Refresh"] = str(EVERY)
    return response
