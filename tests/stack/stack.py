"""The whole product as its users meet it: real processes, real HTTP, a real database."""

import os
import signal
import socket
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
from case import Case, open_case
from sqlalchemy import make_url
from waiting import START, wait_for

from afterword import readiness, services
from afterword.datafiles import load_instrument
from afterword.records import schema
from afterword.records.store import Records
from afterword.records.vault import create_key_file, load_vault
from afterword.settings import PROJECT, Settings
from afterword.training import model as training

CORE = PROJECT / "instruments" / "core-1.yml"
# Runs the program from another folder: `-m` would import the one of this folder.
_FROM = (
    "import os, runpy, sys; os.chdir(sys.argv.pop(1)); "
    "runpy.run_module('afterword', run_name='__main__', alter_sys=True)"
)


class Stack:
    """Web, worker, actions and Rasa under the supervisor that `afterword up` uses."""

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str | None = None,
        tracker_url: str | None = None,
        instrument: Path = CORE,
        rasa: bool = True,
        web_alone: bool = False,
        plain_form_after: float = 20.0,
        served: Mapping[str, object] | None = None,
        project: Path = PROJECT,
        models_dir: Path | None = None,
    ) -> None:
        """`web_alone` leaves out all other processes, `served` are settings that only the processes
        get, and `project` is the folder that they are started from.
        """
        self.settings = Settings(
            data_dir=folder,
            database_url=database_url,
            tracker_url=tracker_url,
            # Models are kept between runs, and so is the key that signs them.
            model_key_file=Settings().model_key,
            models_dir=models_dir or Settings().models_dir,
            instrument_file=instrument,
            port=8300 + os.getpid() % 500,
            plain_form_after=plain_form_after,
        )
        create_key_file(self.settings.keys)
        self.vault = load_vault(self.settings.keys)
        self.records = Records(self.settings.database, self.vault)
        schema.upgrade(self.records.engine)
        self.instrument = load_instrument(instrument)
        # Not the wished port: another stack's pages may just be starting anew on it.
        self.ports = replace(services.choose_ports(self.settings), web=unused_port())
        self.supervisor = services.Supervisor(folder / "log", lambda line: None)
        self._thread = threading.Thread(target=self.supervisor.watch, daemon=True)
        self._rasa = rasa and not web_alone
        self._web_alone = web_alone
        self.served = self.settings.model_copy(update=dict(served or {}))
        self._project = project

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports.web}"

    def __enter__(self) -> "Stack":
        self._thread.start()
        for service in services.app_services(self.served, self.ports, self.vault):
            if service.name == "web" or not self._web_alone:
                self.supervisor.start(self._moved(service))
        if self._rasa:
            self.start_rasa()
        up = f"{self.url}/health"
        wait_for("the web process", lambda: httpx.get(up).status_code == 200, START)
        return self

    def __exit__(self, *_: object) -> None:
        self.supervisor.stop()
        self._thread.join()
        self.records.close()

    def start_rasa(self) -> None:
        """Trains if needed, starts Rasa and waits until it answers."""
        settings = self.settings
        trained = training.train(PROJECT, settings.models_dir, settings.model_key, print)
        self.supervisor.start(
            services.rasa_service(self.settings, self.ports, self.vault, trained.path)
        )
        assert readiness.wait_until_up(self.ports.rasa, readiness.RASA)

    def kill(self, name: str) -> None:
        """kill -9, as a crash or the kernel would; the supervisor starts it again."""
        pid = wait_for(f"{name} to run", lambda: self.supervisor.pid(name))
        os.killpg(pid, signal.SIGKILL)

    @contextmanager
    def hanging(self, name: str) -> Iterator[None]:
        """A process that runs and does nothing: nobody starts another one."""
        pid = wait_for(f"{name} to run", lambda: self.supervisor.pid(name))
        os.killpg(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(pid, signal.SIGCONT)

    def _moved(self, service: services.Service) -> services.Service:
        if self._project == PROJECT:
            return service
        _, _, _, *arguments = service.command
        return replace(
            service, command=(sys.executable, "-c", _FROM, str(self._project), *arguments)
        )

    def logs(self) -> str:
        return "\n".join(
            path.read_text(errors="replace")
            for path in (self.settings.data_dir / "log").glob("*.log")
        )

    def case(self, goals: tuple[str, ...] = ("Sleep through the night",), named: str = "") -> Case:
        """See `open_case`."""
        return open_case(self, goals, named)


def rasas_own_role(url: str) -> str:
    """Makes Rasa's role in a PostgreSQL database, as the documents say, and returns its address."""
    name = f"rasa_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")
        admin.execute(f"CREATE SCHEMA rasa AUTHORIZATION {name}")
    return make_url(url).set(username=name, password=name).render_as_string(hide_password=False)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
