"""What screening one message costs, as a share of a turn of stock Rasa.

    python3.11 bench/safety_cost.py                                 beside Rasa without TensorFlow
    python3.11 bench/safety_cost.py --stock .venv/rasa-tensorflow   beside Rasa's default pipeline

CPU milliseconds a message, on one core: the screen over the held-out lines, rules alone and with
the model; and a stock Rasa server (its own channel and tracker store, none of `bot/`) with a form
of five questions on the same machine, right after it. Only the standard library is needed here.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / ".venv" / "app" / "bin" / "python"
LINES = [ROOT / "tests/safety/data" / f"{name}.jsonl" for name in ("heldout_en", "heldout_es")]
QUESTIONS = ("heard", "safe", "goals", "approach", "snag")
ROUNDS = 20
WORDS = "it was mostly fine, I would have liked some more time for the other thing"
_PIPELINE = """\
recipe: default.v1
assistant_id: stock
language: en
pipeline:
  - name: WhitespaceTokenizer
  - name: CountVectorsFeaturizer
  - name: LogisticRegressionClassifier
policies:
  - name: MemoizationPolicy
  - name: RulePolicy
"""
_SCREEN = """
import json, sys, time
from pathlib import Path
from afterword.screening.loading import load_screener
from afterword.screening.screener import LAYERS, MODEL
lines = [json.loads(line)["text"] for path in sys.argv[1:] for line in open(path, encoding="utf-8")]
found = {}
for name, layers in (("rules", set(LAYERS) - {MODEL}), ("rules and model", set(LAYERS))):
    screener = load_screener(frozenset(layers))
    screener.screen("the first look takes longest")
    costs = []
    for text in lines:
        began = time.process_time()
        screener.screen(text)
        costs.append(1000 * (time.process_time() - began))
    costs.sort()
    found[name] = [sum(costs) / len(costs), costs[len(costs) // 2], costs[len(costs) * 95 // 100]]
print(json.dumps(found))
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--stock", type=Path, help="an environment with TensorFlow")
    given = asked.parse_args().stock
    screens = screen_costs()
    turn = stock_turn(ROOT / given if given else None)
    name = "stock Rasa, default pipeline" if given else "stock Rasa, logistic regression"
    print("what | CPU ms a message, mean | median | 95 % below | mean, share of the turn")
    for what, (mean, middle, most) in screens.items():
        print(f"screen: {what} | {mean:.2f} | {middle:.2f} | {most:.2f} | {mean / turn:.2f}")
    print(f"{name}, one turn | {turn:.1f} | | | 1")


def screen_costs() -> dict[str, list[float]]:
    """Mean, median and 95th percentile of each way to screen, in CPU milliseconds a message."""
    done = subprocess.run(
        [APP, "-c", _SCREEN, *map(str, LINES)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def stock_turn(tensorflow: Path | None) -> float:
    """CPU milliseconds of the Rasa process for one message of a form, median of the rounds."""
    environment = tensorflow or ROOT / ".venv" / "rasa"
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary)
        make_project(project)
        if tensorflow is not None:
            shutil.copy(ROOT / "bench/configs/stock.yml", project / "config.yml")
        command = rasa_command(environment, stand_in=tensorflow is None)
        train = [*command, "train", "--quiet"]
        subprocess.run(train, cwd=project, env=rasa_env(), check=True, capture_output=True)
        with serving(command, project) as (process, url):
            talk(url, "warm-up")
            costs = []
            for number in range(ROUNDS):
                before = cpu_seconds(process.pid)
                said = talk(url, f"patient-{number}")
                costs.append(1000 * (cpu_seconds(process.pid) - before) / said)
    return median(costs)


def rasa_command(environment: Path, *, stand_in: bool) -> list[str]:
    """Rasa's own command line; without TensorFlow its import has to be answered by a stand-in."""
    begin = "from bot import tensorflow_stand_in; tensorflow_stand_in.install(); " * stand_in
    program = f"{begin}import sys; sys.argv[0] = 'rasa'; from rasa.__main__ import main; main()"
    return [str(environment / "bin" / "python"), "-c", program]


def rasa_env() -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def make_project(folder: Path) -> None:
    """A form of five questions, each answered in words; no actions, so no second process."""
    slots = "".join(
        f"  {name}:\n    type: text\n    influence_conversation: false\n    mappings:\n"
        f"      - type: from_text\n        conditions:\n          - active_loop: reflection\n"
        f"            requested_slot: {name}\n"
        for name in QUESTIONS
    )
    asks = "".join(f"  utter_ask_{name}:\n    - text: {name}?\n" for name in QUESTIONS)
    (folder / "config.yml").write_text(_PIPELINE)
    (folder / "credentials.yml").write_text("rest:\n")
    (folder / "endpoints.yml").write_text(
        f"tracker_store:\n  type: SQL\n  dialect: sqlite\n  db: {folder / 'trackers.db'}\n"
    )
    (folder / "domain.yml").write_text(
        'version: "3.1"\nintents: [begin, answer]\n'
        f"slots:\n{slots}forms:\n  reflection:\n    required_slots: [{', '.join(QUESTIONS)}]\n"
        f"responses:\n  utter_thanks:\n    - text: kept\n{asks}"
    )
    (folder / "data").mkdir()
    (folder / "data" / "nlu.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: begin\n  examples: |\n    - begin\n    - let us start\n'
        "- intent: answer\n  examples: |\n    - it was fine\n    - she did not listen\n"
    )
    (folder / "data" / "rules.yml").write_text(
        'version: "3.1"\nrules:\n'
        "- rule: begin\n  steps:\n    - intent: begin\n    - action: reflection\n"
        "    - active_loop: reflection\n"
        "- rule: end\n  condition:\n    - active_loop: reflection\n  steps:\n"
        "    - action: reflection\n    - active_loop: null\n    - action: utter_thanks\n"
    )


@contextmanager
def serving(command: list[str], project: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    arguments = ["run", "--interface", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [*command, *arguments],
        cwd=project,
        env=rasa_env(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        yield process, url
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def wait_for(url: str, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    sys.exit("Rasa did not start in time.")


def talk(url: str, sender: str) -> int:
    """One whole reflection; how many messages it took."""
    messages = ["begin", *[WORDS] * len(QUESTIONS)]
    for text in messages:
        body = json.dumps({"sender": sender, "message": text}).encode()
        request = urllib.request.Request(
            f"{url}/webhooks/rest/webhook", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            if not json.load(reply):
                sys.exit("Rasa said nothing: this is no turn to compare with.")
    return len(messages)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
