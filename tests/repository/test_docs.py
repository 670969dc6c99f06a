"""The documents say what is there: routes, commands, settings, files, tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from starlette.routing import Mount, Route
from typer.core import TyperGroup

from afterword.cli import cli
from afterword.records.vault import create_key_file
from afterword.screening.screener import LAYERS
from afterword.settings import PREFIX, PROJECT, Settings
from afterword.web import make_app

DOCS = PROJECT / "docs"
API = DOCS / "api.md"
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
PAGES = [*sorted(PROJECT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
SAFETY_PAGES = ("clinical-safety", "safety-model", "safety-screen")
HEADINGS = ["Context", "Decision", "Consequences"]
# Set by our own commands, never by whoever installs.
NOT_FOR_ENV_FILES = {"assistant_url", "actions_url", "demo"}

CODE = "actions|afterword|bench|bot|requirements|scripts|tests"
ROOMS = f"{CODE}|data|docs|help|instruments|locales|safety"
# Not after a slash, a dot or a dash: those are parts of routes, addresses and other names.
NAMED_PATH = re.compile(rf"(?<![\w/.<-])((?:{ROOMS})/[\w./*-]*\w/?)(?:::(\w+))?")
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)?(?:#([\w-]+))?\)")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def short(page: Path) -> str:
    return page.relative_to(PROJECT).as_posix()


@cache
def described() -> set[str]:
    """`METHOD path` of each route that has a heading of its own."""
    headings = re.findall(r"^### (.+)$", text_of(API), flags=re.MULTILINE)
    return {
        f"{method} {path}"
        for heading in headings
        for method, path in re.findall(r"`([A-Z]+) (\S+)`", heading)
    }


def served_by_web(folder: Path) -> Iterator[str]:
    """Gateway and portal as they are served together, with the page of the demo."""
    # Made without looking at the environment of whoever runs the tests.
    settings = Settings.model_construct(data_dir=folder, demo=True)
    create_key_file(settings.keys)
    for route in make_app(settings).routes:
        if isinstance(route, Mount):
            yield f"GET {route.path}/{{path}}"
        elif isinstance(route, Route):
            yield from (
                f"{method} {route.path}" for method in route.methods or () if method != "HEAD"
            )


def served_by_rasa() -> Iterator[str]:
    source = text_of(PROJECT / "bot" / "channel.py")
    for method, path in re.findall(r"@blueprint\.(\w+)\(\"([^\"]+)\"\)", source):
        yield f"{method.upper()} /webhooks/afterword{path}"


def served_by_actions() -> Iterator[str]:
    source = text_of(PROJECT / "actions" / "server.py")
    for path, methods in re.findall(r"Route\(\"([^\"]+)\", \w+(.*?)\)", source):
        yield f"{'POST' if 'POST' in methods else 'GET'} {path}"


def test_every_route_is_described_and_every_described_route_is_served(tmp_path: Path) -> None:
    rasa, actions = set(served_by_rasa()), set(served_by_actions())
    assert rasa
    assert actions
    assert described() == {*served_by_web(tmp_path), *rasa, *actions}


def commands() -> list[str]:
    """`db upgrade` and the like, hidden ones too."""

    def walk(group: TyperGroup, start: str) -> Iterator[str]:
        for name, command in group.commands.items():
            if isinstance(command, TyperGroup):
                yield from walk(command, f"{start}{name} ")
            else:
                yield f"{start}{name}"

    top = typer.main.get_command(cli)
    assert isinstance(top, TyperGroup)
    return list(walk(top, ""))


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_documents(command: str) -> None:
    everything = "\n".join(map(text_of, PAGES))
    assert re.search(rf"\bafterword {re.escape(command)}\b", everything)


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(PROJECT / "Makefile"), flags=re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"(?:`|^)make ([a-z-]+)", text_of(page))}
    assert named
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_every_path_that_is_named_exists(page: Path) -> None:
    missing = [
        path
        for path, _ in NAMED_PATH.findall(IMAGE.sub("", text_of(page)))
        if not ((PROJECT / path).exists() or any(PROJECT.glob(path)))
    ]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_every_test_that_is_named_exists(page: Path) -> None:
    missing = [
        f"{path}::{name}"
        for path, name in NAMED_PATH.findall(text_of(page))
        if name and not re.search(rf"^ *def {name}\(", text_of(PROJECT / path), re.MULTILINE)
    ]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_every_link_leads_somewhere(page: Path) -> None:
    for path, place in LINK.findall(IMAGE.sub("", text_of(page))):
        target = page.parent / path if path else page
        assert target.exists(), path
        if place:
            titles = re.findall(r"^#+ (.+)$", text_of(target), flags=re.MULTILINE)
            assert place in {title.lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_every_picture_exists_and_is_described(page: Path) -> None:
    for description, path in IMAGE.findall(text_of(page)):
        assert len(description.split()) > 3, f"{path} needs words for those who cannot see it"
        assert (page.parent / path).is_file(), f"{path}: `make demo ARGS=--tour` takes pictures"


def test_the_first_page_leads_to_what_a_clinic_has_to_read_first() -> None:
    leads_to = {path for path, _ in LINK.findall(text_of(PROJECT / "README.md"))}
    assert {f"docs/{name}.md" for name in SAFETY_PAGES} <= leads_to


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_a_place_for_figures_is_closed(page: Path) -> None:
    marks = re.findall(r"<!-- (/?)([a-z ]+) -->", text_of(page))
    opened = [name for slash, name in marks if not slash]
    assert opened == [name for slash, name in marks if slash]
    assert len(set(opened)) == len(opened)


def test_every_language_and_country_is_named_to_the_clinic() -> None:
    text = text_of(DOCS / "clinical-safety.md")
    rules = [folder.name for folder in (PROJECT / "safety").iterdir() if has_rules(folder)]
    assert rules
    assert all(f"`safety/{name}/" in text for name in rules)
    assert all(f"`help/{file.name}`" in text for file in (PROJECT / "help").glob("*.yml"))


def has_rules(folder: Path) -> bool:
    return (folder / "groups.yml").is_file()


def test_every_layer_that_can_be_switched_off_is_explained() -> None:
    text = text_of(DOCS / "clinical-safety.md")
    assert all(f"`{layer}`" in text for layer in LAYERS)


@pytest.mark.parametrize("page", DECISIONS, ids=short)
def test_a_decision_has_its_three_parts(page: Path) -> None:
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page.name)
    assert text_of(page).startswith(f"# {page.name[:4]} ")
    found = re.findall(r"^## (.+)$", text_of(page), flags=re.MULTILINE)
    assert found[: len(HEADINGS)] == HEADINGS


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


def explained_settings() -> dict[str, str]:
    """Field of Settings -> its docstring."""
    tree = ast.parse(text_of(PROJECT / "afterword" / "settings.py"))
    body = next(
        node.body
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == "Settings"
    )
    explained = {}
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            assert isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            explained[field.target.id] = str(below.value.value)
    return explained


def test_the_settings_file_lists_every_setting_with_its_reason() -> None:
    explained = explained_settings()
    assert explained.keys() == Settings.model_fields.keys()
    lines = text_of(PROJECT / ".env.example").splitlines()
    listed = [found[1] for line in lines if (found := re.match(rf"#{PREFIX}(\w+)=", line))]
    wanted = [name for name in explained if name not in NOT_FOR_ENV_FILES]
    assert listed == [name.upper() for name in wanted]
    for name in wanted:
        assert f"# {explained[name]}" in lines
    assert all(line.startswith("#") for line in lines if line), "defaults are commented out"


def test_the_settings_file_gives_the_defaults() -> None:
    text = text_of(PROJECT / ".env.example")
    given = dict(re.findall(rf"^#{PREFIX}(\w+)=(.*)$", text, flags=re.MULTILINE))
    default = Settings.model_construct()
    derived = {"DATABASE_URL": default.database, "TRACKER_URL": default.trackers}
    derived["KEY_FILE"] = str(default.keys)
    derived["MODEL_KEY_FILE"] = str(default.model_key)
    derived["TOMBSTONES"] = str(default.tombstone_file)
    for name, value in given.items():
        field = getattr(default, name.lower())
        here = derived.get(name, "" if field is None else str(field))
        assert value == here.replace(f"{PROJECT}/", ""), name
