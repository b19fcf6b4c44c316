"""YAML text to nodes with places, shapes checked; the grammar of tests and formulas."""
