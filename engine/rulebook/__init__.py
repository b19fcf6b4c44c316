"""Nodes to typed, frozen rulebooks: names, types and units are settled here."""
