#!/usr/bin/env python3
"""Makes the environments that this project runs in, from a bare Python 3.11.

    python3.11 scripts/bootstrap.py app | dev | rasa | rasa-tensorflow | browser | lock

Needs nothing but the standard library and the machine's package index. What is installed is
fixed by hash in `requirements/*.txt`; an environment is touched only when its file changed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = Path("requirements")
TOOLS = ROOT / ".tools"
PYTHON_VERSION = (3, 11)
OLDEST_UV = (0, 13)  # checks the hashes of what builds a package, too
UNREACHABLE = re.compile(
    r"timed? ?out|connection|dns|resolve host|temporar|reset by peer", re.IGNORECASE
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class BootstrapError(Exception):
    """What went wrong, in one line that ends in what to do."""


@dataclass(frozen=True)
class Environment:
    name: str
    folder: str
    note: str = ""
    # An environment installed from one of these also serves: it holds all that is asked for.
    supersets: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return ROOT / ".venv" / self.folder

    @property
    def python(self) -> Path:
        return self.path / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def stamp(self) -> Path:
        return self.path / ".installed-from"


ENVIRONMENTS = {
    environment.name: environment
    for environment in (
        Environment("app", "app", supersets=("dev",)),
        Environment("dev", "app"),
        Environment("rasa", "rasa", note=" (0.8 GB, some minutes the first time)"),
        Environment(
            "rasa-tensorflow", "rasa-tensorflow", note=" (2.5 GB, many minutes the first time)"
        ),
    )
}

# Output file of `lock` -> override files that take the place of what the packages ask for.
# In this order: a file may constrain the next one.
LOCKS: dict[str, tuple[str, ...]] = {
    "build": (),
    "uv": (),
    "app": ("app-overrides",),
    "dev": ("app-overrides",),
    "rasa": ("rasa-overrides", "rasa-without-tensorflow"),
    "rasa-tensorflow": ("rasa-overrides",),
}


def main(names: Sequence[str]) -> int:
    commands: dict[str, Callable[[], None]] = {"browser": ensure_browser, "lock": lock}
    try:
        if not names or not set(names) <= commands.keys() | ENVIRONMENTS.keys():
            raise BootstrapError(f"say one of: {', '.join([*ENVIRONMENTS, *commands])}")
        for name in names:
            if name in commands:
                commands[name]()
            else:
                ensure_environment(ENVIRONMENTS[name])
    except BootstrapError as error:
        say(f"failed: {error}")
        return 1
    except KeyboardInterrupt:
        say("stopped; run the same command again to go on")
        return 130
    return 0


def ensure_environment(environment: Environment) -> None:
    if is_current(environment):
        say(f"{environment.name}: up to date")
        return
    python, uv = find_python(), find_uv()
    with timed(f"{environment.name}: installing from {lock_file(environment.name)}", environment):
        environment.stamp.unlink(missing_ok=True)
        if not environment.python.exists():
            run_uv(uv, "venv", "--quiet", "--clear", "--python", python, str(environment.path))
        # Compiled ahead: Rasa's imports take twice as long without, and a read-only or
        # PYTHONDONTWRITEBYTECODE installation never catches up.
        run_uv(
            *(uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode"),
            *("--build-constraints", str(lock_file("build")), "--require-build-hashes"),
            *("--python", str(environment.python), str(lock_file(environment.name))),
            without=("PYTHONDONTWRITEBYTECODE",),
        )
        environment.stamp.write_text(fingerprint(environment.name), encoding="utf-8")


def is_current(environment: Environment) -> bool:
    if not (environment.python.exists() and environment.stamp.exists()):
        return False
    installed = environment.stamp.read_text(encoding="utf-8")
    return installed in map(fingerprint, (environment.name, *environment.supersets))


def fingerprint(name: str) -> str:
    content = (ROOT / lock_file(name)).read_bytes()
    return f"{name} {hashlib.sha256(content).hexdigest()}\n"


def lock_file(name: str) -> Path:
    return REQUIREMENTS / f"{name}.txt"


def find_python() -> str:
    """A Python 3.11: the one that runs this script, or one on PATH."""
    if sys.version_info[:2] == PYTHON_VERSION:
        return sys.executable
    for candidate in filter(None, map(shutil.which, ("python3.11", "python3", "python"))):
        asked = "import sys; print(*sys.version_info[:2])"
        answer = run([candidate, "-c", asked])
        if answer.stdout.split() == [str(part) for part in PYTHON_VERSION]:
            return candidate
    raise BootstrapError(
        f"Python 3.11 is needed and this is {platform.python_version()}; install it and run "
        "`make PYTHON=/path/to/python3.11 ...`"
    )


def find_uv() -> str:
    """uv from PATH, else our own copy in .tools, which is made when missing."""
    on_path = shutil.which("uv")
    if on_path and uv_version(on_path) >= OLDEST_UV:
        return on_path
    return pinned_uv()


def pinned_uv() -> str:
    """The very uv of requirements/uv.txt, in .tools."""
    home = TOOLS / "uv"
    uv = home / ("Scripts/uv.exe" if os.name == "nt" else "bin/uv")
    stamp = home / ".installed-from"
    if uv.exists() and stamp.exists() and stamp.read_text("utf-8") == fingerprint("uv"):
        return str(uv)
    with timed(f"uv: installing from {lock_file('uv')} into .tools"):
        shutil.rmtree(home, ignore_errors=True)
        install_uv(find_python(), home)
        if not uv.exists():
            raise BootstrapError(f"{lock_file('uv')} was installed but brought no uv; run it again")
        stamp.write_text(fingerprint("uv"), encoding="utf-8")
    return str(uv)


def install_uv(python: str, home: Path) -> None:
    """By pip in a venv of its own, or by pip --target where Python has no venv (Debian)."""
    pip_install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    wanted = ["--require-hashes", "-r", str(lock_file("uv"))]
    if run([python, "-m", "venv", str(home)]).returncode == 0:
        own_python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        result = run([str(own_python), *pip_install, *wanted])
    else:
        shutil.rmtree(home, ignore_errors=True)
        result = run([python, *pip_install, "--target", str(home), *wanted])
    if result.returncode == 0:
        return
    if "No module named pip" in result.stderr:
        raise BootstrapError("this Python has neither venv nor pip; install python3-venv, or uv")
    print(result.stderr.strip(), file=sys.stderr)
    raise BootstrapError("uv could not be installed (see above); check the index, or install uv")


def uv_version(uv: str) -> tuple[int, ...]:
    found = re.search(r"\d+(\.\d+)+", run([uv, "--version"]).stdout)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def run_uv(*command: str, without: Sequence[str] = (), alone: bool = False) -> None:
    """Run uv; once more when the index was slow, or when pip knows further indexes."""
    settings = pip_settings()
    environment = uv_environment(os.environ, settings)
    for name in without:
        environment.pop(name, None)
    more = {} if alone else further_indexes(settings)
    result = run(command, environment)
    if result.returncode and (more or UNREACHABLE.search(result.stderr)):
        say("the first attempt failed; once more" + (" with pip's further indexes" if more else ""))
        result = run(command, environment | more)
    if result.returncode:
        print(result.stderr.strip(), file=sys.stderr)
        raise BootstrapError(
            "uv stopped (see above); check the network or set UV_DEFAULT_INDEX, and run it again"
        )


def uv_environment(environment: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv, which reads neither pip.conf nor PIP_* variables."""
    mapped = {
        "UV_DEFAULT_INDEX": settings.get("index-url"),
        "SSL_CERT_FILE": settings.get("cert"),
        "HTTPS_PROXY": settings.get("proxy"),
        "UV_HTTP_TIMEOUT": settings.get("timeout") or settings.get("default-timeout"),
    }
    ours = {
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
        **{name: value for name, value in mapped.items() if value},
    }
    # What somebody set for uv itself counts more.
    return ours | dict(environment)


