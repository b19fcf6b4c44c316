"""A change of rules and its impact, and a month's statements, as self-contained pages of HTML."""

import logging

# Where the home folder cannot be written, matplotlib says so on standard error, where programs read progress.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
