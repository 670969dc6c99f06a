"""What stands before every route: who calls through which proxy, for which host, how much."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from afterword.http import HEADERS, SecureHeaders, client_address, content_policy
from afterword.quotas import Counter, Quota, network_of, quota_of
from afterword.settings import Settings

BARE_HEADERS = {**HEADERS, "Content-Security-Policy": content_policy(scripts=False)}
"""Of every reply that no page has made: 404 and 405 of unknown paths, 413, 429, 500."""
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HOST = re.compile(rb"[a-zA-Z0-9.-]{1,253}(:\d{1,5})?")


def front(settings: Settings) -> list[Middleware]:
    """The layers before the routes, the outermost first."""
    layers = [Middleware(SecureHeaders, headers=BARE_HEADERS)]
    if proxies := settings.proxies:
        layers += [
            Middleware(ForwardedHost, proxies=proxies),
            Middleware(ProxyHeadersMiddleware, trusted_hosts=list(proxies)),
        ]
    if hosts := allowed_hosts(settings):
        layers.append(Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False))
    return [*layers, Middleware(Allowance, counter=Counter())]


def allowed_hosts(settings: Settings) -> list[str]:
    """Names by which we may be called; none where no public address is set: then by any."""
    if not settings.public_url:
        return []
    public = urlsplit(settings.public_url).hostname or ""
    # Our own checks, and those of a proxy on this machine, call us by these.
    return [public, settings.host, *_LOOPBACK]


class ForwardedHost:
    """Takes the name that the browser used from a proxy of ours; from nobody else."""

    def __init__(self, app: ASGIApp, proxies: Sequence[str]) -> None:
        self.app = app
        # The same idea of who is trusted as for the address of the caller.
        self.trusted = ProxyHeadersMiddleware(app, list(proxies)).trusted_hosts  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = scope["client"][0] if scope.get("client") else None
        if scope["type"] == "http" and peer in self.trusted:
            given = [value for name, value in scope["headers"] if name == b"x-forwarded-host"]
            if given and _HOST.fullmatch(given[-1].strip()):
                others = [pair for pair in scope["headers"] if pair[0] != b"host"]
                scope["headers"] = [*others, (b"host", given[-1].strip())]
        await self.app(scope, receive, send)


class Allowance:
    """Refuses with 429 what a sender asks too often, and with 413 a body that is too long."""

    def __init__(self, app: ASGIApp, counter: Counter) -> None:
        self.app = app
        self.counter = counter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        quota = quota_of(scope["method"], scope["path"])
        sender = network_of(client_address(HTTPConnection(scope)))
        wait = self.counter.hit(quota.rate, (quota.name, sender))
        if wait:
            busy = refusal(scope["path"], 429, "busy", "Too many requests. Please wait a moment.")
            busy.headers["Retry-After"] = str(wait)
            await busy(scope, receive, send)
        elif _declared(scope) > quota.body and not quota.reads_on:
            await _too_long(scope["path"])(scope, receive, send)
        elif quota.reads_on:
            await self.app(scope, receive, send)
        else:
            await self.app(scope, _at_most(quota, receive), send)


def _declared(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _at_most(quota: Quota, receive: Receive) -> Receive:
    """A body that comes without its length is cut off where it gets too long."""
    had = 0

    async def limited() -> Message:
        nonlocal had
        message = await receive()
        had += len(message.get("body", b""))
        if had > quota.body:
            raise HTTPException(413)
        return message

    return limited


def _too_long(path: str) -> Response:
    return refusal(path, 413, "long", "This is too long.")


def refusal(path: str, status: int, reason: str, text: str) -> Response:
    """What whoever is refused before any route gets: JSON from the API, else a sentence."""
    if path.startswith("/api/"):
        return JSONResponse({"error": reason, "message": text}, status)
    return PlainTextResponse(text, status)
