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


def own_address(host: str) -> str:
    """Where this machine itself finds what listens at `host`, for use in a URL."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1"
    return f"[{host}]" if address.version == 6 else host
