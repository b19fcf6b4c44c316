"""Sets of tickets in conditions that officers can read."""
