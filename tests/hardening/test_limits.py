"""Every route has a limit and a longest body, from one table; counting takes bounded memory."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Mount, Route

from afterword.front import Allowance
from afterword.quotas import TABLE, Counter, Rate, network_of, quota_of

from .house import Caller, House

NewCaller = Callable[..., Caller]
# What is so small that it needs no row of its own.
OTHERS = {"/", "/health", "/help", "/leave", "/demo/clinic"}


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def routes(house: House) -> list[tuple[str, str]]:
    found = []
    for route in house.app.routes:
        if isinstance(route, Mount):
            found.append(("GET", f"{route.path}/file"))
        elif isinstance(route, Route):
            path = route.path.replace("{", "").replace("}", "").replace(":path", "")
            found += [(method, path) for method in route.methods or {"GET", "POST"}]
    return found


def test_every_route_has_its_row_and_every_row_its_routes(house: House) -> None:
    used = {}
    for method, path in routes(house):
        quota = quota_of(method, path)
        used.setdefault(quota.name, set()).add(path)
        assert 0 < quota.rate.amount <= 12_000
        assert (quota.body > 0) >= (method == "POST"), path
    assert used.pop("others") <= OTHERS
    # Posts to a link that are neither answers nor a language: kept for what comes.
    assert used.keys() | {"others", "links"} == {row.name for row in TABLE}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_body_that_says_it_is_too_long_is_not_read(
    house: House, call: Caller, method: str
) -> None:
    for path in ("/portal/sign-in", "/portal/sign-out", "/csp-report", "/nothing", "/health"):
        reply = call(method, path, headers={"Content-Length": "9000000"}, content=b"x")
        assert reply.status_code == 413, path
        assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_body_without_its_length_is_cut_off(house: House, call: Caller) -> None:
    async def endless() -> Any:
        for _ in range(2000):
            yield b"x" * 1024

    token, _ = house.link(house.patient("Robin Okafor"))
    own = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    for path in (
        *("/portal/sign-in", "/csp-report", f"/f/{token}/language", f"/f/{token}/form"),
        *(f"/f/{token}/form/review", f"/f/{token}/form/safety"),
    ):
        reply = call("POST", path, content=endless(), headers=own)
        assert reply.status_code == 413, path
    bearer = {"Authorization": f"Bearer {token}"}
    reply = call("POST", "/api/messages", content=endless(), headers=bearer)
    assert (reply.status_code, reply.json()["error"]) == (413, "long")


def test_a_route_that_forgets_to_look_is_held_back_too(new_caller: NewCaller) -> None:
    async def greedy(request: Any) -> Response:
        return Response(f"{len(await request.body())}")

    async def chunks(count: int) -> Any:
        for _ in range(count):
            yield b"x" * 512

    app = Starlette(
        routes=[Route("/new", greedy, methods=["POST"])],
        middleware=[Middleware(Allowance, counter=Counter())],
    )
    call = new_caller(app)
    assert call("POST", "/new", content=chunks(2)).text == "1024"
    assert call("POST", "/new", content=chunks(3)).status_code == 413


def test_whoever_asks_too_much_is_told_when_to_go_on(house: House, new_caller: NewCaller) -> None:
    greedy, other = new_caller(house.app), new_caller(house.app, address="203.0.113.8")
    amount = quota_of("GET", "/health").rate.amount
    codes = [greedy("GET", "/health").status_code for _ in range(amount)]
    assert set(codes) == {200}
    refused = greedy("GET", "/health")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert other("GET", "/health").status_code == 200
    assert greedy("GET", "/portal/sign-in").status_code == 200


def test_the_api_is_refused_in_its_own_language(new_caller: NewCaller) -> None:
    app = Starlette(middleware=[Middleware(Allowance, counter=Counter())])
    call = new_caller(app)
    for _ in range(quota_of("POST", "/api/messages").rate.amount):
        assert call("POST", "/api/messages").status_code == 404
    reply = call("POST", "/api/messages")
    assert (reply.status_code, reply.json()["error"]) == (429, "busy")


def test_so_many_within_a_window_and_not_twice_as_many_around_its_end() -> None:
    time = Time()
    counter = Counter(now=time)
    rate = Rate(60)
    time.now += 30
    assert [counter.hit(rate, "a") for _ in range(60)] == [0] * 60
    assert counter.hit(rate, "a") == 60
    time.now += 59
    assert counter.hit(rate, "a") == 2
    time.now += 2
    # A moment after the end of the window all but one still count.
    assert counter.hit(rate, "a") == 0
    assert counter.hit(rate, "a") == 1
    time.now += 30
    assert sum(not counter.hit(rate, "a") for _ in range(60)) in (29, 30)
    time.now += 600
    assert sum(not counter.hit(rate, "a") for _ in range(90)) == 60


def test_the_time_that_is_named_is_long_enough() -> None:
    time = Time()
    counter = Counter(now=time)
    for at in range(400):
        time.now += at % 7 / 3
        if wait := counter.hit(Rate(10), "a"):
            time.now += wait
            assert counter.hit(Rate(10), "a") == 0


def test_counting_takes_no_more_memory_however_many_call() -> None:
    tracemalloc.start()
    counter = Counter(room=1_000)

    def counted() -> int:
        """Bytes that counting holds; other threads of the run allocate too."""
        mine = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*quotas.py")])
        return sum(trace.size for trace in mine.traces)

    def use(first: int, last: int) -> None:
        for at in range(first, last):
            counter.hit(Rate(10), f"10.{at >> 16}.{at >> 8 & 255}.{at & 255}")

    use(0, 2_000)
    before = counted()
    use(2_000, 10_000)
    after = counted()
    tracemalloc.stop()
    assert len(counter) == 1_000
    assert after - before < 20_000
    # So much for each key, times the room that there is: 20,000 keys.
    assert after / 1_000 < 1_000


def test_who_is_counted_lately_stays_counted() -> None:
    counter = Counter(room=3)
    assert counter.hit(Rate(1), "a") == 0
    for other in "bc":
        counter.hit(Rate(1), other)
        assert counter.hit(Rate(1), "a") > 0
    counter.hit(Rate(1), "d")
    assert len(counter) == 3
    assert counter.hit(Rate(1), "a") > 0
    assert counter.hit(Rate(1), "b") == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_a_household_is_one_sender(address: str, network: str) -> None:
    assert network_of(address) == network
