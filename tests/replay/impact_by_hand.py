"""What a dry run must find, reckoned ticket by ticket with the reference evaluator."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from api.tickets.tables import TableOptions, read_tickets
from engine.base.findings import Finding
from engine.evaluate.differences import PARTS, WORDING
from engine.evaluate.facts import as_of_from, facts_from
from engine.evaluate.reference import ReferenceEvaluator
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import Plan
from engine.replay.dry_run.impact import Amounts, Impact, MoneyKind, Said
from engine.replay.dry_run.run import Options, run
from engine.replay.dry_run.zones import Extent
from engine.replay.engines.duck import Duck
from engine.replay.engines.engine import Engine
from tests.generators import Ticket, pools_of, ticket

AS_OF = datetime.fromisoformat("2016-03-01T12:00:00+08:00")
Entry = tuple[str, str]


@dataclass
class ByHand:
    """The numbers of an impact."""

    tickets: int = 0
    changed: int = 0
    changed_in_money: int = 0
    undecided: list[int] = field(default_factory=lambda: [0, 0])
    money: Counter[tuple[MoneyKind, int]] = field(default_factory=Counter)
    rules: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    changed_by_rule: Counter[str] = field(default_factory=Counter)
    rule_money: Counter[tuple[str, MoneyKind, int]] = field(default_factory=Counter)
    classes: Counter[frozenset[tuple[str, str, str]]] = field(default_factory=Counter)
    lacking: Counter[tuple[str, str, tuple[str, ...], int]] = field(default_factory=Counter)

    def add(self, before: Verdict, after: Verdict) -> None:
        """Counts one ticket in."""
        sides = (before, after)
        said = [concluded(verdict) for verdict in sides]
        rules = {rule for rule in (*said[0], *said[1]) if said[0].get(rule) != said[1].get(rule)}
        sums = [_sums(verdict) for verdict in sides]
        self.tickets += 1
        self.changed += bool(rules)
        self.changed_in_money += any(sums[0][kind] != sums[1][kind] for kind in {*sums[0], *sums[1]})
        self.changed_by_rule.update(rules)
        if rules:
            self.classes[frozenset((r, _parts(said[0].get(r)), _parts(said[1].get(r))) for r in rules)] += 1
        for side, verdict in enumerate(sides):
            self.undecided[side] += bool(verdict["undecided"])
            self._count(side, verdict, sums[side])

    def _count(self, side: int, verdict: Verdict, sums: Mapping[MoneyKind, Any]) -> None:
        for kind, amount in sums.items():
            self.money[kind, side] += amount
        for part in PARTS:
            self.rules.update({(entry["rule"], part, side) for entry in verdict[part]})
        for outcome in verdict["outcomes"]:
            if outcome.get("amount") is not None:
                amount = Decimal(outcome["amount"])
                self.rule_money[outcome["rule"], _kind(outcome), side] += amount  # type: ignore[assignment]
        for entry in verdict["undecided"]:
            self.lacking[entry["rule"], entry["reason"], tuple(entry["missing"]), side] += 1


def _kind(outcome: Mapping[str, Any]) -> MoneyKind:
    return outcome["kind"], outcome["unit"]


def _sums(verdict: Verdict) -> Counter[MoneyKind]:
    sums: Counter[MoneyKind] = Counter()
    for kind, by_unit in verdict["totals"].items():
        for unit, amount in by_unit.items():
            sums[kind, unit] += Decimal(amount)  # type: ignore[assignment]  # a counter of money
    return sums


def concluded(verdict: Verdict) -> dict[str, list[Entry]]:
    """What the verdict says of each rule, in one order and without words."""
    found: dict[str, list[Entry]] = {}
    for part in PARTS:
        for entry in verdict[part]:
            said = {name: value for name, value in entry.items() if name not in WORDING}
            found.setdefault(entry["rule"], []).append((part, json.dumps(said, sort_keys=True)))
    return {rule: sorted(entries) for rule, entries in found.items()}


def _parts(entries: Sequence[Entry] | None) -> str:
    return " ".join(part for part, _ in entries or ())


def by_hand(plans: tuple[Plan, Plan], tickets: Sequence[Ticket]) -> ByHand:
    judges = [ReferenceEvaluator(plan) for plan in plans]
    found = ByHand()
    for one in tickets:
        found.add(*(judge.decide(*read(one, judge.plan)) for judge in judges))
    return found


def read(one: Ticket, plan: Plan) -> tuple[Mapping[str, Any], datetime]:
    """Its facts, and the instant of judging it."""
    facts, findings = facts_from(one.facts, plan)
    assert not findings, findings
    as_of = as_of_from(one.as_of, plan.zone) if one.as_of else AS_OF
    assert not isinstance(as_of, Finding)
    return facts, as_of


def by_sql(
    plans: tuple[Plan, Plan],
    tickets: Sequence[Ticket],
    folder: Path,
    other: Engine | None = None,
    extents: tuple[Extent, ...] | None = None,
) -> Impact:
    """The same tickets through a file and the dry run, by DuckDB or by another engine."""
    file = folder / "tickets.ndjson"
    lines = [json.dumps({"facts": one.facts, "as_of": one.as_of}, default=str) for one in tickets]
    file.write_text("\n".join(lines), encoding="utf-8")
    with nullcontext(other) if other else Duck(memory="1GB", threads=1, folder=folder) as engine:
        table = read_tickets(engine, [str(file)], plans, TableOptions(AS_OF))
        return run(engine, table, plans, Options("base", "candidate", AS_OF, extents=extents))


def made_up_tickets(random: Random, plan: Plan, number: int) -> list[Ticket]:
    """Those of them that the catalogue takes."""
    pools = pools_of(plan)
    made = (ticket(random, plan, pools) for _ in range(number))
    return [one for one in made if not facts_from(one.facts, plan)[1]]


def disagreements(impact: Impact, found: ByHand) -> Iterator[str]:
    """Where the dry run says something else than what was reckoned by hand."""
    pairs = {
        "tickets": (impact.tickets, found.tickets),
        "changed": (impact.changed, found.changed),
        "changed in money": (impact.changed_in_money, found.changed_in_money),
        "undecided": ([impact.undecided.before, impact.undecided.after], found.undecided),
        "money": (_flat(impact.money), _present(found.money)),
        "changed by rule": (
            {rule.rule: rule.changed for rule in impact.rules if rule.changed},
            dict(found.changed_by_rule),
        ),
        "classes": (_classes(impact), found.classes) if not impact.classes_left_out else (0, 0),
        "lacking": (_lacking(impact), _lacking_of(found, {rule.rule for rule in impact.rules})),
    }
    for rule in impact.rules:
        for part, pair in zip(PARTS, (rule.applied, rule.defeated, rule.undecided), strict=True):
            counted = [found.rules[rule.rule, part, side] for side in (0, 1)]
            pairs[f"{rule.rule} {part}"] = ([pair.before, pair.after], counted)
        money = {key[1:]: amount for key, amount in found.rule_money.items() if key[0] == rule.rule}
        pairs[f"{rule.rule} money"] = (_flat(rule.money), _present(money))
    for dimension in impact.dimensions:
        pairs[f"by {dimension.name}"] = (sum(g.tickets for g in dimension.groups), found.tickets)
        pairs[f"changed by {dimension.name}"] = (sum(g.changed for g in dimension.groups), found.changed)
    for distribution in impact.distributions:
        sides = [[b.tickets.before for b in distribution.bins], [b.tickets.after for b in distribution.bins]]
        pairs[f"distribution {distribution.kind}"] = (list(map(sum, sides)), [found.tickets] * 2)
    yield from (f"{name}: {sql} by SQL, {hand} by hand" for name, (sql, hand) in pairs.items() if sql != hand)


def _flat(money: Amounts) -> dict[Any, Decimal]:
    sides = {(kind, side): (m.before, m.after)[side] for kind, m in money.items() for side in (0, 1)}
    return _present(sides)


def _present(money: Mapping[Any, Any]) -> dict[Any, Decimal]:
    return {key: amount for key, amount in money.items() if amount}


def _classes(impact: Impact) -> Counter[frozenset[tuple[str, str, str]]]:
    """Classes by the parts in which rules are named; the dry run tells more of them apart."""
    found: Counter[frozenset[tuple[str, str, str]]] = Counter()
    for one in impact.classes:
        key = frozenset(
            (
                c.rule,
                " ".join(sorted(said.part for said in c.before)),
                " ".join(sorted(s.part for s in c.after)),
            )
            for c in one.changes
        )
        found[key] += one.tickets
    return found


def _parts_of(said: Sequence[Said]) -> str:
    return " ".join(sorted(one.part for one in said))


def _lacking(impact: Impact) -> dict[Any, int]:
    return {
        (one.rule, one.reason, one.missing, side): count
        for one in impact.lacking
        for side, count in enumerate((one.tickets.before, one.tickets.after))
        if count
    }


def _lacking_of(found: ByHand, rules: set[str]) -> dict[Any, int]:
    return {key: count for key, count in found.lacking.items() if key[0] in rules}
