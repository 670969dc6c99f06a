"""Any instrument that is accepted can be asked, answered, reviewed, shared and read."""

from datetime import datetime
from typing import Any

from factory import NOW, asker, by_question, english, said
from hypothesis import given, settings
from hypothesis import strategies as st
from test_digest_rules import Told

from afterword.reflection.answers import AnswerState, Sharing, visibility_when
from afterword.reflection.asking import Asker, Prompt
from afterword.reflection.digest import Writer
from afterword.reflection.exchange import Heard, Open
from afterword.reflection.instrument import Instrument, build_instrument
from afterword.reflection.plan import REVIEW
from afterword.reflection.turns import take

NAMES = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]
SENTENCES = st.text(st.characters(exclude_characters="{}", categories=["L", "P", "Zs"]), min_size=1)
TEXTS = SENTENCES.filter(lambda text: bool(text.strip()))


@st.composite
def options(draw: st.DrawFn, *, strains: bool = False) -> list[dict[str, Any]]:
    made = []
    for at in range(draw(st.integers(2, 7))):
        option: dict[str, Any] = {"id": f"o{at}", "label": {"en": f"{draw(TEXTS)} {at}"}}
        if strains and draw(st.booleans()):
            option["strain"] = draw(st.sampled_from(["withdrawal", "confrontation"]))
        made.append(option)
    return made


@st.composite
def items(draw: st.DrawFn, follow_ups: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(["scale", "scale", "choice", "text"]))
    item: dict[str, Any] = {
        "kind": kind,
        "construct": draw(st.sampled_from(["bond", "rupture", "wish", "something of our own"])),
        **{key: {"en": draw(TEXTS)} for key in ("label", "ask", "again", "why")},
    }
    item["ask"] = {"en": draw(TEXTS) + draw(st.sampled_from(["", " {clinician}", " {goal}"]))}
    if kind == "scale":
        item["scale"] = "size"
        if follow_ups and draw(st.booleans()):
            item |= {"low": 1, "follow_up": draw(st.sampled_from(follow_ups))}
    if kind == "choice" or (kind == "text" and draw(st.booleans())):
        item["options"] = draw(options(strains=True))
    return item


@st.composite
def plans(draw: st.DrawFn, names: list[str]) -> list[Any]:
    """A plan that asks each of `names` at most once; the last two may take turns."""
    plan: list[Any] = list(names)
    if len(names) > 2 and draw(st.booleans()):
        plan = [*names[:-2], {"one of": names[-2:]}]
    if draw(st.booleans()):
        at = draw(st.integers(0, len(plan) - 1))
        if isinstance(plan[at], str):
            plan[at] = {"each goal": plan[at]}
    if draw(st.integers(0, 3)):
        plan.insert(draw(st.integers(0, len(plan))), {"follow-up": draw(st.integers(1, 3))})
    return plan


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    """An instrument made at random that keeps the rules."""
    names = draw(st.permutations(NAMES))
    asked = draw(st.integers(1, len(names)))
    return build_instrument(
        {
            "instrument": "random",
            "version": draw(st.integers(1, 9)),
            "languages": ["en"],
            "plan": draw(plans(names[:asked])),
            "scales": {"size": draw(options())},
            "items": {name: draw(items(names[asked:])) for name in names},
        }
    )


def shown(made: Asker, open_: Open, answers: Any) -> Prompt:
    question = made.plan.question(open_.question, answers)
    if question is None:
        assert open_.question == REVIEW
        return made.review(answers, short=False)
    return made.prompt(question, answers, short=False, keep=False)


@settings(max_examples=150)
@given(
    instruments(),
    st.dictionaries(st.sampled_from("abc"), TEXTS, max_size=2),
    st.integers(0, 5),
    st.sampled_from(["share", "ratings", "private"]),
    st.data(),
)
def test_it_is_asked_answered_shared_and_read(
    instrument: Instrument,
    goals: dict[str, str],
    earlier: int,
    decision: str,
    data: st.DataObject,
) -> None:
    made = asker(goals, earlier=earlier, instrument=instrument)
    answers: dict[str, Any] = {}
    first = made.plan.next(answers)
    open_: Open | None = Open(REVIEW if first is None else first.id)
    for _ in range(len(NAMES) + 3 * len(goals) + 1):
        assert open_ is not None
        prompt = shown(made, open_, answers)
        assert prompt.text.strip()
        if open_.question == REVIEW:
            break
        assert open_.question not in answers, "asked twice"
        heard = data.draw(
            st.one_of(
                st.sampled_from(prompt.choices).map(
                    lambda choice: Heard(choice.title, choice.intent, choice.token)
                ),
                st.just(Heard("my own two cents", "skip")),
            )
        )
        outcome = take(heard, open_, answers, made)
        answers |= by_question(*outcome.store)
        open_ = outcome.open
    assert open_ == Open(REVIEW)
    review = shown(made, open_, answers)
    assert [row.question for row in review.rows] == list(answers)
    ended = take(Heard("", "answer", f"review.{decision}"), open_, answers, made)
    assert ended.open is None
    assert ended.share is not None
    _can_be_read(instrument, goals, answers, ended.share, NOW)


def _can_be_read(
    instrument: Instrument,
    goals: dict[str, str],
    answers: dict[str, Any],
    sharing: Sharing,
    at: datetime,
) -> None:
    texts = english()
    writer = Writer(instrument, "en", texts.section("digest"), texts.section("openers"), "Ada")
    told = Told(
        answers,
        session_at=at,
        instrument=instrument.id,
        instrument_version=instrument.version,
        sharing=sharing,
    )
    digest = writer.build(told, [told] * 3, goals)
    assert digest.headline
    given = {name for name, answer in answers.items() if answer.state is AnswerState.ANSWERED}
    named = {line.question for line in (*digest.items, *digest.chosen, *digest.goals)}
    named |= {digest.wish.question} if digest.wish else set()
    # Of several wishes one is shown above; words are shown whatever was asked.
    wishes = {name for name, item in instrument.items.items() if item.construct == "wish"}
    assert given - wishes <= named


@given(st.sampled_from(list(Sharing)), st.booleans())
def test_private_means_private_whatever_was_answered(sharing: Sharing, rated: bool) -> None:
    answer = said("heard", "words")
    seen = visibility_when(sharing, answer)
    assert (seen == "shared") is (sharing is Sharing.ALL)
