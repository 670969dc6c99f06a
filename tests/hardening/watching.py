"""A browser page that remembers what should never happen: dialogs, errors, reports, strangers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from serving import serving

from .house import House

# What a page of ours has no use for, or would have to say itself: attributes that run something,
# addresses that do, and elements that only a payload brings.
STRANGE = """() => {
  const found = [];
  const foreign = "iframe,object,embed,base,style,template,noscript,math,video,audio,image," +
    "marquee,foreignObject,animate,set,xmp,frameset,meta[http-equiv],a[id=TEXTS],form[id=leave]," +
    "script:not([src]):not([type='application/json'])";
  for (const node of document.querySelectorAll(foreign)) found.push(node.outerHTML.slice(0, 200));
  for (const node of document.querySelectorAll("*"))
    for (const { name, value } of node.attributes)
      if (name.startsWith("on") || name === "srcdoc" || name === "formaction" ||
          (name === "style" && node.tagName !== "PRE") ||
          (/^(href|src|action|data|poster|xlink:href)$/.test(name) &&
           !/^(https?:|tel:|sms:|mailto:|data:,$|[/?#]|$)/.test(value)))
        found.push(`${name}=${value.slice(0, 80)} in ${node.outerHTML.slice(0, 120)}`);
  return found;
}"""


@dataclass
class Reports:
    """Counts what browsers report to the application."""

    app: Any
    count: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.count += scope.get("path") == "/csp-report"
        await self.app(scope, receive, send)


@dataclass
class Watch:
    """Pages that are watched, and what was seen."""

    browser: Any
    url: str
    reports: Reports
    allowed: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def page(self, *, cookie: str = "", **options: Any) -> Any:
        """A page in a context of its own; `cookie` is the session of somebody of the staff."""
        context = self.browser.new_context(**options)
        self.contexts.append(context)
        if cookie:
            context.add_cookies([{"name": "afterword", "value": cookie, "url": self.url}])
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("console", self._console)
        page.on("request", self._request)
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.close()

    def seen(self) -> list[str]:
        """Everything wrong so far; what browsers reported counts as well."""
        return self.problems + ["a report"] * self.reports.count

    def _dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        words = ("Content Security", "Permissions policy", "Trusted", "blocked")
        if any(word in message.text for word in words):
            self.problems.append(f"console: {message.text[:200]}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "about:", *self.allowed)):
            self.problems.append(f"request: {request.url[:80]}")


@contextmanager
def watched(browser: Any, house: House, *allowed: str) -> Iterator[Watch]:
    reports = Reports(house.app)
    with serving(reports) as url:
        watch = Watch(browser, url, reports, allowed)
        yield watch
        watch.close()
