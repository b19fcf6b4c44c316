"""The second opinion: the same verdicts as the reference, out of a child that may die at any time."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from engine.evaluate.durable import Disagreement, DurableFailure, Unavailable, process
from engine.evaluate.durable.evaluator import DurableEvaluator
from engine.evaluate.durable.lowering import Question
from engine.evaluate.durable.process import Limits
from engine.evaluate.durable.ruled_case import RuledCase
from engine.evaluate.examples import run_examples
from engine.evaluate.facts import Facts, facts_from, instant_from
from engine.evaluate.reference import ReferenceEvaluator, new_case
from engine.library import Library, load
from engine.plan.nodes import Plan
from engine.rulebook.types import Kind
from tests.cases.small_library import library_from, words

pytest.importorskip("durable")
ROOT = Path(__file__).resolve().parents[2]
SHORT = Limits(answer=0.5)
Ticket = tuple[Facts, datetime | None]


@pytest.fixture(scope="module")
def library() -> Library:
    return load(ROOT / "rules")


@pytest.fixture(scope="module")
def plan(library: Library) -> Plan:
    assert library.plan is not None
    return library.plan


@pytest.fixture(scope="module")
def tickets(library: Library, plan: Plan) -> list[Ticket]:
    """The facts of every example."""
    examples = [e for book in library.rulebooks for item in book.items for e in item.head.examples]
    return [(facts_from(e.given, plan, pointer="")[0], _as_of(e.as_of, plan)) for e in examples]


def _as_of(written: str | None, plan: Plan) -> datetime | None:
    if written is None:
        return None
    return instant_from(written if "T" in written else f"{written}T00:00", plan.zone)


@pytest.fixture
def durable(plan: Plan) -> Iterator[DurableEvaluator]:
    with DurableEvaluator(plan, SHORT) as evaluator:
        yield evaluator


def mixed(tickets: list[Ticket], plan: Plan, seed: int) -> Ticket:
    """Facts of three examples with most of them lost, and a few conditions made up."""
    random_ = random.Random(seed)
    (first, as_of), *others = random_.sample(tickets, 3)
    merged: dict[str, Any] = {**others[0][0], **others[1][0], **first}
    lost = random_.random()
    facts = {name: value for name, value in merged.items() if random_.random() > lost}
    for name in random_.sample(sorted(plan.facts), 60):
        declared = plan.facts[name]
        if declared.derived is None and declared.type.kind is Kind.BOOLEAN:
            facts[name] = random_.random() < 0.5
        if declared.derived is None and declared.type.kind is Kind.ENUM:
            facts[name] = random_.choice(declared.type.members)
    return facts, as_of


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def is_gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def test_every_example_holds(library: Library) -> None:
    """The examples beside the rules, judged by durable-rules."""
    results = run_examples(library, "durable")
    assert [f"{r.item}: {r.example}" for r in results if not r.passed] == []
    assert results


def test_verdicts_are_those_of_the_reference(
    durable: DurableEvaluator, plan: Plan, tickets: list[Ticket]
) -> None:
    """Whole verdicts, on the examples and on tickets of which little is known."""
    asked = tickets[::3] + [mixed(tickets, plan, seed) for seed in range(300)]
    reference = ReferenceEvaluator(plan)
    undecided = 0
    for ticket, opinion in zip(asked, durable.decide_many(asked), strict=True):
        verdict = reference.decide(*ticket)
        assert opinion == verdict
        undecided += len(verdict["undecided"])
    assert undecided > len(asked) / 2


def test_most_conditions_are_matched_natively(durable: DurableEvaluator) -> None:
    """Conditions that only the plan's own walk can work out are the smaller part of what is asserted."""
    fields = durable.lowered.fields
    assert len(fields.computed) < len(fields.places) / 3


def test_conditions_beyond_the_limits_of_the_library_are_worked_out() -> None:
    """A rule of 40 tests, one of 40 alternatives, and one of 20 pairs of which one test must hold."""
    facts = {f"b{i}": "boolean" for i in range(40)}
    rules = [
        {"rule": "all", "when": dict.fromkeys(facts, True)},
        {"rule": "any", "when": {"any": [{name: True} for name in facts]}},
        {
            "rule": "pairs",
            "when": {"all": [{"any": [{f"b{i}": True}, {f"b{i + 20}": True}]} for i in range(20)]},
        },
    ]
    plan = _plan_of(facts, rules)
    random_ = random.Random(5)
    asked = [_partly_known(facts, random_) for _ in range(200)]
    with DurableEvaluator(plan) as durable:
        reference = ReferenceEvaluator(plan)
        opinions = list(durable.decide_many((given, None) for given in asked))
        assert opinions == [reference.decide(given, None) for given in asked]


