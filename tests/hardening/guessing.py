"""Guesses tokens at the application as fast as it answers, without a client in between."""

import asyncio
import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

WAYS = (
    ("GET", "/f/{}"),
    ("GET", "/f/{}/form"),
    ("GET", "/api/conversation"),
    ("POST", "/api/messages"),
)


@dataclass
class Guesses:
    """What was answered: how often which status, and each different body once."""

    statuses: Counter[int] = field(default_factory=Counter)
    without_retry: int = 0
    bodies: set[bytes] = field(default_factory=set)

    def bodies_with(self, words: str) -> list[bytes]:
        return [body for body in self.bodies if words.encode() in body]


def guess(app: Any, count: int, *ways: tuple[str, str], senders: int = 1) -> Guesses:
    """So many guesses in turn over `ways`, spread over so many addresses."""
    done = Guesses()

    async def all_of_them() -> None:
        for at in range(count):
            method, path = ways[at % len(ways)]
            sender = at % senders
            address = f"198.51.{sender >> 8}.{sender & 255}"
            await _one(app, method, path, address, done)

    asyncio.run(all_of_them())
    return done


async def _one(app: Any, method: str, path: str, address: str, done: Guesses) -> None:
    token = secrets.token_urlsafe(24)
    headers = [(b"host", b"127.0.0.1"), (b"authorization", b"Bearer " + token.encode())]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b'{"text": "hello"}' if method == "POST" else b""}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.format(token),
        "raw_path": path.format(token).encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": (address, 50000),
        "server": ("127.0.0.1", 8080),
    }
    await app(scope, receive, send)
    done.statuses[sent[0]["status"]] += 1
    if sent[0]["status"] == 429:
        done.without_retry += b"retry-after" not in dict(sent[0]["headers"])
    body = b"".join(message.get("body", b"") for message in sent[1:])
    done.bodies.add(body.replace(token.encode(), b"TOKEN"))
