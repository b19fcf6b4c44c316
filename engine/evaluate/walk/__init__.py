"""The case walk: a ticket's timeline, judged again whenever something happens or a limit passes."""
