"""The web process: the patients' gateway and the clinicians' portal in one application."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from afterword.access.routes import Caller
from afterword.datafiles import load_instruments
from afterword.front import BARE_HEADERS, front, refusal
from afterword.gateway import app as gateway
from afterword.http import REPORTS, ByTable
from afterword.phrasing import Phrasing
from afterword.portal import app as portal
from afterword.records.store import Records, RecordsAway, utc_now
from afterword.records.vault import load_vault
from afterword.reports import Reports
from afterword.screening.loading import load_screener
from afterword.screening.screener import Screener
from afterword.settings import Settings, load_settings


@dataclass(frozen=True)
class _PortalContext:
    settings: Settings
    records: Records
    phrasing: Phrasing
    screener: Screener


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _home(request: Request) -> Response:
    return RedirectResponse("/portal", status_code=303)


def _open(path: str, endpoint: Callable[[Request], Any], method: str = "GET") -> Route:
    ways = frozenset({Caller.ANYONE})
    return Route(
        path,
        endpoint,
        methods=[method],
        middleware=[Middleware(ByTable, path=path, methods=[method], ways=ways)],
    )


async def _failed(request: Request, error: Exception) -> Response:
    """The answer to what nobody expected; no layer is left outside that would add headers."""
    said = refusal(request.url.path, 500, "failed", "This did not work. Please try again later.")
    for name, value in BARE_HEADERS.items():
        said.headers.setdefault(name, value)
    return said


def make_app(settings: Settings, clock: Callable[[], datetime] = utc_now) -> Starlette:
    """The application. Raises VaultError, DataFileError or ScreenBroken."""
    records = Records(settings.database, load_vault(settings.key_place), clock)
    instruments = load_instruments(settings.instrument_file)
    screener = load_screener(settings.layers)
    context = gateway.make_context(settings, records, instruments.values(), screener)
    staff = _PortalContext(settings, records, context.phrasing, screener)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with gateway.running(context):
            yield
        records.close()

    return Starlette(
        lifespan=lifespan,
        middleware=front(settings),
        exception_handlers={RecordsAway: gateway.away, Exception: _failed},
        routes=[
            _open("/", _home),
            _open("/health", _health),
            _open(REPORTS, Reports().endpoint, "POST"),
            *portal.routes(staff),
            *gateway.routes(context),
        ],
    )


def create() -> Starlette:
    """The application for uvicorn."""
    return make_app(load_settings())
