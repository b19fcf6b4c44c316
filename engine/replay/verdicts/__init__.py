"""Verdicts by the million: tables, counts, and the query for a warehouse."""
