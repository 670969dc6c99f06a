"""What is wrong with a text before patients read it: each finding says how much it weighs."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from afterword.reflection.editions import fold
from afterword.wording import lengths
from afterword.wording.braces import BracesBroken, fits, names_in
from afterword.wording.changes import Change, holding
from afterword.wording.licence import read_as
from afterword.wording.places import FIXED, Place, Shape, Text, why_fixed
from afterword.wording.reading import EASY, school_grade
from afterword.wording.tone import TELLING, UNWANTED, unwanted

HARDEST = EASY + 2
"""A formula errs by a year or two of school, and not by three."""
LONGEST, LONGEST_BUTTON = 800, 80
CODES = (
    *(f"fixed_{one}" for one in FIXED),
    *("empty", "same", "gone", "signs", "long", "braces", "name_missing", "name_unknown"),
    *("must_say", "published", "contact", "hard", "hard_reason", "hard_staff", "mail_tells"),
    *("same_option", "screened"),
    *("other_language", "length_phone", "length_sms", "length_button", "length_telegram"),
    *("length_whatsapp", *(f"tone_{one}" for one in UNWANTED)),
)
"""All codes of findings."""
# What a patient may choose to say of themselves is not said by the assistant.
_NOT_IN_OPTIONS = {"diagnosis", "danger", "promise", "threat"}
_CONTACT = re.compile(r"https?:|www\.|\b[\w.]+@[\w.]+|\+?\d[\d ()-]{4,}\d", re.IGNORECASE)
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Cn"}


class Weight(StrEnum):
    """Refused stands in the way; a reason is asked for what may be meant; the rest is told."""

    REFUSED = "refused"
    REASON = "reason"
    TOLD = "told"


@dataclass(frozen=True)
class Finding:
    """`code` names the sentence, `values` what stands in it."""

    code: str
    weight: Weight
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Around:
    """What stands around a text: what it says now by language, the other options beside it, and
    the hashes of published questionnaires. `alarms`: the safety screen takes a tap on it for words
    of danger."""

    now: Mapping[str, str]
    published: frozenset[str] = frozenset()
    beside: Sequence[str] = ()
    alarms: bool = False


def check(text: Text, language: str, new: str, around: Around) -> list[Finding]:
    """All findings about a new text in a language, the weightiest first."""
    if text.fixed:
        return [Finding(f"fixed_{text.fixed}", Weight.REFUSED)]
    if not new.strip():
        return [Finding("empty", Weight.REFUSED)]
    if new == around.now.get(language):
        return [Finding("same", Weight.REFUSED)]
    shipped = text.shipped.get(language, "")
    found = [
        *_signs(text, new, shipped),
        *_braces(text, new, shipped),
        *_must_say(text, language, new),
        *_tone(text, new, shipped),
        *_mail(text, new, shipped),
        *_strangers(new, shipped, around),
        *_grade(text, language, new, shipped),
        *(_lengths(text, new, shipped) if text.for_patients else ()),
        *_others(text, language, new, around),
    ]
    return sorted(found, key=lambda one: list(Weight).index(one.weight))


def refused(findings: Sequence[Finding], *, with_reason: bool) -> bool:
    """Whether a text may not go live; `with_reason`: somebody ticked that it is meant so."""
    weights = {one.weight for one in findings}
    return Weight.REFUSED in weights or (Weight.REASON in weights and not with_reason)


def review(
    texts: Mapping[str, Text], changes: Sequence[Change], published: frozenset[str]
) -> list[tuple[str, str, Finding]]:
    """What is wrong with all changes that hold, by language and key: an update may have made it so.

    A text that is not there any more, and one that is changed in one language only, are told.
    """
    held = holding(changes)
    found = []
    for (language, key), change in sorted(held.items()):
        text = texts.get(key)
        if text is None or language not in text.shipped:
            code = f"fixed_{why_fixed(key)}" if why_fixed(key) else "gone"
            found.append((language, key, Finding(code, Weight.TOLD)))
            continue
        now = {
            one: held[one, key].text if (one, key) in held else shipped
            for one, shipped in text.shipped.items()
        }
        around = Around({**now, language: ""}, published, labels_beside(texts, held, key, language))
        found += [
            (language, key, one)
            for one in check(text, language, change.text, around)
            if one.code != "other_language" or (one.values["language"], key) not in held
        ]
    return found


def labels_beside(
    texts: Mapping[str, Text],
    held: Mapping[tuple[str, str], Change],
    key: str,
    language: str,
) -> list[str]:
    """What the other options say that stand beside this one."""
    text = texts[key]
    if text.shape is not Shape.OPTION:
        return []
    return [
        held[language, other.key].text
        if (language, other.key) in held
        else other.shipped.get(language, "")
        for other in texts.values()
        if other.shape is Shape.OPTION
        and (other.item, other.scale) == (text.item, text.scale)
        and other.key != key
    ]


def _signs(text: Text, new: str, shipped: str) -> Iterator[Finding]:
    lines = "\n" in shipped or text.place is Place.MAILS
    if any(unicodedata.category(one) in _UNSEEN and not (one == "\n" and lines) for one in new):
        yield Finding("signs", Weight.REFUSED)
    most = LONGEST if text.shape is Shape.LINE else LONGEST_BUTTON
    if len(new) > most:
        yield Finding("long", Weight.REFUSED, {"most": str(most), "count": str(len(new))})


def _braces(text: Text, new: str, shipped: str) -> Iterator[Finding]:
    wider = text.shipped.get("en", "")
    if fits(shipped, new, wider):
        return
    try:
        given = names_in(new)
    except BracesBroken:
        yield Finding("braces", Weight.REFUSED)
        return
    needed, known = names_in(shipped), names_in(shipped) | names_in(wider)
    for name in sorted(needed - given):
        yield Finding("name_missing", Weight.REFUSED, {"name": f"{{{name}}}"})
    for name in sorted(given - known):
        yield Finding("name_unknown", Weight.REFUSED, {"name": f"{{{name}}}"})


def _must_say(text: Text, language: str, new: str) -> Iterator[Finding]:
    for said in text.must_say(language):
        if said.casefold() not in new.casefold():
            yield Finding("must_say", Weight.REFUSED, {"said": said})


def _tone(text: Text, new: str, shipped: str) -> Iterator[Finding]:
    weight = Weight.REFUSED if text.for_patients else Weight.TOLD
    for kind, words in unwanted(new, shipped):
        own_words = text.shape is Shape.OPTION and kind not in _NOT_IN_OPTIONS
        # What a clinician may open with is said by a person.
        by_a_person = kind == "person" and not text.for_patients
        if not own_words and not by_a_person:
            yield Finding(f"tone_{kind}", weight, {"words": words.strip()})


def _mail(text: Text, new: str, shipped: str) -> Iterator[Finding]:
    """Whoever looks at a preview on a locked phone must not learn that somebody is in danger."""
    if text.place is Place.MAILS:
        for one in TELLING.finditer(new):
            if one[0].casefold() not in shipped.casefold():
                yield Finding("mail_tells", Weight.REFUSED, {"words": one[0]})
                return


def _strangers(new: str, shipped: str, around: Around) -> Iterator[Finding]:
    if not around.published.isdisjoint(read_as(new)):
        yield Finding("published", Weight.REFUSED)
    for one in _CONTACT.finditer(new):
        if one[0] not in shipped:
            yield Finding("contact", Weight.REFUSED, {"words": one[0]})
            return


def _grade(text: Text, language: str, new: str, shipped: str) -> Iterator[Finding]:
    grade = school_grade(new, language)
    values = {"grade": f"{grade:.1f}", "easy": f"{EASY:g}"}
    if not text.for_patients:
        if grade > max(EASY, school_grade(shipped, language)):
            yield Finding("hard_staff", Weight.TOLD, values)
    elif grade > HARDEST:
        yield Finding("hard", Weight.REFUSED, values)
    elif grade > EASY:
        yield Finding("hard_reason", Weight.REASON, values)


def _lengths(text: Text, new: str, shipped: str) -> Iterator[Finding]:
    """Longer than it is where it is shown, and longer than it was."""
    if text.shape is Shape.LINE:
        yield from _over("phone", lengths.phone_lines(new), 2, lengths.phone_lines(shipped))
        yield from _over("sms", lengths.sms(new)[0], lengths.SMS_SHORT, lengths.sms(shipped)[0])
        return
    width = lengths.PHONE_BUTTON
    lines = [lengths.phone_lines(one, width) for one in (new, shipped)]
    sizes = [len(one.encode()) for one in (new, shipped)]
    yield from _over("button", lines[0], 2, lines[1])
    yield from _over("telegram", sizes[0], lengths.TELEGRAM_BYTES, sizes[1])
    yield from _over("whatsapp", len(new), lengths.WHATSAPP_BUTTON, len(shipped))


def _over(code: str, count: int, limit: int, before: int) -> Iterator[Finding]:
    if count > max(limit, before):
        values = {"count": str(count), "limit": str(limit)}
        yield Finding(f"length_{code}", Weight.TOLD, values)


def _others(text: Text, language: str, new: str, around: Around) -> Iterator[Finding]:
    if any(fold(new) == fold(one) for one in around.beside):
        yield Finding("same_option", Weight.REFUSED)
    if around.alarms and text.shape is Shape.OPTION:
        yield Finding("screened", Weight.REFUSED)
    if fold(new) == fold(around.now.get(language, "")):
        return
    for other in text.shipped:
        if other != language:
            yield Finding("other_language", Weight.TOLD, {"language": other})
