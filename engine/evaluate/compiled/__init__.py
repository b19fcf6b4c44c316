"""The compiled evaluator: the plan as Python source, translated once per edition."""
