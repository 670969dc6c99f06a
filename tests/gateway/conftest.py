"""Fixtures of the patients' side: a clinic, an app on it, a real server, a real browser."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from patient import Patient
from phone import SIZES, Open
from serving import free_port, serving
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
def patient(clinic: Clinic, client: TestClient) -> Patient:
    return Patient(clinic, client)


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
    port = free_port()
    # Another host to a browser, and the same server.
    neutral = f"http://localhost:{port.getsockname()[1]}/help"
    folder = tmp_path_factory.mktemp("site")
    clinic = open_clinic(folder, demo=True, plain_form_after=10, leave_url=neutral)
    with serving(make_app(clinic), port) as url, StandIn(clinic) as assistant:
        yield Site(clinic, assistant, url)
    clinic.records.close()


@pytest.fixture
def open_page(browser: Any, site: Site) -> Iterator[Open]:
    """Opens a page that fails the test on a script error, a CSP report or a foreign request."""
    contexts, problems = [], []
    site.assistant.resume()

    def opened(url: str, size: str = "phone", **options: Any) -> Any:
        width, height = SIZES.get(size, (320, 640))
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console", lambda said: "Content Security" in said.text and problems.append(said.text)
        )
        page.on(
            "request",
            lambda request: (
                request.url.startswith((site.url, "data:", "about:", "http://localhost:"))
                or problems.append(request.url)
            ),
        )
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not problems
