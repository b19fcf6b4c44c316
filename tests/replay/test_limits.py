"""Limits of `--fail-on`: how they are written, what they come to, and what is said of slips."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.base.findings import Finding
from engine.replay.dry_run.impact import (
    Impact,
    ItemReach,
    Money,
    Pair,
    Reach,
    RuleImpact,
    Side,
    ZoneImpact,
)
from engine.replay.dry_run.limits import Limit, limit_from, measured, unknown_names

FINE = ("fine", "CNY")
RULE = RuleImpact(
    rule="penalties/first-call/no-invoice",
    title={"zh": "未开发票", "en": "no invoice"},
    edited=True,
    applied=Pair(100, 130),
    defeated=Pair(0, 0),
    undecided=Pair(7, 5),
    changed=30,
    money={FINE: Money(Decimal("5000.00"), Decimal("6500.00"))},
)
SIDE = Side("HEAD", "9f2c61d0a4b7", {})
IMPACT = Impact(
    base=SIDE,
    candidate=replace(SIDE, label="rules"),
    as_of="2015-12-01T00:00:00+08:00",
    tickets=1000,
    bad=3,
    bad_tickets=(),
    repeated=1,
    repeated_numbers=("T1",),
    changed=30,
    changed_in_money=25,
    undecided=Pair(70, 50),
    money={FINE: Money(Decimal("10000.00"), Decimal("11500.00"))},
    rules=(RULE, replace(RULE, rule="penalties/appeals/bands", changed=0)),
    dimensions=(),
    distributions=(),
    largest=(),
    classes=(),
    classes_left_out=0,
    lacking=(),
)


def limit(written: str) -> Limit:
    found = limit_from(written)
    assert isinstance(found, Limit), found
    return found


@pytest.mark.parametrize(
    ("written", "value", "exceeded", "over"),
    [
        ("changed > 2%", "3", True, "1"),
        ("changed > 3%", "3", False, None),
        ("changed >= 3%", "3", True, "0"),
        ("changed>29", "30", True, "1"),
        ("changed > 2.99 %", "3", True, "0.01"),
        ("changed_in_money > 25", "25", False, None),
        ("undecided > 0", "50", True, "50"),
        ("delta.undecided > 0", "-20", False, None),
        ("delta.undecided < -10", "-20", True, "10"),
        ("bad > 0", "3", True, "3"),
        ("repeated > 1", "1", False, None),
        ("delta.fine > 1000 CNY", "1500.00", True, "500.00"),
        ("delta.fine > 1,000", "1500.00", True, "500.00"),
        ("delta.fine > 10000 CNY", "1500.00", False, None),
        ("delta.fine > 15%", "15", False, None),
        ("delta.fine > 14.9999%", "15", True, "0.0001"),
        ("delta.fee > 0 CNY", "0", False, None),
        ("rule(penalties/first-call/no-invoice).changed > 0", "30", True, "30"),
        ("rule( penalties/first-call/no-invoice ) . delta.applied > 10%", "3", False, None),
        ("rule(penalties/first-call/no-invoice).delta.fine >= 1500 CNY", "1500.00", True, "0.00"),
        ("ｃｈａｎｇｅｄ　＞　２％", "3", True, "1"),
    ],
)
def test_measures(written: str, value: str, exceeded: bool, over: str | None) -> None:
    """A limit is exceeded exactly where its comparison holds, and tells by how much."""
    (found,) = measured(limit(written), IMPACT)
    assert (found.value, found.exceeded) == (Decimal(value), exceeded)
    assert found.over == (None if over is None else Decimal(over))


def test_each_rule_that_fits() -> None:
    """A star speaks of each rule by itself."""
    found = measured(limit("rule(penalties/*).changed > 0"), IMPACT)
    assert {one.rule: one.exceeded for one in found} == {
        "penalties/first-call/no-invoice": True,
        "penalties/appeals/bands": False,
    }


def test_rule_that_does_not_differ() -> None:
    """Of a rule that does not differ nothing changes."""
    assert [one.exceeded for one in measured(limit("rule(sla/reply).changed > 0"), IMPACT)] == [False]
    assert [one.exceeded for one in measured(limit("rule(sla/reply).changed < 1"), IMPACT)] == [True]
    assert [one.exceeded for one in measured(limit("rule(sla/reply).delta.fine > 5%"), IMPACT)] == [False]


def test_shares_of_nothing() -> None:
    """Something out of nothing is beyond every share; nothing out of nothing is no share at all."""
    empty = replace(IMPACT, tickets=0, changed=0, money={FINE: Money(Decimal(0), Decimal(5))})
    assert [one.exceeded for one in measured(limit("changed > 0%"), empty)] == [False]
    assert [one.exceeded for one in measured(limit("changed >= 0%"), empty)] == [True]
    (found,) = measured(limit("delta.fine > 500%"), empty)
    assert (found.exceeded, found.value) == (True, None)
    (less,) = measured(limit("delta.fine < -5%"), empty)
    assert not less.exceeded


@pytest.mark.parametrize(
    ("written", "code", "mend"),
    [
        ("", "Q072", "write it as"),
        ("changed", "Q072", "write it as"),
        ("changed > many", "Q072", "write it as"),
        ("changed > 1,00", "Q072", "write it as"),
        ("changed == 3", "Q072", "write it as"),
        ("changed > 2% or bad > 0", "Q072", "write it as"),
        ("2% < changed", "Q072", "write it as"),
        ("chnaged > 2%", "Q073", "did you mean `changed`?"),
        ("delta.fines > 2", "Q073", "did you mean `delta.fine`?"),
        ("rule(penalties/x).bad > 0", "Q073", None),
        ("changed > 5 CNY", "Q075", None),
    ],
)
def test_what_is_no_limit(written: str, code: str, mend: str | None) -> None:
    """What cannot be read is told, with the nearest that can."""
    found = limit_from(written)
    assert isinstance(found, Finding)
    assert found.code == code
    if mend is not None:
        assert mend in (found.help("en") or "")


def test_names_that_are_not_there() -> None:
    """A rule or unit that neither edition has would never be exceeded, so it is a mistake."""
    rules, units = [rule.rule for rule in IMPACT.rules], ["CNY"]
    found = unknown_names(limit("rule(penalties/first-call/no-invoce).changed > 0"), rules, units)
    assert found is not None
    assert found.help("en") == "did you mean `penalties/first-call/no-invoice`?"
    other = unknown_names(limit("delta.fine > 5 USD"), rules, units)
    assert other is not None
    assert other.message("en") == "the unit `USD` in `delta.fine > 5 USD` is not in use, only CNY"
    assert unknown_names(limit("rule(*/bands).delta.fine > 5 CNY"), rules, units) is None
    assert unknown_names(limit("changed > 5%"), rules, units) is None


def test_zones_that_history_never_visited() -> None:
    """They are counted, or a share of all zones, where a proof tells which there are."""
    zones = tuple(ZoneImpact({}, True, tickets, 0, 0, {}) for tickets in (3, 0, None, 0))
    proved = replace(IMPACT, reach=Reach((ItemReach("a", {}, True, zones, 3, 0),), 5))
    (found,) = measured(limit("unvisited > 1"), proved)
    assert (found.value, found.over) == (Decimal(2), Decimal(1))
    assert (found.unit, found.exceeded) == ("zones", True)
    assert [one.exceeded for one in measured(limit("unvisited > 50%"), proved)] == [False]
    refused = unknown_names(limit("unvisited > 1"), [], [])
    assert refused is not None
    assert refused.code == "Q084"
    assert unknown_names(limit("unvisited > 1"), [], [], proves=True) is None
