"""A clinic with one of each kind of caller, and how they call the real process."""

import asyncio
import sqlite3
import uuid
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from afterword.access.actors import Actor
from afterword.access.policy import Relation
from afterword.access.routes import Caller
from afterword.portal.access import form_token
from afterword.records.access_models import AuditRow
from afterword.records.store import Records
from afterword.settings import Settings
from afterword.web import make_app

BASE = "http://127.0.0.1:8080"
DAY, WEEK = timedelta(days=1), timedelta(days=7)
UNTREATED = "Lee Poe"
GUESSED = "guessed-token-of-nobody-at-all-00"
SHARED, PRIVATE = "canary-words-shared", "canary-words-kept-private"
DANGER, CONCERN, OTHER = "canary-of-danger", "canary-of-a-concern", "canary-of-the-other-patient"
Held = Set[Relation]
NOTHING: Held = frozenset()


@dataclass(frozen=True)
class Persona:
    """One kind of caller. `held` says how they stand to each kind of thing."""

    name: str
    callers: frozenset[Caller]
    held: Mapping[str, frozenset[Relation]]
    staff_id: str = ""
    session: str = ""
    stale: str = ""
    link: str = ""

    @property
    def actor(self) -> Actor:
        return Actor.staff(self.staff_id)


@dataclass
class World:
    """`ids`: what there is, by a name for it, as the forms and the tables of tests call it."""

    settings: Settings
    records: Records
    personas: list[Persona] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    app: Starlette = field(init=False)

    def __post_init__(self) -> None:
        self.app = make_app(self.settings, self.records.clock)
        self.form_key = self.records.vault.derive("portal forms")
        self._addresses = count(1)

    def persona(self, name: str) -> Persona:
        return next(one for one in self.personas if one.name == name)

    def keep(self) -> None:
        """What `restore` brings back."""
        with sqlite3.connect(self._path) as source, sqlite3.connect(self._kept) as target:
            source.backup(target)

    def restore(self) -> None:
        with sqlite3.connect(self._kept) as source, sqlite3.connect(self._path) as target:
            source.backup(target)

    @property
    def _path(self) -> Path:
        return self.settings.data_dir / "afterword.db"

    @property
    def _kept(self) -> Path:
        return self.settings.data_dir / "kept.db"

    def address(self) -> str:
        """Another one for each call: how much one may ask is tested elsewhere."""
        number = next(self._addresses)
        return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def audit(self, after: int = 0) -> list[AuditRow]:
        with self.records.read() as tx:
            rows = tx.session.query(AuditRow).filter(AuditRow.seq > after).order_by(AuditRow.seq)
            found = rows.all()
            tx.session.expunge_all()
        return found


class Browser:
    """Calls the whole process, each time from another address."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(self._called, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=BASE)

    async def _called(self, scope: Any, receive: Any, send: Any) -> None:
        await self._world.app(scope | {"client": (self._world.address(), 50000)}, receive, send)

    def __call__(
        self, method: str, path: str, who: Persona, form: Mapping[str, str], *, stale: bool = False
    ) -> httpx.Response:
        self._client.cookies.clear()
        session = who.stale if stale else who.session
        headers = {"Sec-Fetch-Site": "same-origin"}
        if session:
            headers["Cookie"] = f"afterword={session}"
        body: dict[str, Any] = {}
        if path.startswith("/api/"):
            headers["Authorization"] = f"Bearer {who.link or GUESSED}"
            if method == "POST":
                body = {"json": {"id": str(uuid.uuid4()), "text": "It was fine."}}
        elif method == "POST":
            body = {"data": {"form_token": form_token(self._world.form_key, session), **form}}
        return self._runner.run(self._client.request(method, path, headers=headers, **body))

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()
