"""Calls of the patients' API, as the page's script makes them."""

import json
import uuid
from typing import Any, cast

from starlette.testclient import TestClient
from waiting import wait_for

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

    def all_heard() -> dict[str, Any] | None:
        seen: dict[str, Any] = talk(client, token).json()
        return None if seen["waiting"] else seen

    return cast(dict[str, Any], wait_for("the stand-in's answer", all_heard))
