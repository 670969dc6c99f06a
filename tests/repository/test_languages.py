"""A language has every text, with the same names in braces, or it is not loaded."""

import re
import shutil
from pathlib import Path

import pytest

from afterword import locales
from afterword.datafiles import DataFileError

LANGUAGES = locales.languages()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_names_in_braces(language: str) -> None:
    assert locales.problems_of(language) == []
    assert locales.load(language).texts.keys() == locales.load("en").texts.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_twelve_months_and_seven_days(language: str) -> None:
    say = locales.load(language)
    for months in ("bot.months", "page.months", "portal.months"):
        assert len(say(months).split()) == 12
    for weekdays in ("bot.weekdays", "portal.weekdays"):
        assert len(say(weekdays).split()) == 7


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("  skipped: Saltada\n", "", "bot.yml: bot.skipped is missing."),
        ("  skipped:", "  skiped:", "bot.yml: bot.skipped is missing."),
        ("{answer}.", "{respuesta}.", "bot.understood must have the same names in braces"),
    ],
)
def test_a_language_that_lacks_a_text_is_not_loaded(
    before: str, after: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(locales.LOCALES, tmp_path / "locales"))
    monkeypatch.setattr(locales, "LOCALES", folder)
    locales.load("es")
    file = folder / "es" / "bot.yml"
    written = file.read_text(encoding="utf-8")
    assert before in written
    file.write_text(written.replace(before, after), encoding="utf-8")
    with pytest.raises(DataFileError, match=re.escape(problem)):
        locales.load("es")


def test_a_file_that_is_missing_is_named_with_its_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(locales.LOCALES, tmp_path / "locales"))
    monkeypatch.setattr(locales, "LOCALES", folder)
    (folder / "es" / "mail.yml").unlink()
    with pytest.raises(DataFileError, match=r"es/mail\.yml: mail\.subject is missing"):
        locales.load("es")
