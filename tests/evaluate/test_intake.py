"""The short way in takes nothing that the long way would refuse, and reads it no differently."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluate.facts import facts_from
from engine.evaluate.intake import Intake
from engine.library import load
from engine.plan.nodes import Plan

RULES = Path(__file__).resolve().parents[2] / "rules"
PLAN = load(RULES).plan
assert PLAN is not None
INTAKE = Intake(PLAN)

WORDS = [
    *("zto", "no_invoice", "pickup", "origin_outlet", "15", "15.00", "1e3", "2015-11"),
    *("2015-10-01", "2015-02-30", "2015-W01-1"),
    *("2015-10-01T24:00", "2015-10-01T25:00", "2015-06-20T10:00:00+08:00"),
]

values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(lambda d: abs(d.adjusted()) < 40)
    | st.sampled_from(WORDS)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["scan_type", "outlet_role", "scan_at", "x"]), inner, max_size=3)
    ),
    max_leaves=4,
)


def plan() -> Plan:
    assert PLAN is not None
    return PLAN


@given(st.dictionaries(st.sampled_from([*plan().facts, "no_such_fact"]), values, max_size=5))
def test_short_way_gives_what_the_long_way_gives(raw: dict[str, Any]) -> None:
    """A ticket is taken exactly when the long way finds nothing wrong, with the same facts."""
    facts, findings = facts_from(raw, plan())
    assert INTAKE.facts(raw) == (None if findings else facts)


@pytest.mark.parametrize("name", sorted(plan().facts))
def test_every_example_of_the_catalogue_is_taken(name: str) -> None:
    """What the catalogue gives as an example of a fact comes in."""
    fact = plan().facts[name]
    taken = INTAKE.facts({name: fact.example})
    assert (taken is None) == (fact.derived == "engine")


def test_money_keeps_its_digits() -> None:
    """An amount is the decimal that was written, never a nearby binary fraction."""
    taken = INTAKE.facts({"fee_collected": Decimal("0.10")})
    assert taken is not None
    assert str(taken["fee_collected"]) == "0.10"
