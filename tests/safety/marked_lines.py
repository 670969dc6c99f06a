"""Lines as `afterword safety screen` reads them."""

import json
from collections.abc import Iterable
from typing import Any

CANARY = "quetzalcoatlus"


def jsonl(entries: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(entry) + "\n" for entry in entries).encode()


def line(text: str, label: str = "suicide", severity: str = "active", lang: str = "en") -> Any:
    return {"text": text, "label": label, "severity": severity, "lang": lang}
