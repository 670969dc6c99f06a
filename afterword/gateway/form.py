"""The same reflection on one page, without a script and without the assistant."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

import anyio
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterword.gateway import answering, intake, late
from afterword.gateway.agreeing import agree
from afterword.gateway.api import TooLong, read_body
from afterword.gateway.context import GatewayContext, context_of
from afterword.gateway.conversation import OVER, notice
from afterword.gateway.guard import CHOICES
from afterword.gateway.links import Locked, NoSuchLink, TooMany, follow, in_path
from afterword.gateway.pages import ask_for_code, broken, render, slow_down
from afterword.gateway.safe_lines import Body
from afterword.gateway.unheard import by_known_link, by_no_link, of_form
from afterword.locales import Catalogue
from afterword.quotas import FORM_BODY
from afterword.records import inbox, people, reflections
from afterword.records.history import history_of
from afterword.records.store import RecordsAway, Tx
from afterword.records.views import Invitation, Reflection
from afterword.reflection.answers import Answer, Sharing
from afterword.reflection.asking import Asker, Row
from afterword.reflection.plan import Plan
from afterword.reflection.tongues import spoken
from afterword.safety.replies import GO_ON, STOP

_MOST_FIELDS = 400
_SHARINGS = {"share": Sharing.ALL, "ratings": Sharing.RATINGS, "private": Sharing.PRIVATE}
_TAKE_BACK, _ASK_DELETE, _DELETE = "take_back", "delete", "delete_yes"


@dataclass(frozen=True)
class Sheet:
    """One person's reflection, ready to be shown or changed."""

    context: GatewayContext
    invitation: Invitation
    token: str
    catalogue: Catalogue
    reflection: Reflection
    answers: dict[str, Answer]
    asker: Asker

    @property
    def over(self) -> bool:
        return self.reflection.state in OVER

    def rows(self) -> tuple[Row, ...]:
        return self.asker.review(self.answers, short=True).rows

    def page(self, name: str, status: int = 200, **values: object) -> Response:
        clinic = self.invitation.clinic
        return render(
            self.context, name, self.catalogue, clinic, status, token=self.token, **values
        )


# What a tap under lines of safety leads to when nothing more is said: on with the form, or out.
_AFTER = {GO_ON: "/form", STOP: "/form/review"}
Show = Callable[[Sheet], Response]
Change = Callable[[Sheet, dict[str, str]], Response]


async def form(request: Request) -> Response:
    """GET shows the questions with the answers so far; POST keeps them and goes to the review."""
    return await _with_sheet(request, _show_form, _save_form)


async def review(request: Request) -> Response:
    """GET shows the answers before anything is shared; POST carries out the decision."""
    return await _with_sheet(request, _show_review, _decide)


async def _with_sheet(request: Request, show: Show, change: Change) -> Response:
    context = context_of(request)
    token = in_path(request)
    posts = request.method == "POST"
    fields: dict[str, str] = {}
    try:
        fields = parse_form(await read_body(request, FORM_BODY)) if posts else {}
        with anyio.fail_after(context.patience):
            invitation = await follow(request, token, sends=posts)
            return await to_thread.run_sync(
                lambda: _answer(_open(context, invitation, token), show, change, fields, posts),
                limiter=context.writing if posts else None,
                abandon_on_cancel=True,
            )
    except NoSuchLink:
        lines = await to_thread.run_sync(by_no_link, context, of_form(token, fields))
        return broken(context, lines)
    except TooMany as many:
        lines = await to_thread.run_sync(_unkept, context, many.invitation, token, fields)
        return slow_down(context, many, lines)
    except Locked as locked:
        lines = await to_thread.run_sync(_unkept, context, locked.invitation, token, fields)
        return ask_for_code(context, locked.invitation, token, lines=lines)
    except (TooLong, ValueError):
        return render(context, "unread.html", context.catalogue(), None, 413)
    except (RecordsAway, TimeoutError) as error:
        lines = await to_thread.run_sync(
            late.keep_for_later, context, token, of_form(token, fields), intake.FORM_PAGE
        )
        if not lines:
            raise RecordsAway(type(error).__name__) from None
        return render(context, "away.html", context.catalogue(), None, 503, lines=lines)


