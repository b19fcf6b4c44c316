"""What history has of the zones of a change is what counting ticket by ticket finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from engine.evaluate.reference import ReferenceEvaluator, new_case
from engine.evaluate.values import Unknown
from engine.evaluate.verdict import Verdict
from engine.library import load_texts
from engine.plan.nodes import Plan, RulePlan, TablePlan
from engine.replay.dry_run.compare import SIDES
from engine.replay.dry_run.impact import Money, MoneyKind, Reach, ZoneImpact
from engine.replay.dry_run.reach import Contradiction
from engine.replay.dry_run.zones import Condition, Extent, Zone
from engine.replay.engines.spark import Spark
from engine.rulebook.expressions import Comparison, Constant, FactValue, Not, Operator
from tests.agreement.test_agreement import made_up_plan
from tests.api.command_line import SMALL
from tests.generators import Ticket
from tests.replay.impact_by_hand import by_sql, concluded, made_up_tickets, read
from tests.replay.test_dry_run import edited

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WORDS = {"zh": "一处", "en": "a zone"}
Plans = tuple[Plan, Plan]


def made_up(seed: int) -> tuple[Plans, list[Ticket], tuple[Extent, ...]]:
    """Two editions, tickets, and for every item of either zones of conditions that rules of it have."""
    random = Random(seed)
    plan = made_up_plan(random)
    plans = (plan, edited(random, plan))
    names = [{item.origin.id for item in one.items} for one in plans]
    extents = tuple(
        Extent(
            item if item in names[0] else None,
            item if item in names[1] else None,
            tuple(_zones(random, plans)),
            complete=False,
        )
        for item in sorted(names[0] | names[1])
    )
    return plans, made_up_tickets(random, plan, 60), extents


def _zones(random: Random, plans: Plans) -> Iterator[Zone]:
    conditions = [
        Condition(part, side)
        for plan, side in zip(plans, SIDES, strict=True)
        for item in plan.items
        if isinstance(item, RulePlan | TablePlan)
        for part in (item.own, Not(item.own))
    ]
    for _ in range(2):
        yield Zone(WORDS, tuple(random.sample(conditions, min(len(conditions), random.randrange(3)))))


@dataclass
class Counted:
    """What one zone has of the past; money is the item's, as a difference."""

    tickets: int = 0
    unknown: int = 0
    changed: int = 0
    money: Counter[MoneyKind] = field(default_factory=Counter)


def by_hand(plans: Plans, tickets: Sequence[Ticket], extents: Sequence[Extent]) -> dict[str, list[Counted]]:
    """Every zone counted ticket by ticket, by the reference evaluator."""
    found = {extent.id: [Counted() for _ in extent.zones] for extent in extents}
    for one in tickets:
        given = [read(one, plan) for plan in plans]
        cases = {s: new_case(plan, *read(one, plan)) for s, plan in zip(SIDES, plans, strict=True)}
        verdicts = [ReferenceEvaluator(p).decide(*g) for p, g in zip(plans, given, strict=True)]
        for extent in extents:
            for zone, counted in zip(extent.zones, found[extent.id], strict=True):
                _count(
                    counted, [cases[c.side].value(c.expression) for c in zone.conditions], extent, verdicts
                )
    return found


def _count(counted: Counted, truths: Sequence[Any], extent: Extent, verdicts: Sequence[Verdict]) -> None:
    if any(truth is False for truth in truths):
        return
    if any(isinstance(truth, Unknown) for truth in truths):
        counted.unknown += 1
        return
    before, after = ({r: s for r, s in concluded(v).items() if extent.owns(r)} for v in verdicts)
    counted.tickets += 1
    counted.changed += before != after
    for verdict, sign in zip(verdicts, (-1, 1), strict=True):
        for outcome in verdict["outcomes"]:
            if extent.owns(outcome["rule"]) and outcome.get("amount") is not None:
                amount = sign * Decimal(outcome["amount"])
                counted.money[outcome["kind"], outcome["unit"]] += amount  # type: ignore[assignment]  # of money


