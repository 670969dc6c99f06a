"""One model, many messages: started by pipelines.py in the environment that the model needs.

Reads {"started", "model", "config", "lines": [[text, expects], ...]} from standard input and writes
one line of JSON: what was understood, and what it cost.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

from bot import tensorflow_stand_in

FALLBACK = "nlu_fallback"
ANSWER = "answer"


def main() -> None:
    """Load, understand, answer."""
    request = json.load(sys.stdin)
    agent = _load(request["model"])
    first = asyncio.run(_parse(agent, "hello", "choice"))
    assert first["intent"]["name"]
    ready, rss = time.time() - request["started"], _resident_mb()
    gate = _gate(Path(request["config"]))
    plain, gated, milliseconds = [], [], []
    for text, expects in request["lines"]:
        before = time.process_time()
        parsed = asyncio.run(_parse(agent, text, expects))
        milliseconds.append((time.process_time() - before) * 1000)
        plain.append(_ungated(parsed))
        gated.append(_gated(gate, parsed, text, expects))
    answer = {"ready_seconds": ready, "rss_mb": rss, "parse_ms": milliseconds}
    print(json.dumps({**answer, "plain": plain, "gated": gated}))


def _load(model: str) -> Any:
    tensorflow_stand_in.install()
    __import__("skops.io")
    logging.disable(logging.WARNING)
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    from bot.install import install

    configure_structlog(logging.ERROR)
    install()
    agent = Agent()
    agent.load_model(Path(model))
    return agent


async def _parse(agent: Any, text: str, expects: str) -> dict[str, Any]:
    from rasa.core.channels.channel import UserMessage

    message = UserMessage(text, metadata={"expects": expects})
    parsed: dict[str, Any] = await agent.processor.parse_message(message)
    return parsed


def _gate(config: Path) -> Any:
    """The gate as config.yml sets it."""
    from ruamel.yaml import YAML

    from bot.answer_gate import AnswerGate

    pipeline = YAML(typ="safe", pure=True).load(config)["pipeline"]
    entry = next(entry for entry in pipeline if entry["name"].endswith(".AnswerGate"))
    own = {name: value for name, value in entry.items() if name != "name"}
    return AnswerGate({**AnswerGate.get_default_config(), **own})


def _ungated(parsed: dict[str, Any]) -> str:
    intent = parsed["intent"]
    name = str(intent.get("instead_of") or intent["name"])
    # The form takes as an answer whatever is not named as something else.
    return ANSWER if name == FALLBACK else name


def _gated(gate: Any, parsed: dict[str, Any], text: str, expects: str) -> str:
    """The same gate for every pipeline, over the classifier's own ranking."""
    from rasa.shared.nlu.training_data.message import Message

    ranking = [entry for entry in parsed["intent_ranking"] if entry["name"] != FALLBACK]
    top = {"name": ranking[0]["name"], "confidence": ranking[0]["confidence"]}
    message = Message(
        {"text": text, "intent": top, "intent_ranking": ranking, "metadata": {"expects": expects}}
    )
    return str(gate.process([message])[0].get("intent")["name"])


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    row = next(row for row in status.splitlines() if row.startswith("VmRSS:"))
    return int(row.split()[1]) / 1024


if __name__ == "__main__":
    main()
