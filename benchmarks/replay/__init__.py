"""How fast tables of tickets are judged, beside SQL written by hand and the row-by-row evaluator."""
