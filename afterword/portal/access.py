"""Who is at the page: the session's cookie, the form's token, the request's origin."""

import hashlib
import hmac
import re
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from afterword.records.staff import ABSOLUTE_LIMIT
from afterword.settings import Settings

HOME, SAFETY = "/portal", "/portal/safety"
# Path only, and of our own: whatever else it names is a page that says that there is none.
_PAGES = re.compile(r"/portal(/[a-z0-9-]{1,40}){0,5}")
_ACTIONS = re.compile(
    r"/(read|acknowledge|close|role|disable|enable|reset|invite|assign|book|cancel|link|remove|codes"
    r"|end|end-others|sign-out|details|hours|contact|promote|rollback|take|add|move|drop|train"
    r"|check|publish|back)"
)
# Where a form may go on to; each part begins with a letter or number, so none leads upwards.
_TARGETS = re.compile(r"/portal(/[A-Za-z0-9][A-Za-z0-9._~-]{0,99}){1,8}")
# What stands between a page and its buttons.
_NO_PAGE = re.compile(r"(?<=/portal/account)/sessions$|(?<=/portal/admin/people)/[^/]+$")


class Cookie:
    """The cookie that carries the session's token.

    On https it has the `__Host-` name, which a browser accepts from this very host only.
    """

    def __init__(self, settings: Settings) -> None:
        self.secure = settings.base_url.startswith("https://")
        self.name = "__Host-afterword" if self.secure else "afterword"

    def read(self, request: Request) -> str:
        return request.cookies.get(self.name, "")

    def put(self, response: Response, token: str) -> None:
        response.set_cookie(
            self.name,
            token,
            max_age=int(ABSOLUTE_LIMIT.total_seconds()),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def clear(self, response: Response) -> None:
        response.delete_cookie(
            self.name, path="/", secure=self.secure, httponly=True, samesite="lax"
        )


def form_token(key: bytes, session_token: str) -> str:
    """The synchronizer token of a session's forms; derived, so nothing more is stored."""
    return hmac.new(key, session_token.encode(), hashlib.sha256).hexdigest()


def form_token_fits(key: bytes, session_token: str, given: str) -> bool:
    return hmac.compare_digest(form_token(key, session_token).encode(), given.encode())


def from_own_page(request: Request, base_url: str) -> bool:
    """Whether a browser sent this request from one of our own pages.

    `Sec-Fetch-Site` decides where a browser sends it (since 2023 all do on https and
    loopback); `Origin` is `null` on pages with the policy *no-referrer*, so it comes second.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "")
    own = urlsplit(base_url)
    host = request.headers.get("host", "")
    return origin in {f"{own.scheme}://{own.netloc}", f"{own.scheme}://{host}"}


def safe_next(value: str) -> str:
    """Where to go after signing in: one of our own pages, else Today."""
    return value if _PAGES.fullmatch(value) else HOME


def is_target(path: str) -> bool:
    """Whether a path is one of ours that a form may go on to."""
    return _TARGETS.fullmatch(path) is not None


def page_of(path: str) -> str:
    """The page that a button was on, for a session that ended while it was open."""
    page, slash, action = path.rpartition("/")
    return _NO_PAGE.sub("", page) if _ACTIONS.fullmatch(slash + action) else path
