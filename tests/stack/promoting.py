"""A clinic with several models: as many Rasa processes as it asks for, and models to try out."""

import gzip
import io
import json
import os
import tarfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from measured import report_of
from stack import Stack
from waiting import wait_for

from afterword import manifest, readiness
from afterword.fleet import Fleet
from afterword.manifest import Manifest, public_text
from afterword.records import jobs, models, registry, serving
from afterword.records.jobs import Job
from afterword.records.serving import Serving
from afterword.settings import PROJECT, Settings
from afterword.training import model as training
from afterword.training.signing_key import signing_key

PROMOTION = 400.0
Change = Callable[[str, bytes], bytes]
"""From a file of an archive, by its name, to what it is to be."""


class Clinic(Stack):
    """The product as `afterword up` runs it, with the models of a folder of its own."""

    def start_rasa(self) -> None:
        self.fleet = Fleet(self.served, self.ports, self.vault, self.supervisor, lambda line: None)
        self.fleet.forget()
        self.looking = threading.Thread(target=self.fleet.run, daemon=True)
        self.looking.start()
        wait_for("the live model to answer", self.live_answers, 120)

    def __exit__(self, *arguments: object) -> None:
        self.supervisor.ask_to_stop()
        self.looking.join(30)
        super().__exit__(*arguments)

    def live_answers(self) -> bool:
        with self.records.read() as tx:
            url = serving.live_url(tx)
        return bool(url) and httpx.get(url + readiness.RASA).status_code == 200

    @property
    def shipped(self) -> str:
        """The model that came with the program."""
        return training.fingerprint(PROJECT)

    def process_of(self, model: str) -> str:
        """The name under which the supervisor has the process of a model."""
        with self.records.read() as tx:
            url = serving.route(tx, model)
        first = url == f"http://127.0.0.1:{self.ports.rasa}"
        return "rasa" if first else f"rasa-{model}"

    @property
    def state(self) -> Serving:
        with self.records.read() as tx:
            return serving.state(tx)

    def serves(self) -> set[str]:
        """The models that have a process that answers."""
        with self.records.read() as tx:
            return {one.model for one in serving.replicas(tx) if one.ready_at}

    def model_of(self, reflection_id: str) -> str:
        with self.records.read() as tx:
            model: str = tx.session.get_one(models.Reflection, reflection_id).model
        return model

    def register(self, name: str, measured: Mapping[str, Any] | None = None) -> None:
        """Puts a model into the registry with a report that every gate lets pass."""
        with self.records.begin() as tx:
            registry.add(tx, name, None, measured or report_of(name))

    def ask(self, name: str) -> str:
        with self.records.begin() as tx:
            return serving.ask_promotion(tx, name, None)

    def job(self, job_id: str) -> Job:
        with self.records.read() as tx:
            return jobs.one(tx, job_id)

    def promote(self, name: str) -> Job:
        """Has the trainer put a model live, and waits for what comes of it."""
        return self.ended(self.ask(name))

    def ended(self, job_id: str) -> Job:
        wait_for("the promotion to end", lambda: not self.job(job_id).open, PROMOTION)
        return self.job(job_id)

    def go_live(self, name: str) -> None:
        """Puts a model live without the proof, once its process answers."""
        with self.records.begin() as tx:
            serving.try_out(tx, name)
        wait_for("it to be served", lambda: name in self.serves(), 120)
        with self.records.begin() as tx:
            serving.promote(tx, name, None, timedelta(hours=1))

    def roll_back(self) -> None:
        with self.records.begin() as tx:
            assert serving.take_back(tx, None) is None


def folder_of_models(folder: Path) -> tuple[Path, str]:
    """A folder with the shipped model in it, trained once for all tests, and its name."""
    settings = Settings()
    shipped = training.train(PROJECT, settings.models_dir, settings.model_key, print)
    folder.mkdir()
    for path in (shipped.path, manifest.path_of(shipped.path)):
        os.link(path, folder / path.name)
    return folder, shipped.fingerprint


def another(
    folder: Path,
    shipped: str,
    name: str,
    change: Change | None = None,
    *,
    components: tuple[str, ...] = (),
    sign: bool = True,
) -> str:
    """A model of another name: the shipped one, changed where `change` says so; signed here."""
    archive, source = folder / f"{name}.tar.gz", folder / f"{shipped}.tar.gz"
    if change is None:
        os.link(source, archive)
    else:
        _rewrite(source, archive, change)
    if sign:
        key = signing_key(Settings().model_key)
        facts: Manifest = manifest.read(source, public_text(key))
        manifest.write(
            archive,
            replace(
                facts,
                model=archive.name,
                fingerprint=name,
                sha256=manifest.sha256(archive),
                bytes=archive.stat().st_size,
                data_version=1,
                components=facts.components + components,
            ),
            key,
        )
    return name


def _rewrite(source: Path, target: Path, change: Change) -> None:
    with (
        tarfile.open(source) as old,
        gzip.open(target, "wb", compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w") as new,
    ):
        for member in old:
            content = old.extractfile(member)
            if content is None:
                new.addfile(member)
                continue
            body = change(member.name, content.read())
            member.size = len(body)
            new.addfile(member, io.BytesIO(body))


def without_rules(name: str, body: bytes) -> bytes:
    """What a model would be of whose dialogue nothing is left."""
    if not name.endswith("rule_policy.json"):
        return body
    lookup = json.loads(body)["lookup"]
    emptied = {key: {} if isinstance(value, dict) else value for key, value in lookup.items()}
    return json.dumps({**json.loads(body), "lookup": emptied}).encode()
