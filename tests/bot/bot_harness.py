"""A real Rasa server with a small assistant, and an action server to go with it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass, field, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from afterword.manifest import (
    FORMAT,
    PUBLIC_KEY_VARIABLE,
    Manifest,
    public_text,
    sha256,
    write,
)

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv" / "rasa" / "bin" / "python"
PROJECT = Path(__file__).parent / "project"
START_SECONDS = 40.0
SIGNING_KEY = Ed25519PrivateKey.generate()
# What the gateway's screen found, as it comes with each text.
CLEAR = {"tier": "none", "route": None, "held": False, "screen": "rules 1, no model"}
HELD = {"tier": "same_day", "route": "duty", "held": True, "screen": "rules 1, no model"}


@dataclass
class Actions:
    """An action server of few words. What it was called for is in `calls`."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    told: list[tuple[str, str | None]] = field(default_factory=list)
    answers: list[tuple[str, str, str]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    slow: dict[str, float] = field(default_factory=dict)
    running: int = 0
    down: bool = False
    overlapped: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    server: ThreadingHTTPServer | None = None
    port: int = 0

    def listen(self) -> None:
        actions = self
        self.down = False

        class Handler(BaseHTTPRequestHandler):
            # Head and body leave together; apart, the second waits 40 ms for the first.
            wbufsize = -1
            protocol_version = "HTTP/1.1"
            timeout = 5

            def do_POST(self) -> None:
                if actions.down:
                    # Kept connections die with their server.
                    self.close_connection = True
                    return
                call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, result = actions.handle(call)
                body = json.dumps(result).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def hang_up(self) -> None:
        assert self.server is not None
        self.down = True
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhook"

    def called(self, name: str, conversation: str) -> int:
        return self.calls.count((name, conversation))

    def heard(self, conversation: str) -> list[tuple[str, str]]:
        """(question, answer) of this conversation, as an action wrote them down."""
        return [(question, text) for who, question, text in self.answers if who == conversation]

    def choices(self, conversation: str) -> list[str | None]:
        """The tokens that actions of this conversation were told, one for each call."""
        return [token for who, token in self.told if who == conversation]

    def handle(self, call: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name, tracker = call["next_action"], call["tracker"]
        conversation = tracker["sender_id"]
        with self.lock:
            self.calls.append((name, conversation))
            metadata = (tracker.get("latest_message") or {}).get("metadata") or {}
            self.told.append((conversation, metadata.get("choice")))
            self.running += 1
            self.overlapped |= self.running > 1
        try:
            time.sleep(self.slow.get(name, 0))
            if name in self.broken:
                return 500, {"error": "broken", "request_body": call}
            return 200, getattr(self, name)(tracker)
        finally:
            with self.lock:
                self.running -= 1

    def action_open(self, tracker: dict[str, Any]) -> dict[str, Any]:
        return _result(_say("Welcome."), question="heard", expects="choice")

    def action_ask_answer(self, tracker: dict[str, Any]) -> dict[str, Any]:
        question = tracker["slots"]["question"]
        message = _say(f"Question {question}", kind="question", question=question)
        if question == "heard":
            titles = {"heard.3": ("No", ["3"]), "heard.4": ("Mostly", ["4", "mostly yes"])}
            message["buttons"] = [
                {"title": title, "payload": "/answer", "token": token, "words": words}
                for token, (title, words) in titles.items()
            ]
        return _result(message)

    def validate_reflection_form(self, tracker: dict[str, Any]) -> dict[str, Any]:
        said, slots = tracker["latest_message"], tracker["slots"]
        event = [e for e in tracker["events"] if e["event"] == "user"][-1]
        choice = event["metadata"]["choice"]
        if choice == "delete.yes":
            return _result(answer="deleted", erased=True)
        if said["intent"]["name"] != "answer" or slots["answer"] is None:
            return _result()
        question = choice.split(".")[0] if choice else slots["question"]
        self.answers.append((tracker["sender_id"], question, slots["answer"]))
        if slots["question"] == "note" and question == "note":
            return _result(answer="done")
        return _result(answer=None, question="note", expects="text")

    def action_safety_hold(self, tracker: dict[str, Any]) -> dict[str, Any]:
        return _result(answer=None, expects="safety") if tracker["active_loop"] else _result()

    def action_help(self, tracker: dict[str, Any]) -> dict[str, Any]:
        return _result(_say("Here is help."))

    def action_loop(self, tracker: dict[str, Any]) -> dict[str, Any]:
        again = {"event": "followup", "name": "action_loop", "timestamp": None}
        return {"events": [again], "responses": []}

    def action_confirm_delete(self, tracker: dict[str, Any]) -> dict[str, Any]:
        message = _say("Delete it all?")
        message["buttons"] = [
            {"title": "Yes, delete", "payload": "/answer", "token": "delete.yes", "style": "danger"}
        ]
        return _result(message)

    def action_closed(self, tracker: dict[str, Any]) -> dict[str, Any]:
        return _result(_say("It is closed.", kind="closed", input="none"))


def _say(text: str, **custom: Any) -> dict[str, Any]:
    return {"text": text, "custom": {"kind": "say", **custom}}


def _result(*messages: dict[str, Any], **slots: Any) -> dict[str, Any]:
    events = [
        {"event": "slot", "name": name, "value": value, "timestamp": None}
        for name, value in slots.items()
    ]
    return {"events": events, "responses": list(messages)}


@dataclass
class Rasa:
    """One Rasa process, and a caller that signs."""

    folder: Path
    model: Path
    actions: Actions
    tracker_url: str
    lock_url: str | None = None
    key: str = field(default_factory=lambda: secrets.token_hex(32))
    tracker_key: str = field(default_factory=lambda: base64.b64encode(os.urandom(32)).decode())
    environment: dict[str, str] = field(default_factory=dict)
    # Words of endpoints.yml to replace.
    endpoints: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    port: int = 0

    def start(self) -> Rasa:
        """Start and wait until it answers."""
        self.spawn()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, self.log()
            try:
                if httpx.get(self.url("ready"), timeout=1).status_code == 200:
                    return self
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"Rasa did not get ready:\n{self.log()}")

    def spawn(self) -> subprocess.Popen[bytes]:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        credentials, endpoints = self.folder / "credentials.yml", self.folder / "endpoints.yml"
        shutil.copy(ROOT / "credentials.yml", credentials)
        text = (ROOT / "endpoints.yml").read_text()
        if self.lock_url:
            text += f"  url: {self.lock_url}\n"
        for old, new in self.endpoints.items():
            assert old in text
            text = text.replace(old, new)
        endpoints.write_text(text)
        command = [
            *(str(PYTHON), "-m", "bot.launcher", "run", "-p", str(self.port)),
            *("--model", str(self.model)),
            *("--endpoints", str(endpoints), "--credentials", str(credentials)),
        ]
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "AFTERWORD_ACTIONS_URL": self.actions.url,
            "AFTERWORD_ACTIONS_KEY": "test" * 16,
            PUBLIC_KEY_VARIABLE: public_text(SIGNING_KEY),
            "AFTERWORD_CHANNEL_KEY": self.key,
            "AFTERWORD_TRACKER_KEY": self.tracker_key,
            "AFTERWORD_TRACKER_URL": self.tracker_url,
            **self.environment,
        }
        with (self.folder / "rasa.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=PROJECT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.process

    def kill(self) -> None:
        """As a crash: no handler runs."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/afterword/{path}"

    def log(self) -> str:
        return (self.folder / "rasa.log").read_text(errors="replace")

    def headers(self, body: bytes, at: float | None = None) -> dict[str, str]:
        timestamp = str(int(time.time() if at is None else at))
        mac = hmac.new(bytes.fromhex(self.key), f"{timestamp}\n".encode() + body, hashlib.sha256)
        return {"X-Afterword-Timestamp": timestamp, "X-Afterword-Signature": mac.hexdigest()}

    def post(self, path: str, body: bytes, timeout: float = 30) -> httpx.Response:
        return httpx.post(self.url(path), content=body, headers=self.headers(body), timeout=timeout)

    def send(self, conversation: str, message: str | None = None, **what: Any) -> httpx.Response:
        """One turn: `text=` or `choice=`. A text has the safety of a clear one unless another."""
        fields = {"conversation": conversation, "message": message or str(uuid.uuid4()), **what}
        if "text" in what:
            fields.setdefault("safety", CLEAR)
        return self.post("turn", json.dumps(fields).encode())

    def say(self, conversation: str, **what: Any) -> list[dict[str, Any]]:
        """The replies of a turn that must succeed."""
        response = self.send(conversation, **what)
        assert response.status_code == 200, (response.text, self.log())
        replies: list[dict[str, Any]] = response.json()["replies"]
        return replies


def train(folder: Path, config: Path) -> Path:
    """The small assistant in a configuration of its own."""
    subprocess.run(
        [
            *(str(PYTHON), "-m", "bot.launcher", "train", "--out", str(folder)),
            *("--domain", str(PROJECT / "domain.yml"), "--data", str(PROJECT / "data")),
            *("--config", str(config), "--fixed-model-name", "small"),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        timeout=120,
    )
    archive = folder / "small.tar.gz"
    return signed(archive)


def signed(archive: Path, **facts: Any) -> Path:
    """Signs an archive as `afterword train` does; `facts` are what else its manifest says."""
    known = {field.name: "" for field in fields(Manifest)} | {
        "model": archive.name,
        "sha256": sha256(archive),
        "bytes": archive.stat().st_size,
        "components": ("RulePolicy", "bot.safety_policy.SafetyPolicy"),
        "seconds": 0.0,
        "format": FORMAT,
    }
    write(archive, Manifest(**{**known, **facts}), SIGNING_KEY)
    return archive


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def texts(replies: list[dict[str, Any]]) -> list[str]:
    return [reply["text"] for reply in replies]
