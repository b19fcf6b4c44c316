"""`/v1/dry-runs`: what a change of the rules would do to past tickets, asked for, followed and fetched."""
