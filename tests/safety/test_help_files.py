"""The files of `help/`: what ships is right, what is wrong is named with file and line."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from afterword.datafiles import DataFileError
from afterword.helpfiles import HELP, LANGUAGES, NUMBER, load_help
from afterword.safety.helplines import URGENT, Country, HelpLine, Kind, all_lines
from afterword.settings import PROJECT

SCRIPT = PROJECT / "scripts" / "check_help.py"
SHIPPED = [(f"{country.code}/{line.id}", line) for country, line in all_lines(load_help())]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HELP, tmp_path / "help"))


def put(path: Path, old: str, new: str) -> int:
    """Replaces the first `old`, and says in which line (from 1) it stood."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def numbers() -> Iterator[tuple[str, str]]:
    for name, line in SHIPPED:
        if line.voice:
            yield name, line.voice
        if line.text:
            yield name, line.text.number


def test_the_shipped_files_load() -> None:
    directory = load_help()
    assert [country.code for country in directory.countries] == ["ca", "es", "gb-eng", "us"]
    assert directory.default.code == "us"
    assert {country.emergency.voice for country in directory.countries} == {"911", "999", "112"}


@pytest.mark.parametrize(("name", "number"), [*numbers()])
def test_every_number_is_short_or_international(name: str, number: str) -> None:
    assert NUMBER.fullmatch(number), name
    digits = re.sub(r"\D", "", number)
    assert len(digits) <= 6 or (number.startswith("+") and 9 <= len(digits) <= 13), name


@pytest.mark.parametrize("country", load_help().countries, ids=lambda country: country.code)
def test_every_country_has_every_kind_and_a_verified_crisis_line(country: Country) -> None:
    assert any(line.is_verified and set(line.kinds) & set(URGENT) for line in country.lines)
    missing = set(Kind) - {kind for line in country.lines for kind in line.kinds}
    # No national line against sexual assault was seen for Canada.
    assert missing == ({Kind.SEXUAL_ASSAULT} if country.code == "ca" else set())


@pytest.mark.parametrize(("name", "line"), SHIPPED)
def test_what_patients_read_is_there_in_each_language(name: str, line: HelpLine) -> None:
    for wording in (line.name, line.hours, line.cost, line.note, line.text and line.text.word):
        assert wording is None or set(LANGUAGES) <= wording.keys(), name


@pytest.mark.parametrize(("name", "line"), SHIPPED)
def test_only_whom_the_file_names_has_verified(name: str, line: HelpLine) -> None:
    source = line.source
    assert (source.verified_on is None) is (source.verified_by is None), name
    assert source.seen_on >= date(2026, 11, 21)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('voice: "999"', "voice: 999", "must be a text; put it in quotes"),
        ('voice: "116 123"', 'voice: "0800 116123"', "must be short (988) or international"),
        ("kinds: [domestic_abuse]", "kinds: [domestic]", "domestic is none of suicide,"),
        ("kinds: [domestic_abuse]", "kinds: []", "name at least one"),
        ("    chat:", "    chatt:", "is not known here"),
        ("seen_on: 2026-11-21", "seen_on: '2026-11-21'", "must be a day such as"),
        ("seen_on: 2026-11-21", "seen_on: 2026-11-21 10:00:00", "must be a day such as"),
        ("verified_on: 2026-11-21", "verified_on: null", "fill in both, or null in both"),
        ("{en: Samaritans, es: Samaritans}", "{en: Samaritans}", "the wording in es is missing"),
        ("source_url: https", "source_url: ftp", "a web address with http"),
        ("  - leeds", "  - Leeds", "in small letters"),
        ("languages: [en]", "languages: [english]", "must be a code such as en"),
        ('phone_prefix: "+44"', 'phone_prefix: "44"', "must be such as +44"),
        ("  - id: samaritans", "  - id: shout", "shout is taken"),
        ("  - id: samaritans", "  - id: Samaritans", "of small letters"),
        ("  - leeds", "  - toronto", "toronto is in ca.yml too"),
    ],
)
def test_an_error_names_file_and_line(folder: Path, old: str, new: str, message: str) -> None:
    path = folder / "gb-eng.yml"
    put(path, "    text: {", "    chat: https://example.org\n    text: {")
    line = put(path, old, new)
    with pytest.raises(DataFileError) as error:
        load_help(folder)
    where, _, what = str(error.value).partition(": ")
    assert message in what
    assert where.startswith(f"{path}:")
    if "is taken" not in message:
        assert int(where.rpartition(":")[2]) == line


