"""Calls of the patients' API, as the page's script makes them."""

import json
import time
import uuid
from typing import Any

from starlette.testclient import TestClient

CONVERSATION = "/api/conversation"


def auth(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def post(client: TestClient, token: str, **message: Any) -> Any:
    body = json.dumps({"id": str(uuid.uuid4())} | message)
    return client.post("/api/messages", content=body, headers=auth(token))


def talk(client: TestClient, token: str, **query: Any) -> Any:
    return client.get(CONVERSATION, params=query, headers=auth(token))


def patient_lines(client: TestClient, token: str) -> list[dict[str, Any]]:
    return [line for line in talk(client, token).json()["messages"] if line["from"] == "patient"]


def answered(client: TestClient, token: str) -> dict[str, Any]:
    """The conversation once nothing waits any more."""
    for _ in range(200):
        seen: dict[str, Any] = talk(client, token).json()
        if not seen["waiting"]:
            return seen
        time.sleep(0.02)
    raise AssertionError("the stand-in did not answer")
