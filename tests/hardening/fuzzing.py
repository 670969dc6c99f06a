"""Requests made up from descriptions of the routes, by the thousand, at the real application.

The patients' side is described by `docs/openapi.json`; what staff may send is read off the routes
and the forms that there are, so a new page is tried without being listed here.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks
from starlette.routing import Route

from afterword.portal import access
from afterword.records import people
from afterword.records.clinics import Details
from afterword.reflection.answers import Sharing
from afterword.safety.clock import DAYS
from afterword.settings import PROJECT

from .house import NOW, WEEK, Caller, House, rated, said

schemathesis.serializer.alias("application/csp-report", "application/json")
OPENAPI = PROJECT / "docs" / "openapi.json"
OTHERS_WORDS = "canary-of-another-patient"
PRIVATE_WORDS = "canary-kept-private"
_LINKS = 100
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass
class Outcome:
    """How often which status was answered, and what should not have been."""

    statuses: Counter[int] = field(default_factory=Counter)
    by_route: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.statuses.total()

    def note(self, route: str, reply: httpx.Response, *secrets: str) -> None:
        self.statuses[reply.status_code] += 1
        self.by_route[route] += 1
        if reply.status_code >= 500:
            self.problems.append(f"{route}: {reply.status_code}")
        self.problems += [f"{route}: shows {one}" for one in secrets if one in reply.text]


class Fuzz:
    """A house with people in it whose words must not be read, and made-up requests at it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.outcome = Outcome()
        self._people()
        self._at = 0
        self._caller: Caller | None = None
        self._cookies: dict[str, str] = {}

    def _people(self) -> None:
        house = self.house
        with house.records.begin() as tx:
            self.ben, self.alex, self.sue, self.victim = (
                people.add_staff(
                    tx,
                    house.clinic,
                    name=name,
                    email=f"{name}@clinic.example",
                    password_hash="no hash",
                    role=role,
                )
                for name, role in (
                    ("ben", "clinician"),
                    ("alex", "admin"),
                    ("sue", "supervisor"),
                    ("vic", "clinician"),
                )
            )
        other = house.patient("Kim Doe", goal=OTHERS_WORDS, staff_id=self.ben)
        for sharing in (None, Sharing.ALL):
            _, reflection_id = house.link(other, staff_id=self.ben)
            words = said("helped", OTHERS_WORDS), rated("snag", "3", OTHERS_WORDS)
            house.answer(reflection_id, *words, sharing=sharing)
        foreign = house.book(other, NOW + WEEK / 7, self.ben)
        mine = house.patient("Robin Okafor", goal="Sleep well")
        _, kept = house.link(mine)
        house.answer(kept, said("helped", PRIVATE_WORDS), sharing=Sharing.PRIVATE)
        own = house.book(mine, NOW + WEEK / 7)
        self.ids = [own, foreign, other, mine, kept, self.ben, house.ada, house.dana]
        self.tokens = house.links(_LINKS)

    def run(self, count: int, number: int = 1) -> Outcome:
        """About so many requests, the same ones for the same number. Closes with the loop."""
        self._caller = Caller(self.house.app)
        try:
            patients = [one.ok() for one in self._described()]
            staff = [one.ok() for one in self._staff()]
            # Half for each side, by operation; each half of a half breaks the description.
            for operations, send in ((patients, self._as_patient), (staff, self._as_staff)):
                each = max(1, round(count / 4 / len(operations)))
                for operation in operations:
                    for mode in GenerationMode.POSITIVE, GenerationMode.NEGATIVE:
                        self._try(operation, mode, each, number, send)
        finally:
            self._caller.close()
        return self.outcome

    def _described(self) -> Iterator[Any]:
        described = json.loads(OPENAPI.read_text(encoding="utf-8"))
        return schemathesis.openapi.from_dict(described).get_all_operations()

    def _staff(self) -> Iterator[Any]:
        return schemathesis.openapi.from_dict(staff_document(self.house)).get_all_operations()

    def _try(
        self,
        operation: Any,
        mode: GenerationMode,
        count: int,
        number: int,
        send: Callable[[Any, int], None],
    ) -> None:
        # One that has nothing to break cannot be asked to.
        for at in (mode, GenerationMode.POSITIVE):
            strategy = operation.as_strategy(generation_mode=at)

            @seed(number)
            @settings(
                max_examples=count,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(strategy, st.integers(0, 2**16))
            def one(case: Any, pick: int) -> None:
                send(case, pick)

            before = self.outcome.total
            try:
                one()
            except Exception as error:
                if self.outcome.total > before or at is GenerationMode.POSITIVE:
                    self.outcome.problems.append(f"{operation.label}: {type(error).__name__}")
            if self.outcome.total > before:
                return

    def _as_patient(self, case: Any, pick: int) -> None:
        """A known link most of the time; whatever was made up else."""
        known = self.tokens[pick % _LINKS] if pick % 5 else None
        headers = {}
        if known and "token" in (case.path_parameters or {}):
            case.path_parameters["token"] = known
        if known and case.path.startswith("/api/"):
            headers["Authorization"] = f"Bearer {known}"
        reply = self._send(case, headers)
        self.outcome.note(case.operation.label, reply, OTHERS_WORDS, PRIVATE_WORDS)
        try:
            case.validate_response(reply, checks=_CHECKS)
        except FailureGroup as failed:
            said = "; ".join(sorted({one.title for one in failed.exceptions}))
            self.outcome.problems.append(f"{case.operation.label}: {reply.status_code} {said}")

    def _as_staff(self, case: Any, pick: int) -> None:
        """As somebody of the staff with the page's own token, or as nobody."""
        people = (self.house.ada, self.house.dana, self.alex, self.sue, "")
        who = people[pick % len(people)]
        cookie = self._session(who) if who else ""
        for name in case.path_parameters or {}:
            if pick % 7:
                known = [self.victim] if name == "staff_id" else self.ids
                case.path_parameters[name] = known[pick % len(known)]
        if isinstance(case.body, dict) and cookie and pick % 11:
            key = self.house.records.vault.derive("portal forms")
            case.body["form_token"] = access.form_token(key, cookie)
        headers = {"Sec-Fetch-Site": "same-origin"} if pick % 13 else {}
        if cookie:
            headers["Cookie"] = f"afterword={cookie}"
        reply = self._send(case, headers)
        self.outcome.note(case.operation.label, reply, OTHERS_WORDS, PRIVATE_WORDS)
        if reply.status_code == 303 and "sign-in" in reply.headers.get("location", ""):
            self._cookies.pop(who, None)

    def _session(self, staff_id: str) -> str:
        if staff_id not in self._cookies:
            self._cookies[staff_id] = self.house.cookie(staff_id)
        return self._cookies[staff_id]

    def _send(self, case: Any, headers: dict[str, str]) -> httpx.Response:
        """The case as a client would put it on the wire, from another address each time."""
        assert self._caller is not None
        if isinstance((case.query or {}).get("wait"), int | float):
            # Waiting for news that nobody sends would take most of the time.
            case.query["wait"] = min(case.query["wait"], 0.01)
        given = case.as_transport_kwargs(base_url="http://127.0.0.1:8080")
        given["headers"] = {**(given.get("headers") or {}), **headers}
        for unused in ("verify", "timeout", "allow_redirects", "stream", "proxies", "cert"):
            given.pop(unused, None)
        wire = requests.Request(**given).prepare()
        self._at += 1
        self._caller.address = f"10.{self._at >> 16}.{self._at >> 8 & 255}.{self._at & 255}"
        target = urlsplit(wire.url or "")
        path = f"{target.path}?{target.query}" if target.query else target.path
        sent = {name: _latin(value) for name, value in wire.headers.items()}
        return self._caller(wire.method or "GET", path, headers=sent, content=wire.body)


def _latin(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1", "replace")


# A reply has to be one of those that are described: status, type, headers and shape.
_CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def staff_document(house: House) -> dict[str, Any]:
    """What staff may send, as far as routes and templates tell."""
    fields = {
        name: {"type": "string"}
        for template in (PROJECT / "afterword" / "portal" / "templates").glob("*.html")
        for name in re.findall(r'\bname="([a-z_]+)"', template.read_text(encoding="utf-8"))
    } | {name: {"type": "string"} for name in (*Details.__dataclass_fields__, *DAYS)}
    form = {"type": "object", "properties": fields, "additionalProperties": {"type": "string"}}
    paths: dict[str, Any] = {}
    for route in house.app.routes:
        if not isinstance(route, Route) or not route.path.startswith("/portal"):
            continue
        path = route.path.replace(":path", "")
        names = re.findall(r"\{(\w+)\}", path)
        for method in (route.methods or {"GET", "POST"}) - {"HEAD"}:
            operation: dict[str, Any] = {"responses": {"default": {"description": "any"}}}
            operation["parameters"] = [
                {
                    "name": name,
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "minLength": 1},
                }
                for name in names
            ] + [{"name": name, "in": "query", "schema": {"type": "string"}} for name in QUERIES]
            if method == "POST":
                content = {"application/x-www-form-urlencoded": {"schema": form}}
                operation["requestBody"] = {"required": True, "content": content}
            paths.setdefault(path, {})[method.lower()] = operation
    info = {"title": "Staff", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": paths}


QUERIES = ("next", "notice", "of")
