"""The policy on the plain durable-rules library, in a process of its own: bad content can kill or hang it.

Facts go in with `assert_fact` under one primed short sid, come out with `retract_fact`, and what fires is
collected by rule, since `$or` fires once for each branch that holds. Started by `benchmarks.durable_rules`.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from datetime import date
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

from durable import engine

from benchmarks.flat_facts import MILLIONTHS, Flat

Condition: TypeAlias = dict[str, Any]
Fired: TypeAlias = dict[str, int | None]

RULESET = "policy"
SID = "w0"
SECOND_QUARTER = date(2015, 4, 1).toordinal()
FOURTH_QUARTER = date(2015, 10, 1).toordinal()


def _and(*conditions: Condition) -> Condition:
    return {"$and": list(conditions)}


def _or(*conditions: Condition) -> Condition:
    return {"$or": list(conditions)}


def _is(**fact: str | int | bool) -> Condition:
    return fact


def _not(**fact: str | int | bool) -> Condition:
    return {"$neq": fact}


def _above(**fact: int) -> Condition:
    return {"$gt": fact}


def _below(**fact: int) -> Condition:
    return {"$lt": fact}


def _from(**fact: int) -> Condition:
    return {"$gte": fact}


def _up_to(**fact: int) -> Condition:
    return {"$lte": fact}


def _called(kind: str, since: int, *conditions: Condition) -> Condition:
    return _and(_is(first_call_type=kind), _from(first_call_date=since), *conditions)


def _rate(*conditions: Condition) -> Condition:
    return _and(_not(appeal_type="attitude"), _not(appeal_type="false_signoff"), *conditions)


_NOT_FALSE = _not(registration_status="false_result")
_REPEAT = (_from(complaint_ordinal=2), _not(complaint_category="other"))
_FIRST_OR_OTHER = _or(_below(complaint_ordinal=2), _is(complaint_category="other"))
_LIMITS = {"same_city": 3, "intra_province": 7, "inter_province": 7, "international": 21}

RULES: tuple[tuple[str, int | None, Condition], ...] = (
    (
        "policy/first-call/signed-not-received",
        50,
        _called(
            "signed_not_received",
            SECOND_QUARTER,
            _is(pod_recorded=True),
            _or(_is(consignee_received=False), _not(signer="consignee")),
            _or(
                _is(contact_log_type="none"),
                _is(contact_log_at_delivery=False),
                _is(pod_photo_compliant=False),
            ),
        ),
    ),
    (
        "policy/first-call/dispatch-delay",
        50,
        _called("dispatch_delay", SECOND_QUARTER, _is(only_picked_up=True)),
    ),
    (
        "policy/first-call/late-compensation",
        50,
        _called(
            "late_compensation",
            SECOND_QUARTER,
            _is(loss_confirmed=True),
            _or(
                _is(offer_below_standard=True),
                _and(_is(settled_with_customer=False), _is(compensation_amount_registered=False)),
                _and(_is(settled_with_customer=False), _is(customer_accepts_compensation=True)),
            ),
        ),
    ),
    (
        "policy/first-call/attitude",
        50,
        _called("attitude", FOURTH_QUARTER, _is(customer_reports_attitude=True)),
    ),
    (
        "policy/first-call/no-invoice",
        50,
        _called(
            "no_invoice",
            FOURTH_QUARTER,
            _above(fee_collected=0),
            _is(invoice_given=False),
            _is(appointment_kept=False),
        ),
    ),
    (
        "policy/first-call/no-door-delivery",
        50,
        _called("no_door_delivery", FOURTH_QUARTER, _is(self_pickup_demanded=True), _is(same_day=False)),
    ),
    (
        "policy/first-call/overcharge",
        50,
        _called(
            "overcharge",
            FOURTH_QUARTER,
            _or(_above(undisclosed_fee_amount=0), _is(freight_above_standard=True)),
        ),
    ),
    ("policy/registration/registration", 500, _is(registration_status="false_result")),
    ("policy/registration/registration", 500, _and(_is(completed_in_time=False), _NOT_FALSE, *_REPEAT)),
    (
        "policy/registration/registration",
        200,
        _and(_is(completed_in_time=False), _NOT_FALSE, _FIRST_OR_OTHER),
    ),
    (
        "policy/registration/registration",
        50,
        _and(_is(completed_in_time=True), _is(registration_status="invalid_info")),
    ),
    (
        "policy/registration/registration",
        20,
        _and(_is(completed_in_time=True), _is(registration_status="none")),
    ),
    (
        "policy/appeals/special-types",
        1500,
        _or(_is(appeal_type="attitude"), _is(appeal_type="false_signoff")),
    ),
    ("policy/appeals/bands", 500, _rate(_up_to(appeal_rate_per_million=10 * MILLIONTHS))),
    (
        "policy/appeals/bands",
        None,
        _rate(
            _above(appeal_rate_per_million=10 * MILLIONTHS), _below(appeal_rate_per_million=11 * MILLIONTHS)
        ),
    ),
    (
        "policy/appeals/bands",
        1000,
        _rate(
            _from(appeal_rate_per_million=11 * MILLIONTHS), _up_to(appeal_rate_per_million=15 * MILLIONTHS)
        ),
    ),
    (
        "policy/appeals/bands",
        None,
        _rate(
            _above(appeal_rate_per_million=15 * MILLIONTHS), _below(appeal_rate_per_million=16 * MILLIONTHS)
        ),
    ),
    ("policy/appeals/bands", 1500, _rate(_from(appeal_rate_per_million=16 * MILLIONTHS))),
    *(
        (
            "policy/delay/compensate",
            None,
            _and(_is(delivery_scope=scope), _above(calendar_days_past_commitment=days)),
        )
        for scope, days in _LIMITS.items()
    ),
    (
        "policy/liability/origin-liable",
        None,
        _and(_is(out_of_window=True), _or(_is(liable_party="origin_outlet"), _is(liable_party="none_clear"))),
    ),
    (
        "policy/liability/delivery-liable",
        None,
        _and(_is(out_of_window=True), _is(liable_party="delivery_outlet")),
    ),
    ("policy/liability/hub-liable", None, _and(_is(out_of_window=True), _is(liable_party="hub"))),
)


class _Host(engine.Host):  # type: ignore[misc]  # the library comes without types
    def _run(self) -> None:
        """Starts none of the stock host's threads, which steal matches."""


