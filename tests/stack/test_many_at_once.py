"""Fifty patients at the same time: every reflection complete and exact."""

from concurrent.futures import ThreadPoolExecutor

from case import Case
from stack import Stack

from afterword.reflection.answers import AnswerState

PATIENTS = 50


def expected(place: int) -> dict[str, str]:
    """Ratings that differ from patient to patient; none is low, so nothing is followed up."""
    return {
        "heard": str(3 + place % 3),
        "safe": str(3 + place // 3 % 3),
        "goals": str(3 + place // 9 % 3),
        "approach": str(3 + place // 27 % 3),
        "snag": str(4 + place % 2),
    }


def reflect(case: Case, place: int) -> None:
    patient = case.patient()
    patient.start()
    for number, (question, option) in enumerate(expected(place).items()):
        if (place + number) % 2:
            patient.tap(f"{question}.{option}")
        else:
            patient.type(option)
    patient.type(f"The walk to the window helped, number {place}")
    patient.type(f"patient {place} would like a walk")
    patient.tap("review.share")
    patient.client.close()


def test_fifty_reflections_side_by_side(stack: Stack) -> None:
    cases = [stack.case(goals=()) for _ in range(PATIENTS)]
    with ThreadPoolExecutor(PATIENTS) as pool:
        list(pool.map(reflect, cases, range(PATIENTS)))
    for place, case in enumerate(cases):
        answers = case.answers()
        assert {key: answer.value for key, answer in answers.items() if answer.value} == (
            expected(place)
        )
        assert answers["helped"].words == f"The walk to the window helped, number {place}"
        assert answers["wish"].words == f"patient {place} would like a walk"
        assert all(answer.state is AnswerState.ANSWERED for answer in answers.values())
        assert len(answers) == 7
        assert case.state() == "shared"
