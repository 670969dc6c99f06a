"""What every page and call of the gateway works with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from anyio import CapacityLimiter
from starlette.requests import Request

from afterword.gateway.assistant import Assistant
from afterword.gateway.guard import Guard
from afterword.gateway.limits import Limits
from afterword.gateway.spool import Spool
from afterword.gateway.watcher import Watcher
from afterword.locales import Catalogue
from afterword.records.store import Records
from afterword.records.views import Reflection
from afterword.reflection.instrument import Instrument
from afterword.reflection.lexicon import Lexicon
from afterword.settings import Settings


@dataclass(frozen=True)
class GatewayContext:
    """`instruments` by (id, version); `ring` tells the worker that there is something to do."""

    settings: Settings
    records: Records
    instruments: dict[tuple[str, int], Instrument]
    catalogues: dict[str, Catalogue]
    lexicons: dict[str, Lexicon]
    assistant: Assistant
    watcher: Watcher
    guard: Guard
    spool: Spool
    ring: Callable[[], None] = lambda: None
    limits: Limits = field(default_factory=Limits)
    # SQLite lets one writer in at a time and makes the others sleep: a queue here is quicker.
    patience: float = 8.0
    """Seconds for storing a message; then words that may mean danger are answered without it."""
    writing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    # 64 MiB for each check of a code: so many at once.
    hashing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(2))

    def catalogue(self, language: str | None = None) -> Catalogue:
        """The texts of a language, or of the first one that we have."""
        first = next(iter(self.catalogues.values()))
        return self.catalogues.get(language or "", first)

    def languages_of(self, reflection: Reflection) -> tuple[str, ...]:
        """The languages that a reflection can be held in."""
        return self.instruments[reflection.instrument, reflection.instrument_version].languages


def context_of(request: Request) -> GatewayContext:
    return cast(GatewayContext, request.scope["afterword.gateway"])
