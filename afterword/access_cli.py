"""The tables of who may do what, as a page: `afterword access`."""

from collections.abc import Iterable, Iterator

import typer

from afterword.access.policy import NOTED, RULES, Relation
from afterword.access.routes import ACTION_SERVER, GROUPS, Caller, Key, Row

_ABOUT = """\
# Who may do what

Made by `afterword access` from `afterword/access/policy.py` and `afterword/access/routes.py`; a
test holds this page and the tables together. How it works: [audit](audit.md),
[decision 24](decisions/0024-one-policy-in-two-tables.md). What no row allows is forbidden, and
looks like what does not exist.

A request passes two gates. The **path** asks who comes: by role, by what they are a contact for,
and whether the second factor was given within the last five minutes. The **record** asks how they
stand to the very thing that they ask for, at this moment, in the same transaction that reads it."""
_ACTIONS = """\
## What can be done, and who may

One relation that is named is enough. *Audit*: whether a row is left when it is allowed; what is
refused always leaves one."""
_ROUTES = """\
## The paths

*Fresh*: the second factor has to be given anew before."""
_SERVER = """\
## The action server

Another process, on the loopback address only."""


def access() -> None:
    """Print the tables of who may do what as Markdown: rules, then every path."""
    typer.echo("\n".join(page()))


def page() -> Iterator[str]:
    """The lines of `docs/access.md`."""
    yield from (_ABOUT, "", _ACTIONS, "", "| to | may | audit |", "|---|---|---|")
    for action, relations in RULES.items():
        who = "; ".join(one for one in Relation if one in relations)
        yield f"| {action} | {who} | {'yes' if action in NOTED else 'no'} |"
    yield from ("", _ROUTES)
    for name, rows in GROUPS.items():
        yield from ("", f"### {name[0].upper()}{name[1:]}", "")
        yield from _table(rows.items())
    yield from ("", _SERVER, "")
    yield from _table(ACTION_SERVER.items())


def _table(rows: Iterable[tuple[Key, Row]]) -> Iterator[str]:
    yield from ("| path | who comes in | leads to | fresh |", "|---|---|---|---|")
    for (method, path), row in rows:
        callers = "; ".join(one for one in Caller if one in row.callers)
        named = "; ".join(row.actions)
        yield f"| `{method} {path}` | {callers} | {named} | {'yes' if row.fresh else ''} |"
