"""What keeps somebody from using a page, as a browser shows it."""

from typing import Any

_SMALL = """() => [...document.querySelectorAll('a, button, summary, select, input, textarea')]
    .filter(node => node.checkVisibility() && !node.matches('.skip, [type=hidden]'))
    .map(node => ['radio', 'checkbox'].includes(node.type) ? node.closest('label') ?? node : node)
    .map(node => [node.textContent || node.name, node.getBoundingClientRect()])
    .filter(([, box]) => box.height < 43.9 || box.width < 43.9)
    .map(([name, box]) => `${name.trim()} ${box.width} x ${box.height}`)"""


def violations(page: Any, options: dict[str, Any] | None = None) -> list[str]:
    """What axe finds. It puts a script into the page, which the policy of a page may forbid."""
    # Only the environment of the browser has it.
    from axe_playwright_python.sync_playwright import Axe

    # A click returns when the next page has begun; without its stylesheet it is another page.
    page.wait_for_load_state("load")
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


def too_wide(page: Any) -> list[str]:
    more = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"scrolls {more} pixels sideways"] if more > 0 else []


def too_small(page: Any) -> list[str]:
    """What a finger would miss."""
    return list(page.evaluate(_SMALL))


def barriers(page: Any) -> list[str]:
    return [*violations(page), *too_wide(page), *too_small(page)]
