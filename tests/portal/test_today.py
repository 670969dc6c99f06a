from datetime import UTC, date, datetime, timedelta

from afterword.access.actors import Actor
from afterword.records import digests, models
from afterword.reflection.answers import Sharing

from .factory import NOW, WEEK, Client, World, rated, said

HOUR = timedelta(hours=1)


def text_of(client: Client) -> str:
    response = client.get("/portal")
    assert response.status_code == 200
    return response.text


def test_an_empty_day_says_so_in_words(signed_in: Client) -> None:
    assert "No more sessions today or tomorrow." in text_of(signed_in)


def test_today_tomorrow_and_earlier_in_the_clinics_own_days(
    world: World, signed_in: Client
) -> None:
    # Midnight in New York is 5:00 UTC: the first and the last minute of two local days.
    inside = {
        "Early Bird": datetime(2026, 11, 17, 5, 0, tzinfo=UTC),
        "Soon Here": NOW + HOUR,
        "Late Owl": datetime(2026, 11, 19, 4, 59, tzinfo=UTC),
    }
    outside = {
        "Last Night": datetime(2026, 11, 17, 4, 59, tzinfo=UTC),
        "Day After": datetime(2026, 11, 19, 5, 0, tzinfo=UTC),
    }
    for name, at in (inside | outside).items():
        world.book(at, world.add_patient(name, world.ada))
    page = text_of(signed_in)
    order = ["Soon Here", "Tomorrow", "Late Owl", "Earlier today", "Early Bird"]
    places = [page.index(name) for name in order]
    assert places == sorted(places)
    assert not any(name in page for name in outside)
    assert ">10:00</time>" in page


def test_each_row_says_what_there_is_to_read(world: World, signed_in: Client) -> None:
    def patient(name: str, sharing: Sharing | None, at: int) -> str:
        person = world.add_patient(name, world.ada)
        session = world.book(NOW - WEEK, person)
        reflection = world.reflect(session, rated("heard", 1), sharing=sharing)
        appointment = world.book(NOW + at * HOUR, person)
        if name == "Done Already":
            with world.begin(by=Actor.staff(world.ada)) as tx:
                assert digests.mark_read(tx, world.ada, appointment, reflection)
        return person

    patient("Waiting Now", Sharing.ALL, 1)
    patient("Done Already", Sharing.RATINGS, 2)
    patient("Kept Private", Sharing.PRIVATE, 3)
    patient("Half Way", None, 4)
    invited = world.add_patient("Only Asked", world.ada)
    world.invite(world.book(NOW - WEEK, invited))
    world.book(NOW + 5 * HOUR, invited)
    world.book(NOW + 6 * HOUR, world.add_patient("First Time", world.ada))

    rows = text_of(signed_in).split('<li class="row ')[1:]
    marks = [row.partition('"')[0] for row in rows]
    assert marks == ["unread", "read", "not_shared", "unfinished", "nothing_yet", "not_asked"]
    assert "Heard: Not really." in rows[0]
    assert "W. N." in rows[0]


def test_only_the_own_caseload_is_shown(world: World, signed_in: Client) -> None:
    ben = world.add_clinician("ben@clinic.example", "Ben")
    world.book(NOW + HOUR, world.add_patient("Bens Patient", ben), ben)
    world.book(NOW + HOUR, world.add_patient("Former Patient", world.ada, date(2026, 11, 16)))
    page = text_of(signed_in)
    assert "Bens Patient" not in page
    assert "Former Patient" not in page


def test_looking_at_today_opens_nothing(world: World, signed_in: Client) -> None:
    world.reflect(world.book(NOW - WEEK), said("helped", "My words"))
    world.book(NOW + HOUR)
    assert "My words" not in text_of(signed_in)
    assert not world.rows(models.Reading)
