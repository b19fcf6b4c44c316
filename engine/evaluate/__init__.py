"""A plan and a ticket's facts to a verdict, in three ways with one meaning."""
