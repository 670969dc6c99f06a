"""Afterword carries what a patient thought of a session to the clinician, before the next one."""

__version__ = "0.1.0"
