"""The demo: a fictional clinic in a temporary folder, gone when it ends."""

import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from afterword import services
from afterword.datafiles import load_instrument
from afterword.demo_misheard import seed_misheard
from afterword.demo_seed import ADMIN, ANNOTATOR, CLINICIANS, CONTACTS, Seeded, seed
from afterword.portal import passwords
from afterword.records import schema
from afterword.records.store import Records
from afterword.records.vault import create_key_file, load_vault
from afterword.safety.recipients import Kind
from afterword.settings import Settings

PATIENT, EMBEDDED, SPANISH = "Finn Imaginary", "Eva Storybook", "Lucía Inventada"


@dataclass(frozen=True)
class Demo:
    """A seeded clinic that can be started. `password` signs in all of its staff."""

    settings: Settings
    ports: services.Ports
    password: str
    seeded: Seeded

    @classmethod
    def prepare(cls, settings: Settings) -> "Demo":
        """Makes folder, keys, database and people. Never touches a real installation's data."""
        folder = Path(tempfile.mkdtemp(prefix="afterword-demo-"))
        ports = services.choose_ports(settings)
        demo = settings.model_copy(
            update={
                "data_dir": folder,
                "database_url": None,
                "tracker_url": None,
                "key_file": None,
                # The demo shares the models of this folder, so it shares the key that signs them.
                "model_key_file": settings.model_key,
                "public_url": "",
                "port": ports.web,
                "demo": True,
            }
        )
        create_key_file(demo.keys)
        records = Records(demo.database, load_vault(demo.keys))
        schema.upgrade(records.engine)
        password = f"demo-{secrets.token_hex(3)}"
        instrument = load_instrument(demo.instrument_file)
        seeded = seed(records, instrument, passwords.hash_password(password), [demo.base_url])
        seed_misheard(records, seeded.reflections)
        records.close()
        return cls(demo, ports, password, seeded)

    @property
    def patient_link(self) -> str:
        return f"{self.settings.base_url}/f/{self.seeded.tokens[PATIENT]}"

    def greeting(self) -> str:
        """What the terminal shows: who you can be, and where."""
        base = self.settings.base_url
        (first, address), (second, other) = CLINICIANS
        (duty, on_duty), (safe, safeguarding) = CONTACTS[Kind.DUTY], CONTACTS[Kind.SAFEGUARDING]
        return "\n".join(
            [
                "",
                "Afterword demo. Invented people, data in a temporary folder, deleted on Ctrl-C.",
                "",
                f"  Patient    {self.patient_link}",
                f"             you are {PATIENT}; the session was two hours ago",
                f"  In Spanish {base}/f/{self.seeded.tokens[SPANISH]}",
                f"             {SPANISH}, the same",
                f"  Clinician  {base}/portal",
                f"             {address}, password {self.password}  ({first})",
                f"             {other}, same password  ({second})",
                f"  Alerts     {base}/portal/safety",
                f"             {on_duty}, same password  ({duty}, on duty)",
                f"             {safeguarding}, same password  ({safe}, safeguarding)",
                f"  Staff      {base}/portal/admin/people",
                f"             {ADMIN[1]}, same password  ({ADMIN[0]}, admin)",
                f"  Teaching   {base}/portal/review",
                f"             the same admin, or {ANNOTATOR[1]}  ({ANNOTATOR[0]}, labels only)",
                "             The page that asks for a code says which one an app would show.",
                f"  Embedded   {base}/demo/clinic?link={self.seeded.tokens[EMBEDDED]}",
                "             a clinic's page with the one-line widget",
                "",
                "Try: answer as the patient, share, then open the digest as the clinician.",
                "The assistant wakes in the background; the page says when it is there.",
                "",
            ]
        )


def remove_folder(folder: Path) -> None:
    """Deletes the demo's data."""
    shutil.rmtree(folder, ignore_errors=True)
