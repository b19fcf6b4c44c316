"""Dry runs find what judging every ticket twice finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from api.tickets.history import history
from engine.plan.nodes import ItemPlan, Plan, RulePlan, TablePlan
from engine.replay.engines.spark import Spark
from tests.agreement.test_agreement import made_up_plan
from tests.generators import Ticket
from tests.present.naive_impact import candidate
from tests.replay.impact_by_hand import by_hand, by_sql, disagreements, made_up_tickets
from tests.shipped.shipped import library

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def edited(random: Random, plan: Plan) -> Plan:
    """The plan with each item kept, dropped, or changed, now and then in another order."""
    items = [one for item in plan.items for one in _edited(random, item, plan)]
    if random.random() < 0.3:
        random.shuffle(items)
    return replace(plan, items=tuple(items))


def _edited(random: Random, item: ItemPlan, plan: Plan) -> Iterator[ItemPlan]:
    other = random.choice([one for one in plan.items if type(one) is type(item)])
    match random.randrange(4), item:
        case 0, _:
            return
        case 1, RulePlan():
            assert isinstance(other, RulePlan)
            yield replace(item, own=other.own, exemptions=other.exemptions)
        case 2, RulePlan():
            assert isinstance(other, RulePlan)
            yield replace(item, outcomes=other.outcomes)
        case 1, TablePlan():
            rows = list(item.rows)
            random.shuffle(rows)
            yield replace(item, rows=tuple(rows))
        case 2, TablePlan():
            yield replace(item, rows=item.rows[:-1] or item.rows, otherwise=None)
        case _:
            yield item


@pytest.mark.parametrize("seed", range(10))
def test_made_up_editions(seed: int, tmp_path: Path) -> None:
    """Whatever is edited, counts, money, classes and causes are those of judging ticket by ticket."""
    random = Random(seed)
    plan = made_up_plan(random)
    plans = (plan, edited(random, plan))
    tickets = made_up_tickets(random, plan, 60)
    assert [*disagreements(by_sql(plans, tickets, tmp_path), by_hand(plans, tickets))] == []


@pytest.mark.parametrize("seed", [5])
def test_made_up_editions_on_spark(seed: int, tmp_path: Path, spark: SparkSession) -> None:
    """Spark finds the same."""
    random = Random(seed)
    plan = made_up_plan(random)
    plans = (plan, edited(random, plan))
    tickets = made_up_tickets(random, plan, 60)
    with Spark(spark) as engine:
        found = by_sql(plans, tickets, tmp_path, engine)
    assert [*disagreements(found, by_hand(plans, tickets))] == []


def test_shipped_rules_with_edits(tmp_path: Path) -> None:
    """A fine raised, a band moved, an exception narrowed, a condition added, over a made-up history."""
    plans = (library().plan, candidate().plan)
    assert plans[0] is not None
    assert plans[1] is not None
    tickets = [Ticket(facts, None) for facts in history(400, 7)]
    both = (plans[0], plans[1])
    impact = by_sql(both, tickets, tmp_path)
    assert impact.changed
    assert {dimension.name for dimension in impact.dimensions} >= {"outlet", "month", "first_call_type"}
    assert [*disagreements(impact, by_hand(both, tickets))] == []
