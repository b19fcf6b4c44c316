"""The examples beside rules: run on an evaluator, compared with what their authors expect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, TypeAlias

from engine.base.findings import Finding
from engine.base.spans import Span
from engine.evaluate.case import Case
from engine.evaluate.evaluators import Evaluator, evaluator
from engine.evaluate.facts import facts_from, instant_from
from engine.evaluate.reference import new_case, verdict_on
from engine.evaluate.retold import retold
from engine.evaluate.tables import selection
from engine.evaluate.verdict import Outcome, Verdict
from engine.library import Library
from engine.plan.nodes import Plan, TablePlan
from engine.rulebook.checks import all_rows, defined_by, parts_of
from engine.rulebook.expressions import FactValue, all_of
from engine.rulebook.model import Aggregate, Definition, Example, Item, Row, RuleException, Table


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example on one evaluator; `covered` are the ids of items, rows and exceptions that it reached."""

    item: str
    example: str
    span: Span
    passed: bool
    expected: Mapping[str, Any]
    got: Mapping[str, Any]
    finding: Finding | None
    covered: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which items, rows and exceptions some example reaches, and which none does."""

    covered: frozenset[str]
    uncovered: tuple[str, ...]


_Choice: TypeAlias = frozenset[tuple[str, str]]


@dataclass
class _Bench:
    """Evaluators by choice of readings, each made once.

    Under readings of their own, only the items with examples there are judged: making an evaluator of all
    rules for a few examples would take most of the time.
    """

    library: Library
    name: str
    made: dict[_Choice, Evaluator] = field(default_factory=dict)

    def for_readings(self, readings: Mapping[str, str]) -> tuple[Plan, Evaluator]:
        choice = frozenset(readings.items())
        if choice not in self.made:
            self.made[choice] = evaluator(self.name, self._plan(readings))
        found = self.made[choice]
        return found.plan, found

    def _plan(self, readings: Mapping[str, str]) -> Plan:
        if self.library.plan is None:
            raise ValueError("a library with findings has no plan to judge by")
        if not readings:
            return self.library.plan
        return self.library.under(readings).only(self._exampled[frozenset(readings.items())])

    @cached_property
    def _exampled(self) -> Mapping[_Choice, frozenset[str]]:
        """The items that have examples under each choice of readings."""
        found: dict[_Choice, set[str]] = {}
        for book in self.library.rulebooks:
            for item in book.items:
                for example in item.head.examples:
                    found.setdefault(frozenset(example.readings.items()), set()).add(item.head.id)
        return {choice: frozenset(items) for choice, items in found.items()}

    def close(self) -> None:
        for made in self.made.values():
            made.close()


def run_examples(library: Library, evaluator_name: str) -> list[ExampleResult]:
    """Every example of every item, in the order of the rulebooks.

    The reference evaluator is asked only about the example's own item, which says the same and is quick;
    the others give whole verdicts.
    The library must be free of errors. An example runs under the readings that it names, else under the
    preferred ones; where its item does not exist under those, that is a failure.
    """
    bench = _Bench(library, evaluator_name)
    try:
        return [
            _run(bench, item, example)
            for book in library.rulebooks
            for item in book.items
            for example in item.head.examples
        ]
    finally:
        bench.close()


def _run(bench: _Bench, item: Item, example: Example) -> ExampleResult:
    unknown = _unknown_readings(bench.library, example)
    if unknown:
        return _failed(item, example, {"readings": unknown})
    plan, judge = bench.for_readings(example.readings)
    facts, findings = facts_from(example.given, plan, pointer="")
    as_of = None if example.as_of is None else instant_from(_as_instant(example.as_of), plan.zone)
    if findings:
        catalogue = bench.library.catalogue
        assert catalogue is not None, "a library with a plan has a catalogue"
        return _unreadable(item, example, retold(findings[0], catalogue))
    if example.as_of is not None and as_of is None:
        return _failed(item, example, {"as_of": example.as_of})
    case = new_case(plan, facts, as_of)
    whole = None if judge.name == "reference" else judge.decide(facts, as_of)
    verdict = whole or verdict_on(case, item.head.id, defined_by(item))
    return compare(item, example, verdict, _hit_rows(item, case))


def _unknown_readings(library: Library, example: Example) -> list[str]:
    known = library.readings
    return [n for n, option in example.readings.items() if n not in known or option not in known[n].options]


def _as_instant(written: str) -> str:
    return written if "T" in written else f"{written}T00:00"


def _unreadable(item: Item, example: Example, problem: Finding) -> ExampleResult:
    name = (problem.pointer or "").strip("/").partition("/")[0]
    span = example.fact_spans.get(name, example.span)
    finding = Finding(problem.code, problem.values, span, suggestion=problem.suggestion)
    return ExampleResult(item.head.id, example.name, span, False, example.expect, {}, finding)


def _failed(item: Item, example: Example, got: Mapping[str, Any]) -> ExampleResult:
    values = {"name": example.name, "expected": as_text(example.expect), "got": as_text(got)}
    finding = Finding("E001", values, example.expect_span)
    return ExampleResult(item.head.id, example.name, example.span, False, example.expect, got, finding)


def _hit_rows(item: Item, case: Case) -> list[str]:
    """The rows that count, also those that conclude nothing and those that define a fact."""
    table = table_named(case.plan, item.head.id) if isinstance(item, Table) else None
    return [] if table is None else hit_rows(case, table)


def hit_rows(case: Case, table: TablePlan) -> list[str]:
    """The short names of the rows that count where the table's own condition holds."""
    if case.value(all_of(table.guard, table.own)) is not True:
        return []
    return [
        hit.row.origin.id.rpartition("/")[2] for hit in selection(case, table).hits if hit.row is not None
    ]


