"""The description of the patients' side holds, and made-up requests break and read nothing."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from starlette.routing import Route

from .fuzzing import OPENAPI, OTHERS_WORDS, Fuzz, staff_document
from .house import Caller, House

DESCRIBED = json.loads(OPENAPI.read_text(encoding="utf-8"))


def served(house: House) -> set[tuple[str, str]]:
    return {
        (method.lower(), route.path)
        for route in house.app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }


def operations() -> Iterator[tuple[str, str]]:
    for path, methods in DESCRIBED["paths"].items():
        yield from ((method, path) for method in methods)


def test_the_description_names_what_is_served(house: House) -> None:
    """All of it but the portal, whose pages are for people; the demo has one page more."""
    described = set(operations())
    assert ("get", "/f/{token}/mine") in described
    staff = {one for one in served(house) if one[1].startswith("/portal")}
    assert described == (served(house) - staff) | {("get", "/demo/clinic")}


def test_a_real_conversation_is_as_described(house: House, call: Caller) -> None:
    """What no made-up request brings about: lines of both sides, and the end."""

    def is_as_described(name: str, body: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": DESCRIBED["components"]}
        jsonschema_rs.validate(schema, body)

    token, _ = house.link(house.patient("Robin Okafor"))
    bearer = {"Authorization": f"Bearer {token}"}
    for number, text in enumerate(("It was fine.", "I want to kill myself tonight.")):
        message = {"id": f"5a1f6b7e-3f0f-4b62-8f0e-2f7a5f6d3c1{number}", "text": text}
        assert call("POST", "/api/messages", json=message, headers=bearer).status_code == 202
    seen = call("GET", "/api/conversation", headers=bearer).json()
    assert {one["from"] for one in seen["messages"]} == {"patient", "assistant"}
    is_as_described("Conversation", seen)
    call("POST", f"/f/{token}/form/review", data={"decision": "private"})
    ended = call("GET", "/api/conversation", headers=bearer).json()
    assert ended["reflection"] == "private"
    is_as_described("Conversation", ended)
    late = {"id": "5a1f6b7e-3f0f-4b62-8f0e-2f7a5f6d3c19", "text": "I want to kill myself " * 900}
    refused = call("POST", "/api/messages", json=late, headers=bearer)
    assert refused.status_code == 422
    assert refused.json()["safety"]
    for line in refused.json()["safety"]:
        is_as_described("SafetyLine", line)


@pytest.mark.parametrize(
    "after", ["1e300", "99999999999999999999", "2147483648", "-1", "nan", "1e9", "\u0663"]
)
def test_a_cursor_of_any_size_is_answered(house: House, call: Caller, after: str) -> None:
    token, _ = house.link(house.patient("Robin Okafor"))
    bearer = {"Authorization": f"Bearer {token}"}
    reply = call("GET", "/api/conversation", params={"after": after}, headers=bearer)
    assert reply.status_code == 200


def test_made_up_requests_break_nothing_and_read_nothing(house: House) -> None:
    """Ten thousand of them take minutes: `bench/fuzz.py`."""
    fuzz = Fuzz(house)
    outcome = fuzz.run(500)
    assert not outcome.problems, "\n".join(outcome.problems[:20])
    assert outcome.total > 350
    staff = staff_document(house)["paths"]
    tried = {label.partition(" ")[2] for label in outcome.by_route}
    assert {*staff, *DESCRIBED["paths"]} <= tried
    assert {200, 202, 303, 404, 413, 422} - outcome.statuses.keys() <= {413}


def test_a_page_that_told_of_another_would_be_found(house: House, call: Caller) -> None:
    fuzz = Fuzz(house)
    cookie = house.cookie(fuzz.ben)
    for appointment in fuzz.ids:
        page = call(
            "GET",
            f"/portal/appointments/{appointment}",
            headers={"Cookie": f"afterword={cookie}"},
        )
        fuzz.outcome.note("digest", page, OTHERS_WORDS)
    assert fuzz.outcome.problems == [f"digest: shows {OTHERS_WORDS}"]
