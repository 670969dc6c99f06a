"""Whether a process of ours can work yet."""

import httpx

from afterword.services import LOOPBACK
from afterword.waiting import wait_for

RASA = "/webhooks/afterword/ready"
"""Where Rasa says that it has loaded its model."""
PAGES = "/health"
"""Where the pages say that they are up."""
_LOOK_EVERY = 0.2


def answers(client: httpx.Client, url: str) -> bool:
    """Whether the process at this address says that it can work."""
    try:
        return client.get(url).status_code == 200
    except httpx.HTTPError:
        return False


def wait_until_up(port: int, path: str, seconds: float = 120) -> bool:
    """Waits until what listens at a port of this machine can work; False when that is too late."""
    url = f"http://{LOOPBACK}:{port}{path}"
    with httpx.Client(timeout=2, trust_env=False) as client:
        return bool(wait_for(lambda: answers(client, url), seconds, _LOOK_EVERY))