def table_named(plan: Plan, identifier: str) -> TablePlan | None:
    """The table of that id, whether it concludes something or defines a fact."""
    bodies = [*plan.items, *(definition.body for definition in plan.definitions)]
    found = (body for body in bodies if isinstance(body, TablePlan) and body.origin.id == identifier)
    return next(found, None)


def compare(item: Item, example: Example, verdict: Verdict, rows: list[str]) -> ExampleResult:
    """The example's item in the verdict against what was expected of it."""
    got = got_by(item, example.given, verdict, rows)
    if not agrees(example.expect, got, verdict, item):
        return _failed(item, example, got)
    covered = frozenset(_covered(item, verdict, got))
    return ExampleResult(item.head.id, example.name, example.span, True, example.expect, got, None, covered)


def got_by(item: Item, given: Mapping[str, Any], verdict: Verdict, rows: list[str]) -> dict[str, Any]:
    """What came of an item for these facts, in the words of `expect`; a fact that is given stays as it is."""
    got = concluded(item, verdict)
    fact = defined_by(item)
    if fact is not None and fact.name in given:
        got = {fact.name: given[fact.name]}
    return {**got, "rows": rows, "row": rows[0]} if rows else got


def concluded(item: Item, verdict: Verdict) -> dict[str, Any]:
    """What a verdict says of one item, in the words that `expect` uses."""
    return said_of(item.head.id, defined_by(item), verdict)


def said_of(identifier: str, fact: FactValue | None, verdict: Verdict) -> dict[str, Any]:
    """The same of the item of that id, which defines `fact`."""
    got: dict[str, Any] = {}
    for outcome in verdict["outcomes"]:
        if outcome["rule"] == identifier:
            _add(got, outcome)
    for defeated in verdict["defeated"]:
        if defeated["rule"] == identifier:
            got["defeated"] = defeated["by"].rpartition("/")[2]
    for undecided in verdict["undecided"]:
        if undecided["rule"] == identifier or undecided["rule"].startswith(f"{identifier}/"):
            got["undecided"] = undecided["missing"]
            got["reason"] = undecided["reason"]
    if fact is not None and fact.name in verdict["derived"]:
        got[fact.name] = verdict["derived"][fact.name]
    return got or {"nothing": True}


def _add(got: dict[str, Any], outcome: Outcome) -> None:
    kind = outcome["kind"]
    if "row" in outcome:
        rows = got.setdefault("rows", [])
        rows.append(outcome["row"])
        got["row"] = rows[0]
    match kind:
        case "deadline":
            got.update(deadline=outcome["state"], due=outcome["due"])
            return
        case "share":
            value: Any = {share["party"]: share["amount"] for share in outcome["shares"]}
        case "obligation":
            value = outcome["acts"]
        case "gate":
            value = {outcome["action"]: outcome["allowed"]}
        case _:
            value = outcome.get(_FIELD[kind])
            value = "due" if kind == "compensation" and value is None else value
    _collect(got, kind, value)


