"""Stored facts as they are judged again: personal texts were replaced before they were stored."""

from __future__ import annotations

from api.tickets.exact_json import parse
from api.tickets.json_door import Request
from api.tickets.ticket import Ticket
from engine.base.findings import Finding
from engine.evaluate.facts import facts_from, instant_from
from engine.plan.nodes import Plan


def request_from_stored(facts: str, as_of: str | None, plan: Plan) -> Request | list[Finding]:
    """The ticket as it was judged, or why this plan's catalogue does not take it.

    `JsonDoor.read` would put new marks in the place of those that stand for personal texts already.
    """
    raw, findings = parse(facts)
    if findings:
        return findings
    read, problems = facts_from(raw, plan)
    instant = None if as_of is None else instant_from(as_of, plan.zone)
    return problems or Request(raw, read, instant)


def ticket_from_stored(facts: str, as_of: str | None, row: int) -> Ticket:
    """The ticket as it was judged, not yet held against any catalogue."""
    raw, findings = parse(facts)
    return Ticket(row, {} if findings else raw, as_of, "/facts", tuple(findings))
