"""Fixtures of the patients' side: a clinic, an app on it, a real server, a real browser."""

import dataclasses
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from stand_in import Clinic, Site, StandIn, open_clinic
from starlette.applications import Starlette
from starlette.testclient import TestClient

from afterword.gateway.app import routes, running


def make_app(clinic: Clinic) -> Starlette:
    return Starlette(routes=routes(clinic.context), lifespan=lambda _app: running(clinic.context))


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    opened = open_clinic(tmp_path)
    yield opened
    opened.records.close()


@pytest.fixture
def client(clinic: Clinic) -> Iterator[TestClient]:
    with TestClient(make_app(clinic), follow_redirects=False) as connected:
        yield connected


@pytest.fixture
def impatient(clinic: Clinic) -> Iterator[TestClient]:
    """The same app, which waits for the database for a moment only."""
    clinic.context = dataclasses.replace(clinic.context, patience=0.2)
    with TestClient(make_app(clinic), follow_redirects=False) as connected:
        yield connected


@pytest.fixture
def assistant(clinic: Clinic) -> Iterator[StandIn]:
    with StandIn(clinic) as working:
        yield working


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    listening = socket.create_server(("127.0.0.1", 0))
    # Another host to a browser, and the same server.
    neutral = f"http://localhost:{listening.getsockname()[1]}/help"
    folder = tmp_path_factory.mktemp("site")
    clinic = open_clinic(folder, demo=True, plain_form_after=2, leave_url=neutral)
    config = uvicorn.Config(make_app(clinic), access_log=False, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    with StandIn(clinic) as assistant:
        yield Site(clinic, assistant, f"http://127.0.0.1:{listening.getsockname()[1]}")
    server.should_exit = True
    server.force_exit = True
    thread.join(10)
    clinic.records.close()
