"""What cannot be said in SQL is refused by name, never approximated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.base.findings import Finding
from engine.plan.nodes import Origin


class NotSayable(Exception):
    """Constructs that a query, or a dialect, cannot say exactly; carries the findings."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(*(f"{finding.code} {dict(finding.values)}" for finding in findings))
        self.findings = tuple(findings)

    def of(self, origin: Origin) -> NotSayable:
        """The same, with the rule in which it stands."""
        named = [replace(f, values={"rule": origin.id, **f.values}, span=origin.span) for f in self.findings]
        return NotSayable(named)


def refuse(code: str, **values: str) -> NotSayable:
    """To be raised where a construct is met; whoever knows the rule adds it."""
    return NotSayable([Finding(code, values)])
