"""Which country's help lines a patient gets, and which of them are shown."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterword.helpfiles import LANGUAGES, load_help
from afterword.safety.helplines import (
    FRESH_DAYS,
    MOST_CONTACTS,
    Contact,
    Country,
    Directory,
    HelpLine,
    Kind,
    Source,
    TextLine,
    choose,
    contacts,
    find_place,
    stale,
    unverified,
)

SEEN = date(2026, 11, 21)
DIRECTORY = load_help()
BY_CODE = {country.code: country for country in DIRECTORY.countries}


def line(name: str, *kinds: Kind, verified: date | None = SEEN, speaks: str = "en") -> HelpLine:
    return HelpLine(
        id=name,
        kinds=kinds,
        name={"en": name, "es": f"{name} (es)"},
        voice="111",
        text=None,
        chat=None,
        web=None,
        hours={"en": "Day and night", "es": "Día y noche"},
        languages=(speaks,),
        cost={"en": "Free", "es": "Gratis"},
        note=None,
        source=Source("https://example.org", SEEN, verified, "somebody" if verified else None),
    )


def country(*lines: HelpLine) -> Country:
    return Country("xx", {"en": "X"}, "+99", line("emergency"), lines, places=("xanadu",))


def ids(shown: tuple[Contact, ...]) -> list[str]:
    return [contact.id for contact in shown]


def code_of(text: str) -> str | None:
    found = find_place(text, DIRECTORY)
    return found.code if found else None


class TestChoose:
    @pytest.mark.parametrize(
        ("named", "clinic", "phone", "code"),
        [
            ("I'm in Toronto", "us", "+44", "ca"),
            ("estoy en Sevilla", "gb-eng", "+1", "es"),
            ("it was a long week", "gb-eng", "+34", "gb-eng"),
            (None, "ES", None, "es"),
            (None, "gb", None, "gb-eng"),
            (None, "GB_ENG", None, "gb-eng"),
            (None, "us-tx", None, "us"),
            ("", "fr", "+34 600 000 000", "es"),
            (None, None, "0034 600000000", "es"),
            (None, "", "+447700900000", "gb-eng"),
            (None, None, "+1", "us"),
            (None, None, "+81", "us"),
            (None, None, "600 000 000", "us"),
            (None, None, None, "us"),
        ],
    )
    def test_place_then_clinic_then_phone(
        self, named: str | None, clinic: str | None, phone: str | None, code: str
    ) -> None:
        chosen = choose(
            DIRECTORY, named_place_text=named, clinic_country=clinic, phone_prefix=phone
        )
        assert chosen.code == code

    def test_a_shared_prefix_goes_to_the_default(self) -> None:
        directory = Directory(DIRECTORY.countries, BY_CODE["ca"])
        chosen = choose(directory, named_place_text=None, clinic_country=None, phone_prefix="+1")
        assert chosen.code == "ca"


class TestFindPlace:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("I'm in Toronto", "ca"),
            ("TORONTO", "ca"),
            ("i’m in montréal right now", "ca"),
            ("London", "gb-eng"),
            ("I live in London, Ontario", "ca"),
            ("Birmingham, Alabama", "us"),
            ("Toledo, Ohio", "us"),
            ("I live in Toledo", "es"),
            ("Vivo en A Coruña", "es"),
            ("estoy en malaga", "es"),
            ("vivo en Nueva York", "us"),
            ("I'm in Reading", "gb-eng"),
            ("Reading, England", "gb-eng"),
            ("I live in Bath", "gb-eng"),
            ("Mobile, Alabama", "us"),
            ("I live in Mobile", "us"),
            ("I live in the US", "us"),
            ("I'm in the U.S.", "us"),
            ("the U.K.", "gb-eng"),
            ("New England", "us"),
            ("New York", "us"),
            ("I'm in York", "gb-eng"),
            ("I'm in Georgia", "us"),
            ("Atlanta, Georgia", "us"),
            ("I'm in Wales", "gb-eng"),
            ("I live in London but my mother is in Toronto", "gb-eng"),
            ("moved from Toronto, I live in Leeds", "gb-eng"),
        ],
    )
    def test_finds(self, text: str, code: str) -> None:
        assert code_of(text) == code

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "reading",
            "I find comfort in reading",
            "tell us",
            "it was about the two of us",
            "that was nice",
            "of course",
            "I took a bath",
            "in the bath",
            "on my mobile",
            "a phoenix rising",
            "I felt a hull of a lot better",
            "an orange, a buffalo and a turkey",
            "Georgia said so",
            "I confided in Georgia",
            "Alberta and Virginia came along",
            "Austin is my brother",
            "una granada",
            "está nevada y florida",
            "un león",
            "kentish",
            "Londoners",
            "I'm in Paris",
            "I live in New South Wales",
            "I'm in south wales, not new: new south wales",
            "Real Madrid lost",
            "I'm not in Toronto",
            "I'm not in London, Ontario",
            "my sister lives in Toronto",
            "mi hermana vive en Madrid",
            "Toronto or Madrid",
        ],
    )
    def test_finds_nothing(self, text: str) -> None:
        expected = "gb-eng" if text.startswith("I'm in south wales") else None
        assert code_of(text) == expected

    def test_every_sure_name_leads_home(self) -> None:
        for country_ in DIRECTORY.countries:
            for name in country_.places:
                assert code_of(name) == country_.code, name
            for name in country_.places_after_in:
                assert code_of(f"I live in {name}") == country_.code, name
                assert code_of(name) is None, name

    @given(st.one_of(st.text(), st.sampled_from([*DIRECTORY.names]).map(" ".join)))
    def test_never_raises(self, text: str) -> None:
        for said in (text, f"I'm in {text}", f"{text} {text}", f"not in {text}, toronto"):
            assert find_place(said, DIRECTORY) in (None, *DIRECTORY.countries)

    @given(st.text(), st.text(max_size=9), st.text(max_size=20))
    def test_a_country_is_always_chosen(self, place: str, clinic: str, phone: str) -> None:
        chosen = choose(
            DIRECTORY, named_place_text=place, clinic_country=clinic, phone_prefix=f"+{phone}"
        )
        assert chosen in DIRECTORY.countries

    def test_a_directory_without_places_finds_none(self) -> None:
        bare = replace(BY_CODE["us"], places=(), places_after_in=(), not_places=())
        assert find_place("I'm in Toronto", Directory((bare,), bare)) is None


class TestContacts:
    @pytest.mark.parametrize("language", [*LANGUAGES, "fr"])
    @pytest.mark.parametrize("kind", Kind)
    @pytest.mark.parametrize("code", BY_CODE)
    def test_every_kind_resolves_everywhere(self, code: str, kind: Kind, language: str) -> None:
        shown = contacts(BY_CODE[code], [kind], language)
        assert 1 <= len(shown) <= MOST_CONTACTS
        assert len(set(ids(shown))) == len(shown)
        assert any(contact.voice for contact in shown)
        for contact in shown:
            assert contact.name and contact.hours and contact.cost
            assert contact.voice or contact.text_number or contact.chat or contact.web

    @pytest.mark.parametrize("code", BY_CODE)
    def test_what_nobody_has_verified_is_never_shown(self, code: str) -> None:
        hidden = {name for where, name in unverified(DIRECTORY) if where == code} - {"emergency"}
        assert hidden
        for kind in Kind:
            assert not hidden & set(ids(contacts(BY_CODE[code], [kind], "en")))

    def test_the_kind_asked_for_comes_first(self) -> None:
        here = country(line("crisis", Kind.SUICIDE), line("abuse", Kind.DOMESTIC_ABUSE))
        assert ids(contacts(here, [Kind.DOMESTIC_ABUSE], "en")) == ["abuse", "emergency"]

    def test_kinds_take_turns_and_leave_room_for_the_emergency_number(self) -> None:
        here = country(
            *(line(f"crisis_{at}", Kind.SUICIDE) for at in range(5)),
            *(line(f"abuse_{at}", Kind.DOMESTIC_ABUSE) for at in range(5)),
        )
        shown = contacts(here, [Kind.SUICIDE, Kind.DOMESTIC_ABUSE], "en")
        assert ids(shown) == ["crisis_0", "abuse_0", "crisis_1", "emergency"]

    def test_a_kind_without_a_line_gets_the_urgent_ones(self) -> None:
        here = country(
            line("unchecked", Kind.ELDER, verified=None),
            line("crisis", Kind.SUICIDE),
            line("urgent", Kind.URGENT_MENTAL_HEALTH),
        )
        assert ids(contacts(here, [Kind.ELDER], "en")) == ["urgent", "crisis", "emergency"]
        assert ids(contacts(here, [], "en")) == ["urgent", "crisis", "emergency"]

    def test_with_no_line_at_all_the_emergency_number_stays(self) -> None:
        here = country(line("unchecked", Kind.SUICIDE, verified=None))
        for kind in Kind:
            assert ids(contacts(here, [kind], "en")) == ["emergency"]

    def test_no_crisis_line_comes_before_the_emergency_number_for_poison(self) -> None:
        bare, full = country(), country(line("poison", Kind.POISON))
        crisis = country(line("crisis", Kind.SUICIDE))
        assert ids(contacts(bare, [Kind.POISON], "en")) == ["emergency"]
        assert ids(contacts(crisis, [Kind.POISON], "en")) == ["emergency", "crisis"]
        assert ids(contacts(full, [Kind.POISON], "en")) == ["poison", "emergency"]

    def test_the_emergency_number_may_come_first(self) -> None:
        here = country(line("crisis", Kind.SUICIDE))
        shown = contacts(here, [Kind.SUICIDE], "en", emergency_first=True)
        assert ids(shown) == ["emergency", "crisis"]

    def test_lines_that_speak_the_language_come_first(self) -> None:
        here = country(line("uno", Kind.SUICIDE), line("dos", Kind.SUICIDE, speaks="es"))
        assert ids(contacts(here, [Kind.SUICIDE], "en"))[0] == "uno"
        assert ids(contacts(here, [Kind.SUICIDE], "es"))[0] == "dos"

    def test_words_are_in_the_language_or_english(self) -> None:
        crisis = replace(
            line("crisis", Kind.SUICIDE), text=TextLine("741741", {"en": "HOME", "es": "HOLA"})
        )
        words = {
            language: contacts(country(crisis), [Kind.SUICIDE], language)[0]
            for language in ("en", "es", "fr")
        }
        assert (words["es"].name, words["es"].text_word) == ("crisis (es)", "HOLA")
        assert (words["fr"].name, words["fr"].text_word) == ("crisis", "HOME")

    def test_what_the_design_page_names_is_shown(self) -> None:
        def urgent(code: str) -> dict[str, Contact]:
            return {each.id: each for each in contacts(BY_CODE[code], [Kind.SUICIDE], "en")}

        lifeline = urgent("us")["lifeline_988"]
        assert (lifeline.voice, lifeline.text_number) == ("988", "988")
        assert lifeline.chat
        assert urgent("ca")["helpline_988"].voice == "988"
        assert urgent("gb-eng")["emergency"].voice == "999"
        assert urgent("gb-eng")["nhs_111_mental_health"].voice == "111"
        assert "option 2" in str(urgent("gb-eng")["nhs_111_mental_health"].note)
        assert urgent("gb-eng")["samaritans"].voice_link == "tel:116123"
        shout = urgent("gb-eng")["shout"]
        assert (shout.text_number, shout.text_word, shout.voice_link) == ("85258", "SHOUT", None)
        assert urgent("es")["linea_024"].voice == "024"
        assert urgent("es")["emergency"].voice == "112"


class TestStale:
    def test_nothing_is_stale_on_the_last_day(self) -> None:
        assert stale(DIRECTORY, SEEN + timedelta(FRESH_DAYS)) == ()

    def test_what_is_verified_is_stale_a_day_later(self) -> None:
        late = stale(DIRECTORY, SEEN + timedelta(FRESH_DAYS + 1))
        assert {(each.country, each.line) for each in late} >= {
            ("us", "lifeline_988"),
            ("es", "emergency"),
        }
        assert all(each.age == timedelta(FRESH_DAYS + 1) for each in late)
        assert not {(each.country, each.line) for each in late} & set(unverified(DIRECTORY))

    def test_the_days_can_be_set(self) -> None:
        here = country(line("crisis", Kind.SUICIDE))
        late = stale(Directory((here,), here), SEEN + timedelta(31), days=30)
        assert [each.line for each in late] == ["emergency", "crisis"]
