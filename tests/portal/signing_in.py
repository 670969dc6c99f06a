"""Signing in by the page, once for all tests of a file."""

from pathlib import Path

from playwright.sync_api import Browser

from .factory import PASSWORD


def signed_in(browser: Browser, base: str, email: str, code: str, path: Path) -> Path:
    """The file with the cookies of somebody of the staff."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{base}/portal/sign-in?next=/portal/account")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Code from the app").fill(code)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{base}/portal/account")
    context.storage_state(path=path)
    context.close()
    return path
