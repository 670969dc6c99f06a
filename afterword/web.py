"""The web process: the patients' gateway and the clinicians' portal in one application."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from afterword.datafiles import load_instruments
from afterword.gateway import app as gateway
from afterword.portal import app as portal
from afterword.records.store import Records, RecordsAway
from afterword.records.vault import load_vault
from afterword.reflection.instrument import Instrument
from afterword.screening.loading import load_screener
from afterword.screening.screener import Screener
from afterword.settings import Settings, load_settings


@dataclass(frozen=True)
class _PortalContext:
    settings: Settings
    records: Records
    instruments: Mapping[tuple[str, int], Instrument]
    screener: Screener


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _home(request: Request) -> Response:
    return RedirectResponse("/portal", status_code=303)


def make_app(settings: Settings) -> Starlette:
    """The application. Raises VaultError, DataFileError or ScreenBroken."""
    records = Records(settings.database, load_vault(settings.keys))
    instruments = load_instruments(settings.instrument_file)
    screener = load_screener(settings.layers)
    context = gateway.make_context(settings, records, instruments.values(), screener)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with gateway.running(context):
            yield
        records.close()

    return Starlette(
        lifespan=lifespan,
        exception_handlers={RecordsAway: gateway.away},
        routes=[
            Route("/", _home),
            Route("/health", _health),
            *portal.routes(_PortalContext(settings, records, instruments, screener)),
            *gateway.routes(context),
        ],
    )


def create() -> Starlette:
    """The application for uvicorn."""
    return make_app(load_settings())
