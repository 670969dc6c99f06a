"""What the pages of patients and of staff have in common: headers, templates, who calls."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from afterword.access import routes
from afterword.access.routes import Caller

REPORTS = "/csp-report"
"""Where a browser tells that a page broke its policy."""
_NOT_ALLOWED = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer"),
    *("microphone", "midi", "payment", "usb"),
)
_ROW = "afterword.row"
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _NOT_ALLOWED),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
HSTS = "max-age=31536000"
"""A year; without sub-domains, which are the clinic's own affair."""


def content_policy(*, scripts: bool, frame_ancestors: str = "'none'") -> str:
    """The Content-Security-Policy of a page; nothing comes from another host, ever.

    Scripts come as files of ours only, and may not make markup or scripts out of text: there is
    no Trusted Types policy, and none may be made.
    """
    parts = ["default-src 'none'", "style-src 'self'", "img-src 'self' data:"]
    if scripts:
        parts += ["script-src 'self'", "connect-src 'self'"]
    parts += ["require-trusted-types-for 'script'", "trusted-types 'none'"]
    parts += ["form-action 'self'", "base-uri 'none'", f"frame-ancestors {frame_ancestors}"]
    return "; ".join([*parts, f"report-uri {REPORTS}"])


class SecureHeaders:
    """Adds headers to every reply; what a reply has set itself stays. HSTS only on https."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self.app = app
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    present.setdefault(name, value)
                if scope.get("scheme") == "https":
                    present.setdefault("Strict-Transport-Security", HSTS)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class ByTable:
    """Tells what is inside which rows of the table of routes are its own, by method.

    `ways` are those in which somebody may come in here at all: a row that names none of them
    answers nobody. Raises NoRow when it is made, so that a path without a row never serves.
    """

    def __init__(
        self, app: ASGIApp, path: str, methods: Sequence[str], ways: frozenset[Caller]
    ) -> None:
        for method in methods:
            routes.row_of((method, path))
        self.app = app
        self.path = path
        self.any_method = "*" in methods
        self.ways = ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        key = ("*" if self.any_method else method, self.path)
        if not routes.serves(key, self.ways):
            await PlainTextResponse("Not Found", 404)(scope, receive, send)
            return
        scope[_ROW] = routes.row_of(key)
        await self.app(scope, receive, send)


def row_of(connection: HTTPConnection) -> routes.Row:
    """The row of the table of routes that this request came in by."""
    row: routes.Row = connection.scope[_ROW]
    return row


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
    """Who calls, for rate limits; behind a proxy of ours the front has put the caller there."""
    return connection.client.host if connection.client else "unknown"
