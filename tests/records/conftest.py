"""A clinic with somebody to tell, for the tests of alerts, contacts and notices."""

import pytest
from desk import Desk
from factory import Clinic


@pytest.fixture
def desk(clinic: Clinic) -> Desk:
    """Duty, backup and safeguarding contacts with accounts, none of whom treats Robin."""
    return Desk(clinic)
