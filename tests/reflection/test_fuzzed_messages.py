"""Ten thousand messages, typed and tapped, sensible and not: what always holds."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import pytest
from factory import adaptive, by_question, core, lexicon, skipped, weekly

from afterword.locales import load
from afterword.reflection.answers import Answer, AnswerState
from afterword.reflection.asking import Asker, Prompt
from afterword.reflection.exchange import ASIDE_LINES, Heard, Open, Outcome, Pending
from afterword.reflection.instrument import Kind
from afterword.reflection.lexicon import GROUPS, Tokens, tokens
from afterword.reflection.plan import REVIEW, Plan, Question
from afterword.reflection.slips import mended
from afterword.reflection.turns import take, take_beside
from afterword.reflection.vocabulary import vocabulary

MESSAGES = 10_000
HANDS = 4
GOALS = {"a": "Sleep", "b": "Walk"}
# Nothing in here says how much, in any language.
CONTENT = {
    "en": ["the bus came late", "we spoke of my sister", "she looked at her screen", "my cat died"],
    "es": ["el autobús llegó tarde", "hablamos de mi hermana", "miraba la pantalla"],
}
BUT = {"en": "but", "es": "pero"}
OR = {"en": "or", "es": "o"}
CHANGE = {"en": "make {} {}", "es": "cambia {} a {}"}
NOISE = [
    *(
        "",
        " ",
        "\n\n",
        "\u200b",
        "\u202eabc",
        "\x00",
        "👍🏽",
        "🙃🙃",
        "…",
        "?!",
        "¿",
        "((((",
        "{clinician}",
    ),
    *(
        "{0}",
        "%s %d",
        "<b>5</b>",
        "'; drop table answers; --",
        "/share",
        "/answer",
        "asdkjfh",
        "5" * 400,
    ),
    *(
        "review.share",
        "heard.5",
        "ja",
        "да",
        "はい",
        "٣",
        "Ⅳ",
        "½",
        "4️⃣",
        "-1",
        "1e9",
        "nan",
        "inf",
        "5,,5",
        "0/0",
    ),
    "word " * 1_000,
]
TOKENS = ["delete.yes", "delete.no", "keep.words", "confirm.other", "menu.skip", "safety.go_on"]
TOKENS += [
    "safety.stop",
    "change.heard",
    "remove.heard",
    "review.share",
    "heard.5",
    "a.b.c",
    "",
    ".",
]
INTENTS = ["answer"] * 12 + ["skip", "rather_not_say"]
GUESSES = [None] * 4 + [f"rated_{group}" for group in sorted(GROUPS)]
GUESSES += ["share_all", "share_ratings", "keep_private", "help", "thanks"]
ALSO = [None] * 12 + ["ask_why", "pause", "stop", "stop_delete", *ASIDE_LINES]


@dataclass(frozen=True)
class Typed:
    """A text, and the only option that it may be put down as at once: all of them when None."""

    text: str
    means: frozenset[str] | None = None


@cache
def _phrases(language: str) -> tuple[tuple[str, ...], ...]:
    """List by list, so that none is heard of more often for having more lines."""
    known = lexicon(language)
    lists = [*known.groups.values(), *known.lists.values()]
    return tuple(tuple(sorted(" ".join(phrase) for phrase in phrases)) for phrases in lists)


def _number(rng: random.Random, at: Question, _: str) -> Typed:
    place, of = rng.randint(0, 12), rng.choice(["", "/5", " out of 5", "/10", "%", " of 7", "-6"])
    plain = of in ("", "/5", " out of 5") and 1 <= place <= 5
    return Typed(f"{place}{of}", _only(at, place if plain else None, of))


def _only(at: Question, place: int | None, of: str) -> frozenset[str] | None:
    """What a number may be put down as: its place, the ends of other scales, or nothing."""
    if at.item.kind is not Kind.SCALE or of in ("-6",):
        return None
    options = at.item.options
    if place is not None:
        return frozenset({options[place - 1].id})
    return frozenset({options[0].id, options[-1].id})


def _label(rng: random.Random, at: Question, language: str) -> Typed:
    if not at.item.options:
        return _content(rng, at, language)
    option = rng.choice(at.item.options)
    label, content = option.label[language], rng.choice(CONTENT[language])
    text = rng.choice(
        [
            label,
            label.upper(),
            f"{label}!",
            f"{label} {BUT[language]} {content}",
            f"{label}. {content}",
        ]
    )
    return Typed(text, frozenset({option.id}))


def _two_labels(rng: random.Random, at: Question, language: str) -> Typed:
    if at.item.kind is not Kind.SCALE:
        return _content(rng, at, language)
    first, second = (one.label[language] for one in rng.sample(at.item.options, 2))
    return Typed(f"{first} {OR[language]} {second}", frozenset())


def _content(rng: random.Random, _: Question, language: str) -> Typed:
    return Typed(rng.choice(CONTENT[language]), frozenset())


def _change(rng: random.Random, at: Question, language: str) -> Typed:
    names = [*at.item.names.get(language, ()), *adaptive().items["heard"].names[language], "it"]
    label = rng.choice(at.item.options).label[language] if at.item.options else "5"
    return Typed(CHANGE[language].format(rng.choice(names), label))


def _salad(rng: random.Random, _: Question, language: str) -> Typed:
    return Typed(" ".join(map(rng.choice, rng.choices(_phrases(language), k=rng.randint(1, 6)))))


def _noise(rng: random.Random, _: Question, __: str) -> Typed:
    letters = "".join(chr(rng.randint(1, 0x2FF)) for _ in range(rng.randint(0, 30)))
    return Typed(rng.choice([*NOISE, letters]))


GRAMMAR: list[Callable[[random.Random, Question, str], Typed]] = [
    *(_number, _label, _label, _two_labels, _content, _change, _salad, _salad, _noise),
]


def _slip(rng: random.Random, text: str) -> str:
    """A key too many, one too few, or two of them in the wrong order."""
    if len(text) < 2:
        return text
    at = rng.randrange(len(text) - 1)
    return rng.choice(
        [
            text[:at] + text[at + 1 :],
            text[:at] + text[at] * rng.randint(2, 5) + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
            text.replace(" ", rng.choice(["", "  ", "\n", ", ", "... "])),
        ]
    )


class Conversation:
    """One reflection, its answers in a dictionary, as the records would hold them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.language = rng.choice(["en", "es"])
        instrument = adaptive() if self.language == "es" or rng.random() < 0.7 else core()
        plan = Plan(instrument, GOALS, weekly(rng.randint(0, 6)))
        say = load_say(self.language)
        self.asker = Asker(plan, self.language, "Ada Whitfield", say, lexicon(self.language))
        self.answers: dict[str, Answer] = {}
        self.said: set[str] = set()
        self.offered: list[str] = [*TOKENS]
        following = plan.next({})
        assert following is not None
        self.open: Open | None = Open(following.id)
        self.offered += [choice.token for choice in self.shown().choices]

    def shown(self) -> Prompt:
        """What the assistant asks now, as action_ask_answer puts it together."""
        assert self.open is not None
        at = self.asker.plan.question(self.open.question, self.answers)
        if self.open.pending is Pending.SHARE:
            return self.asker.confirm_sharing(self.open.candidates[0])
        if at is None:
            assert self.open.question == REVIEW
            return self.asker.review(self.answers, short=True)
        if self.open.pending is Pending.CONFIRM and self.open.candidates:
            keep = self.open.draft is not None
            return self.asker.confirm(at, self.open.candidates, keep=keep)
        keep = self.open.pending is Pending.KEEP or self.open.draft is not None
        return self.asker.prompt(at, self.answers, short=True, keep=keep)

    def message(self) -> tuple[Heard, Typed | None]:
        assert self.open is not None
        rng = self.rng
        if rng.random() < 0.2:
            latest = [choice.token for choice in self.shown().choices]
            token = rng.choice(latest if rng.random() < 0.6 else self.offered)
            # A tap on the menu stands for an intent.
            intent = "skip" if token == "menu.skip" else "answer"
            return Heard("", intent, token), None
        at = self.asker.plan.question(self.open.question, self.answers) or self._any()
        typed = rng.choice(GRAMMAR)(rng, at, self.language)
        if rng.random() < 0.25:
            typed = Typed(_slip(rng, typed.text))
        elif rng.random() < 0.1:
            more = rng.choice(GRAMMAR)(rng, at, self.language)
            typed = Typed(typed.text + rng.choice([" ", ". ", ", ", "\n"]) + more.text)
        guess, also = rng.choice(GUESSES), rng.choice(ALSO)
        return Heard(typed.text, rng.choice(INTENTS), guess=guess, also=also), typed

    def _any(self) -> Question:
        return self.rng.choice(self.asker.plan.questions(self.answers))

    def hear(self) -> None:
        before = self.open
        assert before is not None
        heard, typed = self.message()
        if typed is not None and not typed.text.strip():
            # The gateway takes no message without words.
            return
        self.said.add(heard.text)
        outcome = take(heard, before, dict(self.answers), self.asker)
        self.check(heard, typed, before, outcome)
        self.answers |= by_question(*outcome.store)
        if outcome.remove is not None:
            self.answers[outcome.remove] = skipped(outcome.remove)
        self.open = outcome.open
        for line in outcome.say:
            assert self.asker.say(line.key, **(VALUES | line.values)).strip() or line.key == "as_is"
        if self.open is not None:
            prompt = self.shown()
            assert prompt.text.strip()
            assert prompt.choices, "something can be tapped"
            self.offered += [choice.token for choice in prompt.choices]
            if self.rng.random() < 0.1:
                # A digression, or a safe message: the open question stays open.
                pending = self.rng.choice([Pending.DELETE, Pending.PAUSE, Pending.SAFETY, None])
                self.open = replace(self.open, pending=pending, draft=None, candidates=())

    def check(self, heard: Heard, typed: Typed | None, before: Open, outcome: Outcome) -> None:
        ends = outcome.share is not None or outcome.erase
        assert (outcome.open is None) is ends
        # An answer and a correction beside it are two.
        most = 1 if take_beside(heard, before, self.answers, self.asker) is None else 2
        assert len(outcome.store) + (outcome.remove is not None) + ends <= most
        if outcome.erase:
            assert before.pending is Pending.DELETE
        if outcome.share is not None:
            assert before.question == REVIEW
        for answer in outcome.store:
            self.check_answer(heard, typed, before, answer)
        if outcome.open is not None and outcome.open.draft is not None:
            assert self.was_said(outcome.open.draft)

    def was_said(self, words: str) -> bool:
        """Whether these are words of the patient's, of one message or of several in lines."""
        said = {text.strip() for text in self.said}
        if any(text.startswith(words.strip()) for text in said):
            # Beside a correction: what was said before it.
            return True
        rest = words
        while rest.strip() not in said:
            begun = [text for text in said if text and rest.startswith(f"{text}\n")]
            if not begun:
                return False
            rest = rest[len(max(begun, key=len)) + 1 :]
        return True

    def check_answer(self, heard: Heard, typed: Typed | None, before: Open, answer: Answer) -> None:
        asked = {one.id: one for one in self.asker.plan.questions(self.answers)}
        assert answer.question in asked
        if answer.words is not None:
            assert self.was_said(answer.words)
        if answer.state is AnswerState.ANSWERED:
            assert answer.value or (answer.words or "").strip()
        if answer.value is None or typed is None:
            return
        shown = before.pending is Pending.CONFIRM and answer.value in before.candidates
        # Two ways of reading that say the same are certain together (decision 0019).
        option = asked[answer.question].item.option(answer.value)
        agreed = option is not None and (heard.guess or "").removeprefix("rated_") in option.says
        here = answer.question == before.question
        if typed.means is not None and not shown and not agreed and here:
            assert answer.value in typed.means
        supported = speaks_for(asked[answer.question], answer.value, heard.text, self.language)
        assert shown or supported


