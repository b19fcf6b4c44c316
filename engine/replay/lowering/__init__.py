"""A plan as columns and slots of SQL."""
