"""Who calls, by https or not, and for which host: a stranger's headers change nothing of it."""

from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from afterword.front import front
from afterword.gateway.limits import Limits
from afterword.http import client_address
from afterword.settings import Settings, SettingsError, load_settings

from .house import Caller, House

NewCaller = Callable[..., Caller]
OpenHouse = Callable[..., House]
PROXY, STRANGER = "10.1.2.3", "203.0.113.7"
FORGED = {
    "X-Forwarded-For": "198.51.100.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Real-IP": "198.51.100.1",
    "Forwarded": "for=198.51.100.1;proto=https;host=evil.example",
}


def mirror(**settings: str) -> Starlette:
    """An application that tells what it knows of the caller."""

    async def tell(request: Request) -> Response:
        url = request.url
        return JSONResponse([client_address(request), url.scheme, url.netloc])

    middleware = front(Settings.model_validate(settings))
    return Starlette(routes=[Route("/", tell)], middleware=middleware)


@pytest.mark.parametrize(
    ("trusted", "peer"), [("", STRANGER), ("", "127.0.0.1"), ("10.0.0.0/8", STRANGER)]
)
def test_a_strangers_headers_change_nothing(new_caller: NewCaller, trusted: str, peer: str) -> None:
    call = new_caller(mirror(trusted_proxies=trusted), address=peer)
    plain, forged = call("GET", "/"), call("GET", "/", headers=FORGED)
    assert plain.json() == forged.json() == [peer, "http", "127.0.0.1:8080"]
    assert forged.headers == plain.headers
    assert "strict-transport-security" not in forged.headers


def test_a_proxy_of_ours_is_believed(new_caller: NewCaller) -> None:
    call = new_caller(mirror(trusted_proxies="10.0.0.0/8"), address=PROXY)
    told = {
        "X-Forwarded-For": STRANGER,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "clinic.example",
    }
    reply = call("GET", "/", headers=told)
    assert reply.json() == [STRANGER, "https", "clinic.example"]
    assert "strict-transport-security" in reply.headers


def test_what_the_caller_wrote_before_the_proxy_is_not_believed(new_caller: NewCaller) -> None:
    call = new_caller(mirror(trusted_proxies="10.0.0.0/8"), address=PROXY)
    told = {"X-Forwarded-For": f"198.51.100.1, {STRANGER}, 10.9.9.9"}
    assert call("GET", "/", headers=told).json()[0] == STRANGER


@pytest.mark.parametrize("name", ["evil.example/x", "a b", "evil.example:99999999", "<b>", ""])
def test_a_name_that_is_none_is_not_taken(new_caller: NewCaller, name: str) -> None:
    call = new_caller(mirror(trusted_proxies="10.0.0.0/8"), address=PROXY)
    assert call("GET", "/", headers={"X-Forwarded-Host": name}).json()[2] == "127.0.0.1:8080"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("clinic.example", 200),
        ("CLINIC.example:8443", 200),
        ("127.0.0.1:8080", 200),
        ("localhost", 200),
        ("evil.example", 400),
        ("clinic.example.evil.example", 400),
        ("www.clinic.example", 400),
        ("", 400),
    ],
)
def test_only_the_public_name_is_answered(new_caller: NewCaller, host: str, status: int) -> None:
    call = new_caller(mirror(public_url="https://clinic.example/"))
    reply = call("GET", "/", headers={"Host": host})
    assert reply.status_code == status
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_forged_host_from_a_proxy_is_refused_too(new_caller: NewCaller) -> None:
    app = mirror(public_url="https://clinic.example", trusted_proxies=PROXY)
    call = new_caller(app, address=PROXY)
    assert call("GET", "/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 400
    assert call("GET", "/", headers={"X-Forwarded-Host": "clinic.example"}).status_code == 200


def test_without_a_public_name_any_is_answered(new_caller: NewCaller) -> None:
    call = new_caller(mirror())
    assert call("GET", "/", headers={"Host": "evil.example"}).status_code == 200


def test_a_guesser_cannot_change_the_address_that_is_counted(
    new_house: OpenHouse, new_caller: NewCaller
) -> None:
    house = new_house(trusted_proxies="10.0.0.0/8")
    stranger = new_caller(house.app, address=STRANGER)
    amount = Limits.UNKNOWN.amount
    codes = [
        stranger("GET", "/f/guess", headers={"X-Forwarded-For": f"192.0.2.{at}"}).status_code
        for at in range(amount + 1)
    ]
    assert codes == [404] * amount + [429]
    proxy = new_caller(house.app, address=PROXY)
    others = [
        proxy("GET", "/f/guess", headers={"X-Forwarded-For": f"192.0.2.{at}"}).status_code
        for at in range(amount + 1)
    ]
    assert set(others) == {404}


@pytest.mark.parametrize("given", ["10.0.0.0/33", "proxy.example", "10.0.0.1/8", "*", "10.0.0.1;"])
def test_a_network_that_is_none_stops_the_start(
    given: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("AFTERWORD_TRUSTED_PROXIES", given)
    with pytest.raises(SettingsError, match="AFTERWORD_TRUSTED_PROXIES: must be addresses"):
        load_settings()