@pytest.mark.parametrize(
    ("old", "message"),
    [
        ('  voice: "999"\n', "emergency: voice is missing"),
        ('    voice: "116 123"\n', "give a way to reach it"),
        ('phone_prefix: "+44"\n', "phone_prefix is missing"),
        ("  seen_on: 2026-11-21\n", "seen_on is missing"),
    ],
)
def test_what_is_missing_is_named(folder: Path, old: str, message: str) -> None:
    put(folder / "gb-eng.yml", old, "")
    with pytest.raises(DataFileError, match=re.escape(message)) as error:
        load_help(folder)
    assert re.match(rf"{re.escape(str(folder))}/gb-eng\.yml:\d+: ", str(error.value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a list of names"),
        ("- a\n", "must be a list of names"),
        ("name: {\n", ":"),
    ],
)
def test_a_file_that_is_no_help_file(folder: Path, text: str, message: str) -> None:
    (folder / "gb-eng.yml").write_text(text, encoding="utf-8")
    with pytest.raises(DataFileError, match=message) as error:
        load_help(folder)
    assert re.match(rf"{re.escape(str(folder))}/gb-eng\.yml:\d+: ", str(error.value))


def test_a_file_under_another_name_is_told_so(folder: Path) -> None:
    (folder / "gb-eng.yml").rename(folder / "england.yml")
    with pytest.raises(DataFileError, match="name the file after the country"):
        load_help(folder)


def test_the_default_country_must_be_there(folder: Path) -> None:
    assert load_help(folder, default="es").default.code == "es"
    with pytest.raises(DataFileError, match=r"fr\.yml: this file is missing"):
        load_help(folder, default="fr")
    with pytest.raises(DataFileError, match=r"us\.yml: this file is missing"):
        load_help(folder / "none")


def check(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


class TestReleaseCheck:
    def test_passes_while_all_is_fresh(self) -> None:
        code, said = check("--today", "2027-05-20")
        assert code == 0, said
        assert "fresh" in said
        assert re.search(r"not verified +es +servicio_016", said)

    def test_fails_a_day_later_and_says_which(self) -> None:
        code, said = check("--today", "2027-05-21")
        assert code == 1
        assert re.search(r"TOO OLD +us +lifeline_988: verified on 2026-11-21, 181 days ago", said)
        assert not re.search(r"TOO OLD .*servicio_016", said)

    def test_fails_where_no_crisis_line_is_verified(self, folder: Path) -> None:
        path = folder / "es.yml"
        text = path.read_text(encoding="utf-8").replace(
            "verified_on: 2026-11-21", "verified_on: null"
        )
        by = "verified_by: Afterword maintainers, from published sources"
        path.write_text(text.replace(by, "verified_by: null"), encoding="utf-8")
        code, said = check("--today", "2026-11-21", "--folder", str(folder))
        assert code == 1
        assert re.search(r"NO CRISIS LINE +es ", said)

    def test_names_file_and_line_of_a_wrong_file(self, folder: Path) -> None:
        line = put(folder / "us.yml", 'voice: "911"', "voice: 911")
        code, said = check("--folder", str(folder))
        assert code == 1
        assert f"us.yml:{line}: " in said

    def test_a_day_to_come_is_pointed_out(self) -> None:
        code, said = check("--today", "2026-11-01")
        assert code == 0
        assert "dated ahead" in said

    def test_make_runs_it(self) -> None:
        makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
        rule = makefile.partition("\nrelease-check:")[2].partition("\n\n")[0]
        assert "scripts/check_help.py $(ARGS)" in rule
