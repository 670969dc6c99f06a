"""Calls to the action server: the same as Rasa's, with less work at each.

Stock Rasa opens a connection for each custom action and checks the result against some twenty
event schemas in turn, each of which it has first checked itself. Together that is most of a turn.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from jsonschema.validators import validator_for
from rasa.core.constants import DEFAULT_REQUEST_TIMEOUT
from rasa.shared.utils.schemas.events import EVENTS_SCHEMA
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

# Shorter than action servers keep an idle connection (uvicorn: 5 s), so that we close it first and
# never write into one that is being closed.
KEEP_ALIVE_SECONDS = 3.0


class ActionEndpoint(EndpointConfig):
    """The endpoint of endpoints.yml, on connections that stay open between two actions."""

    def __init__(self, config: EndpointConfig) -> None:
        """Takes over all settings."""
        self.__dict__.update(config.__dict__)
        self._open: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """As the parent; raises its `ClientResponseError` for a status from 400 on."""
        if self.cafile or self.basic_auth or subpath:
            return await super().request(method, subpath, content_type, compress, **kwargs)
        parameters = self.combine_parameters(kwargs)
        async with self._session().request(
            method, self.url, params=parameters, compress=compress or None, **kwargs
        ) as response:
            body = await response.read()
            if response.status >= 400:
                raise ClientResponseError(response.status, response.reason, body)
            return await response.json()

    async def close(self) -> None:
        """Close what is open; the next request opens it again."""
        if self._open is not None:
            await self._open.close()
            self._open = None

    def _session(self) -> aiohttp.ClientSession:
        if self._open is None:
            self._open = aiohttp.ClientSession(
                headers=self.headers,
                connector=aiohttp.TCPConnector(keepalive_timeout=KEEP_ALIVE_SECONDS),
                timeout=aiohttp.ClientTimeout(total=DEFAULT_REQUEST_TIMEOUT),
            )
        return self._open


def _compiled(schema: dict[str, Any]) -> Any:
    return validator_for(schema)(schema)


_EVENT_VALIDATORS = {
    schema["properties"]["event"]["const"]: _compiled(schema)
    for schema in EVENTS_SCHEMA["items"]["oneOf"]
}


def is_action_result(result: Any) -> bool:
    """Whether an action server's answer has the shape that Rasa's `RemoteAction` specifies.

    An event says by its name which one schema it must meet, so only that one is tried.
    """
    if not isinstance(result, dict):
        return False
    events, responses = result.get("events", []), result.get("responses", [])
    return (
        isinstance(events, list)
        and isinstance(responses, list)
        and all(isinstance(response, dict) for response in responses)
        and all(_is_event(event) for event in events)
    )


def _is_event(event: Any) -> bool:
    name = event.get("event") if isinstance(event, dict) else None
    validator = _EVENT_VALIDATORS.get(name) if isinstance(name, str) else None
    return validator is not None and bool(validator.is_valid(event))
