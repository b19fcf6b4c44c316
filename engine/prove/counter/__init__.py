"""What would have to be otherwise for an outcome to fall away, and what to ask where one is open."""
