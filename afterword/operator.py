"""Who runs the command line: the audit names them as the system does."""

import getpass

from afterword.access.actors import Actor


def operator() -> Actor:
    """The account of the system that this command runs under."""
    return Actor.operator(getpass.getuser())
