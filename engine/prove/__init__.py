"""What a plan can and cannot do: proved by a solver, or shown by a ticket that the evaluators judge."""
