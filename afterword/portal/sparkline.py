"""A small line of somebody's own earlier answers, drawn on the server as SVG."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

EARLIER_NEEDED = 3
EARLIER_SHOWN = 6
_STEP, _HEIGHT, _MARGIN = 18, 34, 6

Point = tuple[float, float]


def has_trend(history: Sequence[int | None]) -> bool:
    """Whether there are enough earlier answers to show how they went."""
    return sum(value is not None for value in history) >= EARLIER_NEEDED


def sparkline(history: Sequence[int | None], now: int | None, of: int, label: str) -> Markup:
    """The last earlier values and the present one, from 1 at the bottom to `of` at the top.

    None is a gap: a missing answer is no value. `label` is read out in place of the picture.
    Returns empty Markup where there are too few earlier answers for a trend.
    """
    if not has_trend(history):
        return Markup()
    values = [*history[-EARLIER_SHOWN:], now]
    points = [_point(at, value, of) for at, value in enumerate(values)]
    width = 2 * _MARGIN + _STEP * (len(values) - 1)
    lines = Markup().join(
        Markup('<polyline points="{}"/>').format(" ".join(f"{x:g},{y:g}" for x, y in run))
        for run in _runs(points)
    )
    dots = Markup().join(
        Markup('<circle class="{}" cx="{:g}" cy="{:g}" r="{}"/>').format(
            "now" if at == len(points) - 1 else "then",
            *point,
            4 if at == len(points) - 1 else 2,
        )
        for at, point in enumerate(points)
        if point is not None
    )
    return Markup(
        '<svg class="spark" role="img" aria-label="{}" viewBox="0 0 {} {}" '
        'width="{}" height="{}" focusable="false">{}{}{}</svg>'
    ).format(label, width, _HEIGHT, width, _HEIGHT, _frame(width), lines, dots)


def _frame(width: int) -> Markup:
    edge = Markup('<line class="edge" x1="0" y1="{0}" x2="{1}" y2="{0}"/>')
    return edge.format(_MARGIN, width) + edge.format(_HEIGHT - _MARGIN, width)


def _point(at: int, value: int | None, of: int) -> Point | None:
    if value is None:
        return None
    share = (value - 1) / (of - 1) if of > 1 else 1.0
    return _MARGIN + _STEP * at, round(_HEIGHT - _MARGIN - share * (_HEIGHT - 2 * _MARGIN), 1)


def _runs(points: Sequence[Point | None]) -> Iterator[list[Point]]:
    """Stretches of neighbouring points; a line never crosses a gap."""
    run: list[Point] = []
    for point in [*points, None]:
        if point is not None:
            run.append(point)
            continue
        if len(run) > 1:
            yield run
        run = []