def counted_in(reach: Reach | None) -> dict[str, list[Counted]]:
    """The same by the dry run."""
    assert reach is not None
    return {item.item: [_counted(zone) for zone in item.zones] for item in reach.items}


def _counted(zone: ZoneImpact) -> Counted:
    assert zone.tickets is not None
    money: Counter[MoneyKind] = Counter()
    for kind, amount in zone.money.items():
        money[kind] = amount.delta  # type: ignore[assignment]  # of money
    return Counted(zone.tickets, zone.unknown, zone.changed, money)


@pytest.mark.parametrize("seed", range(6))
def test_made_up_zones(seed: int, tmp_path: Path) -> None:
    """Tickets, changes and money of each zone are those of counting by hand, by either edition's facts."""
    plans, tickets, extents = made_up(seed)
    impact = by_sql(plans, tickets, tmp_path, extents=extents)
    assert counted_in(impact.reach) == by_hand(plans, tickets, extents)


def test_made_up_zones_on_spark(tmp_path: Path, spark: SparkSession) -> None:
    """Spark counts the same."""
    plans, tickets, extents = made_up(3)
    with Spark(spark) as engine:
        impact = by_sql(plans, tickets, tmp_path, engine, extents)
    assert counted_in(impact.reach) == by_hand(plans, tickets, extents)


# --- a proof held against the past ----------------------------------------------------------------------


LOST = "fines/loss/lost"
TICKETS = [
    Ticket({"kind": "loss", "value": value, "day": day}, None)
    for value, day in (("10", "2015-06-10"), ("2", "2015-06-10"), ("2", "2015-08-01"), (None, "2015-08-01"))
]


Edit = tuple[str, str]
AT_VALUE: Edit = ('value: "> 0"', 'value: "> 5"')
AT_FINE: Edit = ("2015-01-01: 50", "2015-01-01: 60")


def small(*edits: Edit) -> Plan:
    """The small library, edited."""
    files = {path.name: path.read_text(encoding="utf-8") for path in SMALL.glob("*.yaml")}
    for before, after in edits:
        assert any(before in text for text in files.values())
        files = {name: text.replace(before, after) for name, text in files.items()}
    library = load_texts({name: text.encode() for name, text in files.items()})
    assert library.plan is not None, [finding.message("en") for finding in library.findings]
    return library.plan


def zone(plan: Plan, fact: str, operator: Operator, value: Any) -> Zone:
    type_ = plan.facts[fact].type
    compared = Comparison(operator, FactValue(fact, type_), Constant(value, type_))
    return Zone({"zh": fact, "en": f"{fact} {operator} {value}"}, (Condition(compared),))


def reach(tmp_path: Path, plans: Plans, *extents: Extent) -> Reach:
    found = by_sql(plans, TICKETS, tmp_path, extents=extents).reach
    assert found is not None
    return found


def test_zones_of_a_change(tmp_path: Path) -> None:
    """What lies in a zone, what cannot be told, what history never visited; what is the same is counted."""
    plans = small(), small(AT_VALUE)
    telling = [zone(plans[0], "value", "<=", Decimal(5)), zone(plans[0], "day", ">", date(2016, 1, 1))]
    found = reach(tmp_path, plans, Extent(LOST, LOST, tuple(telling)), Extent("a", "b"))
    (item,) = found.items
    assert [(z.tickets, z.unknown, z.changed) for z in item.zones] == [(2, 1, 2), (0, 0, 0)]
    assert [z.words["en"] for z in item.zones if z.unvisited] == ["day > 2016-01-01"]
    assert item.zones[0].money == {("fine", "CNY"): Money(Decimal(100), Decimal(0))}
    assert (item.title["en"], item.changed, item.elsewhere) == ("parcel lost", 2, 0)
    assert (found.same, found.zones, found.unvisited, found.is_complete) == (1, 2, 1, True)


