"""A desk of contacts for the portal's tests, and what they do at it."""

from datetime import timedelta
from typing import Any

from afterword.access.actors import Actor
from afterword.records import alert_desk, alerts, models
from afterword.safety.finding import Category, Route, Tier
from afterword.safety.recipients import Kind

from .factory import NOW, WEEK, Client, World, field_of, rated, said

WORDS = "CANARY of danger"
CONCERN = "CANARY of a concern"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DANA, SAM = "dana@clinic.example", "sam@clinic.example"


class Desk:
    """Dana is on duty and Sam there for safeguarding; neither has patients."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dana = world.add_contact(Kind.DUTY, DANA, "Dana Duty")
        self.sam = world.add_contact(Kind.SAFEGUARDING, SAM, "Sam Safe")
        answers = (rated("heard", 4), said("helped", "The drawing helped."))
        self.reflection = world.reflect(world.book(NOW - WEEK), *answers)
        self.coming = world.book(NOW + HOUR)

    def raises(self, tier: Tier = Tier.SAME_DAY, text: str = WORDS, **given: Any) -> str:
        """Returns the id of the alert."""
        values: dict[str, Any] = {
            "reflection_id": self.reflection,
            "route": Route.DUTY,
            "evidence": ("en-test-1",),
            "categories": (Category.SUICIDE,),
            "version": "rules 1",
            "channel": "page",
        }
        incident = alerts.Incident(tier=tier, text=text, **(values | given))
        with self.world.begin() as tx:
            return alerts.raise_alert(tx, incident).alert_id

    def concern(self, text: str = CONCERN, tier: Tier = Tier.SAME_DAY) -> str:
        categories = (Category.ABUSE_BY_CLINICIAN,)
        return self.raises(tier, text, route=Route.SAFEGUARDING, categories=categories)

    def forwards(self) -> None:
        with self.world.begin() as tx:
            assert alerts.forward_concern(tx, self.reflection, True).names == ("safeguarding",)

    def chooses(self, choice: alerts.Choice) -> None:
        with self.world.begin() as tx:
            alerts.patient_chose(tx, self.reflection, choice)

    def closes(self, staff_id: str, alert_id: str) -> None:
        with self.world.begin(by=Actor.staff(staff_id)) as tx:
            assert alert_desk.close(tx, staff_id, alert_id, "reached")

    def rows(self) -> list[models.Alert]:
        return list(self.world.rows(models.Alert))


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.text


def presses(client: Client, alert_id: str, button: str, **form: str) -> str:
    """Presses a button of the alert's page; the text of the page that comes then."""
    path = f"/portal/safety/{alert_id}"
    token = field_of(text_of(client, path), "form_token")
    response = client.post(f"{path}/{button}", {"form_token": token, **form})
    assert response.status_code == 303
    return text_of(client, response.headers["location"])


def digest_of(desk: Desk, client: Client) -> str:
    return text_of(client, f"/portal/appointments/{desk.coming}")
