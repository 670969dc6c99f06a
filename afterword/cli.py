"""The command line: `afterword --help`."""

import asyncio
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from afterword import doctor, logs, services
from afterword.access_cli import access
from afterword.audit_cli import audit
from afterword.datafiles import DataFileError
from afterword.demo import Demo, remove_folder
from afterword.fleet import Fleet
from afterword.helpfiles import load_help
from afterword.keys_cli import keys
from afterword.loopback import is_loopback
from afterword.manifest import ModelRefused
from afterword.packs_cli import packs
from afterword.patient_cli import patient
from afterword.promote_cli import promote, rollback
from afterword.records import schema
from afterword.records.store import Records, open_engine
from afterword.records.vault import VaultError, create_key_file, load_vault
from afterword.review_cli import review
from afterword.running import StillRunning, while_running
from afterword.safety_cli import safety
from afterword.screening.rulefiles import load_rules
from afterword.screening.screener import ScreenBroken, Screener
from afterword.settings import Settings, SettingsError, load_settings
from afterword.staff_cli import staff
from afterword.tour import TourCannotStart, play
from afterword.training import model as training
from afterword.training.signing_key import SigningKeyUnusable
from afterword.training_cli import evaluate, models, train
from afterword.understanding_cli import understanding
from afterword.wording_cli import wording

cli = typer.Typer(
    help="Carries what a patient thought of a session to the clinician, before the next one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
database = typer.Typer(help="The clinic's database.", no_args_is_help=True)
serve = typer.Typer(help="One process alone; `up` starts them all.", no_args_is_help=True)
cli.add_typer(database, name="db")
cli.add_typer(keys, name="keys")
cli.add_typer(safety, name="safety")
cli.add_typer(understanding, name="understanding")
cli.add_typer(staff, name="staff")
cli.add_typer(audit, name="audit")
cli.command()(access)
cli.add_typer(patient, name="patient")
cli.add_typer(review, name="review")
cli.add_typer(train, name="train")
cli.add_typer(wording, name="wording")
cli.command()(evaluate)
cli.command()(models)
cli.add_typer(serve, name="serve", hidden=True)
cli.command()(packs)
cli.command()(promote)
cli.command()(rollback)


_MENDABLE = (
    VaultError,
    DataFileError,
    ModelRefused,
    ScreenBroken,
    SigningKeyUnusable,
    StillRunning,
    services.RasaRefused,
    training.TrainingFailed,
    TourCannotStart,
)


def main() -> None:
    """Runs the command line; what a person can mend is said in one line each."""
    try:
        cli()
    except SettingsError as error:
        _stop(*error.lines)
    except _MENDABLE as error:
        _stop(str(error))


@cli.command()
def up() -> None:
    """Start everything: pages, worker, actions and the assistant."""
    settings = load_settings()
    _require_database(settings)
    _run(settings, services.choose_ports(settings))


@cli.command()
def demo(
    tour: Annotated[
        bool, typer.Option(help="Play patient and clinician in a browser, write screenshots.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Where the tour puts its screenshots.")] = Path("tour"),
) -> None:
    """Start a fictional clinic with demo data; everything is deleted on Ctrl-C."""
    fictional = Demo.prepare(load_settings())
    try:
        if tour:
            play(fictional, out)
            return
        _run(fictional.settings, fictional.ports, greeting=fictional.greeting())
    finally:
        remove_folder(fictional.settings.data_dir)


@cli.command(name="doctor")
def doctor_() -> None:
    """Check environments, model, database and ports, and say what to do."""
    findings = doctor.examine(load_settings())
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.well else 'WRONG'} {finding.text}")
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)


@database.command()
def upgrade() -> None:
    """Create the database, or bring it to the present schema; makes the key file if missing."""
    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    create_key_file(settings.key_place)
    load_vault(settings.key_place)
    engine = open_engine(settings.database)
    schema.upgrade(engine)
    engine.dispose()
    typer.echo(f"The database is up to date. Keep {settings.keys} safe, apart from the database.")


Host = Annotated[str, typer.Option()]
Port = Annotated[int, typer.Option()]


@serve.command()
def web(host: Host = services.LOOPBACK, port: Port = 8080) -> None:
    """The pages of patients and clinicians."""
    _serve("afterword.web:create", host, port)


@serve.command()
def actions(host: Host = services.LOOPBACK, port: Port = 5055) -> None:
    """The assistant's actions; only for Rasa on this machine."""
    if not is_loopback(host):
        _stop(f"serve actions --host {host} is refused. Use {services.LOOPBACK}.")
    _serve("actions.server:create", host, port)