def test_a_proof_that_the_past_refutes(tmp_path: Path) -> None:
    """A ticket concluded differently outside of all zones is a mistake of our own, and told as one."""
    plans = small(), small(AT_FINE)
    narrow = Extent(LOST, LOST, (zone(plans[0], "value", ">", Decimal(5)),))
    with pytest.raises(Contradiction, match=rf"{LOST}: .*tickets.ndjson:2 "):
        reach(tmp_path, plans, narrow)
    with pytest.raises(Contradiction):
        reach(tmp_path, plans, Extent(LOST, LOST))
    (item,) = reach(tmp_path, plans, replace(narrow, complete=False)).items
    assert (item.changed, item.elsewhere, item.complete) == (3, 2, False)


def test_what_is_no_contradiction(tmp_path: Path) -> None:
    """Where it is not known whether a ticket lies in a zone, nothing is claimed of it."""
    plans = small(), small(AT_VALUE)
    few = Extent(LOST, LOST, (zone(plans[0], "value", "<=", Decimal(5)),))
    assert reach(tmp_path, plans, few).items[0].elsewhere == 0
    unsaid = Zone({"zh": "", "en": ""}, (Condition(FactValue("no_such", plans[0].facts["day"].type)),))
    (item,) = reach(tmp_path, plans, Extent(LOST, LOST, (unsaid,))).items
    assert (item.zones[0].tickets, item.zones[0].unvisited, item.elsewhere) == (None, False, 0)


DECLARED = (
    "  large: {entity: ticket, label: {zh: 大额, en: large}, type: boolean, derived: engine, example: true}"
)
LARGE: Edit = ("  ticket_no:", f"{DECLARED}\n  ticket_no:")
BAND: Edit = (
    "      - rule: lost\n",
    """\
      - define: large
        cite: {source: deck, quote: 丢失罚五十元}
        when: {value: ">= 10"}
      - table: band
        title: {zh: 档次, en: band}
        cite: {source: deck, quote: 丢失罚五十元}
        hit: unique
        inputs: [large]
        outputs: [{name: amount, type: money}]
        rows:
          - {row: large, if: [true], then: [7]}
        then: {fine: {amount: amount, payer: outlet, per: waybill}}
      - rule: lost
""",
)


def test_derived_facts(tmp_path: Path) -> None:
    """A derived fact changes where its value does, and each edition judges a zone by its own."""
    plans = small(LARGE, BAND), small(LARGE, BAND, ('">= 10"', '">= 2"'))
    large = FactValue("large", plans[0].facts["large"].type)
    by_sides = [Zone({"zh": s, "en": s}, (Condition(large, s),)) for s in SIDES]
    defined = Extent("fines/loss/large", "fines/loss/large", tuple(by_sides), complete=False)
    band = replace(defined, before="fines/loss/band", after="fines/loss/band")
    for item in reach(tmp_path, plans, defined, band).items:
        assert [(z.tickets, z.unknown, z.changed) for z in item.zones] == [(1, 1, 0), (3, 1, 2)]
        assert (item.changed, item.elsewhere) == (2, 0)
    with pytest.raises(Contradiction, match="fines/loss/large: "):
        reach(tmp_path, plans, replace(defined, zones=(), complete=True))


def test_the_name_of_a_row(tmp_path: Path) -> None:
    """A dry run tells another row's name; a proof that nothing else is concluded holds all the same."""
    plans = small(LARGE, BAND), small(LARGE, BAND, ("row: large", "row: big"))
    unvisited = zone(plans[0], "day", ">", date(2016, 1, 1))
    (item,) = reach(tmp_path, plans, Extent("fines/loss/band", "fines/loss/band", (unvisited,))).items
    assert (item.changed, item.elsewhere) == (1, 1)
