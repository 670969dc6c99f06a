"""Screening at the edge: rules and model from files, one screener for all who need it."""
