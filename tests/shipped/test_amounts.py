"""The numbers of the documents, each once, as a sentence about a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.shipped.shipped import verdict_on

ZTO = {"rulebook_owner": "zto"}
NO_INVOICE = {**ZTO, "first_call_type": "no_invoice", "fee_collected": 15, "invoice_given": False}
REGISTRATION = {
    **ZTO,
    "hq_deadline_at": "2015-06-21T18:00",
    "complaint_category": "delay",
    "registered_in_time": True,
}
APPEAL = {
    **ZTO,
    "complaint_at": "2015-11-10T10:00",
    "appeal_body": "state_post_bureau",
    "appeal_type": "delay",
}
SPLIT = {
    **ZTO,
    "first_complaint_at": "2015-06-20T10:00",
    "arbitration_accept_deadline_at": "2015-06-10T24:00",
    "internal_arbitration_standard": 1000,
    "theoretical_compensation": 600,
}
C5 = {
    "rulebook_owner": "yto",
    "dispatched_at": "2015-06-20T09:00",
    "responsible_outlet_contacted_at": "2015-06-20T09:20",
    "customer_replied_at": "2015-06-20T09:25",
}


def fines(facts: Mapping[str, Any]) -> list[str]:
    return [outcome["amount"] for outcome in verdict_on(facts)["outcomes"] if outcome["kind"] == "fine"]


def outcomes(section: str, facts: Mapping[str, Any], as_of: str | None = None) -> list[dict[str, Any]]:
    found = verdict_on(facts, as_of)["outcomes"]
    return [outcome for outcome in found if outcome["rule"].startswith(section)]


def test_a_first_call_without_an_invoice_costs_fifty_from_the_fourth_quarter_of_2015() -> None:
    assert fines({**NO_INVOICE, "first_call_date": "2015-10-01"}) == ["50.00"]
    assert fines({**NO_INVOICE, "first_call_date": "2015-09-30"}) == []


def test_an_appointment_that_was_kept_takes_the_fine_away() -> None:
    kept = {"invoice_promised_date": "2015-10-10", "invoice_delivered_date": "2015-10-10"}
    verdict = verdict_on({**NO_INVOICE, **kept, "first_call_date": "2015-10-08"})
    assert "penalties/first-call/no-invoice" in [entry["rule"] for entry in verdict["defeated"]]
    assert verdict["totals"] == {}


@pytest.mark.parametrize(
    ("ordinal", "in_time", "status", "fine"),
    [
        (1, True, "valid", []),
        (2, True, "valid", []),
        (1, True, "none", ["20.00"]),
        (2, True, "none", ["20.00"]),
        (1, True, "invalid_info", ["50.00"]),
        (2, True, "invalid_info", ["50.00"]),
        (1, False, "valid", ["200.00"]),
        (2, False, "valid", ["500.00"]),
    ],
)
def test_the_registration_table_costs_nothing_or_20_50_200_or_500(
    ordinal: int, in_time: bool, status: str, fine: list[str]
) -> None:
    given = {"complaint_ordinal": ordinal, "completed_in_time": in_time, "registration_status": status}
    assert fines({**REGISTRATION, **given}) == fine


@pytest.mark.parametrize("ordinal", [1, 2])
def test_a_false_result_costs_five_hundred_whatever_complaint_it_is(ordinal: int) -> None:
    given = {"complaint_ordinal": ordinal, "completed_in_time": True, "registration_status": "false_result"}
    assert fines({**REGISTRATION, **given}) == ["500.00"]


@pytest.mark.parametrize(
    ("rate", "fine"),
    [("10", "500.00"), ("11", "1000.00"), ("15", "1000.00"), ("16", "1500.00"), ("100", "1500.00")],
)
def test_an_appeal_costs_500_1000_or_1500_by_the_month_s_rate(rate: str, fine: str) -> None:
    assert fines({**APPEAL, "appeal_rate_per_million": Decimal(rate)}) == [fine]


@pytest.mark.parametrize("rate", ["10.5", "15.5"])
def test_between_the_bands_nobody_makes_up_an_amount(rate: str) -> None:
    found = outcomes("penalties/appeals", {**APPEAL, "appeal_rate_per_million": Decimal(rate)})
    assert [outcome.get("reason") for outcome in found] == ["undefined_by_source"]


@pytest.mark.parametrize("kind", ["attitude", "false_signoff"])
def test_an_appeal_about_attitude_or_false_sign_off_costs_1500_at_any_rate(kind: str) -> None:
    assert fines({**APPEAL, "appeal_type": kind, "appeal_rate_per_million": 1}) == ["1500.00"]


@pytest.mark.parametrize(("scope", "days"), [("same_city", 3), ("international", 21)])
def test_a_parcel_is_completely_delayed_from_the_day_after_3_or_21_days(scope: str, days: int) -> None:
    facts = {**ZTO, "service_scope": scope}
    for late, found in ((days, []), (days + 1, ["complete_delay"])):
        breaches = outcomes(
            "national_standard/complete-delay", {**facts, "calendar_days_past_commitment": late}
        )
        assert [breach["code"] for breach in breaches] == found


@pytest.mark.parametrize("late", [7, 8])
def test_between_provinces_it_is_the_day_after_7_days(late: int) -> None:
    scope = {**ZTO, "service_scope": "inter_province", "calendar_days_past_commitment": late}
    assert len(outcomes("national_standard/complete-delay", scope)) == late - 7


@pytest.mark.parametrize(("minute", "state"), [("30", "met"), ("31", "breached")])
def test_the_first_reply_is_due_within_thirty_minutes(minute: str, state: str) -> None:
    found = outcomes("sla/c5/first-reply", {**C5, "c5_replied_at": f"2015-06-20T09:{minute}"})
    assert found[0]["state"] == state
    assert found[0]["due"] == "2015-06-20T09:30+08:00"
    assert [outcome["kind"] for outcome in found[1:]] == ([] if state == "met" else ["breach"])


def test_the_courier_comes_within_two_hours() -> None:
    facts = {**ZTO, "order_accepted_at": "2015-06-20T09:00"}
    for stop, state in (("2015-06-20T11:00", "met"), ("2015-06-20T11:01", "breached")):
        found = outcomes("national_standard/pickup/pickup-within-limit", {**facts, "picked_up_at": stop})
        assert found[0]["state"] == state


def test_cash_on_delivery_is_settled_within_a_month() -> None:
    facts = {**ZTO, "is_cod": True, "delivered_at": "2015-08-31", "cod_settled_at": "2015-09-30"}
    found = outcomes("national_standard/cash-on-delivery/settle-in-a-month", facts)
    assert (found[0]["state"], found[0]["due"]) == ("met", "2015-09-30T24:00+08:00")


@pytest.mark.parametrize(
    ("party", "shares"),
    [
        ("origin_outlet", {"origin_outlet": "600.00"}),
        ("delivery_outlet", {"delivery_outlet": "300.00", "origin_outlet": "300.00"}),
        ("hub", {"hub": "500.00", "origin_outlet": "100.00"}),
    ],
)
def test_half_of_the_standard_or_of_the_loss_is_the_most_that_others_bear(
    party: str, shares: dict[str, str]
) -> None:
    (share,) = [
        o for o in outcomes("compensation/split", {**SPLIT, "liable_party": party}) if o["kind"] == "share"
    ]
    assert {entry["party"]: entry["amount"] for entry in share["shares"]} == shares


def test_the_fee_for_finishing_in_an_outlet_s_place_has_no_amount_in_the_source() -> None:
    verdict = verdict_on({"rulebook_owner": "yto"})
    assert "fee" not in verdict["totals"]


def test_fines_of_different_schemes_add_up() -> None:
    facts = {
        **NO_INVOICE,
        **REGISTRATION,
        **APPEAL,
        "first_call_date": "2015-10-08",
        "complaint_ordinal": 2,
        "completed_in_time": False,
        "registration_status": "valid",
        "appeal_rate_per_million": 16,
    }
    assert verdict_on(facts)["totals"]["fine"] == {"CNY": "2050.00"}
