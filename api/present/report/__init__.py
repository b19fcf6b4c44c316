"""A change of rules and its impact, and a month's statements, as self-contained pages of HTML."""