@serve.command()
def worker() -> None:
    """Takes patients' messages to the assistant, and notices to staff."""
    from afterword import locales
    from afterword.delivery.anchors import Anchoring, anchor_file
    from afterword.delivery.mail import Mailer
    from afterword.delivery.rounds import Rounds
    from afterword.delivery.tidying import Tidying
    from afterword.gateway.turns import Assistant, Worker
    from afterword.phrasing import Phrasing
    from afterword.records.tombstones import Tombstones
    from afterword.training.watch import Limits, Watching

    settings = load_settings()
    logs.set_up(settings.log_level)
    vault = load_vault(settings.key_place)

    async def work() -> None:
        assistant = Assistant(settings.assistant_url, services.channel_key(vault))
        records = Records(settings.database, vault)
        rounds = Rounds(records, Mailer(settings, Phrasing({"en": locales.load("en")}, {})))
        graves = Tombstones(settings.tombstone_file)
        carrying = Worker(records, assistant, settings.data_dir)
        tidying = Tidying(records, graves, settings.terms, carrying.erase)
        anchoring = Anchoring(records, anchor_file(settings.data_dir))
        watching = Watching(records, Limits(settings.watch_failed, settings.watch_missed))
        working = (carrying, rounds, tidying, anchoring, watching)
        task = asyncio.gather(*(one.run() for one in working))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            await assistant.close()

    with while_running(settings.data_dir):
        asyncio.run(work())


@serve.command()
def trainer() -> None:
    """Trains and measures the assistant when an admin asks for it; gives way to all others."""
    import os

    from afterword.screening.loading import load_screener
    from afterword.training.promotion import Promoter
    from afterword.training.trainer import NICE, Trainer

    settings = load_settings()
    logs.set_up(settings.log_level)
    os.nice(NICE)
    records = Records(settings.database, load_vault(settings.key_place))
    # Keys that come in a variable are not for what is started here.
    os.environ.pop(settings.key_source.removeprefix("env:"), None)
    work = Trainer(records, settings, lambda: load_screener(settings.layers))
    signal.signal(signal.SIGTERM, lambda *_: work.stopping.set())
    # Nobody who puts a model live, or takes it back, waits for a training.
    promoting = threading.Thread(target=Promoter(records, settings, stopping=work.stopping).run)
    with while_running(settings.data_dir):
        promoting.start()
        work.run()
        promoting.join()


def _serve(application: str, host: str, port: int) -> None:
    import uvicorn

    settings = load_settings()
    logs.set_up(settings.log_level)
    with while_running(settings.data_dir):
        uvicorn.run(
            application,
            factory=True,
            host=host,
            port=port,
            # Paths hold link tokens.
            access_log=False,
            log_config=None,
            server_header=False,
            # Whom to believe is a setting of ours, see `afterword/front.py`.
            proxy_headers=False,
            timeout_graceful_shutdown=3,
        )


def _require_database(settings: Settings) -> None:
    load_vault(settings.key_place)
    engine = open_engine(settings.database)
    try:
        if not schema.is_current(engine):
            _stop("The database is not up to date. Run: afterword db upgrade")
    finally:
        engine.dispose()
    if unfit := doctor.unfit_keys(settings):
        _stop(unfit)
    if missing := doctor.missing_questions(settings):
        _stop(*(doctor.MISSING_QUESTIONS.format(one) for one in missing))
    services.require_own_place(settings)
    _require_safety(settings)


def _require_safety(settings: Settings) -> None:
    """Nothing is served that does not screen; what keeps alerts from reaching anybody is said."""
    load_help()
    Screener(load_rules(), None, settings.layers).prove()
    for line in doctor.contact_problems(settings):
        typer.echo(f"Please mend: {line}", err=True)


def _run(settings: Settings, ports: services.Ports, greeting: str = "") -> None:
    with while_running(settings.data_dir):
        _supervise(settings, ports, greeting)


def _supervise(settings: Settings, ports: services.Ports, greeting: str) -> None:
    vault = load_vault(settings.key_place)
    supervisor = services.Supervisor(settings.data_dir / "log", typer.echo)
    fleet = Fleet(settings, ports, vault, supervisor, typer.echo)
    fleet.forget()
    # A KeyboardInterrupt may come at a point where a library swallows it; a flag is seen.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.ask_to_stop())
    try:
        for service in services.app_services(settings, ports, vault):
            supervisor.start(service)
        typer.echo(greeting or f"Pages: http://{settings.host}:{ports.web}")
        # It trains if needed and starts the assistant, while the pages are up already.
        threading.Thread(target=fleet.run, daemon=True).start()
        supervisor.watch()
        typer.echo("\nStopping.")
    finally:
        supervisor.stop()


def _stop(*lines: str) -> NoReturn:
    for line in lines:
        print(f"afterword: {line}", file=sys.stderr)
    sys.exit(2)
