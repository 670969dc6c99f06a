"""Patients: the page behind a personal link, the one-page form, and the door to the inbox."""