def further_indexes(settings: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if extra := settings.get("extra-index-url"):
        # Any index may answer: the hashes decide what is taken.
        found |= {"UV_INDEX": " ".join(extra.split()), "UV_INDEX_STRATEGY": "unsafe-best-match"}
    if links := settings.get("find-links"):
        found["UV_FIND_LINKS"] = ",".join(links.split())
    return found


def pip_settings() -> dict[str, str]:
    """What pip.conf says, overlaid with PIP_* variables."""
    settings: dict[str, str] = {}
    listed = run([sys.executable, "-m", "pip", "config", "list"]).stdout
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        if not key.startswith(":env:"):
            # pip prints values as Python literals; several values are parted by "\n".
            plain = value.strip("'\"").replace("\\n", " ").strip()
            settings[key.rpartition(".")[2]] = plain
    for name, value in os.environ.items():
        if name.startswith("PIP_") and value:
            settings[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return settings


def lock() -> None:
    """Write requirements/*.txt anew; pins stay as they are unless a .in file asks otherwise."""
    upgrade = ["--upgrade"] if os.environ.get("UPGRADE") else []
    uv = pinned_uv()
    for name, overrides in LOCKS.items():
        arguments = [str(REQUIREMENTS / f"{name}.in"), "--output-file", str(lock_file(name))]
        for override in overrides:
            arguments += ["--override", str(REQUIREMENTS / f"{override}.txt")]
        with timed(f"lock: writing {lock_file(name)}"):
            run_uv(
                *(uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
                *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"),
                *("--custom-compile-command", "make lock", *upgrade, *arguments),
                alone=True,
            )


def ensure_browser() -> None:
    """Chromium from the system's packages, where we may install it; else a loud notice."""
    if found := next(filter(None, map(shutil.which, BROWSERS)), None):
        say(f"browser: {found}")
        return
    reason = "this account may not install packages"
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        with timed("browser: installing chromium with apt-get"):
            if install_chromium():
                return
        reason = "apt-get could not install it (see above)"
    say("*" * 78)
    say(f"BROWSER TESTS WILL BE REPORTED AS NOT RUN: there is no chromium, and {reason}.")
    say("To run them: install chromium or google-chrome, then repeat this command.")
    say("*" * 78)


def install_chromium() -> bool:
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    packages = ("chromium", "fonts-liberation")
    for command in (
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages),
    ):
        result = run(command, quiet)
        if result.returncode:
            print(result.stderr.strip(), file=sys.stderr)
            return False
    return True


def run(
    command: Sequence[str], environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(command), cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@contextmanager
def timed(what: str, environment: Environment | None = None) -> Iterator[None]:
    """Say what begins, and on the same line how long it took."""
    start = time.monotonic()
    print(f"{what}{environment.note if environment else ''} ...", end=" ", flush=True)
    try:
        yield
    except BaseException:
        print()
        raise
    print(f"{time.monotonic() - start:.1f} s", flush=True)


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
