"""Every reply of the web process has its headers, whoever made it."""

import json
import logging
import re
from collections.abc import Callable, Iterator

import pytest
from starlette.routing import Mount, Route

from afterword.quotas import quota_of
from afterword.records.store import Records

from .house import NEUTRAL, Caller, House

OpenHouse = Callable[..., House]
NewCaller = Callable[..., Caller]

ALWAYS = {
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
}
POLICY = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
    "report-uri": "/csp-report",
}


def policy_of(header: str) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in header.split("; "))


def requests(house: House) -> Iterator[tuple[str, str]]:
    """Each method on each route, and what no route has."""
    token, _ = house.link(house.patient("Robin Okafor"))
    for route in house.app.routes:
        if isinstance(route, Mount):
            yield "GET", f"{route.path}/portal.css"
        elif isinstance(route, Route):
            path = re.sub(r"\{(\w+)(:\w+)?\}", lambda name: token, route.path)
            yield from ((method, path) for method in sorted(route.methods or {"GET", "POST"}))
    yield from (("GET", "/nothing"), ("DELETE", "/portal"), ("PUT", "/api/messages"))
    yield from (("GET", "/api/nothing"), ("POST", "/"), ("GET", "/static/../keys.json"))


@pytest.mark.parametrize("demo", [False, True])
def test_every_reply_has_every_header(
    new_house: OpenHouse, new_caller: NewCaller, demo: bool
) -> None:
    house = new_house(demo=demo)
    call = new_caller(house.app)
    statuses = set()
    for method, path in requests(house):
        reply = call(method, path)
        statuses.add(reply.status_code)
        for name, value in ALWAYS.items():
            assert reply.headers.get(name) == value, (method, path, name)
        own = "cross-origin" if path == "/embed.js" else "same-origin"
        assert reply.headers["cross-origin-resource-policy"] == own
        for part in ("camera=()", "microphone=()", "geolocation=()"):
            assert part in reply.headers["permissions-policy"]
        policy = policy_of(reply.headers["content-security-policy"])
        assert POLICY.items() <= policy.items(), (method, path)
        assert "unsafe" not in reply.headers["content-security-policy"]
        framed = "/embed" in path and reply.status_code == 200 and path != "/embed.js"
        ours = "https://elm.example" + (" 'self'" if demo else "")
        assert policy["frame-ancestors"] == (ours if framed else "'none'"), path
        kept = path.startswith("/portal/static")
        assert reply.headers["cache-control"] == ("no-cache" if kept else "no-store"), path
        assert "strict-transport-security" not in reply.headers
        assert "server" not in reply.headers
        # Whoever reads it is told what it is, and in which letters.
        kind = reply.headers.get("content-type", "")
        assert kind or not reply.content, (method, path)
        assert "charset=utf-8" in kind or not kind.startswith("text/"), (method, path)
    assert {200, 303, 404, 405} <= statuses


def test_no_path_sends_back_what_was_sent(house: House, call: Caller) -> None:
    canary = {"X-Canary": "canary", "Cookie": "afterword=canary"}
    for path in {path for _, path in requests(house)}:
        reply = call("TRACE", path, headers=canary)
        assert reply.status_code in {404, 405}, path
        assert "canary" not in reply.text


def test_a_reply_that_nobody_expected_has_them_too(
    house: House, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Records) -> None:
        raise ZeroDivisionError("patient words")

    monkeypatch.setattr(Records, "read", broken)
    reply = call("GET", "/api/conversation", headers={"Authorization": "Bearer x"})
    assert reply.status_code == 500
    assert reply.json()["error"] == "failed"
    assert "patient words" not in reply.text
    assert ALWAYS.items() <= reply.headers.items()
    assert POLICY.items() <= policy_of(reply.headers["content-security-policy"]).items()


def test_https_is_kept_only_where_it_is_spoken(house: House, new_caller: NewCaller) -> None:
    safe = new_caller(house.app, base="https://clinic.example")
    assert safe("GET", "/help").headers["strict-transport-security"] == "max-age=31536000"
    plain = new_caller(house.app, base="http://clinic.example")
    assert "strict-transport-security" not in plain("GET", "/help").headers


def test_leaving_has_the_browser_forget_and_leads_away(house: House, call: Caller) -> None:
    reply = call("GET", "/leave")
    assert reply.status_code == 303
    assert reply.headers["location"] == NEUTRAL
    assert reply.headers["clear-site-data"] == '"cache", "storage"'


def report(directive: str, address: str) -> bytes:
    said = {
        "effective-directive": directive,
        "document-uri": address,
        "blocked-uri": "inline",
        "script-sample": "what the patient wrote",
        "referrer": address,
    }
    return json.dumps({"csp-report": said}).encode()


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[object, ...]]:
    ours = [one.__dict__ for one in caplog.records if one.name == "afterword.reports"]
    return [(one["directive"], one["pages"], one["count"]) for one in ours]


def test_a_report_is_counted_and_nothing_of_it_kept(
    house: House, call: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token, _ = house.link(house.patient("Robin Okafor"))
    for at in range(12):
        body = report("script-src-elem", f"https://clinic.example/f/{token}/form?at={at}")
        assert call("POST", "/csp-report", content=body).status_code == 204
    assert told(caplog) == [("script-src-elem", "patient", 1), ("script-src-elem", "patient", 10)]
    everything = " ".join(str(one.__dict__) for one in caplog.records)
    for hidden in (token, "clinic.example", "patient wrote", "inline"):
        assert hidden not in everything


@pytest.mark.parametrize(
    ("body", "counted"),
    [
        (report("img-src", "https://x.example/portal/safety"), "img-src staff"),
        (report("img-src", "https://x.example/f/t/embed"), "img-src embed"),
        (report("img-src", "about:blank"), "img-src other"),
        (report("what a stranger likes", ""), "other other"),
        (b"[]", None),
        (b"\xff{", None),
        (b'{"csp-report": 3}', None),
        (b'{"csp-report": {"violated-directive": null}}', "other other"),
        (b"[" * 8000, None),
    ],
)
def test_a_strange_report_harms_nobody(
    call: Caller, caplog: pytest.LogCaptureFixture, body: bytes, counted: str | None
) -> None:
    assert call("POST", "/csp-report", content=body).status_code == 204
    assert told(caplog) == ([(*counted.split(), 1)] if counted else [])


def test_reports_are_limited(call: Caller) -> None:
    amount = quota_of("POST", "/csp-report").rate.amount
    codes = [call("POST", "/csp-report", content=b"{}").status_code for _ in range(amount + 1)]
    assert codes == [204] * amount + [429]
    assert call("POST", "/csp-report", content=b"x" * 9000).status_code in (413, 429)
