"""The trained versions of the assistant, and each beside what is live, for admins: words first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from afterword.portal import looking, promoting
from afterword.portal.guide import MODELS, guide
from afterword.portal.standing import kept, name_of, report_of
from afterword.portal.visits import PageError, Visit
from afterword.records import registry
from afterword.records.registry import Model, State
from afterword.training import comparing, gates, telling
from afterword.training.comparing import Comparison
from afterword.training.gates import Gate
from afterword.training.report import Report

_LOCKED_LINES = 12


@dataclass(frozen=True)
class Looked:
    """A model as it is shown; `report` is None when it is of another version of the program."""

    model: Model
    report: Report | None
    found: Comparison | None
    gates: tuple[Gate, ...]
    sentences: tuple[str, ...]

    @property
    def failed(self) -> tuple[Gate, ...]:
        return tuple(one for one in self.gates if not one.passed)

    @property
    def may_go_live(self) -> bool:
        """Whether its button is there; who presses it is checked once more."""
        ready = self.model.state in (State.READY, State.FORMER)
        return ready and bool(self.gates) and not self.failed and self.model.tainted_at is None


def show(visit: Visit) -> Response:
    with visit.portal.records.read(by=visit.actor, purpose=MODELS) as tx:
        known = registry.models(tx)
        status = promoting.status(tx)
        way = guide(visit, tx, MODELS)
    under_way = status.job is not None and status.job.open
    refreshes = under_way and looking.by_itself(visit)
    response = visit.page(
        "models.html",
        guide=way,
        page=MODELS,
        refreshes=refreshes,
        calendar=visit.calendar,
        models=[_looked(visit, one) for one in known],
        promoting=status,
        name_of=_names(visit, known),
        notice=promoting.notice_of(visit),
    )
    return looking.look_again(response) if refreshes else response


def one(visit: Visit) -> Response:
    """One version beside the one that was live when it was measured."""
    name = visit.request.path_params["name"]
    with visit.portal.records.read(by=visit.actor, purpose=MODELS) as tx:
        known = registry.models(tx)
        way = guide(visit, tx, f"{MODELS}/{name}")
    model = next((one for one in known if one.name == name), None)
    if model is None:
        raise PageError(404)
    looked = _looked(visit, model)
    say = visit.portal.say
    texts = kept().by_place
    return visit.page(
        "models_one.html",
        guide=way,
        calendar=visit.calendar,
        looked=looked,
        name_of=_names(visit, known),
        beside=telling.beside(say, looked.report) if looked.report else [],
        weight=telling.weight(say, looked.report) if looked.report else "",
        gate_words={one.code: telling.gate(say, one) for one in looked.gates},
        meaning=lambda name: telling.meaning(say, name),
        text_of={place: line.text for place, line in texts.items()},
        most_lines=_LOCKED_LINES,
    )


def _looked(visit: Visit, model: Model) -> Looked:
    report = report_of(model)
    if report is None:
        return Looked(model, None, None, (), ())
    found = comparing.compare(report.candidate, report.live)
    is_live = report.candidate.model == report.live.model
    return Looked(
        model,
        report,
        found,
        gates.judge(report, kept()),
        tuple(telling.sentences(visit.portal.say, found, is_live=is_live)),
    )


def _names(visit: Visit, known: list[Model]) -> Callable[[str], str]:
    say = visit.portal.say
    names: Mapping[str, str] = {one.name: name_of(visit, one) for one in known}
    return lambda name: names.get(name) or say("models_name_unknown")
