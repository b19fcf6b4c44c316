"""Facts as other engines can carry them: money in fen, days and instants as numbers, no lists.

What those engines cannot express (a test on a list, a comparison of two facts, a formula) is worked out here
and given to them as a fact. None of this is timed, so the figures flatter them a little.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from engine.evaluate.facts import Facts
from engine.rulebook.types import Value

Flat: TypeAlias = dict[str, str | int | bool]

FEN = 100
MILLIONTHS = 1_000_000


def flat_facts(facts: Facts) -> Flat:
    """One ticket's facts, and those that are worked out for the other engines."""
    flat: Flat = {name: _flat(name, value) for name, value in facts.items() if not isinstance(value, tuple)}
    for worked_out in (_photo, _scans, _compensation, _invoice, _door_delivery, _freight, _arbitration):
        flat |= worked_out(facts)
    return flat


def _flat(name: str, value: Value) -> str | int | bool:
    match value:
        case datetime():
            return int(value.timestamp())
        case date():
            return value.toordinal()
        case Decimal():
            return int(value * (MILLIONTHS if name == "appeal_rate_per_million" else FEN))
        case bool() | int() | str():
            return value
        case _:
            raise TypeError(f"{name} cannot be made flat")


def _photo(facts: Mapping[str, Any]) -> Flat:
    if "pod_photo_defect" not in facts:
        return {}
    named = facts["signer_name_legible"] or facts["agent_identity_recognisable"]
    return {"pod_photo_compliant": named and facts["pod_photo_defect"] == "none"}


def _scans(facts: Mapping[str, Any]) -> Flat:
    scans = facts.get("scans_before_complaint", ())
    picked_up = [s["scan_type"] == "pickup" and s["outlet_role"] == "origin_outlet" for s in scans]
    return {"only_picked_up": bool(scans) and all(picked_up)}


def _compensation(facts: Mapping[str, Any]) -> Flat:
    if "loss_confirmed" not in facts:
        return {}
    return {"offer_below_standard": facts["compensation_amount"] < facts["compensation_standard_amount"]}


def _invoice(facts: Mapping[str, Any]) -> Flat:
    promised, delivered = facts.get("invoice_promised_date"), facts.get("invoice_delivered_date")
    return {"appointment_kept": promised is not None and delivered is not None and delivered <= promised}


def _door_delivery(facts: Mapping[str, Any]) -> Flat:
    delivered = facts.get("door_delivered_on")
    return {"same_day": delivered is not None and delivered == facts.get("first_call_date")}


def _freight(facts: Mapping[str, Any]) -> Flat:
    if "freight_collect_charged" not in facts:
        return {}
    return {"freight_above_standard": facts["freight_collect_charged"] > facts["network_freight_standard"]}


def _arbitration(facts: Mapping[str, Any]) -> Flat:
    if "liable_party" not in facts:
        return {}
    return {"out_of_window": facts["first_complaint_at"] > facts["arbitration_accept_deadline_at"]}
