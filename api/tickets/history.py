"""A made-up history of a year's tickets, for demonstrations and measurements.

The same seed makes the same tickets on every version of Python: only `random.Random.random` is used,
whose sequence the language guarantees. Nobody's data went into it; the mixtures are plausible guesses.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random
from typing import Any, TypeAlias

Facts: TypeAlias = dict[str, Any]
"""Raw facts as a ticket carries them: text for days and instants, `int` and `Decimal` for numbers."""

FIRST_DAY = date(2015, 3, 1)
DAYS = 306
"""2015-03-01 to 2015-12-31."""
OUTLETS = tuple(f"ZTO-{number:04}" for number in range(1, 41))
_DAY_TEXTS = tuple((FIRST_DAY + timedelta(days=offset)).isoformat() for offset in range(DAYS + 60))
_TIMES = tuple(f"T{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60))
_NEVER_MISSING = ("ticket_no", "rulebook_owner", "ticket_kind")
_RATES = tuple(map(Decimal, ("4.2", "8.75", "10", "10.5", "11", "13.333333", "15", "15.6", "16", "21.25")))
"""Appeal rates of outlets; 10.5 and 15.6 lie where the source leaves a gap."""


class _Mixture:
    """Values with weights, drawn by one random number."""

    def __init__(self, **weights: int) -> None:
        self.values = tuple(weights)
        self._bounds = tuple(accumulate(weights.values()))

    def draw(self, random: Callable[[], float]) -> str:
        return self.values[bisect(self._bounds, random() * self._bounds[-1])]


_KINDS = _Mixture(enquiry=4, chase=4, routine=2)
_CHANNELS = _Mixture(phone=50, ivr_95554=5, wechat=15, website=10, online=12, mobile_qq=4, email=4)
_FIRST_CALLS = _Mixture(
    signed_not_received=28,
    dispatch_delay=22,
    late_compensation=14,
    attitude=12,
    no_invoice=6,
    no_door_delivery=10,
    overcharge=5,
    other=3,
)
_CATEGORIES = _Mixture(delay=35, claims=15, false_signoff=20, attitude=15, overcharge=5, other=10)
_REGISTRATIONS = _Mixture(valid=80, none=12, invalid_info=6, false_result=2)
_SIGNERS = _Mixture(agent=60, consignee=25, unknown=15)
_PHOTOS = _Mixture(none=55, no_signature=15, consignee_unclear=10, no_name=10, bad_shot=10)
_CONTACTS = _Mixture(none=45, call=35, sms=20)
_SCOPES = _Mixture(same_city=25, intra_province=30, inter_province=42, international=3)
_EVENTS = _Mixture(loss=35, damage=35, shortage=12, contents_mismatch=8, complete_delay=10)
_CAUSES = _Mixture(
    carrier=85, inherent_nature_or_wear=5, force_majeure=4, consignor_fault=4, consignee_fault=2
)
_CLAIMANTS = _Mixture(consignor=80, designated_beneficiary=10, consignee=8, other=2)
_LIABLE = _Mixture(delivery_outlet=45, origin_outlet=30, hub=15, none_clear=10)
_PROOFS = _Mixture(e_transfer_voucher=70, cash_receipt=10, chat_screenshot=10, other=2, none=8)
_APPEALS = _Mixture(delay=35, loss=15, damage=15, attitude=10, false_signoff=12, delivery_service=8, other=5)
_BODIES = _Mixture(state_post_bureau=55, local_post_bureau=30, express_association=5, consumer_association=10)


def history(tickets: int, seed: int) -> Iterator[Facts]:
    """So many tickets in the order of their days, each with raw facts of the catalogue."""
    random = Random(seed).random  # noqa: S311 - made-up tickets, nothing is kept secret by them
    for number in range(tickets):
        yield _ticket(number, number * DAYS // tickets, random)


def _ticket(number: int, day: int, random: Callable[[], float]) -> Facts:
    today = _DAY_TEXTS[day]
    minute = 480 + int(random() * 720)
    outlet = OUTLETS[int(random() ** 2 * len(OUTLETS))]
    facts: Facts = {
        "ticket_no": f"T{today[:4]}{today[5:7]}{today[8:]}-{number:08}",
        "rulebook_owner": "zto",
        "ticket_kind": "complaint" if random() < 0.9 else _KINDS.draw(random),
        "channel": _CHANNELS.draw(random),
        "created_at": today + _TIMES[minute],
        "outlet_id": outlet,
        "outlet_level1_id": outlet,
        "month": today[:7],
    }
    if facts["ticket_kind"] == "complaint":
        facts["complaint_at"] = facts["accepted_at"] = facts["created_at"]
        _SUBJECTS[bisect(_SUBJECT_BOUNDS, random() * 100)](facts, day, minute, random)
    if random() < 0.06:
        _lose_one(facts, random)
    return facts


def _lose_one(facts: Facts, random: Callable[[], float]) -> None:
    """A fact that nobody wrote down."""
    names = [name for name in facts if name not in _NEVER_MISSING]
    del facts[names[int(random() * len(names))]]


def _yes(random: Callable[[], float], share: float) -> bool:
    return random() < share


def _first_call(facts: Facts, day: int, minute: int, random: Callable[[], float]) -> None:
    kind = _FIRST_CALLS.draw(random)
    facts["first_call_type"] = kind
    facts["first_call_date"] = _DAY_TEXTS[day]
    facts["channel"] = "ivr_95554" if _yes(random, 0.05) else "phone"
    facts["special_case"] = _yes(random, 0.03)
    detail = _FIRST_CALL_DETAILS.get(kind)
    if detail:
        detail(facts, day, minute, random)


def _signed_not_received(facts: Facts, _day: int, _minute: int, random: Callable[[], float]) -> None:
    facts["pod_recorded"] = _yes(random, 0.95)
    facts["consignee_received"] = _yes(random, 0.2)
    facts["signer"] = _SIGNERS.draw(random)
    facts["contact_log_type"] = _CONTACTS.draw(random)
    facts["contact_log_at_delivery"] = _yes(random, 0.6)
    facts["pod_photo_defect"] = _PHOTOS.draw(random)
    facts["signer_name_legible"] = _yes(random, 0.6)
    facts["agent_identity_recognisable"] = _yes(random, 0.5)


def _dispatch_delay(facts: Facts, day: int, minute: int, random: Callable[[], float]) -> None:
    scans = []
    if _yes(random, 0.95):
        picked = _DAY_TEXTS[max(day - 2, 0)] + _TIMES[minute]
        scans.append({"scan_at": picked, "scan_type": "pickup", "outlet_role": "origin_outlet"})
    if _yes(random, 0.45):
        sent = _DAY_TEXTS[max(day - 1, 0)] + _TIMES[minute - 60]
        scans.append({"scan_at": sent, "scan_type": "arrive", "outlet_role": "hub"})
    facts["scans_before_complaint"] = scans


def _late_compensation(facts: Facts, _day: int, _minute: int, random: Callable[[], float]) -> None:
    due = _amount(random, 300)
    facts["loss_confirmed"] = _yes(random, 0.85)
    facts["settled_with_customer"] = _yes(random, 0.4)
    facts["compensation_standard_amount"] = due
    facts["compensation_amount"] = due if _yes(random, 0.4) else _amount(random, 300)
    facts["compensation_amount_registered"] = _yes(random, 0.7)
    facts["customer_accepts_compensation"] = _yes(random, 0.5)


def _attitude(facts: Facts, _day: int, _minute: int, random: Callable[[], float]) -> None:
    facts["customer_reports_attitude"] = _yes(random, 0.9)


def _no_invoice(facts: Facts, day: int, _minute: int, random: Callable[[], float]) -> None:
    facts["fee_collected"] = _amount(random, 60)
    facts["invoice_given"] = _yes(random, 0.15)
    if _yes(random, 0.4):
        facts["invoice_promised_date"] = _DAY_TEXTS[day + 3]
        if _yes(random, 0.6):
            facts["invoice_delivered_date"] = _DAY_TEXTS[day + 1 + int(random() * 5)]


def _no_door_delivery(facts: Facts, day: int, _minute: int, random: Callable[[], float]) -> None:
    facts["self_pickup_demanded"] = _yes(random, 0.85)
    facts["out_of_area"] = _yes(random, 0.3)
    if _yes(random, 0.6):
        facts["door_delivered_on"] = _DAY_TEXTS[day + int(random() * 3)]


def _overcharge(facts: Facts, _day: int, _minute: int, random: Callable[[], float]) -> None:
    facts["fee_disclosed_at_sending"] = _yes(random, 0.4)
    facts["undisclosed_fee_amount"] = _amount(random, 20) if _yes(random, 0.6) else Decimal(0)
    facts["network_freight_standard"] = Decimal(12)
    facts["freight_collect_charged"] = Decimal(12) + (_amount(random, 8) if _yes(random, 0.5) else 0)


def _registration(facts: Facts, day: int, minute: int, random: Callable[[], float]) -> None:
    facts["complaint_ordinal"] = 1 if _yes(random, 0.82) else 2
    facts["complaint_category"] = _CATEGORIES.draw(random)
    facts["hq_notified_at"] = facts["created_at"]
    facts["hq_deadline_at"] = f"{_DAY_TEXTS[day + 1]}T18:00"
    if _yes(random, 0.97):
        days = 0 if _yes(random, 0.5) else int(random() ** 3 * 6) + 1
        facts["completed_at"] = _DAY_TEXTS[day + days] + _TIMES[minute + 60]
    facts["registration_status"] = _REGISTRATIONS.draw(random)
    facts["registered_in_time"] = _yes(random, 0.9)


def _appeal(facts: Facts, day: int, _minute: int, random: Callable[[], float]) -> None:
    """The rate and the volume are those of the outlet in that month, the same on each of its tickets."""
    outlet, month = int(facts["outlet_level1_id"][-4:]), int(_DAY_TEXTS[day][5:7])
    facts["appeal_body"] = _BODIES.draw(random)
    facts["appeal_type"] = _APPEALS.draw(random)
    facts["regulator_or_body_appeal"] = True
    facts["monthly_parcel_volume"] = 200_000 + 25_000 * (outlet * 7 % 40) + 10_000 * month
    facts["appeal_rate_per_million"] = _RATES[(outlet * 3 + month * 7) % len(_RATES)]


def _claim(facts: Facts, day: int, minute: int, random: Callable[[], float]) -> None:
    due = _amount(random, 800)
    facts["claim_event"] = _EVENTS.draw(random)
    facts["loss_confirmed"] = _yes(random, 0.9)
    facts["loss_cause"] = _CAUSES.draw(random)
    facts["claimant_role"] = _CLAIMANTS.draw(random)
    facts["occurred_in_transit"] = _yes(random, 0.95)
    facts["insured"] = _yes(random, 0.2)
    facts["first_complaint_at"] = _DAY_TEXTS[day] + _TIMES[minute - 30]
    facts["arbitration_accept_deadline_at"] = f"{_DAY_TEXTS[day + int(random() * 20)]}T24:00"
    if _yes(random, 0.4):
        facts["arbitration_accept_deadline_at"] = f"{_DAY_TEXTS[max(day - 5, 0)]}T24:00"
    facts["liable_party"] = _LIABLE.draw(random)
    facts["internal_arbitration_standard"] = Decimal(1000)
    facts["theoretical_compensation"] = due
    facts["origin_has_paid_customer"] = _yes(random, 0.5)
    facts["payment_proof_type"] = _PROOFS.draw(random)


def _delay(facts: Facts, day: int, _minute: int, random: Callable[[], float]) -> None:
    late = int(random() ** 3 * 16)
    facts["service_scope"] = _SCOPES.draw(random)
    facts["committed_delivery_at"] = f"{_DAY_TEXTS[day]}T18:00"
    facts["delivered"] = _yes(random, 0.92)
    if facts["delivered"]:
        facts["delivered_at"] = _DAY_TEXTS[day + late]
    else:
        facts["calendar_days_past_commitment"] = late + 2


def _amount(random: Callable[[], float], most: int) -> Decimal:
    """Money up to `most`, to the cent."""
    return Decimal(int(random() * most * 100)).scaleb(-2)


_FIRST_CALL_DETAILS: Mapping[str, Callable[[Facts, int, int, Callable[[], float]], None]] = {
    "signed_not_received": _signed_not_received,
    "dispatch_delay": _dispatch_delay,
    "late_compensation": _late_compensation,
    "attitude": _attitude,
    "no_invoice": _no_invoice,
    "no_door_delivery": _no_door_delivery,
    "overcharge": _overcharge,
}
_SUBJECTS: Sequence[Callable[[Facts, int, int, Callable[[], float]], None]] = (
    _first_call,
    _registration,
    _delay,
    _claim,
    _appeal,
)
_SUBJECT_BOUNDS = (36, 66, 80, 92)

COLUMNS = [
    "ticket_no",
    "rulebook_owner",
    "ticket_kind",
    "channel",
    "created_at",
    "outlet_id",
    "outlet_level1_id",
    "month",
    "complaint_at",
    "accepted_at",
    "first_call_type",
    "first_call_date",
    "special_case",
    "pod_recorded",
    "consignee_received",
    "signer",
    "contact_log_type",
    "contact_log_at_delivery",
    "pod_photo_defect",
    "signer_name_legible",
    "agent_identity_recognisable",
    "scans_before_complaint",
    "loss_confirmed",
    "settled_with_customer",
    "compensation_standard_amount",
    "compensation_amount",
    "compensation_amount_registered",
    "customer_accepts_compensation",
    "customer_reports_attitude",
    "fee_collected",
    "invoice_given",
    "invoice_promised_date",
    "invoice_delivered_date",
    "self_pickup_demanded",
    "out_of_area",
    "door_delivered_on",
    "fee_disclosed_at_sending",
    "undisclosed_fee_amount",
    "network_freight_standard",
    "freight_collect_charged",
    "complaint_ordinal",
    "complaint_category",
    "hq_notified_at",
    "hq_deadline_at",
    "completed_at",
    "registration_status",
    "registered_in_time",
    "appeal_body",
    "appeal_type",
    "regulator_or_body_appeal",
    "monthly_parcel_volume",
    "appeal_rate_per_million",
    "claim_event",
    "loss_cause",
    "claimant_role",
    "occurred_in_transit",
    "insured",
    "first_complaint_at",
    "arbitration_accept_deadline_at",
    "liable_party",
    "internal_arbitration_standard",
    "theoretical_compensation",
    "origin_has_paid_customer",
    "payment_proof_type",
    "service_scope",
    "committed_delivery_at",
    "delivered",
    "delivered_at",
    "calendar_days_past_commitment",
]
"""Every fact that a made-up ticket may carry, in the order of the columns of tables."""
