"""Several workers, and one that is killed: each notice leaves once, at most with one copy."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from desk import Desk
from factory import Clinic, Clock
from mail_server import LOOPBACK, SENDER, MailServer, Received, closed_port
from waiting import wait_for

from afterword.delivery.rounds import Rounds
from afterword.records import mails, models, schema
from afterword.records.store import Records
from afterword.records.vault import create_key_file, load_vault
from afterword.safety.clock import NOW_REPEAT
from afterword.safety.finding import Tier
from afterword.safety.recipients import Kind
from afterword.settings import PROJECT, Settings

TOGETHER = 4


def at_once(rounds: Rounds) -> None:
    with ThreadPoolExecutor(TOGETHER) as together:
        for done in [together.submit(rounds.once) for _ in range(TOGETHER)]:
            done.result()


def test_workers_at_once_send_each_notice_once(
    desk: Desk, rounds: Rounds, server: MailServer
) -> None:
    for number in range(8):
        desk.contact(Kind.DUTY, f"Else{number} Duty")
    desk.raises(Tier.NOW)
    at_once(rounds)
    assert len(server.addresses) == len(set(server.addresses)) == 9
    desk.clock.now += NOW_REPEAT
    at_once(rounds)
    assert len(server.addresses) == 18, "one step of the clock, one reminder each"


@contextmanager
def worker(records: Records, folder: Path, server: MailServer) -> Iterator[subprocess.Popen[bytes]]:
    """The product's own worker on these records, as `afterword up` starts it."""
    given = {
        "DATA_DIR": folder,
        "DATABASE_URL": records.engine.url.render_as_string(hide_password=False),
        "SMTP_HOST": LOOPBACK,
        "SMTP_PORT": server.port,
        "SMTP_SECURITY": "none",
        "MAIL_FROM": SENDER,
        "ASSISTANT_URL": f"http://{LOOPBACK}:{closed_port()}",
    }
    running = subprocess.Popen(
        [sys.executable, "-m", "afterword", "serve", "worker"],
        cwd=PROJECT,
        env=os.environ | {f"AFTERWORD_{name}": str(value) for name, value in given.items()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def test_a_worker_killed_after_sending_sends_one_copy_with_the_same_id(
    tmp_path: Path, server: MailServer
) -> None:
    settings = Settings(data_dir=tmp_path)
    create_key_file(settings.keys)
    records = Records(settings.database, load_vault(settings.keys))
    schema.upgrade(records.engine)
    desk = Desk(Clinic(records, Clock(datetime.now(UTC))))
    desk.raises(Tier.SAME_DAY)
    came = threading.Event()
    with worker(records, tmp_path, server) as first:

        def kill(_: Received) -> None:
            # The mail is taken, and whoever sent it never hears of that.
            first.send_signal(signal.SIGKILL)
            first.wait()
            server.on_mail = lambda _: came.set()

        server.on_mail = kill
        assert first.wait(30) == -signal.SIGKILL
    with worker(records, tmp_path, server):
        assert came.wait(30), "the next worker does not wait for the lease to end"
        wait_for("the notice to be marked as sent", lambda: all_sent(records))
    assert server.addresses == ["bo@duty.example"] * 2
    assert len({mail.id for mail in server.mails}) == 1
    records.close()


def all_sent(records: Records) -> bool:
    with records.read() as tx:
        return {row.state for row in tx.session.query(models.Mail)} == {mails.SENT}
