"""What the pages of patients and of staff have in common: headers, templates, who calls."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


def content_policy(*, scripts: bool, frame_ancestors: str = "'none'") -> str:
    """The Content-Security-Policy of a page; nothing comes from another host, ever."""
    parts = ["default-src 'none'", "style-src 'self'", "img-src 'self' data:"]
    if scripts:
        parts += ["script-src 'self'", "connect-src 'self'"]
    parts += ["form-action 'self'", "base-uri 'none'", f"frame-ancestors {frame_ancestors}"]
    return "; ".join(parts)


class SecureHeaders:
    """Adds headers to every reply; what a reply has set itself stays."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self.app = app
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    present.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def template_environment(folder: Path) -> Environment:
    """Templates that escape every value and fail on a name that is not there."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def client_address(connection: HTTPConnection) -> str:
    """Who calls, for rate limits; behind a proxy uvicorn has put the real address there."""
    return connection.client.host if connection.client else "unknown"
