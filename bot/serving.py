"""What must hold before `rasa run` serves. Pure but for reading the files that it is given.

Rasa itself starts on much less: on every interface, with anybody's channels, with a store in
memory, with the newest model that lies about. Each refusal ends in what to do.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from afterword.loopback import is_loopback
from bot.seal import KeyUnusable, Sealer
from bot.signing import KeyMissing, read_key

CHANNEL = "bot.channel.GatewayChannel"
KEY_HEADER = "X-Afterword-Key"
SHORTEST_KEY = 32
TYPES = {
    "tracker_store": "bot.tracker_store.StrictTrackerStore",
    "lock_store": "bot.lock_store.ConversationLockStore",
}
# Anything else brings a second way in, or carries conversations elsewhere.
ENDPOINTS = {"action_endpoint", *TYPES}

REFUSED = {
    "connector": "Channels are in credentials.yml, and the only one is the gateway's.",
    "remote_storage": "The model is the file named with --model.",
    "logging_config_file": "It could log what patients write.",
    "auth_token": "Rasa's HTTP API is off.",
    "jwt_secret": "Rasa's HTTP API is off.",
    "ssl_password": "Rasa serves this machine only.",
}
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class NotServable(Exception):
    """`rasa run` must not serve like this; the message says why and what to do."""


def options_of(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """What `rasa run` would understand, abbreviations included, and what it would not.

    Args:
        arguments: the command line after `run`.
    """
    parser = argparse.ArgumentParser(prog="rasa", add_help=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("-v", "--verbose", "-vv", "--debug", "--quiet", action="store_true")
    parser.add_argument("-m", "--model")
    parser.add_argument("-i", "--interface")
    parser.add_argument("-p", "--port")
    parser.add_argument("--enable-api", action="store_true")
    parser.add_argument("--use-syslog", action="store_true")
    parser.add_argument("--cors", nargs="*")
    for name in ("credentials", "endpoints", "connector", "remote-storage", "log-file"):
        parser.add_argument(f"--{name}")
    for name in ("logging-config-file", "jwt-secret", "jwt-method", "jwt-private-key"):
        parser.add_argument(f"--{name}")
    for name in ("syslog-address", "syslog-port", "syslog-protocol", "ssl-certificate"):
        parser.add_argument(f"--{name}")
    for name in ("ssl-keyfile", "ssl-ca-file", "ssl-password", "response-timeout"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--request-timeout")
    parser.add_argument("-t", "--auth-token")
    return parser.parse_known_args(list(arguments))


def check(arguments: Sequence[str], environment: Mapping[str, str]) -> Path:
    """The one model that may be served.

    Args:
        arguments: the command line after `run`.

    Raises:
        NotServable: see there.
    """
    options, others = options_of(arguments)
    if others:
        raise NotServable(f"run {others[0]} is refused: name the model with --model.")
    for name, why in REFUSED.items():
        if getattr(options, name) is not None:
            raise NotServable(f"run --{name.replace('_', '-')} is refused. {why} Leave it out.")
    if not options.model or not Path(options.model).is_file():
        raise NotServable(
            "run needs --model with the file of one trained model. Run: afterword train, which "
            "says which."
        )
    _check_environment(environment)
    _check_credentials(Path(options.credentials or "credentials.yml"))
    _check_endpoints(Path(options.endpoints or "endpoints.yml"), environment)
    return Path(options.model)


def _check_environment(environment: Mapping[str, str]) -> None:
    """What the channel and the store would refuse too, but only when Rasa has loaded its model."""
    try:
        read_key(environment)
        Sealer.from_environment(environment)
    except (KeyMissing, KeyUnusable) as wrong:
        raise NotServable(f"{wrong}. `afterword up` gives Rasa its keys.") from None
    if environment.get("SANIC_WORKERS", "1") != "1":
        raise NotServable("SANIC_WORKERS must be 1; start several Rasa processes instead.")


def _check_credentials(path: Path) -> None:
    foreign = [name for name in _read(path) if name != CHANNEL]
    if foreign or CHANNEL not in _read(path):
        raise NotServable(
            f"{path} must name {CHANNEL} and nothing else"
            + (f", not {', '.join(map(str, foreign))}" if foreign else "")
            + ". Rasa's own channels check no signature; take them out."
        )


def _check_endpoints(path: Path, environment: Mapping[str, str]) -> None:
    endpoints = _read(path)
    foreign = sorted(map(str, endpoints.keys() - ENDPOINTS))
    if foreign:
        raise NotServable(f"{path} must not name {', '.join(foreign)}. Take it out.")
    for name, kind in TYPES.items():
        section = endpoints.get(name)
        if not isinstance(section, Mapping) or section.get("type") != kind:
            raise NotServable(f"{path}: {name} must be {kind}. Write it as `type`.")
    action = endpoints.get("action_endpoint")
    action = action if isinstance(action, Mapping) else {}
    url = _filled(action.get("url"), environment)
    if not is_loopback(urlsplit(url).hostname or ""):
        raise NotServable(
            f"{path}: the action server must be on this machine. Set AFTERWORD_ACTIONS_URL to "
            "http://127.0.0.1 and its port."
        )
    headers = action.get("headers")
    key = headers.get(KEY_HEADER) if isinstance(headers, Mapping) else None
    if len(_filled(key, environment)) < SHORTEST_KEY:
        raise NotServable(
            f"{path}: action_endpoint needs the header {KEY_HEADER} with a secret of at least "
            f"{SHORTEST_KEY} characters. Set AFTERWORD_ACTIONS_KEY; `afterword up` does."
        )


def _filled(value: object, environment: Mapping[str, str]) -> str:
    """A value with its ${NAMES} filled in; a name that is not set is empty."""
    if not isinstance(value, str):
        return ""
    return _VARIABLE.sub(lambda name: environment.get(name[1], ""), value)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError:
        raise NotServable(f"{os.fspath(path)} is missing. Put it back.") from None
    except YAMLError:
        raise NotServable(f"{os.fspath(path)} is not valid YAML. Mend it.") from None
    return content if isinstance(content, Mapping) else {}
