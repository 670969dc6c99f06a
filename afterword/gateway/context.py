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
from afterword.phrasing import Phrasing, Words
from afterword.records.store import Records
from afterword.records.views import Invitation, Reflection
from afterword.reflection.instrument import Instrument
from afterword.reflection.lexicon import Lexicon
from afterword.settings import Settings


@dataclass(frozen=True)
class GatewayContext:
    """`ring` tells the worker that there is something to do."""

    settings: Settings
    records: Records
    phrasing: Phrasing
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
        """The texts as shipped, for whoever is at no clinic that we know of."""
        return self.phrasing.shipped.catalogue(language)

    def catalogue_for(self, invitation: Invitation) -> Catalogue:
        """The texts that the clinic says to this patient, in their language."""
        return self.words(invitation.clinic.id).catalogue(invitation.language)

    def words(self, clinic_id: str) -> Words:
        return self.phrasing.of(clinic_id)

    def instrument_of(self, reflection: Reflection) -> Instrument:
        """The questions that a reflection was begun with."""
        known = self.words(reflection.clinic.id).instruments
        return known[reflection.instrument, reflection.instrument_version]


def context_of(request: Request) -> GatewayContext:
    return cast(GatewayContext, request.scope["afterword.gateway"])
