"""What a plan as SQL cannot be asked for is refused, and what it shares is shared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.library import load
from engine.plan.nodes import Plan
from engine.replay.lowering.causes import Bits
from engine.replay.lowering.lower import lower
from engine.replay.sql.refused import NotSayable

RULES = Path(__file__).parents[2] / "rules"


@pytest.fixture(scope="module")
def plan() -> Plan:
    found = load(RULES).plan
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["source_file", "source_row", "as_of"])
def test_a_fact_named_as_a_column_of_the_table_is_refused(plan: Plan, name: str) -> None:
    facts = {**plan.facts, name: replace(plan.facts["ticket_no"], name=name)}
    with pytest.raises(NotSayable) as refusal:
        lower(replace(plan, facts=facts))
    assert [(finding.code, finding.values["name"]) for finding in refusal.value.findings] == [("Q007", name)]


def test_a_plan_gives_the_same_columns_each_time(plan: Plan) -> None:
    assert lower(plan).columns == lower(plan).columns


def test_what_two_editions_say_alike_has_the_same_columns(plan: Plan) -> None:
    """Only the rules that read the changed parameter differ."""
    name = "penalties/first_call_fine"
    dearer = replace(plan.parameters[name], steps=tuple((d, v * 2) for d, v in plan.parameters[name].steps))  # type: ignore[operator]  # money
    bits = Bits()
    before, after = (
        lower(plan, None, bits),
        lower(replace(plan, parameters={**plan.parameters, name: dearer}), None, bits),
    )
    pairs = zip(before.slots, after.slots, strict=True)
    differ = {a.rule for a, b in pairs if (a.present, a.held) != (b.present, b.held)}
    assert differ
    assert all(rule.startswith("penalties/first-call/") for rule in differ)


def test_rules_about_facts_without_a_column_vanish(plan: Plan) -> None:
    asked = lower(plan, ["rulebook_owner", "first_call_date", "first_call_type", "customer_reports_attitude"])
    first_calls = {slot.rule for slot in asked.slots if "first-call" in slot.rule and slot.part == "outcomes"}
    assert first_calls == {"penalties/first-call/attitude"}


def test_causes_that_nobody_asks_for_are_not_worked_out(plan: Plan) -> None:
    """Why things are undecided is half of the work; what applies is the same without it."""
    told, untold = lower(plan), lower(plan, undecided=False)
    assert [slot.rule for slot in untold.slots if slot.part == "outcomes"] == [
        slot.rule for slot in told.slots if slot.part == "outcomes"
    ]
    assert not [column.name for column in untold.columns if "causes" in column.name]
    assert [column.name for column in told.columns if "causes" in column.name]
