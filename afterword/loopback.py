"""Which addresses only this machine can reach. Pure."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a server bound to this host is out of reach for other machines."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
