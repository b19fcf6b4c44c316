"""Tickets as they come from outside: read exactly, each trouble named with its place."""
