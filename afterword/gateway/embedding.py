"""The button on a clinic's own page: one script tag, and the patient's page in a frame."""

import json

from starlette.requests import Request
from starlette.responses import Response

from afterword.gateway.context import context_of
from afterword.gateway.pages import CONTENTS
from afterword.locales import Catalogue


async def loader(request: Request) -> Response:
    """`/embed.js`, with the texts of its button in it: the clinic's page has one script tag."""
    script = script_for(context_of(request).catalogue())
    # The one file that other hosts' pages are meant to load.
    headers = {"Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(script, media_type="text/javascript", headers=headers)


def script_for(catalogue: Catalogue) -> bytes:
    texts = {key: catalogue(f"page.embed_{key}") for key in ("open", "close", "title")}
    return CONTENTS["embed.js"].replace(b"{TEXTS}", json.dumps(texts).encode())
