"""The language of a reflection may change in the middle of it."""

from factory import Clinic, rated, said

from afterword.records import invitations, reflections
from afterword.records.views import Reflection


def look(clinic: Clinic, reflection_id: str) -> Reflection:
    with clinic.records.read() as tx:
        found = reflections.by_id(tx, reflection_id)
    assert found is not None
    return found


def switch(clinic: Clinic, reflection_id: str, language: str) -> None:
    with clinic.records.begin() as tx:
        reflections.set_language(tx, reflection_id, language)


def test_answers_are_kept_and_whoever_listens_hears_of_it(clinic: Clinic) -> None:
    reflection = clinic.reflect(rated("heard", 4), said("wish", "Más tiempo"), sharing=None)
    answers, before = clinic.answers(reflection), look(clinic, reflection)
    switch(clinic, reflection, "es")
    after = look(clinic, reflection)
    assert (before.language, after.language) == ("en", "es")
    assert after.revision == before.revision + 1
    assert after.state == before.state
    assert clinic.answers(reflection) == answers


def test_the_same_language_again_changes_nothing(clinic: Clinic) -> None:
    reflection = clinic.reflect(rated("heard", 4), sharing=None)
    before = look(clinic, reflection)
    switch(clinic, reflection, "en")
    assert look(clinic, reflection) == before


def test_before_the_start_it_does_not_look_begun(clinic: Clinic) -> None:
    token = clinic.invite()
    with clinic.records.read() as tx:
        invitation = invitations.resolve(tx, token)
    assert invitation is not None
    switch(clinic, invitation.reflection_id, "es")
    reflection = look(clinic, invitation.reflection_id)
    assert (reflection.language, reflection.revision) == ("es", 0)
    with clinic.records.read() as tx:
        again = invitations.resolve(tx, token)
    assert again is not None
    assert again.language == "es"


def test_only_this_reflection_is_changed(clinic: Clinic) -> None:
    one, other = clinic.reflect(sharing=None), clinic.reflect(sharing=None)
    switch(clinic, one, "es")
    assert look(clinic, other).language == "en"
