"""The routes of the patients' pages, and what runs beside them."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Collection, Iterator, Mapping

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from afterword import locales, wake
from afterword.access.routes import Caller
from afterword.datafiles import load_lexicon
from afterword.gateway import (
    api,
    demo_page,
    embedding,
    form,
    help_page,
    language,
    late,
    leaving,
    mine,
    pages,
    unlocking,
)
from afterword.gateway.assistant import Assistant
from afterword.gateway.context import GatewayContext
from afterword.gateway.guard import Guard
from afterword.gateway.headers import PATIENT_HEADERS
from afterword.gateway.spool import Spool
from afterword.gateway.watcher import Watcher
from afterword.helpfiles import load_help
from afterword.http import ByTable, SecureHeaders
from afterword.phrasing import Phrasing
from afterword.records import inbox, serving
from afterword.records.store import Records
from afterword.reflection.instrument import Instrument
from afterword.screening.screener import Screener
from afterword.settings import Settings

_RETRY = {"Retry-After": "2"}
_WAYS = frozenset({Caller.ANYONE, Caller.LINK})

logger = logging.getLogger(__name__)


def make_context(
    settings: Settings,
    records: Records,
    instruments: Collection[Instrument],
    screener: Screener,
) -> GatewayContext:
    """A context with the texts of every language that the instruments are written in.

    Raises ScreenBroken and DataFileError: nothing is served that does not screen.
    """

    def look(reflection_ids: Collection[str]) -> Mapping[str, int]:
        with records.read() as tx:
            return inbox.revisions(tx, reflection_ids)

    def live() -> str:
        with records.read() as tx:
            return serving.live_url(tx)

    written = dict.fromkeys(name for instrument in instruments for name in instrument.languages)
    by_version = {(one.id, one.version): one for one in instruments}
    phrasing = Phrasing({name: locales.load(name) for name in written}, by_version)
    guard = Guard(
        records=records,
        screener=screener,
        help=load_help(),
        catalogues={name: locales.load(name) for name in locales.languages()},
        phrasing=phrasing,
        country=settings.country,
    )
    return GatewayContext(
        settings=settings,
        records=records,
        phrasing=phrasing,
        guard=guard,
        spool=Spool(settings.data_dir / "spool", records.vault),
        lexicons={name: load_lexicon(name) for name in written},
        assistant=Assistant(settings.assistant_url, settings.plain_form_after, find=live),
        watcher=Watcher(look),
        ring=lambda: wake.ring(settings.data_dir, wake.WORKER),
    )


def routes(context: GatewayContext) -> list[BaseRoute]:
    """Everything that patients reach. The demo page exists in demo mode only."""
    table = [
        ("/f/{token}", pages.page, ["GET"]),
        ("/f/{token}/embed", pages.embedded_page, ["GET"]),
        ("/f/{token}/language", language.choose, ["POST"]),
        ("/f/{token}/form", form.form, ["GET", "POST"]),
        ("/f/{token}/form/review", form.review, ["GET", "POST"]),
        ("/f/{token}/form/safety", form.safety, ["POST"]),
        ("/f/{token}/code", unlocking.enter, ["POST"]),
        ("/f/{token}/mine", mine.mine, ["GET", "POST"]),
        ("/f/{token}/mine/{file}", mine.file, ["GET"]),
        ("/help", help_page.page, ["GET"]),
        ("/leave", leaving.leave, ["GET"]),
        ("/api/messages", api.post_message, ["POST"]),
        ("/api/conversation", api.get_conversation, ["GET"]),
        ("/embed.js", embedding.loader, ["GET"]),
        *((f"/static/{name}", pages.file, ["GET"]) for name in pages.STATIC),
    ]
    if context.settings.demo:
        table.append(("/demo/clinic", demo_page.clinic, ["GET"]))
    return [
        Route(path, endpoint, methods=methods, middleware=_layers(context, path, methods))
        for path, endpoint, methods in table
    ]


def _layers(context: GatewayContext, path: str, methods: list[str]) -> list[Middleware]:
    return [
        Middleware(SecureHeaders, headers=PATIENT_HEADERS),
        Middleware(ByTable, path=path, methods=methods, ways=_WAYS),
        Middleware(_GiveContext, context=context),
    ]


async def away(request: Request, error: Exception) -> Response:
    """What a patient gets while the database is away; the page keeps all and tries again."""
    logger.error("the database is away", extra={"error": error})
    say = locales.load("en").section("page")
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": "away", "message": say("no_records")}, 503, _RETRY)
    return PlainTextResponse(f"{say('no_records')} {say('no_records_next')}", 503, _RETRY)


@contextlib.asynccontextmanager
async def running(context: GatewayContext) -> AsyncIterator[None]:
    """What runs beside the pages: asking for Rasa, hearing the worker's bell, the spool."""
    tasks = [
        asyncio.create_task(context.assistant.watch()),
        asyncio.create_task(late.play_in(context)),
    ]
    try:
        with _hearing(context):
            yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def _hearing(context: GatewayContext) -> Iterator[None]:
    bell = wake.listen(context.settings.data_dir, wake.WEB)

    def heard() -> None:
        with contextlib.suppress(BlockingIOError):
            while bell.recv(16):
                pass
        context.watcher.ring()

    loop = asyncio.get_running_loop()
    loop.add_reader(bell, heard)
    try:
        yield
    finally:
        loop.remove_reader(bell)
        bell.close()


class _GiveContext:
    def __init__(self, app: ASGIApp, context: GatewayContext) -> None:
        self.app = app
        self.context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["afterword.gateway"] = self.context
        await self.app(scope, receive, send)
