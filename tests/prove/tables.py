"""Made-up tables over few values, and what is true of them by trying every ticket that there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import combinations, product
from random import Random
from typing import Any

from engine.base.spans import SourceText, Span
from engine.evaluate.tables import selection
from engine.library import Library
from engine.plan.nodes import Exemption, Origin, OutputPlan, Plan, RowPlan, TablePlan
from engine.prove.answer import Proved, Refuted
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.findings import always, applies, exceptions, gaps, overlaps, shadowed
from engine.prove.findings.context import MOST_REGIONS, Context
from engine.rulebook.expressions import (
    TRUE,
    All,
    AnyOf,
    Comparison,
    Constant,
    Expression,
    FactValue,
    Not,
    Operator,
    OutputValue,
    Present,
    Test,
    all_of,
)
from engine.rulebook.model import HitPolicy, Undefined, Words
from engine.rulebook.outcomes import Score
from engine.rulebook.types import BOOLEAN, INTEGER, Kind
from tests.cases.small_library import library_from

FACTS: dict[str, Any] = {
    "days": {"type": "integer", "minimum": 0, "maximum": 4},
    "calls": {"type": "integer", "minimum": 0, "maximum": 2, "absence": "none"},
    "kind": {"type": "enum", "values": ["damage", "delay", "loss"]},
    "urgent": "boolean",
}
DOMAINS: dict[str, list[Any]] = {
    "days": list(range(5)),
    "calls": [None, *range(3)],
    "kind": FACTS["kind"]["values"],
    "urgent": [True, False],
}
ANY_RULEBOOK = """
rulebook: book
title: {zh: 〔书〕, en: book}
sections:
  - section: other
    title: {zh: 〔节〕, en: section}
    items:
      - rule: any
        title: {zh: 〔规则〕, en: rule}
        cite: {source: deck, quote: 甲}
        when: {urgent: true}
        then: {breach: {code: late}}
