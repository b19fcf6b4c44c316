"""The relation that all queries read: tickets of files, checked against the catalogue."""