def _plan_of(facts: Mapping[str, Any], rules: list[dict[str, Any]]) -> Plan:
    told = {"title": words("t"), "cite": {"source": "deck", "quote": "原文"}}
    items = [{**rule, **told, "then": {"breach": {"code": "late"}}} for rule in rules]
    section = {"section": "s", "title": words("s"), "items": items}
    book = {"rulebook": "book", "title": words("book"), "sections": [section]}
    library = library_from(facts, json.dumps(book, ensure_ascii=False))
    assert library.plan is not None, [finding.message("en") for finding in library.findings]
    return library.plan


def _partly_known(names: Iterable[str], random_: random.Random) -> dict[str, bool]:
    known, true = random_.random(), random_.random()
    return {name: random_.random() < true for name in names if random_.random() < known}


def test_killed_child_is_replaced(durable: DurableEvaluator, plan: Plan, tickets: list[Ticket]) -> None:
    """A crash costs the opinion on one ticket and says how the child ended."""
    durable.decide(*tickets[0])
    assert durable.child_pid is not None
    os.kill(durable.child_pid, signal.SIGKILL)
    with pytest.raises(DurableFailure, match="ended by signal 9"):
        durable.decide(*tickets[0])
    assert durable.decide(*tickets[0]) == ReferenceEvaluator(plan).decide(*tickets[0])


def test_hanging_child_is_replaced(durable: DurableEvaluator, plan: Plan, tickets: list[Ticket]) -> None:
    """A child that does not answer in time is killed."""
    durable.decide(*tickets[0])
    stopped = durable.child_pid
    assert stopped is not None
    os.kill(stopped, signal.SIGSTOP)
    opinions = list(durable.decide_many(tickets[:3]))
    assert isinstance(opinions[0], DurableFailure)
    assert "time limit" in str(opinions[0])
    assert opinions[1:] == [ReferenceEvaluator(plan).decide(*ticket) for ticket in tickets[1:3]]
    assert not is_alive(stopped)


def test_child_that_never_loads_is_a_failure(
    plan: Plan, tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Loading has a time limit of its own, and leaves no process."""
    script = tmp_path / "sleeps.py"
    script.write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    monkeypatch.setattr(process, "SCRIPT", script)
    with DurableEvaluator(plan, Limits(loading=0.3)) as durable, pytest.raises(DurableFailure, match="time"):
        durable.decide(*tickets[0])


def test_refused_rules_are_a_failure(
    durable: DurableEvaluator, tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the library says of a ruleset that it refuses reaches the caller."""
    too_deep = {"$and": [{"$or": [{"a": 1}, {"b": 1}]}] * 20}
    layers = [[{"rules": {"r1": too_deep}, "fields": ["a", "b"]}]]
    monkeypatch.setattr(durable, "_rulesets", {"layers": layers, "sets": {}, "blank": {"a": 0, "b": 0}})
    with pytest.raises(DurableFailure, match="error code: 113"):
        durable.decide(*tickets[0])


def test_closing_leaves_no_process(plan: Plan, tickets: list[Ticket]) -> None:
    """The child is gone and reaped when `close` returns; closing twice does no harm."""
    durable = DurableEvaluator(plan)
    durable.decide(*tickets[0])
    child = durable.child_pid
    assert child is not None
    durable.close()
    durable.close()
    assert not is_alive(child)


def test_child_goes_when_its_parent_dies() -> None:
    """A parent that is killed closes the child's input, which ends it."""
    code = (
        "import sys, time; from pathlib import Path; from engine.library import load\n"
        "from engine.evaluate.durable.evaluator import DurableEvaluator\n"
        "d = DurableEvaluator(load(Path('rules')).plan); d.decide({}, None)\n"
        "print(d.child_pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
    assert is_gone_within(child, 5)


def test_missing_library_is_said(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library there is no evaluator, and the reason is told."""
    monkeypatch.setattr(process, "LIBRARY", "durable_that_is_not_there")
    with pytest.raises(Unavailable, match="not installed"):
        DurableEvaluator(plan)


@pytest.mark.parametrize("facts", [{"rulebook_owner": "zto"}, {"rulebook_owner": "yto"}])
def test_walk_that_knows_better_is_a_disagreement(plan: Plan, facts: Mapping[str, Any]) -> None:
    """Undecided by the rules and known to the walk, or the other way: neither is mended."""
    walk = new_case(plan, facts, None)
    known = next(i for i in plan.items if walk.applies(i) is False)
    case = RuledCase(walk, frozenset(), [Question(known.origin.id, "may hold")])
    with pytest.raises(Disagreement, match="says unknown"):
        case.applies(known)
    item = next(i for i in plan.items if walk.applies(i) not in (True, False))
    case = RuledCase(walk, frozenset(), [Question(item.origin.id, "holds")])
    with pytest.raises(Disagreement, match="says known"):
        case.applies(item)
