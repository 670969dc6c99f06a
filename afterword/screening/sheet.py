"""A measurement as JSON, and as sentences and tables (docs/safety-screen.md)."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from afterword.safety.finding import Category, Tier
from afterword.safety.scores import (
    LABELS,
    LANGUAGES,
    NO_DANGER,
    NOT_GIVEN,
    Cell,
    Kind,
    Level,
    Scores,
    Severity,
    Share,
)
from afterword.screening.measuring import Measurement, Screened

SCHEMA = 1
"""Rises when a key goes or changes its meaning; a new key alone does not raise it."""
_SEVERITIES = (Severity.IMMINENT, Severity.ACTIVE, Severity.PASSIVE, Severity.PAST)
_DANGER = (Kind.LIVE, Kind.PAST)
_HEADINGS = ("lines", "any reaction", "same day or above", "now")

Json = dict[str, object]
Wanted = Callable[[Cell], bool]
Row = tuple[str, ...]


def as_json(measurement: Measurement, *, show: bool = False) -> Json:
    """Counts and rates; texts only when they are to be shown."""
    scores = measurement.scores
    sheet: Json = {
        "schema": SCHEMA,
        "screen": {
            "version": measurement.version,
            "layers": list(measurement.layers),
            "missing": list(measurement.missing),
        },
        "seconds": round(measurement.seconds, 3),
        "lines": {
            "total": len(measurement.screened),
            **{kind.value: scores.lines(_of(kind)) for kind in Kind},
            "failed": scores.failed,
        },
        "matrix": [_counted(cell, count) for cell, count in sorted(scores.matrix.items())],
        "overall": _kinds(scores, Kind, lambda cell: True),
        "by_label": {
            str(label): _kinds(scores, _kinds_of(label), _with_label(label))
            for label in (*LABELS, NOT_GIVEN)
        },
        "by_severity": {
            str(severity): _rates(scores, _with_severity(severity))
            for severity in (*_SEVERITIES, NOT_GIVEN)
        },
        "by_language": {
            language: _kinds(scores, Kind, _in_language(language)) for language in LANGUAGES
        },
        "by_tier": {
            tier.word: {kind.value: _share(scores.at(kind, tier)) for kind in Kind} for tier in Tier
        },
        "routes": _routes(scores),
    }
    if show:
        sheet["misses"] = [_shown(one) for one in measurement.screened if one.is_missed]
        sheet["false_alarms"] = [_shown(one) for one in measurement.screened if one.is_false_alarm]
    return sheet


def as_text(measurement: Measurement, *, show: bool = False) -> str:
    """Sentences first, then tables; texts only when they are to be shown."""
    parts = ["\n".join(_sentences(measurement)), *_tables(measurement.scores)]
    if show:
        missed = [one for one in measurement.screened if one.is_missed]
        wrong = [one for one in measurement.screened if one.is_false_alarm]
        parts += [_list("missed", missed), _list("false alarms", wrong)]
    return "\n\n".join(parts)


def _counted(cell: Cell, count: int) -> Json:
    return {
        "lang": cell.language,
        "label": str(cell.label),
        "severity": str(cell.severity),
        "tier": cell.tier.word,
        "count": count,
    }


def _of(kind: Kind) -> Wanted:
    return lambda cell: cell.kind is kind


def _with_label(label: str) -> Wanted:
    return lambda cell: cell.label == label


def _in_language(language: str) -> Wanted:
    return lambda cell: cell.language == language


def _with_severity(severity: str) -> Wanted:
    """Lines of danger. A severity of none says no more there than one that is not given."""

    def wanted(cell: Cell) -> bool:
        given = NOT_GIVEN if cell.severity == Severity.NONE else cell.severity
        return cell.kind in _DANGER and given == severity

    return wanted


def _both(first: Wanted, second: Wanted) -> Wanted:
    return lambda cell: first(cell) and second(cell)


def _kinds_of(label: str) -> Sequence[Kind]:
    if label == NOT_GIVEN:
        return (Kind.UNLABELLED,)
    return (Kind.HARMLESS,) if label == NO_DANGER else _DANGER


def _kinds(scores: Scores, kinds: Iterable[Kind], wanted: Wanted) -> Json:
    return {kind.value: _rates(scores, _both(_of(kind), wanted)) for kind in kinds}


def _rates(scores: Scores, wanted: Wanted) -> Json:
    return {
        "lines": scores.lines(wanted),
        **{level.value: _share(scores.share(wanted, level)) for level in Level},
    }


def _share(share: Share) -> Json:
    low, high = share.interval or (None, None)
    return {
        "count": share.count,
        "rate": _rounded(share.rate),
        "low": _rounded(low),
        "high": _rounded(high),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _routes(scores: Scores) -> Json:
    routes = scores.routes
    return {
        Category.ABUSE_BY_CLINICIAN.value: {
            "lines": routes.conduct,
            "safeguarding": _share(routes.safeguarding),
            "duty_only": _share(routes.duty_only),
            "nobody": _share(routes.nobody),
        },
        "others": {"lines": routes.others.of, "safeguarding": _share(routes.others)},
    }


def _shown(one: Screened) -> Json:
    return {
        "file": one.line.file,
        "line": one.line.number,
        "text": one.line.text,
        "lang": one.line.language,
        "label": one.line.label,
        "severity": one.line.severity,
        "expected": _expected(one),
        "tier": one.tier.word,
        "evidence": list(one.evidence),
    }


def _expected(one: Screened) -> str:
    if one.line.label == Category.ABUSE_BY_CLINICIAN:
        return "safeguarding"
    return "no_reaction" if one.outcome.cell.kind is Kind.HARMLESS else "reaction"


def _sentences(measurement: Measurement) -> Iterator[str]:
    scores = measurement.scores
    yield _reactions(scores, Kind.LIVE, "about live danger")
    yield _reactions(scores, Kind.PAST, "about danger in the past")
    yield _reactions(scores, Kind.HARMLESS, "without danger", "; these are false alarms")
    routes = scores.routes
    if routes.conduct:
        yield (
            f"Of {_lines(routes.conduct)} about a clinician's conduct "
            f"{_said(routes.safeguarding)} went to safeguarding, {routes.duty_only.count} to the "
            f"duty contact alone, {routes.nobody.count} to nobody."
        )
    if routes.others.of:
        yield f"Of {_lines(routes.others.of)} about anything else {routes.others.count} went there."
    if unlabelled := scores.lines(_of(Kind.UNLABELLED)):
        yield f"{_lines(unlabelled)} without a label: only counted."
    if scores.failed:
        yield f"{_lines(scores.failed)} took too long or met an error; each of them got a reaction."
    yield (
        f"Screened {_lines(len(measurement.screened))} in {measurement.seconds:.1f} s with "
        f"{measurement.version}. Intervals are Wilson's, 95 %."
    )
    if measurement.missing:
        yield f"These layers were off or did not work: {', '.join(measurement.missing)}."


def _reactions(scores: Scores, kind: Kind, about: str, end: str = "") -> str:
    any_, same_day, now = (scores.share(_of(kind), level) for level in Level)
    if not any_.of:
        return f"There are no lines {about}."
    return (
        f"Of {_lines(any_.of)} {about} {any_.count} got a reaction ({_percent(any_)}), "
        f"{same_day.count} of the tier same day or above ({_percent(same_day)}), "
        f"{now.count} of the tier now ({_percent(now)}){end}."
    )


def _lines(count: int) -> str:
    return f"{count} line" if count == 1 else f"{count} lines"


def _said(share: Share) -> str:
    return f"{share.count} ({_percent(share)})" if share.of else "none"


def _percent(share: Share) -> str:
    """`93 %, 90-95 %`, as it stands in sentences and in tables."""
    if share.rate is None or share.interval is None:
        return "-"
    low, high = share.interval
    return f"{_number(share.rate)} %, {_number(low)}-{_number(high)} %"


def _number(rate: float) -> str:
    """Finer near both ends, where tenths matter."""
    percent = 100 * rate
    if 10 <= percent <= 99 or percent in (0, 100):
        return f"{percent:.0f}"
    return f"{percent:.2f}" if min(percent, 100 - percent) < 0.1 else f"{percent:.1f}"


def _tables(scores: Scores) -> Iterator[str]:
    yield _table(("overall", *_HEADINGS), _rows(scores, ((one, _of(one)) for one in Kind)))
    labels = (
        (f"{label}, {kind}", _both(_with_label(label), _of(kind)))
        for label in (*LABELS, NOT_GIVEN)
        for kind in _kinds_of(label)
    )
    yield _table(("by label", *_HEADINGS), _rows(scores, labels))
    severities = ((one, _with_severity(one)) for one in (*_SEVERITIES, NOT_GIVEN))
    yield _table(("danger by severity", *_HEADINGS), _rows(scores, severities))
    languages = (
        (f"{language}, {kind}", _both(_in_language(language), _of(kind)))
        for language in LANGUAGES
        for kind in Kind
    )
    yield _table(("by language", *_HEADINGS), _rows(scores, languages))
    yield _table(
        ("by tier", *Kind),
        [(tier.word, *(_said(scores.at(kind, tier)) for kind in Kind)) for tier in Tier],
    )


def _rows(scores: Scores, wanted: Iterable[tuple[str, Wanted]]) -> list[Row]:
    """A row for each name that has lines at all."""
    return [
        (name, str(lines), *(_said(scores.share(cells, level)) for level in Level))
        for name, cells in wanted
        if (lines := scores.lines(cells))
    ]


def _table(headings: Row, rows: Sequence[Row]) -> str:
    columns = list(zip(headings, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (headings, *rows)
    )


def _list(title: str, shown: Sequence[Screened]) -> str:
    return "\n".join([f"{title}: {len(shown)}", *(_one(one) for one in shown)])


def _one(one: Screened) -> str:
    return (
        f"{one.line.file}:{one.line.number}: {one.line.label}, {one.line.severity}, "
        f"{one.line.language}; expected {_expected(one)}, got {one.tier.word} "
        f"[{', '.join(one.evidence)}]\n    {_printable(one.line.text)}"
    )


def _printable(text: str) -> str:
    """On one line, and without what would steer a terminal."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )
