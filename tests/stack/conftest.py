from collections.abc import Iterator

import pytest
from mail_server import LOOPBACK, MailServer, mail_server
from stack import Stack


@pytest.fixture(scope="session")
def post() -> Iterator[MailServer]:
    """The mail server of the shared product."""
    with mail_server() as running:
        yield running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, post: MailServer) -> Iterator[Stack]:
    """The product on SQLite, shared by the tests that do not break it."""
    mail = {"smtp_host": LOOPBACK, "smtp_port": post.port, "smtp_security": "none"}
    served = mail | {"mail_from": "notices@clinic.example"}
    with Stack(tmp_path_factory.mktemp("stack"), served=served) as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/stack/" in item.path.as_posix():
            item.add_marker(pytest.mark.stack)
