"""An evaluation as JSON, and as sentences and tables (docs/understanding.md)."""

from collections.abc import Callable, Iterable, Sequence

from afterword.evaluation.lines import CONTEXTS, DIGRESSIONS, KINDS, LANGUAGES
from afterword.evaluation.outcomes import Verdict, heard_both
from afterword.evaluation.running import Evaluation, Judged
from afterword.safety.scores import Share

SCHEMA = 1
"""Rises when a key goes or changes its meaning; a new key alone does not raise it."""
_OPEN = ("open_text", "wish")
_SURE = ("rating", "rating_and_words")
_VERDICTS = tuple(Verdict)

Json = dict[str, object]
Wanted = Callable[[Judged], bool]


def headlines(judged: Sequence[Judged]) -> dict[str, Share]:
    """The figures that decide whether the assistant is good enough."""
    sure = [one for one in judged if one.line.expected.kind in _SURE]
    scales = [one for one in judged if one.line.expected.kind in (*_SURE, "rating_range")]
    digressions = [one for one in judged if one.line.expected.kind == "digression"]
    words = [
        one for one in judged if one.line.expected.kind == "words" and one.line.context in _OPEN
    ]
    second = [one for one in judged if one.line.expected.also]
    return {
        "sure ratings read right": _share(sure, _is(Verdict.RIGHT)),
        "ratings stored wrong, unasked": _share(scales, _stored_wrong),
        "digressions recognised": _share(digressions, _is(Verdict.RIGHT)),
        "answers to open questions taken for a digression": _share(words, _diverted),
        "second requests heard": _share(second, _heard_both),
        "all lines wrong, unasked": _share(judged, _is(Verdict.WRONG)),
    }


def as_json(evaluation: Evaluation, *, show: bool = False) -> Json:
    """Counts and rates; texts only when they are to be shown."""
    judged = evaluation.judged
    sheet: Json = {
        "schema": SCHEMA,
        "model": evaluation.model,
        "seconds": round(evaluation.seconds, 1),
        "lines": len(judged),
        "headlines": {
            language: {name: _plain(share) for name, share in headlines(part).items()}
            for language in LANGUAGES
            if (part := _in(judged, language))
        },
        "by_kind": _counts(judged, KINDS, lambda one: one.line.expected.kind),
        "by_context": _counts(judged, CONTEXTS, lambda one: one.line.context),
        "by_language": _counts(judged, LANGUAGES, lambda one: one.line.language),
        "by_digression": _counts(
            judged, tuple(DIGRESSIONS), lambda one: one.line.expected.name or ""
        ),
    }
    if show:
        sheet["not_right"] = [_shown(one) for one in judged if one.verdict is not Verdict.RIGHT]
    return sheet


def as_text(evaluation: Evaluation, *, show: bool = False) -> str:
    """Sentences first, then tables; texts only when they are to be shown."""
    judged = evaluation.judged
    parts = [f"Read {len(judged)} lines in {evaluation.seconds:.1f} s with {evaluation.model}."]
    for language in LANGUAGES:
        part = _in(judged, language)
        if part:
            rows = [(name, _said(share)) for name, share in headlines(part).items()]
            parts.append(_table((language, "share"), rows))
    for title, names, of in (
        ("by kind", KINDS, lambda one: one.line.expected.kind),
        ("by context", CONTEXTS, lambda one: one.line.context),
        ("by digression", tuple(DIGRESSIONS), lambda one: one.line.expected.name or ""),
    ):
        parts.append(_tabulated(title, judged, names, of))
    if show:
        parts += [
            f"{one.line.place}: {one.verdict}, {one.line.language} at {one.line.context}; expected "
            f"{_named(one.line.expected)}, got {_named(one.done)}\n    {one.line.text!r}"
            for one in judged
            if one.verdict is not Verdict.RIGHT
        ]
    return "\n\n".join(parts)


def _tabulated(
    title: str, judged: Sequence[Judged], names: Sequence[str], of: Callable[[Judged], str]
) -> str:
    rows = []
    for name in names:
        part = [one for one in judged if of(one) == name]
        if part:
            shares = [_said(_share(part, _is(wanted))) for wanted in _VERDICTS]
            rows.append((name, str(len(part)), *shares))
    return _table((title, "lines", *_VERDICTS), rows)


def _counts(judged: Sequence[Judged], names: Sequence[str], of: Callable[[Judged], str]) -> Json:
    found: Json = {}
    for name in names:
        part = [one for one in judged if of(one) == name]
        if part:
            found[name] = {wanted.value: _plain(_share(part, _is(wanted))) for wanted in _VERDICTS}
    return found


def _in(judged: Iterable[Judged], language: str) -> list[Judged]:
    return [one for one in judged if one.line.language == language]


def _is(wanted: Verdict) -> Wanted:
    return lambda one: one.verdict is wanted


def _stored_wrong(one: Judged) -> bool:
    return one.verdict is Verdict.WRONG


def _heard_both(one: Judged) -> bool:
    return heard_both(one.line.expected, one.done)


def _diverted(one: Judged) -> bool:
    return one.done.kind == "digression" and one.verdict is Verdict.WRONG


def _share(judged: Iterable[Judged], wanted: Wanted) -> Share:
    known = list(judged)
    return Share(sum(1 for one in known if wanted(one)), len(known))


def _plain(share: Share) -> Json:
    return {
        "count": share.count,
        "of": share.of,
        "rate": share.rate,
        "interval": list(share.interval) if share.interval else None,
    }


def _said(share: Share) -> str:
    if share.rate is None or share.interval is None:
        return "none"
    low, high = share.interval
    return f"{share.count} of {share.of} ({share.rate:.1%}, {low:.1%} to {high:.1%})"


def _named(one: object) -> str:
    known = {name: value for name, value in vars(one).items() if value not in (None, (), False)}
    return ", ".join(f"{name} {value}" for name, value in known.items())


def _shown(one: Judged) -> Json:
    return {
        "place": one.line.place,
        "context": one.line.context,
        "text": one.line.text,
        "expected": _named(one.line.expected),
        "got": _named(one.done),
        "verdict": one.verdict.value,
        "confidence": one.confidence,
    }


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    columns = list(zip(headings, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (headings, *rows)
    )
