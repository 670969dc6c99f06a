"""One model, many messages: started by pipelines.py in the environment that the model needs.

Reads {"started", "model", "lines": [text, ...]} from standard input and writes one line of JSON:
what it cost to start, to understand each message, and what each was classified as.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bot.understand import reader


def main() -> None:
    """Load, understand, answer."""
    request = json.load(sys.stdin)
    read = reader(Path(request["model"]))
    assert read({"text": "hello", "expects": "scale", "choices": []})["intent"]
    ready, rss = time.time() - request["started"], _resident_mb()
    milliseconds, classified = [], []
    for text in request["lines"]:
        before = time.process_time()
        found = read({"text": text, "expects": "text", "choices": []})
        milliseconds.append((time.process_time() - before) * 1000)
        classified.append((found["guess"] or found["intent"], found["confidence"] or 0.0))
    answer = {"ready_seconds": ready, "rss_mb": rss, "parse_ms": milliseconds}
    print(json.dumps(answer | {"classified": classified}))


def _resident_mb() -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