_FIELD = {
    "fine": "amount",
    "fee": "amount",
    "compensation": "amount",
    "breach": "code",
    "route": "to",
    "score": "points",
    "review": "reason",
}


def _collect(got: dict[str, Any], kind: str, value: Any) -> None:
    """A second outcome of one kind makes the value a list."""
    if kind not in got:
        got[kind] = value
    elif isinstance(value, dict):
        got[kind] = {**got[kind], **value}
    else:
        before = got[kind] if isinstance(got[kind], list) else [got[kind]]
        got[kind] = [*before, *(value if isinstance(value, list) else [value])]


OPTIONAL = frozenset({"due", "row", "rows", "reason"})


def agrees(expected: Mapping[str, Any], got: Mapping[str, Any], verdict: Verdict, item: Item) -> bool:
    """Whole results are compared: what is not expected must not be there, but for optional detail."""
    fact = defined_by(item)
    got = dict(got)
    if "row" in expected and "nothing" not in expected:
        got.pop("nothing", None)
    if fact is not None and fact.name in expected and fact.name not in got:
        return False
    if fact is not None and "undecided" in expected and "undecided" not in got:
        other_row = "row" in expected and not same(expected["row"], got.get("row"))
        return fact.name not in verdict["derived"] and not other_row
    if fact is not None and fact.name not in expected and isinstance(item, Table | Definition) is False:
        got.pop(fact.name, None)
    keys = set(expected) | (set(got) - OPTIONAL)
    return all(key in expected and key in got and same(expected[key], got[key]) for key in keys)


def same(expected: Any, got: Any) -> bool:
    """Numbers by value (`50` is `50.00`), lists of names in any order, all else as text."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        return set(expected) == set(got) and all(same(expected[key], got[key]) for key in expected)
    if isinstance(expected, list) or isinstance(got, list):
        wanted = sorted(map(_text, expected if isinstance(expected, list) else [expected]))
        return wanted == sorted(map(_text, got if isinstance(got, list) else [got]))
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    return _text(expected) == _text(got)


def _text(value: Any) -> str:
    """A number without trailing zeros; an instant to the minute, 24:00 as the next day's 00:00; a
    parameter by its own name.
    """
    text = str(value)
    if text[10:11] == "T":
        instant = instant_from(text[:16], "UTC")
        return text if instant is None else instant.isoformat()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text.rpartition("/")[2]
    return f"{number.normalize():f}" if number.is_finite() else text


def as_text(values: Mapping[str, Any]) -> str:
    """`fine: 50, row: late-first`, as an officer would write it."""
    if values.get("nothing") is True:
        return "nothing"
    return ", ".join(f"{key}: {_shown(value)}" for key, value in values.items() if key != "rows")


def _shown(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(map(_shown, value))}]"
        case Mapping():
            return f"{{{', '.join(f'{key}: {_shown(inner)}' for key, inner in value.items())}}}"
        case _:
            return str(value)


def _covered(item: Item, verdict: Verdict, got: Mapping[str, Any]) -> Iterator[str]:
    identifier = item.head.id
    if "nothing" not in got or "rows" in got:
        yield identifier
    for row in got.get("rows", ()):
        yield f"{identifier}/{row}"
    for outcome in verdict["outcomes"]:
        if outcome["rule"] == identifier and "/" in str(outcome.get("by", "")):
            yield str(outcome["by"])
    for defeated in verdict["defeated"]:
        if defeated["rule"] == identifier:
            yield defeated["by"]


def coverage(library: Library, results: Iterable[ExampleResult]) -> Coverage:
    """What the passed examples reach, against everything that could be reached."""
    covered = frozenset(name for result in results if result.passed for name in result.covered)
    everything = [name for book in library.rulebooks for item in book.items for name in _coverable(item)]
    return Coverage(covered, tuple(name for name in dict.fromkeys(everything) if name not in covered))


def _coverable(item: Item) -> Iterator[str]:
    if isinstance(item, Aggregate):
        return
    yield item.head.id
    parts: tuple[Row | RuleException, ...] = parts_of(item)
    if isinstance(item, Table):
        parts = (*all_rows(item), *item.exceptions)
    yield from (part.id for part in parts)
