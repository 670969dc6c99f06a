"""The processes of an installation: started together, restarted when they die, ended together."""

import base64
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from afterword import manifest
from afterword.children import dying_with
from afterword.records.tracker_role import reaches_the_records
from afterword.records.vault import Vault
from afterword.settings import PREFIX, PROJECT, Settings
from afterword.training.signing_key import signing_key

LOOPBACK = "127.0.0.1"
NEEDS_A_ROLE = (
    "Rasa needs a role of its own at PostgreSQL that cannot read the clinic's tables. In the "
    "clinic's database run: CREATE ROLE afterword_rasa LOGIN PASSWORD '...'; CREATE SCHEMA rasa "
    "AUTHORIZATION afterword_rasa; then set AFTERWORD_TRACKER_URL to "
    "postgresql://afterword_rasa:...@host/database."
)
_PATIENCE = 8.0
_LONGEST_PAUSE = 10.0
# Who lived this long did not die of its start: it is started again at once.
_SETTLED = 3.0

Report = Callable[[str], None]


class RasaRefused(Exception):
    """Rasa must not be started like this; the message says why and what to do."""


@dataclass(frozen=True)
class Ports:
    """Where each server listens; all but `web` on loopback only."""

    web: int
    actions: int
    rasa: int


@dataclass(frozen=True)
class Service:
    """One process: what to run, with which environment."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


def choose_ports(settings: Settings) -> Ports:
    """The wished web port, or a free one when it is taken; free ones for the rest."""
    web = settings.port if is_free(settings.host, settings.port) else free_port(settings.host)
    return Ports(web=web, actions=free_port(LOOPBACK), rasa=free_port(LOOPBACK))


def app_services(settings: Settings, ports: Ports, vault: Vault) -> list[Service]:
    """Web pages, worker, actions and trainer: the app environment's processes."""
    environment = _app_environment(settings, ports, vault)
    return [
        Service(
            name,
            (sys.executable, "-m", "afterword", "serve", name, *_listen(name, settings, ports)),
            environment,
        )
        for name in ("web", "actions", "worker", "trainer")
    ]


def rasa_service(
    settings: Settings, ports: Ports, vault: Vault, model: Path, name: str = "rasa"
) -> Service:
    """Rasa with its own keys and conversations; it gets no key and no address of the records.

    Several may run, each with a model, a port and a name of its own, on the same conversations.

    Raises:
        ModelRefused: the model is not one that was trained and signed here.
        SigningKeyUnusable: see there.
        RasaRefused: its conversations are where the clinic's records could be read.
    """
    public_key = manifest.public_text(signing_key(settings.model_key))
    manifest.check(model, public_key)
    command = (
        str(PROJECT / "rasa"),
        *("run", "--interface", LOOPBACK, "--port", str(ports.rasa)),
        *("--model", str(model), "--credentials", "credentials.yml"),
        *("--endpoints", "endpoints.yml", "--log-file", os.devnull),
    )
    environment = {
        "AFTERWORD_ACTIONS_URL": f"http://{LOOPBACK}:{ports.actions}/webhook",
        "AFTERWORD_ACTIONS_KEY": vault.derive("actions").hex(),
        "AFTERWORD_CHANNEL_KEY": channel_key(vault).hex(),
        **conversations(settings, vault),
        manifest.PUBLIC_KEY_VARIABLE: public_key,
    }
    base = base_environment()
    # Keys that come in a variable are not for Rasa.
    base.pop(settings.key_source.removeprefix("env:"), None)
    return Service(name, command, base | environment)


def conversations(settings: Settings, vault: Vault) -> dict[str, str]:
    """Where Rasa's conversations are and how they are sealed, for a process that opens them.

    Raises RasaRefused: see `rasa_service`.
    """
    return {
        "AFTERWORD_TRACKER_URL": _driver_of_rasa(require_own_place(settings)),
        "AFTERWORD_TRACKER_KEY": base64.b64encode(vault.derive("trackers")).decode(),
    }


def require_own_place(settings: Settings) -> str:
    """The address of Rasa's conversations. Raises RasaRefused: see `rasa_service`."""
    trackers = settings.trackers
    if trackers is None or reaches_the_records(settings.database, trackers):
        raise RasaRefused(NEEDS_A_ROLE)
    return trackers


def channel_key(vault: Vault) -> bytes:
    """The key with which the worker signs what it sends to Rasa."""
    return vault.derive("channel")