VALUES = {"clinician": "Ada Whitfield", "clinic": "Clinic", "phone": "1", "urgent_phone": "2"}
VALUES |= {"session": "Monday"}


@cache
def load_say(language: str) -> Callable[..., str]:
    return load(language).section("bot")


def speaks_for(at: Question, value: str, text: str, language: str) -> bool:
    """Whether anything in a text can stand for an option: its words, or a number of any kind."""
    option, known = at.item.option(value), lexicon(language)
    assert option is not None
    # Slips count as the word they are put right to; which, tests/reflection/test_slips.py says.
    here = vocabulary(at, known)
    said = mended(tokens(text), here.slipping, known)
    own = {tokens(option.label[language]), *map(tokens, option.words.get(language, ()))}
    own |= {phrase for group in option.says for phrase in known.groups[group]}
    ends = {name for name, (places, _) in here.extremes.items() if places == _place(at, value)}
    own |= {phrase for name in ends for phrase in known.groups[name]}
    own |= known.lists["negators"] if "no" in option.says else frozenset()
    counting = {*known.order["numbers"], *known.order["ordinals"], *known.grades}
    counting |= known.words("star_signs") | known.words("last")
    return (
        any(word in counting or word[0].isdigit() for word in said)
        or any(phrase == said[at : at + len(phrase)] for phrase in own for at in range(len(said)))
        or any((known.extreme(said, start) or ("",))[0] in ends for start in range(len(said)))
        or _speaks_of_the_question(at, said, language)
    )


def _place(at: Question, value: str) -> frozenset[int]:
    return frozenset(place for place, one in enumerate(at.item.options, 1) if one.id == value)


def _speaks_of_the_question(at: Question, said: Tokens, language: str) -> bool:
    """ "I did not feel heard at all": its own words, denied."""
    lists = lexicon(language).lists
    denied = any((word,) in lists["negators"] for word in said)
    return denied and any(
        said[start : start + length] in lists["at_all"]
        for start in range(len(said))
        for length in (1, 2, 3)
    )


def conversations(hand: int) -> Iterator[Conversation]:
    rng = random.Random(hand)
    while True:
        yield Conversation(rng)


@pytest.mark.parametrize("hand", range(HANDS))
def test_no_message_fails_is_misread_or_leads_nowhere(hand: int) -> None:
    left = MESSAGES // HANDS
    for talk in conversations(hand):
        for _ in range(40):
            if talk.open is None:
                break
            talk.hear()
            left -= 1
        if left <= 0:
            break