def _unkept(
    context: GatewayContext, invitation: Invitation | None, token: str, fields: dict[str, str]
) -> tuple[Body, ...]:
    if invitation is None:
        return ()
    words = of_form(token, fields)
    return by_known_link(context, invitation, token, words, intake.FORM_PAGE)


def _answer(
    sheet: Sheet, show: Show, change: Change, fields: dict[str, str], posts: bool
) -> Response:
    if not posts:
        return show(sheet)
    try:
        return change(sheet, fields)
    except reflections.ReflectionEnded:
        # It was ended in another tab or in the chat meanwhile.
        return RedirectResponse(f"/f/{sheet.token}/form/review", 303)


def parse_form(body: bytes) -> dict[str, str]:
    """The fields of a posted form, the last of each name. Raises ValueError when malformed."""
    pairs = parse_qsl(
        body.decode(), keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS
    )
    return dict(pairs)


def _open(context: GatewayContext, invitation: Invitation, token: str) -> Sheet:
    with context.records.read(by=invitation.actor) as tx:
        return _gather(tx, context, invitation, token)


def _gather(tx: Tx, context: GatewayContext, invitation: Invitation, token: str) -> Sheet:
    reflection = reflections.by_id(tx, invitation.reflection_id)
    if reflection is None:
        raise LookupError("There is no such reflection.")
    words, instrument = context.words(reflection.clinic.id), context.instrument_of(reflection)
    catalogue = words.catalogue(spoken(reflection.language, instrument.languages))
    plan = Plan(
        instrument=instrument,
        goals={goal.id: goal.text for goal in people.goals_of(tx, reflection.patient_id)},
        history=history_of(tx, reflection, words.instruments),
    )
    return Sheet(
        context,
        invitation,
        token,
        catalogue,
        reflection,
        reflections.answers_of(tx, reflection.id),
        Asker(
            plan,
            catalogue.language,
            reflection.clinician.name,
            catalogue.section("bot"),
            context.lexicons[catalogue.language],
        ),
    )


def _show_form(sheet: Sheet) -> Response:
    if sheet.over:
        return _show_review(sheet)
    return _form_page(sheet, answering.fields_of(sheet.asker, sheet.answers))


def _form_page(
    sheet: Sheet,
    fields: tuple[answering.Field, ...],
    *,
    status: int = 200,
    more: bool = False,
    lines: tuple[Body, ...] = (),
) -> Response:
    return sheet.page(
        "form.html",
        status,
        fields=fields,
        message_id=uuid.uuid4(),
        prefilled=" ".join(sheet.answers),
        limit=f"{intake.TEXT_LIMIT:,}",
        wrong=any(one.error for one in fields),
        more=more,
        lines=lines,
    )


def _save_form(sheet: Sheet, posted_fields: dict[str, str]) -> Response:
    posted = answering.read_form(posted_fields, sheet.asker, sheet.answers)
    if posted.wrong:
        # The form may never be sent again.
        lines = _unkept(sheet.context, sheet.invitation, sheet.token, posted_fields)
        return _form_page(sheet, posted.fields, status=422, lines=lines)
    body = {"answers": posted.body(), "removed": list(posted.removed)}
    # Going back in the browser sends the same form with other answers: that is a new message.
    content = json.dumps(body, sort_keys=True)
    message_id = str(uuid.uuid5(uuid.UUID(_message_id(posted_fields)), content))

    def store(tx: Tx, taken: intake.Taken) -> None:
        reflection_id = sheet.reflection.id
        agree(tx, sheet.catalogue, reflection_id)
        reflections.begin(tx, reflection_id)
        stored = reflections.answers_of(tx, reflection_id)
        for answer in posted.answers:
            if answer.question in taken.answer.concerns:
                # Shared, it would reach the very person whom it is about.
                continue
            if not answering.same(answer, stored.get(answer.question)):
                reflections.record_answer(tx, reflection_id, answer, message_id)
        for question in posted.removed:
            if question in stored:
                reflections.remove_answer(tx, reflection_id, question, message_id)
        inbox.finish(tx, taken.accepted.inbox_id, [])

    if posted.answers or posted.removed:
        taken = _accept(sheet, message_id, body, store)
        if taken.answer.lines:
            return _safe_page(sheet, taken.answer.lines)
    now = _open(sheet.context, sheet.invitation, sheet.token)
    opened = {question.id for question in now.asker.plan.questions(now.answers)} - posted.asked
    if opened - set(now.answers):
        # An answer has opened a follow-up: it is offered once, on the same page.
        return _form_page(now, answering.fields_of(now.asker, now.answers), more=True)
    return RedirectResponse(f"/f/{sheet.token}/form/review", 303)


