"""As many Rasa processes as the records ask for, each with a model of its own.

What is live, what is being tried out, what may be taken back to, and what reflections are held with
that have not been left alone for long. Each listens on this machine only, at a port of its own;
the records say which, and the worker goes there. One installation has one fleet.
"""

import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import httpx

from afterword import manifest, readiness, services
from afterword.loopback import own_address
from afterword.records import serving
from afterword.records.serving import Notice, Serving
from afterword.records.store import Records, RecordsAway
from afterword.records.vault import Vault
from afterword.services import LOOPBACK, Ports, RasaRefused, Report, Supervisor
from afterword.settings import PROJECT, Settings
from afterword.training import model as training
from afterword.training.signing_key import SigningKeyUnusable, signing_key

NOT_SERVED = (manifest.ModelRefused, SigningKeyUnusable, RasaRefused, training.TrainingFailed)
"""Why no assistant is started; each says what to do."""
QUIET = timedelta(minutes=30)
"""So long a model is kept running after the last message of a reflection that it has."""
_LOOK_EVERY, _LOOK_SOON = 0.5, 0.2
_ASK_FOR_USE_EVERY = 4.0
# Whoever was given a model in its last moment is found before its process ends.
_GRACE = 10.0

logger = logging.getLogger(__name__)


@dataclass
class _Running:
    """A process of the fleet. `pid` is that of the process that was last seen to answer.

    `wanted_at`: when somebody asked for it last.
    """

    name: str
    url: str
    told: bool = False
    pid: int | None = None
    wanted_at: float = field(default_factory=time.monotonic)


