"""Rulebooks with one thing changed: which changes no example notices, and the examples that would."""
