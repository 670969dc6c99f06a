"""Takes the patient's message at the open question, and keeps what it decides."""

from typing import Any

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import noticing
from actions.desk import desk
from actions.talk import closing, gather, intent_of, keep, open_slots, say, show
from afterword.reflection.answers import ReflectionState, Sharing
from afterword.reflection.asides import stops
from afterword.reflection.turns import take

_STATES = {
    Sharing.ALL: ReflectionState.SHARED,
    Sharing.RATINGS: ReflectionState.SHARED,
    Sharing.PRIVATE: ReflectionState.PRIVATE,
}


class ValidateReflectionForm(FormValidationAction):
    def name(self) -> str:
        return "validate_reflection_form"

    def validate_answer(
        self,
        value: Any,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> dict[str, Any]:
        if intent_of(tracker) == "start":
            # The form has only now been opened; this message was not an answer to it.
            return {"answer": value}
        at = desk()
        with at.records.begin() as tx:
            talk = gather(tx, at, tracker)
            if talk.ended:
                # Ended elsewhere, on the plain form or in a turn that is repeated now.
                show(dispatcher, closing(talk, ended=talk.reflection.state))
                return _finished(talk.reflection.state)
            outcome = take(talk.heard, talk.open, talk.answers, talk.asker)
            keep(tx, talk, outcome)
        noticing.after_answer(at, tracker, talk, outcome)
        if outcome.open is not None:
            # After *stop here* no question follows, and the patient may still write.
            stopped = stops(talk.heard, outcome.open)
            say(dispatcher, talk, *outcome.say, input="choice" if stopped else "none")
            return open_slots(outcome.open, short=outcome.short)
        say(dispatcher, talk, *outcome.say)
        if outcome.share is None:
            return _finished(ReflectionState.DELETED)
        state = _STATES[outcome.share]
        show(dispatcher, closing(talk, ended=state, key=f"done_{outcome.share}"))
        return _finished(state)


def _finished(state: ReflectionState) -> dict[str, Any]:
    return {"answer": state.value, "erased": state is ReflectionState.DELETED}
