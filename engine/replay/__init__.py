"""Plans as SQL over tables of tickets: verdicts, the impact of a change, a settled month."""
