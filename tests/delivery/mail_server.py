"""A real mail server on this machine: it keeps what it takes, and refuses what it is told to."""

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from afterword import locales
from afterword.delivery.mail import Mailer
from afterword.phrasing import Phrasing
from afterword.settings import Settings

LOOPBACK = "127.0.0.1"
SENDER = "notices@harbour.example"
_ADDRESS = re.compile(r"[^@\s<>,]+@[^@\s<>,]+\.[a-z]+")


@dataclass(frozen=True)
class Received:
    """One mail as it came in. `secret`: the line was encrypted."""

    sender: str
    to: list[str]
    raw: bytes
    secret: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        return str(self.message.get_content())


@dataclass
class MailServer:
    """Takes mail to and from real addresses only, but not to those in `refused`.

    `on_mail` runs after a mail is kept and before the sender hears of it. `seen` holds what was
    asked for, in order.
    """

    size: int = 8_000
    user: str = ""
    password: str = ""
    refused: set[str] = field(default_factory=set)
    on_mail: Callable[[Received], None] = lambda _: None
    mails: list[Received] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.seen.append("hello")
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if not _ADDRESS.fullmatch(address or ""):
            return "553 5.1.7 the sender is no address"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.seen.append(address)
        if not _ADDRESS.fullmatch(address) or address in self.refused:
            return f"550 5.1.1 <{address}> is unknown here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        user = session.auth_data.login.decode() if session.auth_data else None
        secret = session.ssl is not None
        mail = Received(envelope.mail_from, envelope.rcpt_tos, envelope.content, secret, user)
        self.mails.append(mail)
        await asyncio.to_thread(self.on_mail, mail)
        return "250 OK"

    def check_login(
        self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        well = (given.login, given.password) == (self.user.encode(), self.password.encode())
        return AuthResult(success=well, auth_data=given if well else None, handled=False)

    def to(self, address: str) -> list[Received]:
        return [mail for mail in self.mails if mail.to == [address]]

    @property
    def addresses(self) -> list[str]:
        """To whom the mails went, in order."""
        return [address for mail in self.mails for address in mail.to]


class _OnFreePort(Controller):
    """Listens on a port that the system chooses."""

    def __init__(self, handler: MailServer, **given: Any) -> None:
        self.listening = socket.create_server((LOOPBACK, 0))
        port = self.listening.getsockname()[1]
        super().__init__(handler, hostname=LOOPBACK, port=port, **given)

    def _create_server(self) -> Any:
        return self.loop.create_server(
            self._factory_invoker, sock=self.listening, ssl=self.ssl_context
        )


@contextmanager
def mail_server(
    *,
    tls: ssl.SSLContext | None = None,
    from_the_start: bool = False,
    user: str = "",
    password: str = "",
    size: int = 8_000,
) -> Iterator[MailServer]:
    """A server; with `tls` it offers STARTTLS, or speaks TLS from the start."""
    server = MailServer(size, user, password)
    given: dict[str, Any] = {"data_size_limit": size}
    if tls is not None:
        given |= {"ssl_context": tls} if from_the_start else {"tls_context": tls}
    if user:
        given |= {
            "authenticator": server.check_login,
            "auth_required": True,
            "auth_require_tls": tls is not None and not from_the_start,
        }
    controller = _OnFreePort(server, **given)
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()


@contextmanager
def speaking(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """The port of a server that does with each connection what it is told, until the end."""
    listening = socket.create_server((LOOPBACK, 0))
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection, ended), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server((LOOPBACK, 0)) as taken:
        return int(taken.getsockname()[1])


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server on this machine proves itself with, and the file to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail server of the tests")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / "certificate.pem", folder / "key.pem"
    trusted.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return context, trusted


def mailer_at(port: int, **settings: object) -> Mailer:
    """A mailer that knows a server on this machine, and gives up early."""
    given = {
        "smtp_host": LOOPBACK,
        "smtp_port": port,
        "smtp_security": "none",
        "mail_from": SENDER,
        "public_url": "https://harbour.example",
    }
    phrasing = Phrasing({"en": locales.load("en")}, {})
    return Mailer(Settings(**(given | settings)), phrasing, patience=2, longest=3)
