"""What the doctor says of a clinic whose alerts would reach nobody."""

from pathlib import Path

from factory import Clinic, Clock

from afterword import doctor
from afterword.records import schema
from afterword.records.store import Records
from afterword.records.vault import create_key_file, load_vault
from afterword.settings import Settings


def test_the_doctor_names_what_keeps_alerts_from_reaching_somebody(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    create_key_file(settings.keys)
    records = Records(settings.database, load_vault(settings.keys), Clock())
    schema.upgrade(records.engine)
    assert doctor.contact_problems(settings) == []
    Clinic(records, Clock())
    records.close()
    wrong = [one.text for one in doctor.examine(settings) if not one.well]
    for missing in ("Add a duty contact.", "Add a safeguarding contact.", "hours of duty"):
        assert any(missing in text for text in wrong)


def test_the_doctor_says_when_no_proxy_is_named(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, public_url="https://clinic.example")
    assert any("AFTERWORD_TRUSTED_PROXIES" in one.text for one in doctor.examine(settings))
    named = settings.model_copy(update={"trusted_proxies": "127.0.0.1"})
    assert not any("AFTERWORD_TRUSTED_PROXIES" in one.text for one in doctor.examine(named))
