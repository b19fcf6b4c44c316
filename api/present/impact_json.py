"""An impact as plain data for programs: keys may be added, never renamed. Money is a decimal string."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from api.present.findings_json import findings_json
from engine.base.findings import Language
from engine.replay.dry_run.impact import (
    Amounts,
    Bin,
    ChangeClass,
    Dimension,
    Edit,
    Example,
    Impact,
    Lacking,
    Pair,
    Reach,
    RuleChange,
    RuleImpact,
    Said,
    Side,
    TicketImpact,
    ZoneImpact,
)
from engine.replay.dry_run.limits import Measured
from engine.replay.tickets.bad import BadTicket


def impact_json(impact: Impact, measured: Sequence[Measured], language: Language) -> dict[str, Any]:
    """The whole impact, and every limit with what it came to; findings speak the language."""
    return {
        "base": _side(impact.base),
        "candidate": _side(impact.candidate),
        "as_of": impact.as_of,
        "tickets": impact.tickets,
        "changed": impact.changed,
        "changed_in_money": impact.changed_in_money,
        "undecided": _pair(impact.undecided),
        "money": _money(impact.money),
        "limits": [_limit(one) for one in measured],
        "edits": [_edit(edit) for edit in impact.edits],
        "rules": [_rule(rule) for rule in impact.rules],
        "dimensions": [_dimension(dimension) for dimension in impact.dimensions],
        "distributions": [
            {"kind": found.kind[0], "unit": found.kind[1], "bins": [_bin(each) for each in found.bins]}
            for found in impact.distributions
        ],
        "largest": [_ticket(ticket) for ticket in impact.largest],
        "classes": [_class(found) for found in impact.classes],
        "classes_left_out": impact.classes_left_out,
        "lacking": [_lacking(found) for found in impact.lacking],
        "bad": impact.bad,
        "bad_tickets": [_bad(ticket, language) for ticket in impact.bad_tickets],
        "repeated": impact.repeated,
        "repeated_numbers": list(impact.repeated_numbers),
        "reach": None if impact.reach is None else _reach(impact.reach),
    }


def _side(side: Side) -> dict[str, Any]:
    return {"label": side.label, "edition": side.edition, "readings": dict(side.readings)}


def _pair(pair: Pair) -> dict[str, int]:
    return {"before": pair.before, "after": pair.after, "delta": pair.delta}


def _money(money: Amounts) -> list[dict[str, str]]:
    return [
        {
            "kind": kind,
            "unit": unit,
            "before": _number(amount.before),
            "after": _number(amount.after),
            "delta": _number(amount.delta),
        }
        for (kind, unit), amount in money.items()
    ]


def _number(value: Decimal) -> str:
    """Money with its two digits, and never an exponent."""
    return f"{value:.2f}" if -value.as_tuple().exponent <= 2 else f"{value:f}"  # type: ignore[operator]  # finite


def _limit(measured: Measured) -> dict[str, Any]:
    """`value` and `over` are in `unit`: tickets where it is null, else money or per cent."""
    return {
        "limit": measured.limit.text,
        "rule": measured.rule,
        "exceeded": measured.exceeded,
        "unit": measured.unit,
        "value": None if measured.value is None else f"{measured.value:f}",
        "over": None if measured.over is None else f"{measured.over:f}",
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "kind": edit.kind,
        "name": edit.name,
        "change": edit.change,
        "words_only": edit.words_only,
        "before": edit.before,
        "after": edit.after,
    }


def _rule(rule: RuleImpact) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "title": dict(rule.title),
        "edited": rule.edited,
        "changed": rule.changed,
        "applied": _pair(rule.applied),
        "defeated": _pair(rule.defeated),
        "undecided": _pair(rule.undecided),
        "money": _money(rule.money),
    }


def _dimension(dimension: Dimension) -> dict[str, Any]:
    return {
        "name": dimension.name,
        "fact": dimension.fact,
        "groups": [
            {
                "value": group.value,
                "tickets": group.tickets,
                "changed": group.changed,
                "money": _money(group.money),
            }
            for group in dimension.groups
        ],
        "left_out": dimension.left_out,
    }


def _bin(found: Bin) -> dict[str, Any]:
    high = None if found.high is None else _number(found.high)
    return {"low": _number(found.low), "high": high, "tickets": _pair(found.tickets)}


def _ticket(ticket: TicketImpact) -> dict[str, Any]:
    place = {"file": ticket.file, "row": ticket.row, "ticket_no": ticket.ticket_no}
    return {**place, "money": _money(ticket.money), "rules": list(ticket.rules)}


def _class(found: ChangeClass) -> dict[str, Any]:
    return {
        "tickets": found.tickets,
        "money": _money(found.money),
        "changes": [_change(change) for change in found.changes],
        "examples": [_example(example) for example in found.examples],
    }


def _change(change: RuleChange) -> dict[str, Any]:
    return {
        "rule": change.rule,
        "kind": change.kind,
        "before": [_said(said) for said in change.before],
        "after": [_said(said) for said in change.after],
    }


def _said(said: Said) -> dict[str, Any]:
    return {"part": said.part, **_plain(said.fixed)}


def _example(example: Example) -> dict[str, Any]:
    return {
        "file": example.file,
        "row": example.row,
        "ticket_no": example.ticket_no,
        "facts": _plain(example.facts),
        "before": example.before,
        "after": example.after,
    }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}


def _lacking(found: Lacking) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "reason": found.reason,
        "missing": list(found.missing),
        "tickets": _pair(found.tickets),
    }


def _reach(reach: Reach) -> dict[str, Any]:
    return {
        "complete": reach.is_complete,
        "unvisited": reach.unvisited,
        "same": reach.same,
        "items": [
            {
                "rule": item.item,
                "title": dict(item.title),
                "complete": item.complete,
                "changed": item.changed,
                "elsewhere": item.elsewhere,
                "zones": [_zone(zone) for zone in item.zones],
            }
            for item in reach.items
        ],
    }


def _zone(zone: ZoneImpact) -> dict[str, Any]:
    return {
        "where": dict(zone.words),
        "exact": zone.exact,
        "tickets": zone.tickets,
        "unknown": zone.unknown,
        "changed": zone.changed,
        "money": _money(zone.money),
    }


def _bad(ticket: BadTicket, language: Language) -> dict[str, Any]:
    return {
        "file": ticket.file,
        "row": ticket.row,
        "findings": findings_json(ticket.findings, language),
    }
