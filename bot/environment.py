"""What Rasa's files expect from the environment, when nobody has said otherwise.

`endpoints.yml` and `credentials.yml` read the variables below, so every Rasa command needs them. A
server must be given its keys; a developer's command gets throw-away ones.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Sequence

ACTIONS_URL = "http://127.0.0.1:5055/webhook"
SERVING_TRACKERS = "sqlite:///var/rasa.db"
# A developer's chat is gone when the command ends, and with it the key it was sealed with.
THROW_AWAY_TRACKERS = "sqlite://"


def set_defaults(arguments: Sequence[str] = ()) -> None:
    """Fill in the variables that are not set.

    Args:
        arguments: Rasa's command line, without the program. Only `run` serves; it gets addresses
            but no keys, and refuses to start without them.
    """
    for name, value in defaults(serving=is_serving(arguments)).items():
        os.environ.setdefault(name, value)


def is_serving(arguments: Sequence[str]) -> bool:
    """Whether this command answers patients."""
    words = [word for word in arguments if not word.startswith("-")]
    return words[:1] == ["run"]


def defaults(serving: bool) -> dict[str, str]:
    """The variables and what they are when not set."""
    values = {
        "AFTERWORD_ACTIONS_URL": ACTIONS_URL,
        "AFTERWORD_TRACKER_URL": SERVING_TRACKERS if serving else THROW_AWAY_TRACKERS,
        "RASA_TELEMETRY_ENABLED": "false",
    }
    if not serving:
        values |= {
            "AFTERWORD_ACTIONS_KEY": secrets.token_hex(32),
            "AFTERWORD_CHANNEL_KEY": secrets.token_hex(32),
            "AFTERWORD_TRACKER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        }
    return values
