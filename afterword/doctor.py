"""Looks whether an installation can work, and says what to do where it cannot."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from afterword import locales, services
from afterword.datafiles import DataFileError, load_instrument, load_instruments
from afterword.manifest import ModelRefused
from afterword.records import contacts, reflections, root_key, schema
from afterword.records.store import Records, open_engine
from afterword.records.tombstones import Tombstones, of_today
from afterword.records.vault import VaultError, load_vault
from afterword.reflection.editions import shipped_of
from afterword.settings import PROJECT, Settings
from afterword.training import model as training
from afterword.training.signing_key import SigningKeyUnusable

MISSING_QUESTIONS = (
    "Reflections were opened on the questions {}, and no file has them. "
    "Put that file back beside the present one, under another name."
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    well: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    """All findings, those that others depend on first."""
    checks: list[Callable[[Settings], Iterator[Finding]]] = [
        _environment,
        _texts,
        _model,
        _database,
        _mail,
        _proxy,
        _ports,
        _browser,
    ]
    return [finding for check in checks for finding in check(settings)]


def _mail(settings: Settings) -> Iterator[Finding]:
    if settings.smtp_host and settings.mail_from:
        yield Finding(True, f"Notices go by mail through {settings.smtp_host}.")
    else:
        yield Finding(
            True,
            "no mail is sent: duty contacts see alerts only when they sign in. "
            "Set AFTERWORD_SMTP_HOST and AFTERWORD_MAIL_FROM.",
        )


def _proxy(settings: Settings) -> Iterator[Finding]:
    if settings.public_url.startswith("https://") and not settings.proxies:
        yield Finding(
            False,
            "All patients look like one to the limits, and https is not seen. Set "
            "AFTERWORD_TRUSTED_PROXIES to the address of the proxy in front.",
        )


def missing_questions(settings: Settings) -> list[str]:
    """Question sets that reflections were opened on and that no file holds, as `core 1`.

    Raises VaultError, DataFileError and RecordsAway.
    """
    loaded = load_instruments(settings.instrument_file)
    records = Records(settings.database, load_vault(settings.key_place))
    with records.read() as tx:
        used = reflections.versions_in_use(tx)
    records.close()
    shipped = {(name, shipped_of(version)) for name, version in used}
    return [f"{name} {version}" for name, version in sorted(shipped - loaded.keys())]


def unfit_keys(settings: Settings) -> str:
    """Why the keys are not those of the database, in a sentence; empty: they are.

    Raises VaultError and RecordsAway.
    """
    vault = load_vault(settings.key_place)
    records = Records(settings.database, vault)
    try:
        with records.read() as tx:
            root_key.require_fitting(tx)
        for stone in Tombstones(settings.tombstone_file).read().values():
            of_today(vault, stone)
    except VaultError as unfit:
        return str(unfit)
    finally:
        records.close()
    return ""


def contact_problems(settings: Settings) -> list[str]:
    """What keeps alerts from reaching somebody, a sentence each. Raises VaultError, RecordsAway."""
    records = Records(settings.database, load_vault(settings.key_place))
    with records.read() as tx:
        found = contacts.problems_of(tx)
    records.close()
    return [problem.text for problem in found]


def _environment(settings: Settings) -> Iterator[Finding]:
    try:
        done = subprocess.run(
            [*training.rasa_command(PROJECT), "--version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        yield Finding(False, "Rasa's environment does not start. Run: make setup")
        return
    version = next((line for line in done.stdout.splitlines() if "Rasa Version" in line), "")
    yield Finding(True, f"Rasa's environment starts ({' '.join(version.split())})")


def _texts(settings: Settings) -> Iterator[Finding]:
    try:
        instrument = load_instrument(settings.instrument_file)
        for language in {*instrument.languages, *locales.languages()}:
            locales.load(language)
    except DataFileError as error:
        yield Finding(False, f"{error}")
        return
    yield Finding(True, f"questions: {instrument.id}, version {instrument.version}")


def _model(settings: Settings) -> Iterator[Finding]:
    try:
        found = training.find(PROJECT, settings.models_dir, settings.model_key)
    except (ModelRefused, SigningKeyUnusable) as refused:
        yield Finding(False, str(refused))
        return
    if found is None:
        yield Finding(False, "There is no model for this training data. Run: afterword train")
    else:
        yield Finding(True, f"model {found.path.name} fits the training data and is signed here")


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        load_vault(settings.key_place)
        engine = open_engine(settings.database)
        current = schema.is_current(engine)
        engine.dispose()
    except VaultError as error:
        yield Finding(False, str(error))
    except SQLAlchemyError:
        yield Finding(
            False, "The database does not answer. Check AFTERWORD_DATABASE_URL, and that it runs."
        )
    else:
        if not current:
            yield Finding(False, "The database is not up to date. Run: afterword db upgrade")
            return
        yield Finding(True, "the database has the present schema")
        if unfit := unfit_keys(settings):
            yield Finding(False, unfit)
            return
        try:
            services.require_own_place(settings)
        except services.RasaRefused as refused:
            yield Finding(False, str(refused))
        for missing in missing_questions(settings):
            yield Finding(False, MISSING_QUESTIONS.format(missing))
        for problem in contact_problems(settings):
            yield Finding(False, problem)


def _ports(settings: Settings) -> Iterator[Finding]:
    if services.is_free(settings.host, settings.port):
        yield Finding(True, f"port {settings.port} is free")
    else:
        yield Finding(
            True, f"port {settings.port} is in use; `up` takes another one and says which"
        )


def _browser(settings: Settings) -> Iterator[Finding]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    text = f"browser for tour and tests: {found or 'none (only needed for those)'}"
    yield Finding(True, text)
