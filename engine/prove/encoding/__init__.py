"""Plans as formulas: exact where that can be said, and open where it cannot, so that no model is a proof."""
