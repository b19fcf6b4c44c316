"""Findings that are proved: each module looks for some codes R3xx, `prove` asks them all."""

from engine.prove.findings.run import prove

__all__ = ["prove"]
