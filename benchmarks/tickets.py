"""Made-up tickets for the benchmark's policy: a mixture as a complaint department sees it, by seed.

Whatever matters to a ticket is known; what a ticket is not about (no appeal, no arbitration) is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from engine.evaluate.facts import Facts, facts_from
from engine.plan.nodes import Plan

FIRST_DAY = date(2015, 3, 1)
DAYS = 300
FIRST_CALL_TYPES = {
    "signed_not_received": 22,
    "dispatch_delay": 16,
    "late_compensation": 10,
    "attitude": 12,
    "no_invoice": 6,
    "no_door_delivery": 14,
    "overcharge": 8,
    "other": 12,
}
DELIVERY_SCOPES = ("same_city", "intra_province", "inter_province", "international")
CATEGORIES = ("delay", "claims", "false_signoff", "attitude", "overcharge", "other")
PICKUP = {"scan_type": "pickup", "outlet_role": "origin_outlet"}
ONWARDS = (
    {"scan_type": "dispatch", "outlet_role": "origin_outlet"},
    {"scan_type": "arrive", "outlet_role": "hub"},
)


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket as it comes in and as the evaluators take it."""

    body: bytes
    facts: Facts


def tickets(plan: Plan, count: int, seed: int = 1) -> list[Ticket]:
    """So many tickets, the same for the same seed."""
    random = Random(seed)
    return [_ticket(raw_facts(random), plan) for _ in range(count)]


def _ticket(raw: Mapping[str, Any], plan: Plan) -> Ticket:
    """`body` is a request as the service takes it; its numbers are exact."""
    body = json.dumps({"facts": raw}, ensure_ascii=False).encode()
    facts, findings = facts_from(json.loads(body, parse_float=Decimal)["facts"], plan)
    if findings:
        raise ValueError(f"a made-up ticket does not fit the catalogue: {findings[0]}")
    return Ticket(body, facts)


def raw_facts(random: Random) -> dict[str, Any]:
    """The facts of one ticket as JSON carries them."""
    called = FIRST_DAY + timedelta(days=random.randrange(DAYS))
    facts: dict[str, Any] = {
        "rulebook_owner": "yto" if _once_in(random, 30) else "zto",
        "complaint_date": str(called + timedelta(days=random.randrange(5))),
    }
    parts = (
        (0.9, _first_call),
        (0.9, _registration),
        (0.35, _appeal),
        (0.8, _delivery),
        (0.35, _arbitration),
    )
    for likelihood, part in parts:
        if random.random() < likelihood:
            facts |= part(random, called)
    return facts


def _once_in(random: Random, times: int) -> bool:
    return random.randrange(times) == 0


def _yes(random: Random, percent: int = 50) -> bool:
    return random.randrange(100) < percent


def _money(random: Random, most: int) -> float:
    """A price as shops make them: often whole, sometimes with cents."""
    whole = random.randrange(most)
    return whole if _yes(random, 60) else round(whole + random.randrange(100) / 100, 2)


def _first_call(random: Random, called: date) -> dict[str, Any]:
    kind = random.choices(list(FIRST_CALL_TYPES), list(FIRST_CALL_TYPES.values()))[0]
    common = {"first_call_type": kind, "first_call_date": str(called)}
    match kind:
        case "signed_not_received":
            return common | _sign_off(random)
        case "dispatch_delay":
            return common | {"scans_before_complaint": _scans(random)}
        case "late_compensation":
            return common | _claim(random)
        case "attitude":
            return common | {"customer_reports_attitude": _yes(random, 80)}
        case "no_invoice":
            return common | _invoice(random, called)
        case "no_door_delivery":
            return common | _door_delivery(random, called)
        case "overcharge":
            return common | _charges(random)
        case _:
            return common


def _sign_off(random: Random) -> dict[str, Any]:
    return {
        "pod_recorded": _yes(random, 90),
        "consignee_received": _yes(random, 25),
        "signer": random.choice(("consignee", "agent", "unknown")),
        "contact_log_type": random.choice(("call", "sms", "none")),
        "contact_log_at_delivery": _yes(random, 70),
        "pod_photo_defect": random.choice(("none", "none", "no_signature", "no_name", "bad_shot")),
        "signer_name_legible": _yes(random),
        "agent_identity_recognisable": _yes(random),
    }


def _scans(random: Random) -> list[dict[str, str]]:
    if _once_in(random, 12):
        return []
    return [PICKUP, *(ONWARDS[: random.randrange(1, 3)] if _yes(random) else ())]


def _claim(random: Random) -> dict[str, Any]:
    standard = _money(random, 1000)
    return {
        "loss_confirmed": _yes(random, 80),
        "settled_with_customer": _yes(random),
        "compensation_amount": standard if _yes(random) else _money(random, 1000),
        "compensation_standard_amount": standard,
        "compensation_amount_registered": _yes(random, 60),
        "customer_accepts_compensation": _yes(random),
    }


def _invoice(random: Random, called: date) -> dict[str, Any]:
    facts = {"fee_collected": _money(random, 40), "invoice_given": _yes(random, 20)}
    promised = {"invoice_promised_date": str(called + timedelta(days=random.randrange(7)))}
    delivered = {"invoice_delivered_date": str(called + timedelta(days=random.randrange(7)))}
    return facts | (promised if _yes(random) else {}) | (delivered if _yes(random) else {})


def _door_delivery(random: Random, called: date) -> dict[str, Any]:
    delivered = {"door_delivered_on": str(called + timedelta(days=random.randrange(3)))}
    return {"self_pickup_demanded": _yes(random, 85), **(delivered if _yes(random, 60) else {})}


def _charges(random: Random) -> dict[str, Any]:
    freight = _money(random, 60)
    return {
        "undisclosed_fee_amount": _money(random, 20) if _yes(random, 40) else 0,
        "freight_collect_charged": _money(random, 60) if _yes(random) else freight,
        "network_freight_standard": freight,
    }


def _registration(random: Random, _called: date) -> dict[str, Any]:
    return {
        "complaint_ordinal": random.choice((1, 1, 1, 2, 2, 3)),
        "complaint_category": random.choice(CATEGORIES),
        "completed_in_time": _yes(random, 70),
        "registration_status": random.choice(
            ("valid", "valid", "valid", "none", "invalid_info", "false_result")
        ),
    }


def _appeal(random: Random, _called: date) -> dict[str, Any]:
    return {
        "appeal_type": random.choice(("attitude", "false_signoff", "delay", "delay", "loss", "other")),
        "appeal_rate_per_million": round(random.uniform(2, 22), random.choice((0, 1, 6))),
    }


def _delivery(random: Random, _called: date) -> dict[str, Any]:
    scope = random.choices(DELIVERY_SCOPES, (30, 30, 30, 10))[0]
    return {"delivery_scope": scope, "calendar_days_past_commitment": random.randrange(25)}


def _arbitration(random: Random, called: date) -> dict[str, Any]:
    ends = called + timedelta(days=random.randrange(-20, 6))
    return {
        "liable_party": random.choice(
            ("origin_outlet", "delivery_outlet", "delivery_outlet", "hub", "none_clear")
        ),
        "first_complaint_at": f"{called}T{random.randrange(24):02}:{random.randrange(60):02}",
        "arbitration_accept_deadline_at": f"{ends}T24:00",
        "internal_arbitration_standard": _money(random, 2000),
        "theoretical_compensation": _money(random, 2000),
    }