async def safety(request: Request) -> Response:
    """POST takes a choice that stood under lines of safety."""
    return await _with_sheet(request, _show_review, _choose)


def _choose(sheet: Sheet, fields: dict[str, str]) -> Response:
    choice = fields.get("choice", "")
    if choice not in CHOICES:
        return RedirectResponse(f"/f/{sheet.token}/form/review", 303)

    def close(tx: Tx, taken: intake.Taken) -> None:
        # There is no dialogue on the form that would have to hear of it.
        inbox.finish(tx, taken.accepted.inbox_id, [])

    try:
        taken = intake.accept(
            sheet.context.guard,
            sheet.invitation,
            _message_id(fields),
            choice=choice,
            then=close,
            channel=intake.FORM_PAGE,
        )
    except intake.Refused:
        raise reflections.ReflectionEnded from None
    if taken.answer.lines:
        return _safe_page(sheet, taken.answer.lines)
    return RedirectResponse(f"/f/{sheet.token}{_AFTER.get(choice, '/form/review')}", 303)


def _safe_page(sheet: Sheet, lines: tuple[Body, ...]) -> Response:
    return sheet.page("safe.html", lines=lines, message_id=uuid.uuid4())


def _show_review(sheet: Sheet) -> Response:
    if sheet.over:
        can_take_back = not sheet.reflection.opened and sheet.reflection.state != "deleted"
        said = notice(sheet.reflection, sheet.catalogue)
        return sheet.page(
            "done.html", notice=said, can_take_back=can_take_back, message_id=uuid.uuid4()
        )
    return sheet.page(
        "review.html",
        rows=sheet.rows(),
        clinician=sheet.reflection.clinician.name,
        message_id=uuid.uuid4(),
    )


def _decide(sheet: Sheet, fields: dict[str, str]) -> Response:
    decision = fields.get("decision", "")
    if decision == _ASK_DELETE:
        return sheet.page("delete.html", message_id=uuid.uuid4())

    def carry_out(tx: Tx, taken: intake.Taken) -> None:
        reflection_id = sheet.reflection.id
        if taken.answer.held:
            pass
        elif decision in _SHARINGS:
            agree(tx, sheet.catalogue, reflection_id)
            reflections.begin(tx, reflection_id)
            private = sheet.asker.plan.instrument.private
            reflections.share(tx, reflection_id, _SHARINGS[decision], private)
        elif decision == _TAKE_BACK:
            # What is opened again may be shared again.
            if reflections.take_back(tx, reflection_id):
                agree(tx, sheet.catalogue, reflection_id)
        elif decision == _DELETE:
            # Left unfinished: the worker has Rasa forget the conversation too, then ends it.
            reflections.erase(tx, reflection_id)
            return
        inbox.finish(tx, taken.accepted.inbox_id, [])

    if decision in {*_SHARINGS, _TAKE_BACK, _DELETE}:
        taken = _accept(sheet, _message_id(fields), {"decision": decision}, carry_out)
        if taken.answer.lines:
            return _safe_page(sheet, taken.answer.lines)
    return RedirectResponse(f"/f/{sheet.token}/form/review", 303)


def _accept(sheet: Sheet, message_id: str, body: intake.Form, then: intake.Then) -> intake.Taken:
    try:
        return intake.accept(
            sheet.context.guard,
            sheet.invitation,
            message_id,
            form=body,
            then=then,
            channel=intake.FORM_PAGE,
        )
    except intake.Refused:
        # Only a deleted reflection refuses a form; the next page says so.
        raise reflections.ReflectionEnded from None


def _message_id(fields: dict[str, str]) -> str:
    try:
        return intake.checked_id(fields.get("id"))
    except intake.Refused:
        return str(uuid.uuid4())
