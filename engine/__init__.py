"""The policy engine: rulebooks in, verdicts out. It does no I/O of its own but for reading a rules folder."""