"""
POLICIES: tuple[HitPolicy, ...] = ("unique", "unique", "any", "first", "first", "priority", "collect")
OPERATORS: tuple[Operator, ...] = ("<", "<=", ">", ">=", "=", "!=")
ORDER = (3, 2, 1)


@cache
def library() -> Library:
    """Only its catalogue matters."""
    found = library_from(FACTS, ANY_RULEBOOK)
    assert found.plan is not None, [finding.message("en") for finding in found.findings]
    return found


@cache
def tickets() -> list[dict[str, Any]]:
    rows = product(*DOMAINS.values())
    return [{n: v for n, v in zip(DOMAINS, row, strict=True) if v is not None} for row in rows]


def plan_of(table: TablePlan) -> Plan:
    plan = library().plan
    assert plan is not None, "seen when the library was made"
    return replace(plan, items=(table,))


# --- made-up tables ---------------------------------------------------------------------------------------


def made_up(random: Random) -> TablePlan:
    """One table: every hit policy that chooses, all kinds of cells, conclusions and exceptions."""
    inputs = [name for name in DOMAINS if random.random() < 0.7] or ["days"]
    policy = random.choice(POLICIES)
    rows = tuple(_row(random, n, inputs) for n in range(random.randint(1, 6)))
    rest = _origin("otherwise")
    otherwise = random.choice((None, None, RowPlan(rest, TRUE, None), RowPlan(rest, TRUE, Undefined(()))))
    return TablePlan(
        origin=Origin("book/s/t", Words("〔表〕", "table"), (), _span("t")),
        guard=_cell(random, random.choice(inputs)) if random.random() < 0.2 else TRUE,
        own=_cell(random, random.choice(list(DOMAINS))) if random.random() < 0.3 else TRUE,
        policy=policy,
        rows=rows,
        otherwise=otherwise,
        outputs=(OutputPlan("points", INTEGER, ORDER if policy == "priority" else ()),),
        outcomes=(Score("points", OutputValue("points", INTEGER)),),
        defines=None,
        exemptions=tuple(_exemption(random, n) for n in range(random.choice((0, 0, 1, 2)))),
    )


def _row(random: Random, n: int, inputs: Sequence[str]) -> RowPlan:
    cells = [_cell(random, name) for name in inputs if random.random() < 0.75]
    concluded = random.choice((1, 2, 3, 3, 2, None, Undefined(())))
    conclusion = (Constant(concluded, INTEGER),) if isinstance(concluded, int) else concluded
    return RowPlan(_origin(f"r{n}"), all_of(*cells) if cells else TRUE, conclusion)


def _exemption(random: Random, n: int) -> Exemption:
    condition = _cell(random, random.choice(list(DOMAINS)))
    return Exemption(_origin(f"e{n}"), condition, "defeats" if random.random() < 0.8 else "review")


def _origin(name: str) -> Origin:
    return Origin(f"book/s/t/{name}", Words(f"〔{name}〕", name), (), _span(name))


def _span(name: str) -> Span:
    """A place of its own for everything, so that findings are told apart by it."""
    places = ["t", *(f"r{n}" for n in range(9)), *(f"e{n}" for n in range(9)), "otherwise"]
    start = places.index(name)
    return Span(SourceText("book.yaml", "." * len(places)), start, start + 1)


def _fact(name: str) -> FactValue:
    plan = library().plan
    assert plan is not None, "seen when the library was made"
    return FactValue(name, plan.facts[name].type)


def _cell(random: Random, name: str) -> Test:
    fact = _fact(name)
    condition = _condition(random, fact)
    if random.random() < 0.15:
        condition = AnyOf((condition, _condition(random, fact)))
    if random.random() < 0.15:
        condition = Not(condition)
    return Test((fact,), f"test {random.random()}", condition, None)


def _condition(random: Random, fact: FactValue) -> Expression:
    match fact.type.kind:
        case Kind.BOOLEAN:
            return Comparison("=", fact, Constant(random.random() < 0.5, BOOLEAN))
        case Kind.ENUM:
            members = random.sample(fact.type.members, random.choice((1, 1, 2)))
            return AnyOf(tuple(Comparison("=", fact, Constant(m, fact.type)) for m in members))
        case _ if fact.name == "calls" and random.random() < 0.2:
            return Present(fact)
        case _ if random.random() < 0.1:
            return Comparison(random.choice(("<", ">=", "=")), fact, _fact("calls"))
        case _ if random.random() < 0.4:
            low = random.randint(-1, 3)
            above = Comparison(random.choice((">", ">=")), fact, Constant(low, INTEGER))
            end = Constant(random.randint(low + 1, 5), INTEGER)
            return All((above, Comparison(random.choice(("<", "<=")), fact, end)))
        case _:
            return Comparison(random.choice(OPERATORS), fact, Constant(random.randint(-1, 5), INTEGER))


# --- what is true of them ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tried:
    """A table before every ticket."""

    table: TablePlan

    @cached_property
    def trials(self) -> list[Trial]:
        plan = plan_of(self.table)
        return [Trial(plan, facts, None) for facts in tickets()]

    @cached_property
    def applied(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.case.applies(self.table) is True]

    def findings(self) -> set[tuple[str, ...]]:
        """Code and ids of everything that is to be found."""
        return set(self._findings())

    def _findings(self) -> Iterator[tuple[str, ...]]:
        table = self.table
        if any(self.is_gap(trial) for trial in self.applied):
            yield "R301", table.origin.id
        yield from (("R303", *pair) for pair in self._overlaps())
        if not self.applied:
            yield "R305", table.origin.id
        for row in table.rows:
            holding = [trial for trial in self.applied if trial.case.holds(row) is True]
            if not holding:
                yield "R305", row.origin.id
            elif table.policy in ("first", "priority") and not any(_counts(t, table, row) for t in holding):
                yield "R306", row.origin.id
        if table.otherwise is not None and not any(_counts(t, table, table.otherwise) for t in self.applied):
            yield "R305", table.otherwise.origin.id
        for exemption in table.exemptions:
            if not any(self._matters(trial, exemption) for trial in self.applied):
                yield "R307", exemption.origin.id
        yield from (("R308", test.text) for test in self._tests() if self._is_always_true(test))

    def is_gap(self, trial: Trial) -> bool:
        causes = selection(trial.case, self.table).causes
        return any(cause.reason == "no_row_applies" for cause in causes)

    def _overlaps(self) -> Iterator[tuple[str, str]]:
        for one, other in combinations(self.table.rows, 2):
            if self.table.policy == "unique" or (
                self.table.policy == "any" and one.conclusion != other.conclusion
            ):
                pair = one, other
                if any(all(trial.case.holds(row) is True for row in pair) for trial in self.applied):
                    yield one.origin.id, other.origin.id

    def _matters(self, trial: Trial, exemption: Exemption) -> bool:
        """Taking it away would change what is said."""
        others = tuple(e for e in self.table.exemptions if e is not exemption)
        without = replace(self.table, exemptions=others)
        said = trial.said(self.table.origin.id)
        other = Trial(plan_of(without), trial.facts, None).said(self.table.origin.id)
        return bool(len(said.outcomes) != len(other.outcomes))

    def _tests(self) -> Iterator[Test]:
        rows = [part for row in self.table.rows for part in _parts(row.condition)]
        wholes = [*_parts(self.table.own), *rows, *(e.condition for e in self.table.exemptions)]
        yield from (t for t in wholes if isinstance(t, Test) and not isinstance(t.condition, Present))

    def _is_always_true(self, test: Test) -> bool:
        guarded = [trial for trial in self.trials if trial.case.value(self.table.guard) is True]
        return all(trial.case.value(test) is True for trial in guarded)


def _parts(condition: Expression) -> tuple[Expression, ...]:
    return condition.items if isinstance(condition, All) else (condition,)


def _counts(trial: Trial, table: TablePlan, row: RowPlan) -> bool:
    return any(hit.row is row for hit in selection(trial.case, table).hits)


# --- what is proved of them -------------------------------------------------------------------------------


def proved(table: TablePlan) -> list[Claim]:
    """What the findings of tables and conditions say of it."""
    context = Context(library(), plan_of(table), results=())
    parts = (gaps, overlaps, applies, shadowed, exceptions, always)
    return [claim for part in parts for claim in part.claims(context)]


def differences(table: TablePlan) -> Iterator[str]:
    """Everything that is proved and not true, or true and not proved; and regions and witnesses beside it."""
    tried, claims = Tried(table), proved(table)
    expected, found = tried.findings(), {_named(claim) for claim in claims}
    if sum(entry[0] == "R303" for entry in found) >= overlaps.MOST_CLAIMS:
        expected = {entry for entry in expected if entry[0] != "R303" or entry in found}
    yield from (f"not proved: {entry}" for entry in sorted(expected - found))
    yield from (f"not true: {entry}" for entry in sorted(found - expected))
    for claim in claims:
        yield from _beside(tried, claim)


def _named(claim: Claim) -> tuple[str, ...]:
    values = claim.finding.values
    match claim.finding.code:
        case "R303":
            return "R303", values["first"], values["second"]
        case "R308":
            return "R308", values["text"]
        case code:
            return code, values["id"]


def _beside(tried: Tried, claim: Claim) -> Iterator[str]:
    """A gap's regions hold its tickets and no others, and each finding has the answer that befits it."""
    code = claim.finding.code
    if not isinstance(claim.answer, Refuted if code in ("R301", "R303") else Proved):
        yield f"{code} is answered by {claim.answer}"
    if code != "R301":
        return
    for trial in tried.applied:
        within = any(trial.case.value(region.condition) is True for region in claim.regions)
        known = len(claim.regions) < MOST_REGIONS
        if within != tried.is_gap(trial) and (within or known):
            yield f"the region of the gap is wrong about {trial.facts}"
