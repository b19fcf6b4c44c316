"""The scribe: the one process that writes decisions, and how the workers speak to it."""