def _app_environment(settings: Settings, ports: Ports, vault: Vault) -> dict[str, str]:
    chosen = {
        "DATA_DIR": settings.data_dir,
        "DATABASE_URL": settings.database,
        **_given("TRACKER_URL", settings.trackers),
        "KEY_FILE": settings.keys,
        "KEY_SOURCE": settings.key_source,
        "TOMBSTONES": settings.tombstone_file,
        **{f"KEEP_{kind.upper()}": days for kind, days in settings.terms.items()},
        "HOST": settings.host,
        "PORT": ports.web,
        "PUBLIC_URL": settings.public_url,
        "TRUSTED_PROXIES": settings.trusted_proxies,
        "LEAVE_URL": settings.leave_url,
        "MODELS_DIR": settings.models_dir,
        "MODEL_KEY_FILE": settings.model_key,
        "INSTRUMENT_FILE": settings.instrument_file,
        "PLAIN_FORM_AFTER": settings.plain_form_after,
        "COUNTRY": settings.country,
        "SAFETY_LAYERS": settings.safety_layers,
        "SMTP_HOST": settings.smtp_host,
        "SMTP_PORT": settings.smtp_port,
        "SMTP_SECURITY": settings.smtp_security,
        "SMTP_USER": settings.smtp_user,
        **_given("SMTP_PASSWORD_FILE", settings.smtp_password_file),
        "MAIL_FROM": settings.mail_from,
        "WATCH_HOURS": settings.watch_hours,
        "WATCH_FAILED": settings.watch_failed,
        "WATCH_MISSED": settings.watch_missed,
        "MODELS_KEPT": settings.models_kept,
        "LOG_LEVEL": settings.log_level,
        "DEMO": settings.demo,
        "ASSISTANT_URL": f"http://{LOOPBACK}:{ports.rasa}",
        "ACTIONS_URL": f"http://{LOOPBACK}:{ports.actions}",
        "ACTIONS_KEY": vault.derive("actions").hex(),
    }
    return base_environment() | {PREFIX + name: str(value) for name, value in chosen.items()}


def _given(name: str, value: object) -> dict[str, object]:
    return {} if value is None else {name: value}


def base_environment() -> dict[str, str]:
    """The environment without our own settings: each process gets only what it needs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return kept | {"PYTHONUNBUFFERED": "1", "RASA_TELEMETRY_ENABLED": "false"}


def _listen(name: str, settings: Settings, ports: Ports) -> tuple[str, ...]:
    if name == "web":
        return ("--host", settings.host, "--port", str(ports.web))
    if name == "actions":
        return ("--host", LOOPBACK, "--port", str(ports.actions))
    return ()


def _driver_of_rasa(url: str) -> str:
    """Rasa's environment has psycopg2, ours psycopg 3."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(host: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@dataclass
class _Child:
    service: Service
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    deaths: int = 0


class Supervisor:
    """Keeps services running until `stop`. Each has a log file and a process group of its own."""

    def __init__(self, log_dir: Path, report: Report) -> None:
        self._log_dir = log_dir
        self._report = report
        self._wanted: list[Service] = []
        self._children: dict[str, _Child] = {}
        # Told to end, and when each is killed if it does not.
        self._leaving: list[tuple[subprocess.Popen[bytes], float]] = []
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        log_dir.mkdir(parents=True, exist_ok=True)

    def start(self, service: Service) -> None:
        """Has a service started by `watch`, and started again whenever it dies."""
        with self._lock:
            self._wanted.append(service)

    def end(self, name: str) -> None:
        """Ends a service for good; one that is not there is none."""
        with self._lock:
            self._wanted = [one for one in self._wanted if one.name != name]
            child = self._children.pop(name, None)
            if child is not None:
                _signal_group(child.process, signal.SIGTERM)
                self._leaving.append((child.process, time.monotonic() + _PATIENCE))

    @property
    def stopping(self) -> threading.Event:
        """Set once everything is to end."""
        return self._stopping

    def pid(self, name: str) -> int | None:
        """The process id of a service; None while it does not run."""
        with self._lock:
            child = self._children.get(name)
            return None if child is None or child.process.poll() is not None else child.process.pid

    def watch(self) -> None:
        """Starts what is wanted and what has died, until `stop` is called.

        Only this thread makes processes: a child that is to die with its parent dies with the
        thread that made it.
        """
        while not self._stopping.is_set():
            with self._lock:
                while self._wanted:
                    service = self._wanted.pop(0)
                    self._children[service.name] = _Child(service, self._spawn(service))
                for name, child in self._children.items():
                    if child.process.poll() is not None:
                        self._revive(name, child)
                self._leaving = [one for one in self._leaving if _is_leaving(*one)]
            self._stopping.wait(0.1)

    def ask_to_stop(self) -> None:
        """Makes `watch` return; safe in a signal handler."""
        self._stopping.set()

    def stop(self) -> None:
        """Ends every process that was started here, and nothing else."""
        self._stopping.set()
        with self._lock:
            processes = [child.process for child in self._children.values()]
            processes += [process for process, _ in self._leaving]
            for process in processes:
                _signal_group(process, signal.SIGTERM)
            deadline = time.monotonic() + _PATIENCE
            for process in processes:
                try:
                    process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    _signal_group(process, signal.SIGKILL)
                    process.wait()
            self._children.clear()
            self._leaving.clear()

    def _revive(self, name: str, child: _Child) -> None:
        lived = time.monotonic() - child.started
        pause = min(0.2 * 2**child.deaths, _LONGEST_PAUSE)
        if lived < pause:
            return
        deaths = 0 if lived > _SETTLED else child.deaths + 1
        self._report(f"{name} ended; starting it again (log: {self._log_dir / name}.log)")
        process = self._spawn(child.service)
        self._children[name] = _Child(child.service, process, deaths=deaths)

    def _spawn(self, service: Service) -> subprocess.Popen[bytes]:
        with (self._log_dir / f"{service.name}.log").open("ab") as log:
            return subprocess.Popen(
                service.command,
                cwd=PROJECT,
                env=dict(service.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dying_with(os.getpid()),
            )


def _is_leaving(process: subprocess.Popen[bytes], deadline: float) -> bool:
    """Whether it is still there; after its time it is killed, and gone at the next look."""
    if process.poll() is not None:
        return False
    if time.monotonic() > deadline:
        _signal_group(process, signal.SIGKILL)
    return True


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
