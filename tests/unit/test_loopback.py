"""Which addresses are out of reach for others, and where this machine finds its own pages."""

import pytest

from afterword.loopback import is_loopback, own_address


@pytest.mark.parametrize(
    ("host", "alone", "own"),
    [
        ("127.0.0.1", True, "127.0.0.1"),
        ("localhost", True, "localhost"),
        ("::1", True, "[::1]"),
        ("0.0.0.0", False, "127.0.0.1"),
        ("::", False, "127.0.0.1"),
        ("10.0.0.7", False, "10.0.0.7"),
        ("clinic.example", False, "clinic.example"),
    ],
)
def test_an_address(host: str, alone: bool, own: str) -> None:
    assert (is_loopback(host), own_address(host)) == (alone, own)