class Fleet:
    """Works in a thread of its own; only `forget` is called before it."""

    def __init__(
        self, settings: Settings, ports: Ports, vault: Vault, supervisor: Supervisor, report: Report
    ) -> None:
        self._settings = settings
        self._ports = ports
        self._pages = f"http://{own_address(settings.host)}:{ports.web}"
        self._vault = vault
        self._supervisor = supervisor
        self._report = report
        self._records = Records(settings.database, vault)
        self._running: dict[str, _Running] = {}
        self._in_use: set[str] = set()
        self._asked_at = 0.0
        self._greeted = False
        self._port_is_free = True

    def forget(self) -> None:
        """What an earlier start has left in the records; before any worker reads it."""
        with _away_is_no_matter(), self._records.begin() as tx:
            serving.forget_replicas(tx)

    def run(self) -> None:
        """Starts the assistant, then looks after all of them until everything is to end."""
        try:
            live = self._begin()
        except NOT_SERVED as error:
            self._report(f"{error} Patients get the one-page form meanwhile.")
            return
        stopping = self._supervisor.stopping
        with httpx.Client(timeout=1, trust_env=False) as client:
            while not stopping.is_set():
                try:
                    self._tend(live)
                    self._look(client)
                except Exception as error:  # the database is away: who serves goes on serving
                    logger.warning("it is not known who is to serve", extra={"error": error})
                waking = not self._greeted or any(one.pid is None for one in self._running.values())
                stopping.wait(_LOOK_SOON if waking else _LOOK_EVERY)
        self.forget()
        self._records.close()

    def _begin(self) -> str:
        """Has what is live started and returns its name; trains it where there is none yet."""
        state = self._state()
        live, notice = self._usable(state.live)
        if not live:
            live = self._shipped()
        self._start(live)
        with _away_is_no_matter(), self._records.begin() as tx:
            serving.settle(tx, live, notice)
        if notice:
            self._report(f"The model {state.live} cannot be used; {live} is live instead.")
        return live

    def _state(self) -> Serving:
        with _away_is_no_matter(), self._records.read() as tx:
            return serving.state(tx)
        return Serving()

    def _usable(self, model: str) -> tuple[str, Notice]:
        """A model that was trained on this clinic's data, if it still fits; else the shipped one
        follows the program."""
        if not model:
            return "", Notice.NONE
        try:
            facts = self._checked(model)
        except (manifest.ModelRefused, SigningKeyUnusable) as refused:
            self._report(str(refused))
            return "", Notice.UNUSABLE
        if facts.data_version is None:
            return "", Notice.NONE
        if facts.domain_sha256 != manifest.sha256(PROJECT / "domain.yml"):
            return "", Notice.UNUSABLE
        return model, Notice.NONE

    def _checked(self, model: str) -> manifest.Manifest:
        key = manifest.public_text(signing_key(self._settings.model_key))
        return manifest.check(self._archive(model), key)

    def _archive(self, model: str) -> Path:
        return self._settings.models_dir / f"{model}.tar.gz"

    def _shipped(self) -> str:
        settings = self._settings
        trained = training.train(PROJECT, settings.models_dir, settings.model_key, self._report)
        return trained.fingerprint

    def _start(self, model: str) -> None:
        """Raises ModelRefused, SigningKeyUnusable and RasaRefused."""
        # The first has the port that is known without the records.
        first = self._port_is_free
        port = self._ports.rasa if first else services.free_port(LOOPBACK)
        name = "rasa" if first else f"rasa-{model}"
        service = services.rasa_service(
            self._settings,
            replace(self._ports, rasa=port),
            self._vault,
            self._archive(model),
            name,
        )
        self._port_is_free = False
        self._supervisor.start(service)
        self._running[model] = _Running(name, f"http://{LOOPBACK}:{port}")

    def _tend(self, began_with: str) -> None:
        """Starts what is asked for and is not there, ends what nobody asks for any more."""
        state, wanted = self._asked_for()
        if not state.live:
            # The records were away at the start.
            with self._records.begin() as tx:
                serving.settle(tx, began_with)
            return
        for model in wanted:
            if model not in self._running:
                self._try_to_start(model, state)
        now = time.monotonic()
        for model, one in list(self._running.items()):
            if model in wanted:
                one.wanted_at = now
            elif min(now, self._asked_at + _ASK_FOR_USE_EVERY) - one.wanted_at > _GRACE:
                self._end(model)
        for model, one in self._running.items():
            if not one.told:
                with self._records.begin() as tx:
                    serving.set_replica(tx, model, one.url)
                one.told = True

    def _end(self, model: str) -> None:
        # First the place where it was, so that nobody is sent there any more.
        with self._records.begin() as tx:
            serving.drop_replica(tx, model)
        self._supervisor.end(self._running.pop(model).name)

    def _asked_for(self) -> tuple[Serving, set[str]]:
        with self._records.read() as tx:
            state = serving.state(tx)
            wanted = {state.live, state.candidate} | serving.waited_for(tx)
            if state.watched(tx.now):
                wanted.add(state.previous)
            # It reads every reflection, so it is not asked in each round.
            if time.monotonic() - self._asked_at > _ASK_FOR_USE_EVERY:
                self._in_use = serving.in_use(tx, tx.now - QUIET)
                self._asked_at = time.monotonic()
        return state, (wanted | self._in_use) - {""}

    def _try_to_start(self, model: str, state: Serving) -> None:
        try:
            self._start(model)
        except NOT_SERVED as refused:
            self._report(str(refused))
            self._do_without(model, state)

    def _do_without(self, model: str, state: Serving) -> None:
        """A model that is wanted and must not be loaded."""
        self._in_use.discard(model)
        other = self._shipped() if model == state.live else ""
        with self._records.begin() as tx:
            if other:
                serving.settle(tx, other, Notice.UNUSABLE)
            if model == state.candidate:
                serving.try_out(tx, "")
            serving.unpin(tx, model)

    def _look(self, client: httpx.Client) -> None:
        """Notes who answers and who has died since."""
        for model, one in self._running.items():
            pid = self._supervisor.pid(one.name)
            if one.pid is not None and pid != one.pid:
                one.pid = None
                self._note(model, one, ready=False)
            if (
                one.pid is None
                and pid is not None
                and readiness.answers(client, one.url + readiness.RASA)
            ):
                one.pid = pid
                self._note(model, one, ready=True)
        if not self._greeted and self._works(client):
            self._greeted = True
            self._report("The assistant is ready.")

    def _works(self, client: httpx.Client) -> bool:
        """Whether somebody who opens the pages now finds them, and the assistant behind them."""
        awake = any(one.pid is not None for one in self._running.values())
        return awake and readiness.answers(client, f"{self._pages}{readiness.PAGES}")

    def _note(self, model: str, one: _Running, *, ready: bool) -> None:
        with self._records.begin() as tx:
            serving.set_replica(tx, model, one.url, ready=ready)
        one.told = True


@contextlib.contextmanager
def _away_is_no_matter() -> Iterator[None]:
    """Without the records there is the one Rasa that everybody knows of."""
    try:
        yield
    except RecordsAway as error:
        logger.warning("it is not known who is to serve", extra={"error": error})
