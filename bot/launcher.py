"""Starts Rasa's own command line: without TensorFlow, on loopback, with telemetry off.

`./rasa train`, `./rasa test`, `./rasa data validate` and the rest come through here. What may be
trained, loaded and served is decided before Rasa is imported; it is imported only inside `main`, so
that the checks can be read and tested without it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from afterword import components, manifest
from afterword.components import NEEDS_TENSORFLOW
from afterword.loopback import is_loopback
from afterword.screening import one_core  # noqa: F401  before numpy
from bot import logs, serving, tensorflow_stand_in
from bot.environment import is_serving, set_defaults

LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent

# Commands that build the components of config.yml. The others only read files, but import what
# reads them.
_BUILDS_COMPONENTS = frozenset({"interactive", "run", "shell", "test", "train"})
_READS_CONFIG = _BUILDS_COMPONENTS | {"data", "visualize"}
# Rasa X serves the HTTP API, and Rasa's action server answers anyone and echoes conversations.
_NEVER = {
    ("x",): "It serves the HTTP API, with which anyone reads and edits conversations.",
    ("run", "actions"): "Rasa's action server answers anyone. Use: afterword serve actions",
}
_DEFAULT_CONFIG = "config.yml"


class LauncherError(Exception):
    """The command line asks for something that this installation does not do."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Check the command line, prepare the process, then hand over to Rasa."""
    try:
        command_line = guard(list(sys.argv[1:] if arguments is None else arguments))
        prepare_environment()
        set_defaults(command_line)
        without_tensorflow = tensorflow_stand_in.install()
        if without_tensorflow:
            require_no_tensorflow(command_line)
        require_allowed_components(command_line, measuring=not without_tensorflow)
        model = served_model(command_line)
    except (LauncherError, serving.NotServable, manifest.ModelRefused) as error:
        raise SystemExit(f"rasa: {error}") from None
    if model is not None:
        logs.set_up()
    _import_slow_parts_first()
    _stay_on_loopback()
    _quieten()
    _install_plug_ins(model)
    sys.argv = ["rasa", *command_line]
    try:
        _run_rasa()
    except tensorflow_stand_in.TensorFlowMissingError as error:
        raise SystemExit(f"rasa: {error}") from None


def guard(arguments: list[str]) -> list[str]:
    """The command line as Rasa may have it: `rasa run` serves on loopback, without the HTTP API."""
    words = tuple(word for word in arguments if not word.startswith("-"))
    for never, why in _NEVER.items():
        if words[: len(never)] == never:
            raise LauncherError(f"{' '.join(never)} is refused. {why}")
    if not arguments or arguments[0] != "run":
        return arguments
    options, _ = serving.options_of(arguments[1:])
    if options.enable_api:
        raise LauncherError(
            "run --enable-api is refused: whoever holds its token reads and edits every "
            "conversation. Leave the option out; the channel in credentials.yml needs no API."
        )
    if options.interface is None:
        return ["run", "-i", LOOPBACK, *arguments[1:]]
    if not is_loopback(options.interface):
        raise LauncherError(
            f"run -i {options.interface} is refused: Rasa serves this machine only. "
            f"Use {LOOPBACK}; patients reach the gateway, never Rasa."
        )
    return arguments