class Policy:
    """The rules on one host with one sid."""

    def __init__(self) -> None:
        self.fired: Fired = {}
        self._count = 0
        rules = {
            f"rule_{i}": {
                "all": [{"m": _and(_is(rulebook_owner="zto"), condition)}],
                "run": self._fire(rule, amount),
            }
            for i, (rule, amount, condition) in enumerate(RULES)
        }
        rules["prime"] = {"all": [{"m": _is(prime=1)}], "run": self._fire("prime", None)}
        self._host = _Host({RULESET: rules})
        self.decide({"prime": 1})

    def decide(self, facts: Flat) -> Fired:
        """The amount in yuan by the rule that applied (None: it is not a fine)."""
        self._count += 1
        fact = {**facts, "sid": SID, "id": self._count}
        self.fired = {}
        try:
            self._host.assert_fact(RULESET, fact)
        except engine.MessageNotHandledException:
            return self.fired
        finally:
            self._host.retract_fact(RULESET, fact)
        return self.fired

    def _fire(self, rule: str, amount: int | None) -> Callable[[object], None]:
        def run(_context: object) -> None:
            self.fired[rule] = amount

        return run


def serve(pipe: Connection, tickets: list[Flat], count: int) -> None:
    """Answers `answers` with what fired for every ticket, `round` with the seconds for the first `count`."""
    policy = Policy()
    gc.disable()
    while True:
        if pipe.recv() == "answers":
            pipe.send([policy.decide(facts) for facts in tickets])
        else:
            pipe.send(_seconds(policy, tickets[:count]))


def _seconds(policy: Policy, tickets: list[Flat]) -> float:
    for facts in tickets:
        policy.decide(facts)
    started = time.perf_counter()
    for facts in tickets:
        policy.decide(facts)
    return time.perf_counter() - started
