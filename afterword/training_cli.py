"""The commands about training: `afterword train`, `afterword evaluate`, `afterword models`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from afterword import locales
from afterword.operator import ClinicUnclear, clinic_named, operator
from afterword.records import data_versions, jobs, registry, serving
from afterword.records.data_versions import ChangeRefused
from afterword.records.store import Records, Tx
from afterword.records.vault import load_vault
from afterword.screening.loading import load_screener
from afterword.settings import PROJECT, load_settings
from afterword.training import changeset, comparing, corpus, files, gates, locked, telling
from afterword.training import model as training
from afterword.training.report import Report, ReportUnreadable, from_json
from afterword.training.trainer import Trainer

train = typer.Typer(
    help="Train the assistant's model; without a verb the lines that it came with.",
    invoke_without_command=True,
)
Clinic = Annotated[str, typer.Option(help="The clinic's name; needed where there are several.")]
_SHORT = 16


@train.callback()
def train_shipped(
    context: typer.Context,
    force: Annotated[bool, typer.Option(help="Train even if nothing has changed.")] = False,
) -> None:
    """Train the assistant's model; nothing is done when the training data has not changed."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings()
    trained = training.train(
        PROJECT, settings.models_dir, settings.model_key, typer.echo, force=force
    )
    typer.echo(f"model {trained.path}")


@train.command()
def draft(clinic: Clinic = "") -> None:
    """Show what is new since the last version, and what is wrong with it."""
    with _open("train draft") as tx:
        clinic_id = clinic_named(tx, clinic)
        found = data_versions.draft_of(tx, clinic_id)
        looked = _looked_at(tx, found) if found else changeset.ChangeSet((), ())
    for row in looked.rows:
        troubles = ", ".join(f"{one.trouble} {one.label}".strip() for one in row.found)
        change = row.change
        typer.echo(f"{change.kind} {change.language}/{change.label}: {change.text}  {troubles}")
    typer.echo(f"{len(looked.rows)} changes, {len(looked.must_mend)} to mend.")


@train.command()
def add(
    language: Annotated[str, typer.Argument(help="en or es.")],
    label: Annotated[str, typer.Argument(help="What the line means: an intent of domain.yml.")],
    text: Annotated[str, typer.Argument(help="What somebody may write.")],
    clinic: Clinic = "",
) -> None:
    """Add a line to what is new since the last version."""
    if label not in corpus.labels(PROJECT):
        _stop(f"There is no label {label}. There are: {', '.join(corpus.labels(PROJECT))}.")
    with _open("train add") as tx:
        data_versions.add(tx, clinic_named(tx, clinic), language=language, label=label, text=text)


@train.command()
def version(
    reason: Annotated[str, typer.Option(help="Why this is changed, in a sentence.")],
    clinic: Clinic = "",
) -> None:
    """Make a version of what is new, and put its training in the queue."""
    with _open("train version") as tx:
        found = data_versions.draft(tx, clinic_named(tx, clinic))
        if count := len(_looked_at(tx, found).must_mend):
            _stop(f"{count} changes have to be mended first. Run: afterword train draft")
        number = data_versions.close(tx, found, None, reason)
        jobs.ask(tx, jobs.Kind.TRAIN, version_id=found)
    typer.echo(f"Version {number}. `afterword up` trains it; or run: afterword train now")


@train.command()
def now(
    again: Annotated[
        bool, typer.Option(help="Put the last version into the queue once more, first.")
    ] = False,
    clinic: Clinic = "",
) -> None:
    """Do what is in the queue, here, and say how it went; without `afterword up`."""
    if again:
        _ask_again(clinic)
    settings = load_settings()
    records = Records(settings.database, load_vault(settings.key_place))
    work = Trainer(records, settings, lambda: load_screener(settings.layers))
    done = 0
    while work.once():
        done += 1
    with records.read(by=operator(), purpose="train now") as tx:
        ended = (one for one in jobs.latest(tx) if one.kind is jobs.Kind.TRAIN and not one.open)
        last = next(ended, None)
        found = registry.by_name(tx, last.model) if last and last.model else None
    records.close()
    if not done or last is None:
        typer.echo("Nothing is in the queue.")
    elif found is None:
        _stop(_came_to_nothing(last))
    else:
        _tell(from_json(found.report))


def _ask_again(clinic: str) -> None:
    with _open("train now") as tx:
        known = data_versions.versions(tx, clinic_named(tx, clinic))
        if not known:
            _stop('There is no version yet. Run: afterword train version --reason "..."')
        jobs.ask(tx, jobs.Kind.TRAIN, version_id=known[0].id)


def _came_to_nothing(job: jobs.Job) -> str:
    """As the page says it, and the command for what it says."""
    say = locales.load("en").section("portal")
    if job.state is jobs.State.CANCELLED:
        return say("training_state_cancelled")
    code = str(job.outcome.get("code"))
    first = "afterword train; then: " if code == "nothing_live" else ""
    return f"{say(f'training_failed_{code}')}\nRun: {first}afterword train now --again"


