"""The policy of `benchmarks/policy` as one function written by hand: what the evaluators are measured by.

It is what a good programmer writes who knows the policy and wants it fast: no explanation, no citation,
nothing that tells unknown from false. It reads validated facts of which all that matter are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any, TypeAlias

Conclusion: TypeAlias = tuple[str, str, Decimal | None]
"""Rule, kind, and the amount: of a fine, or what the liable party bears of a share (None: not fixed here)."""

SECOND_QUARTER = date(2015, 4, 1)
FOURTH_QUARTER = date(2015, 10, 1)
CENT = Decimal("0.01")
NOTHING = Decimal(0)
DELAY_LIMITS = {"same_city": 3, "intra_province": 7, "inter_province": 7, "international": 21}

SIGNED_NOT_RECEIVED = ("policy/first-call/signed-not-received", "fine", Decimal(50))
DISPATCH_DELAY = ("policy/first-call/dispatch-delay", "fine", Decimal(50))
LATE_COMPENSATION = ("policy/first-call/late-compensation", "fine", Decimal(50))
ATTITUDE = ("policy/first-call/attitude", "fine", Decimal(50))
NO_INVOICE = ("policy/first-call/no-invoice", "fine", Decimal(50))
NO_DOOR_DELIVERY = ("policy/first-call/no-door-delivery", "fine", Decimal(50))
OVERCHARGE = ("policy/first-call/overcharge", "fine", Decimal(50))
REGISTERED_FALSELY = ("policy/registration/registration", "fine", Decimal(500))
LATE_AGAIN = ("policy/registration/registration", "fine", Decimal(500))
LATE = ("policy/registration/registration", "fine", Decimal(200))
REGISTERED_BADLY = ("policy/registration/registration", "fine", Decimal(50))
NOT_REGISTERED = ("policy/registration/registration", "fine", Decimal(20))
SPECIAL_APPEAL = ("policy/appeals/special-types", "fine", Decimal(1500))
LOW_RATE = ("policy/appeals/bands", "fine", Decimal(500))
MIDDLE_RATE = ("policy/appeals/bands", "fine", Decimal(1000))
HIGH_RATE = ("policy/appeals/bands", "fine", Decimal(1500))
BETWEEN_BANDS = ("policy/appeals/bands", "review", None)
COMPLETE_DELAY = ("policy/delay/compensate", "compensation", None)


def decide_by_hand(facts: Mapping[str, Any]) -> list[Conclusion]:
    """What the policy concludes about one ticket, in the order of the rulebook."""
    found: list[Conclusion] = []
    if facts["rulebook_owner"] != "zto":
        return found
    if "first_call_type" in facts and (fine := _first_call(facts)):
        found.append(fine)
    if "complaint_ordinal" in facts and (fine := _registration(facts)):
        found.append(fine)
    if "appeal_type" in facts:
        found.append(_appeal(facts))
    scope = facts.get("delivery_scope")
    if scope and facts["calendar_days_past_commitment"] > DELAY_LIMITS[scope]:
        found.append(COMPLETE_DELAY)
    if "liable_party" in facts and facts["first_complaint_at"] > facts["arbitration_accept_deadline_at"]:
        found.append(_share(facts))
    return found


def _first_call(facts: Mapping[str, Any]) -> Conclusion | None:
    kind, day = facts["first_call_type"], facts["first_call_date"]
    if day < SECOND_QUARTER:
        return None
    if kind == "signed_not_received":
        return SIGNED_NOT_RECEIVED if _signed_not_received(facts) else None
    if kind == "dispatch_delay":
        return DISPATCH_DELAY if _only_picked_up(facts["scans_before_complaint"]) else None
    if kind == "late_compensation":
        return LATE_COMPENSATION if _compensated_late(facts) else None
    if day < FOURTH_QUARTER:
        return None
    if kind == "attitude":
        return ATTITUDE if facts["customer_reports_attitude"] else None
    if kind == "no_invoice":
        return NO_INVOICE if _without_invoice(facts) else None
    if kind == "no_door_delivery":
        refused = facts["self_pickup_demanded"] and facts.get("door_delivered_on") != day
        return NO_DOOR_DELIVERY if refused else None
    if kind == "overcharge":
        return OVERCHARGE if _overcharged(facts) else None
    return None


def _signed_not_received(facts: Mapping[str, Any]) -> bool:
    if not facts["pod_recorded"] or (facts["consignee_received"] and facts["signer"] == "consignee"):
        return False
    contacted = facts["contact_log_type"] != "none" and facts["contact_log_at_delivery"]
    named = facts["signer_name_legible"] or facts["agent_identity_recognisable"]
    return not (contacted and named and facts["pod_photo_defect"] == "none")


def _only_picked_up(scans: tuple[Mapping[str, str], ...]) -> bool:
    for scan in scans:
        if scan["scan_type"] != "pickup" or scan["outlet_role"] != "origin_outlet":
            return False
    return bool(scans)


def _compensated_late(facts: Mapping[str, Any]) -> bool:
    if not facts["loss_confirmed"]:
        return False
    if facts["compensation_amount"] < facts["compensation_standard_amount"]:
        return True
    refused = facts["compensation_amount_registered"] and not facts["customer_accepts_compensation"]
    return not facts["settled_with_customer"] and not refused


def _without_invoice(facts: Mapping[str, Any]) -> bool:
    if facts["invoice_given"] or not facts["fee_collected"] > NOTHING:
        return False
    promised, delivered = facts.get("invoice_promised_date"), facts.get("invoice_delivered_date")
    return promised is None or delivered is None or delivered > promised


def _overcharged(facts: Mapping[str, Any]) -> bool:
    if facts["undisclosed_fee_amount"] > NOTHING:
        return True
    return bool(facts["freight_collect_charged"] > facts["network_freight_standard"])


def _registration(facts: Mapping[str, Any]) -> Conclusion | None:
    status = facts["registration_status"]
    if status == "false_result":
        return REGISTERED_FALSELY
    if not facts["completed_in_time"]:
        again = facts["complaint_ordinal"] >= 2 and facts["complaint_category"] != "other"
        return LATE_AGAIN if again else LATE
    if status == "invalid_info":
        return REGISTERED_BADLY
    return NOT_REGISTERED if status == "none" else None


def _appeal(facts: Mapping[str, Any]) -> Conclusion:
    if facts["appeal_type"] in ("attitude", "false_signoff"):
        return SPECIAL_APPEAL
    rate = facts["appeal_rate_per_million"]
    if rate <= 10:
        return LOW_RATE
    if rate >= 16:
        return HIGH_RATE
    return MIDDLE_RATE if 11 <= rate <= 15 else BETWEEN_BANDS


def _share(facts: Mapping[str, Any]) -> Conclusion:
    liable, due = facts["liable_party"], facts["theoretical_compensation"]
    if liable == "delivery_outlet":
        half = min(facts["internal_arbitration_standard"], due) / 2
        return "policy/liability/delivery-liable", "share", half.quantize(CENT, ROUND_FLOOR)
    if liable == "hub":
        half = (facts["internal_arbitration_standard"] / 2).quantize(CENT, ROUND_FLOOR)
        return "policy/liability/hub-liable", "share", min(half, due)
    return "policy/liability/origin-liable", "share", due
