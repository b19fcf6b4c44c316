"""The one canonical layout of every file of a library: what `caiding fmt` writes."""
