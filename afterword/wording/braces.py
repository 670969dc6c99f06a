"""The names in braces that are filled in when a text is shown."""

from string import Formatter


class BracesBroken(ValueError):
    """A brace is left open, or holds something else than a name."""


def names_in(text: str) -> frozenset[str]:
    """The names in the braces of a text. Raises BracesBroken."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise BracesBroken from None
    names = set()
    for _, name, spec, conversion in parts:
        if name is None:
            continue
        # {clinic.id}, {clinic!r}, {clinic:>9} and {0} reach further than a text should.
        if spec or conversion or not name.isidentifier():
            raise BracesBroken
        names.add(name)
    return frozenset(names)


def fits(shipped: str, text: str, wider: str = "") -> bool:
    """Whether a text can stand in for the shipped one: all its names, and no other.

    `wider` is the line of another language, whose names are known as well.
    """
    try:
        needed, given = names_in(shipped), names_in(text)
    except BracesBroken:
        return False
    return needed <= given <= needed | names_in(wider)
