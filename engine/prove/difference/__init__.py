"""What two editions do differently: proved the same item by item, or the tickets that tell them apart."""