@train.command(name="export")
def export_files(
    folder: Annotated[Path, typer.Argument(help="Where the files go, as a folder under Git.")],
    clinic: Clinic = "",
) -> None:
    """Write the clinic's versions as YAML files with a manifest."""
    with _open("train export") as tx:
        known = data_versions.versions(tx, clinic_named(tx, clinic))
        found = [(one, data_versions.changes_of(tx, one.id)) for one in known]
        renewals = tx.vault.renewals
    paths = files.write(folder, found, renewals)
    typer.echo(f"{len(paths)} files in {folder}. They hold lines of patients, without names.")


@train.command(name="import")
def import_files(
    folder: Annotated[Path, typer.Argument(help="A folder that `afterword train export` wrote.")],
    clinic: Clinic = "",
) -> None:
    """Bring versions in from files; those that are here already have to be the same."""
    try:
        kept = files.read(folder)
    except files.FilesRefused as refused:
        _stop(str(refused))
    with _open("train import") as tx:
        clinic_id = clinic_named(tx, clinic)
        here = {one.number: one for one in data_versions.versions(tx, clinic_id)}
        new = [one for one in kept if one.number not in here]
        for one in kept:
            if one.number in here and not _same(tx, here[one.number].id, one):
                _stop(f"Version {one.number} is here and not the same. Nothing was brought in.")
        for one in new:
            data_versions.restore(
                tx,
                clinic_id,
                one.number,
                reason=one.reason,
                closed_at=one.closed_at,
                changes=one.changes,
                renewals=one.renewals,
            )
    typer.echo(f"{len(new)} versions were brought in, {len(kept) - len(new)} were here.")


def evaluate(
    model: Annotated[str, typer.Argument(help="A model's name; without one the live one.")] = "",
) -> None:
    """Say how well a model does beside the one that was live, and what it did not pass."""
    with _open("evaluate") as tx:
        name = model or serving.state(tx).live
        found = registry.by_name(tx, name)
        known = [one.name for one in registry.models(tx)]
    if found is None:
        _stop(f"There is no model {name}. There are: {', '.join(known) or 'none'}.")
    try:
        _tell(from_json(found.report))
    except ReportUnreadable as refused:
        _stop(str(refused))


def models() -> None:
    """List the models that were trained here, and what became of each."""
    with _open("models") as tx:
        found = registry.models(tx)
        live = serving.state(tx).live
    for one in found:
        of = f"version {one.version}" if one.version else "as shipped"
        mark = "live" if one.name == live else str(one.state)
        erased = "  holds words of somebody erased" if one.tainted_at else ""
        when = one.trained_at.isoformat(timespec="minutes")[:_SHORT]
        typer.echo(f"{one.name}  {of:<12}  {when}  {mark}{erased}")
    if not found:
        typer.echo("None was trained here yet.")


def _tell(report: Report) -> None:
    """In words, and an exit code: 1 where a gate was not passed."""
    say = locales.load("en").section("portal")
    found = comparing.compare(report.candidate, report.live)
    is_live = report.candidate.model == report.live.model
    for sentence in telling.sentences(say, found, is_live=is_live):
        typer.echo(sentence)
    for sentence in (*telling.beside(say, report), telling.weight(say, report)):
        typer.echo(sentence)
    failed = False
    for gate in gates.judge(report, locked.load(PROJECT)):
        checked, do = telling.gate(say, gate)
        typer.echo(f"{'ok  ' if gate.passed else 'WRONG'} {checked}")
        if not gate.passed:
            failed = True
            typer.echo("\n".join([f"      {do}", *(f"      - {one}" for one in gate.lines)]))
    if failed:
        raise typer.Exit(1)


def _looked_at(tx: Tx, draft_id: str) -> changeset.ChangeSet:
    """What is new, and what is wrong with it."""
    changes = data_versions.changes_of(tx, draft_id)
    own = {one.id for one in changes}
    return changeset.look(
        changeset.Shipped(corpus.lines(PROJECT)),
        [one for one in data_versions.changes_upto(tx, draft_id) if one.id not in own],
        changes,
        locked.load(PROJECT).texts,
        corpus.labels(PROJECT),
    )


def _same(tx: Tx, version_id: str, kept: files.Kept) -> bool:
    def bare(change: data_versions.Change) -> tuple[str, ...]:
        return (change.kind, change.language, change.label, change.was, change.text)

    here = [bare(one) for one in data_versions.changes_of(tx, version_id)]
    return here == [bare(one) for one in kept.changes]


@contextmanager
def _open(purpose: str) -> Iterator[Tx]:
    settings = load_settings()
    records = Records(settings.database, load_vault(settings.key_place))
    try:
        with records.begin(by=operator(), purpose=purpose) as tx:
            yield tx
    except (ChangeRefused, ClinicUnclear) as refused:
        _stop(str(refused))
    finally:
        records.close()


def _stop(line: str) -> NoReturn:
    typer.echo(line, err=True)
    raise typer.Exit(1)
