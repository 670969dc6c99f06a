"""Packs: further questions that a clinician chooses for one patient. It is about no answer."""

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response

from afterword.locales import MissingText
from afterword.portal.visits import PageError, Visit
from afterword.records import history
from afterword.reflection.instrument import Instrument

_PURPOSE = "packs"
_FIELD = "pack."


@dataclass(frozen=True)
class Added:
    """One question of a pack; `private` answers are not for the clinician."""

    text: str
    private: bool


@dataclass(frozen=True)
class Pack:
    """`name` and `about` are texts of the portal."""

    id: str
    field: str
    name: str
    about: str
    questions: tuple[Added, ...]


def show(visit: Visit) -> Response:
    """The packs with what each asks; those that are chosen are ticked."""
    with visit.portal.records.read(by=visit.actor, purpose=_PURPOSE) as tx:
        patient = history.patient_at(tx, _appointment_id(visit))
        chosen = history.packs_of(tx, patient.id)
    saved = visit.request.query_params.get("notice") == "saved"
    return visit.page(
        "questions.html",
        patient=patient,
        chosen=chosen,
        packs=list(_packs(visit)),
        page=_page(visit),
        notice="packs_saved" if saved else None,
    )


def choose(visit: Visit) -> Response:
    """Keeps the ticked packs, and leads back to the page."""
    wanted = {pack.id for pack in _packs(visit) if pack.field in visit.form}
    with visit.portal.records.begin(by=visit.actor, purpose=_PURPOSE) as tx:
        patient = history.patient_at(tx, _appointment_id(visit))
        history.choose_packs(tx, patient.id, wanted)
    return RedirectResponse(f"{_page(visit)}/questions?notice=saved", 303)


def _packs(visit: Visit) -> Iterator[Pack]:
    instrument = visit.maker.asked
    if not instrument.packs:
        raise PageError(404)
    for name in instrument.packs:
        yield Pack(
            id=name,
            field=f"{_FIELD}{name}",
            # A clinic may add a pack of its own to the questions: it goes by its name there.
            name=_text(visit, f"pack_{name}", name),
            about=_text(visit, f"pack_{name}_about", ""),
            questions=tuple(_added(visit, instrument, name)),
        )


def _added(visit: Visit, instrument: Instrument, pack: str) -> Iterator[Added]:
    for name in instrument.packs[pack]:
        item = instrument.items[name]
        wording = item.ask[visit.maker.texts.language]
        yield Added(wording.format(clinician=visit.account.name, goal=""), item.private)


def _text(visit: Visit, key: str, usually: str) -> str:
    try:
        return visit.portal.say(key)
    except MissingText:
        return usually


def _page(visit: Visit) -> str:
    return f"/portal/appointments/{_appointment_id(visit)}"


def _appointment_id(visit: Visit) -> str:
    appointment_id: str = visit.request.path_params["appointment_id"]
    return appointment_id
