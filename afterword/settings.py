"""Settings from the environment and `.env`; what is wrong is said at start, one line each."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from afterword.loopback import is_loopback

PREFIX = "AFTERWORD_"
PROJECT = Path(__file__).resolve().parent.parent


def _database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return value


def _web_address(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return value.rstrip("/")


def _loopback_address(value: str) -> str:
    if value and not is_loopback(urlsplit(value).hostname or ""):
        raise ValueError("must be an address of this machine, such as http://127.0.0.1:5005")
    return _web_address(value)


def _networks(value: str) -> str:
    given = [one.strip() for one in value.split(",") if one.strip()]
    for one in given:
        try:
            ip_network(one)
        except ValueError:
            raise ValueError(
                "must be addresses or networks such as 10.0.0.0/8, divided by commas"
            ) from None
    return ",".join(given)


def _layers(value: str) -> str:
    known = {"rules", "model", "check"}
    given = {layer.strip() for layer in value.split(",") if layer.strip()}
    if not given <= known:
        raise ValueError("must be of rules, model and check, divided by commas")
    return ",".join(sorted(given))


def _key_source(value: str) -> str:
    if value and not value.startswith(("env:", "command:")):
        raise ValueError("must begin with env: or command:")
    return value


class SettingsError(Exception):
    """One or more settings are wrong; `lines` says which, one line each."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Settings(BaseSettings):
    """Every setting; `.env.example` explains them, a test holds the two together."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    data_dir: Path = PROJECT / "var"
    """Folder of the database, the key file and the assistant's conversations."""
    database_url: Annotated[str, AfterValidator(_database_url)] | None = None
    """Database of the clinic; default: a SQLite file in the data folder."""
    tracker_url: Annotated[str, AfterValidator(_database_url)] | None = None
    """Database of Rasa's conversations; default: beside the clinic's."""
    key_file: Path | None = None
    """Key file that seals words and names; default: in the data folder. Back it up apart."""
    key_source: Annotated[str, AfterValidator(_key_source)] = ""
    """Where the keys come from instead: `env:NAME`, or `command:PROGRAM` of a key service."""
    tombstones: Path | None = None
    """File of who was erased; default: beside the key file. Back it up with the keys."""
    host: str = "127.0.0.1"
    """Address on which the web pages are served."""
    port: int = Field(default=8080, ge=1, le=65535)
    """Port of the web pages; another free one is taken when it is in use."""
    public_url: Annotated[str, AfterValidator(_web_address)] = ""
    """Address that patients see in their links; default: made from host and port."""
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    """Addresses or networks of your proxies, by commas; nobody else's X-Forwarded is read."""
    leave_url: Annotated[str, AfterValidator(_web_address)] = "https://www.wikipedia.org"
    """Where *Leave this page* leads: a page of everyday use that says nothing of the clinic."""
    models_dir: Path = PROJECT / "models"
    """Folder of the trained models."""
    model_key_file: Path | None = None
    """Key file that signs the models trained here; default: beside the key file."""
    instrument_file: Path = PROJECT / "instruments" / "core.yml"
    """The question set that new reflections use."""
    plain_form_after: float = Field(default=20.0, gt=0)
    """Seconds without an answer of the assistant after which the plain form is offered."""
    country: str = ""
    """Country of the help lines when the clinic names none: us, ca, gb-eng or es."""
    safety_layers: Annotated[str, AfterValidator(_layers)] = "rules,model,check"
    """Layers of the safety screen in use. Take one out only where the law asks for it."""
    smtp_host: str = ""
    """Mail server that carries notices to duty contacts; empty: no mail is sent."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """Port of the mail server."""
    smtp_security: str = Field(default="starttls", pattern="^(starttls|tls|none)$")
    """starttls, tls, or none for a server on this machine."""
    smtp_user: str = ""
    """Name at the mail server; empty: none is asked for."""
    smtp_password_file: Path | None = None
    """File that holds the password at the mail server, and nothing else."""
    mail_from: str = ""
    """Sender of the notices: a neutral address of the clinic."""
    keep_messages: int = Field(default=90, ge=0)
    """Days that messages and the assistant's lines are kept; 0: for ever, here and below."""
    keep_words: int = Field(default=730, ge=0)
    """Days that the own words of answers are kept."""
    keep_ratings: int = Field(default=1825, ge=0)
    """Days that ratings are kept, and with them the appointment and that there were alerts."""
    keep_links: int = Field(default=30, ge=0)
    """Days that a personal link is kept after it has ended."""
    keep_alert_words: int = Field(default=365, ge=0)
    """Days that a patient's words are kept in alerts after they were closed."""
    keep_drafts: int = Field(default=60, ge=0)
    """Days that a reflection is kept that was begun and never finished."""
    keep_sessions: int = Field(default=30, ge=0)
    """Days that sign-ins of staff are kept after they have ended."""
    keep_misheard: int = Field(default=180, ge=0)
    """Days that messages are kept, without names, which the assistant did not understand."""
    keep_notices: int = Field(default=90, ge=0)
    """Days that it is kept that staff got a notice about an account or an emergency."""
    watch_hours: float = Field(default=24.0, gt=0)
    """Hours after a promotion in which a model that does worse is taken back by itself."""
    watch_failed: float = Field(default=5.0, ge=0, le=100)
    """By how many in a hundred failed turns may rise before that."""
    watch_missed: float = Field(default=10.0, ge=0, le=100)
    """By how many in a hundred messages that are not understood may rise before that."""
    models_kept: int = Field(default=5, ge=1)
    """How many trained models are kept, besides those that somebody still talks with."""
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    """How much is logged: debug, info, warning or error. Patient text never is."""
    demo: bool = False
    """Set by `afterword demo` only: fictional data, a ribbon on every page."""

    assistant_url: Annotated[str, AfterValidator(_loopback_address)] = ""
    """Rasa's address on this machine; set by `afterword up`."""
    actions_url: Annotated[str, AfterValidator(_loopback_address)] = ""
    """The action server's address on this machine; set by `afterword up`."""

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'afterword.db'}"

    @property
    def trackers(self) -> str | None:
        """Rasa keeps its conversations apart: in a file of its own, or with a role of its own.

        None with PostgreSQL and no such role: Rasa never gets the clinic's.
        """
        if self.tracker_url or not self.database.startswith("sqlite"):
            return self.tracker_url
        return f"sqlite:///{self.data_dir / 'conversations.db'}"

    @property
    def layers(self) -> frozenset[str]:
        """The layers of the safety screen that are in use."""
        return frozenset(self.safety_layers.split(","))

    @property
    def keys(self) -> Path:
        return self.key_file or self.data_dir / "keys.json"

    @property
    def key_place(self) -> Path | str:
        """Where the keys are read: the file, unless a variable or a program gives them."""
        return self.key_source or self.keys

    @property
    def tombstone_file(self) -> Path:
        return self.tombstones or self.keys.with_name("tombstones.jsonl")

    @property
    def terms(self) -> dict[str, int]:
        """How many days each kind of data is kept, by the names of the settings `keep_*`."""
        return {
            name.removeprefix("keep_"): int(getattr(self, name))
            for name in type(self).model_fields
            if name.startswith("keep_")
        }

    @property
    def model_key(self) -> Path:
        return self.model_key_file or self.keys.with_name("model-signing.key")

    @property
    def proxies(self) -> tuple[str, ...]:
        """Whose X-Forwarded headers are believed: addresses and networks."""
        return tuple(filter(None, self.trusted_proxies.split(",")))

    @property
    def base_url(self) -> str:
        return self.public_url or f"http://{self.host}:{self.port}"


def load_settings(env_file: Path = PROJECT / ".env") -> Settings:
    """Reads the environment over `.env`. Raises SettingsError."""
    unknown = _unknown_names(env_file)
    try:
        settings = Settings(_env_file=env_file)
    except ValidationError as error:
        raise SettingsError(unknown + [_line(problem) for problem in error.errors()]) from None
    if unknown:
        raise SettingsError(unknown)
    return settings


def _unknown_names(env_file: Path) -> list[str]:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    return [
        f"{name}: there is no such setting; .env.example lists them all."
        for name in dotenv_values(env_file)
        if name.startswith(PREFIX) and name not in known
    ]


def _line(problem: object) -> str:
    # pydantic's error dict also holds the value that was given: it may be a secret, so only
    # the name and the rule are repeated.
    assert isinstance(problem, dict)
    name = PREFIX + str(problem["loc"][0]).upper()
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{name}: {message[0].lower()}{message[1:]}."
