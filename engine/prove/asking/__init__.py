"""Questions, and the tickets that answer them."""
