"""Changes of the tables, one after another, run by Alembic."""

HEAD = "0002"
"""The last change; their numbers go up, so that a greater one is of a later version."""
