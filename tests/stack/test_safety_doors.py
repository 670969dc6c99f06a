"""There is one way in, it is screened, and nothing is served with a screen that is blind."""

import ast
import asyncio
import html
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from stack import Stack
from test_without_the_assistant import field, hidden_fields

from afterword import services
from afterword.gateway.turns import Assistant, TurnRefused
from afterword.records import models
from afterword.settings import PROJECT

PLAIN, PLAIN_ES = "I want to kill myself", "quiero matarme"
INTAKE = "afterword/gateway/intake.py"
REHEARSAL = "afterword/training/rehearsal.py"
"""Scenes of our own, sent to a model that is not live, in a database of its own."""
PROGRAM = ("afterword", "actions", "safety", "locales", "help", "instruments", "understanding")


def sources() -> Iterator[tuple[str, ast.Module]]:
    for room in ("afterword", "actions", "bot", "scripts", "bench"):
        for path in (PROJECT / room).rglob("*.py"):
            yield path.relative_to(PROJECT).as_posix(), ast.parse(path.read_text("utf-8"))


def test_nothing_goes_around_the_intake_under_another_name() -> None:
    """Beside tests/gateway/test_api.py, which looks for the plain call."""
    writes = set()
    for name, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "afterword.records.inbox":
                assert "accept" not in {one.name for one in node.names}, name
            if isinstance(node, ast.Attribute) and ast.unparse(node).endswith("inbox.accept"):
                assert name in (INTAKE, REHEARSAL)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "models.Inbox":
                writes.add(name)
    assert writes == {"afterword/records/inbox.py"}


def test_rasa_takes_no_text_that_was_not_screened(stack: Stack) -> None:
    reflection = stack.case().reflection_id
    with stack.records.read() as tx:
        conversation = tx.session.get_one(models.Reflection, reflection).conversation

    async def turn(**body: object) -> list[dict[str, Any]]:
        key = services.channel_key(stack.vault)
        assistant = Assistant(f"http://{services.LOOPBACK}:{stack.ports.rasa}", key)
        try:
            said = await assistant.turn(conversation, str(uuid.uuid4()), body)
        finally:
            await assistant.close()
        return list(said["replies"])

    screened = {"tier": "none", "route": None, "held": False, "screen": "rules test"}
    for safety in (None, {"held": False}, screened | {"screen": ""}):
        body = {} if safety is None else {"safety": safety}
        with pytest.raises(TurnRefused) as refused:
            asyncio.run(turn(text="She listened.", **body))
        assert refused.value.code == ("shape" if safety else "not_screened")
    assert asyncio.run(turn(text="She listened.", safety=screened))


@pytest.mark.parametrize("path", ["rest/webhook", "callback/webhook", "afterword/webhook"])
def test_rasa_has_no_other_way_in(stack: Stack, path: str) -> None:
    url = f"http://{services.LOOPBACK}:{stack.ports.rasa}/webhooks/{path}"
    reply = httpx.post(url, json={"sender": "x", "message": PLAIN})
    assert reply.status_code in (401, 404, 405)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program with an empty database."""
    folder = tmp_path_factory.mktemp("copy") / "program"
    for name in PROGRAM:
        shutil.copytree(PROJECT / name, folder / name)
    assert run(folder, "db", "upgrade").returncode == 0
    return folder


@pytest.fixture
def copy(program: Path, tmp_path: Path) -> Path:
    """The same, to be broken."""
    return Path(shutil.copytree(program, tmp_path / "program"))


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "afterword", *arguments],
        cwd=copy,
        env=os.environ | {"AFTERWORD_DATA_DIR": str(copy / "var")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def break_phrase(copy: Path) -> str:
    """A bracket that is never closed, in one phrase; where it is."""
    path = copy / "safety" / "en" / "suicide.yml"
    lines = path.read_text("utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if 'match: "' in line)
    lines[at] = lines[at].replace('match: "', 'match: "(')
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return f"safety/en/suicide.yml:{at + 1}:"


def break_syntax(copy: Path) -> str:
    path = copy / "safety" / "es" / "suicide.yml"
    path.write_text(path.read_text("utf-8") + '\n- id: "no end\n', "utf-8")
    return "safety/es/suicide.yml:"


def blind(copy: Path) -> str:
    """Rule files that are in order and find nothing that is plain."""
    for path in (copy / "safety" / "en").glob("*.yml"):
        if path.name not in ("groups.yml", "harm_to_others.yml"):
            path.unlink()
    return "do not find a plain statement (en)"


def empty(copy: Path) -> str:
    shutil.rmtree(copy / "safety")
    (copy / "safety").mkdir()
    return "there are no rules"


def helpless(copy: Path) -> str:
    path = next((copy / "help").glob("*.yml"))
    path.write_text(path.read_text("utf-8").replace("emergency:", "emergenzy:", 1), "utf-8")
    return f"help/{path.name}:"


@pytest.mark.parametrize("breaks", [break_phrase, break_syntax, blind, empty, helpless])
def test_nothing_is_started_with_a_screen_that_is_broken(
    copy: Path, breaks: Callable[[Path], str]
) -> None:
    said = breaks(copy)
    is_refused(run(copy, "up"), said)


def test_the_pages_alone_are_not_served_with_a_screen_that_is_blind(copy: Path) -> None:
    said = blind(copy)
    is_refused(run(copy, "serve", "web", "--port", "0"), said)


def is_refused(done: subprocess.CompletedProcess[str], said: str) -> None:
    assert done.returncode == 2, done.stdout
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def altered(folder: Path) -> None:
    path = folder / "marks.safetensors"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def test_without_its_model_it_answers_by_rules_and_the_digest_says_so(copy: Path) -> None:
    altered(copy / "safety" / "model")
    with Stack(copy / "var", web_alone=True, project=copy) as stack:
        for text in (PLAIN, PLAIN_ES):
            case = stack.case()
            patient = case.patient()
            patient.post({"text": text}, str(uuid.uuid4()))
            said = [line for line in patient.sees() if line.get("kind") == "safety"]
            assert "tel:999" in {link["href"] for line in said for link in line["contacts"]}
            assert case.alerts() == [("duty", "same_day", "open")]
        case = stack.case()
        shares_by_form(stack, case.token)
        assert "without its statistical layer" in html.unescape(case.digest())
        assert "the screen works by rules alone" in stack.logs()


def shares_by_form(stack: Stack, token: str) -> None:
    with httpx.Client(base_url=stack.url, follow_redirects=True) as browser:
        page = browser.get(f"/f/{token}/form").text
        given = {field(page, "heard", "radio"): "4"}
        review = browser.post(f"/f/{token}/form", data=hidden_fields(page) | given).text
        decision = hidden_fields(review) | {"decision": "share"}
        browser.post(f"/f/{token}/form/review", data=decision)
