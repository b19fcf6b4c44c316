"""Rulebooks to one plan: readings chosen, scopes merged, order worked out."""