def prepare_environment() -> None:
    """Settings that Rasa and its action server read from the environment."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["SANIC_HOST"] = LOOPBACK
    # `bot.*` in config.yml, endpoints.yml and credentials.yml, from whatever folder we start.
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))


def require_no_tensorflow(arguments: Sequence[str]) -> None:
    """Stop before training or serving when config.yml names what only TensorFlow can run."""
    for path in configs_of(arguments):
        names = components_needing_tensorflow(_read_config(path), sections_of(arguments))
        if names:
            raise LauncherError(
                f"{path}: {', '.join(names)} cannot run without TensorFlow, which this "
                f"environment leaves out. {tensorflow_stand_in.HOW_TO_INSTALL}"
            )


def require_allowed_components(arguments: Sequence[str], *, measuring: bool = False) -> None:
    """Stop before anything is imported that a configuration must not name.

    Args:
        measuring: the environment has TensorFlow; what needs it may be trained and tested.

    Raises:
        LauncherError: naming the component and the allowed ones.
    """
    also = NEEDS_TENSORFLOW if measuring and not is_serving(arguments) else frozenset()
    for path in configs_of(arguments, _READS_CONFIG):
        config = _read_config(path)
        if wrong := components.problems(config, sections_of(arguments), also):
            raise LauncherError(f"{path}: {' '.join(wrong)}")


def served_model(arguments: Sequence[str]) -> Path | None:
    """The model that `rasa run` is to serve, checked; None for a command that does not serve.

    Raises:
        NotServable, ModelRefused: see there.
    """
    if not is_serving(arguments) or {"-h", "--help"} & set(arguments):
        return None
    archive = serving.check(arguments[1:], os.environ)
    manifest.check(archive, public_key())
    return archive


def public_key() -> str:
    """The key that models are checked with: given by `afterword up`, else what is in its folder."""
    if given := os.environ.get(manifest.PUBLIC_KEY_VARIABLE):
        return given
    file = Path(os.environ.get("AFTERWORD_DATA_DIR", ROOT / "var")) / "model-signing.pub"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def configs_of(
    arguments: Sequence[str], commands: frozenset[str] = _BUILDS_COMPONENTS
) -> list[Path]:
    """The configuration files whose components this command is about to build."""
    if not arguments or arguments[0] not in commands:
        return []
    if {"-h", "--help"} & set(arguments):
        return []
    parser = _quiet_parser()
    parser.add_argument("-c", "--config", nargs="+", default=[_DEFAULT_CONFIG])
    options, _ = parser.parse_known_args(list(arguments))
    found: list[Path] = []
    for path in map(Path, options.config):
        # `rasa test nlu --config folder` compares every configuration in the folder.
        found += sorted(path.glob("*.yml")) if path.is_dir() else [path]
    return [path for path in found if path.is_file()]


def sections_of(arguments: Sequence[str]) -> tuple[str, ...]:
    """The sections of the configuration that count: `rasa train nlu` builds no policies."""
    part = arguments[1] if len(arguments) > 1 else ""
    return {"nlu": ("pipeline",), "core": ("policies",)}.get(part, ("pipeline", "policies"))


def components_needing_tensorflow(
    config: Mapping[str, Any], sections: Iterable[str] = ("pipeline", "policies")
) -> list[str]:
    """What in these sections cannot run without TensorFlow, in order."""
    needed: list[str] = []
    for section in sections:
        entries = config.get(section)
        if entries is None:
            # Rasa fills an empty section with its own default, which is made of these.
            needed.append(f"Rasa's default {section} (the section is empty)")
            continue
        needed += [name for name in _names(entries) if name in NEEDS_TENSORFLOW]
    return needed


def _names(entries: Any) -> Iterable[str]:
    for entry in entries if isinstance(entries, list) else []:
        name = entry.get("name", "") if isinstance(entry, Mapping) else entry
        yield str(name).rpartition(".")[2]


def _read_config(path: Path) -> Mapping[str, Any]:
    try:
        config = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise LauncherError(f"{path} is not valid YAML: {error}") from None
    return config if isinstance(config, Mapping) else {}


def _quiet_parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="rasa", add_help=False)


def _import_slow_parts_first() -> None:
    # Rasa reaches skops half-way through its own import; there it costs seconds, here it does not.
    importlib.import_module("skops.io")


def _stay_on_loopback() -> None:
    """Every port that a Rasa command opens is opened by `Sanic.run`.

    `rasa shell` and `rasa interactive` listen on all interfaces and have no option against it.
    """
    from sanic import Sanic

    server: Any = Sanic
    run = server.run

    @wraps(run)
    def run_on_loopback(app: Any, host: str | None = None, *args: Any, **kwargs: Any) -> Any:
        return run(app, host if host and is_loopback(host) else LOOPBACK, *args, **kwargs)

    server.run = run_on_loopback


def _quieten() -> None:
    # Importing Sanic turns on deprecation warnings for every package, and nobody will mend the
    # ones of a frozen Rasa. `python -W` does not help: Sanic's filter comes later.
    warnings.filterwarnings("ignore", category=DeprecationWarning)


def _install_plug_ins(model: Path | None) -> None:
    """What is ours in Rasa itself; imports Rasa, so it comes after the stand-in."""
    from bot.install import install
    from bot.model_guard import ModelGuard

    install()
    ModelGuard(public_key(), model).install()
    if model is not None:
        logs.keep_rasa_from_changing_that()


def _run_rasa() -> None:
    from rasa.__main__ import main as rasa_main

    rasa_main()


if __name__ == "__main__":
    main()
