"""Changed rulebooks: each is another one, and whatever is said of it holds of tickets that nobody chose."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Any

import pytest

from engine.evaluate.examples import run_examples
from engine.evaluate.facts import facts_from, instant_from
from engine.library import Library, load_texts
from engine.prove.difference.items import apart
from engine.prove.mutants.bench import Bench, Ticket
from engine.prove.mutants.mutant import Mutant, mutants, worlds_of
from engine.prove.mutants.nodes import Nodes
from engine.prove.mutants.offers import Offer
from engine.prove.mutants.run import Report, mutate
from engine.prove.mutants.search import said
from engine.prove.mutants.writing import with_examples
from tests.agreement.made_up import made_up_texts
from tests.cases.small_library import SOURCES, catalogue_text
from tests.generators import pools_of, ticket
from tests.shipped.shipped import library as shipped

FACTS = {
    "kind": {"type": "enum", "values": ["delay", "damage", "loss"]},
    "days": "integer",
    "value": "money",
    "day": "date",
    "told": "boolean",
    "begun": "instant",
    "ended": "instant",
    "late": {"type": "boolean", "derived": "engine"},
}
BOOK = """
rulebook: book
title: {zh: 书, en: book}
parameters:
  amount:
    label: {zh: 金额, en: amount}
    type: money
    values: {2015-05-01: 50}
    cite: {source: deck, quote: 金额}
sections:
  - section: s
    title: {zh: 节, en: s}
    event_date: day
    background: {day: 2015-06-10}
    items:
      - rule: fined
        title: {zh: 罚, en: fined}
        cite: {source: deck, quote: 罚}
        in_force: {from: 2015-04-01}
        when: {kind: [delay, damage], days: "> 3"}
        unless:
          - exception: told
            title: {zh: 告知, en: told}
            cite: {source: deck, quote: 告知}
            when: {told: true}
        then: {fine: {amount: amount, payer: payer, per: waybill}}
        examples:
          - example: long delay
            given: {kind: delay, days: 10, told: false}
            expect: {fine: 50}
      - table: level
        title: {zh: 档, en: level}
        cite: {source: deck, quote: 档}
        hit: first
        inputs: [days]
        outputs: [{name: paid, type: money}]
        then: {fee: {amount: paid, payer: payer}}
        rows:
          - {row: many, if: ["> 10"], then: [20]}
          - {row: some, if: ["> 5"], then: [10]}
        otherwise: {then: nothing}
      - clock: reply
        title: {zh: 答复, en: reply}
        cite: {source: deck, quote: 答复}
        starts: begun
        limit: 30 minutes
        stops: ended
      - define: late
        cite: {source: deck, quote: 迟}
        as: days > 2
"""


def texts(book: str = BOOK, facts: Mapping[str, Any] | None = None) -> dict[str, bytes]:
    catalogue = catalogue_text(FACTS if facts is None else facts)
    return {
        "facts.yaml": catalogue.encode(),
        "sources.yaml": SOURCES.encode(),
        "book.yaml": book.encode(),
    }


def made_up(seed: int) -> dict[str, bytes]:
    facts, book = made_up_texts(Random(seed))
    return texts(book, facts)


SMALL = texts()
SOME = {"small": SMALL, **{f"made up {seed}": made_up(seed) for seed in (4, 6, 7)}}
each = pytest.mark.parametrize("name", SOME)


@cache
def library_of(name: str) -> Library:
    found = load_texts(SOME[name])
    assert found.plan is not None, [f"{f.span} {f.message('en')}" for f in found.findings]
    return found


@cache
def report_of(name: str) -> Report:
    return mutate(library_of(name), apart)


def every(library: Library) -> list[Mutant]:
    return list(mutants(library, worlds_of(library), Nodes(library)))


def changes(library: Library) -> set[tuple[str, str]]:
    """What is changed, as `before -> after`, `- left out`, `+ put in` or `first <-> second`, by the item."""
    return {(mutant.item.rpartition("/")[2], words(mutant)) for mutant in every(library)}


def words(mutant: Mutant) -> str:
    values = mutant.change.values
    match mutant.change.code:
        case "M001":
            return f"{values['before']} -> {values['after']}"
        case "M002":
            return f"- {values['written']}"
        case "M003":
            return f"+ {values['written']}"
        case _:
            return f"{values['first']} <-> {values['second']}"


def test_everything_is_changed_one_thing_at_a_time() -> None:
    """Thresholds to both sides, operators, days, members, amounts, exceptions, rows, limits, their order."""
    assert changes(library_of("small")) == {
        ("fined", "3 -> 2"),
        ("fined", "3 -> 4"),
        ("fined", "> 3 -> >= 3"),
        ("fined", "> 3 -> <= 3"),
        ("fined", "- > 3"),
        ("fined", "- delay"),
        ("fined", "- damage"),
        ("fined", "+ loss"),
        ("fined", "- delay, damage"),
        ("fined", "true -> false"),
        ("fined", "- true"),
        ("fined", "- told"),
        ("fined", "effect: defeats -> effect: review"),
        ("fined", "- fine"),
        ("fined", "2015-04-01 -> 2015-03-31"),
        ("fined", "2015-04-01 -> 2015-04-02"),
        ("amount", "50 -> 51"),
        ("amount", "2015-05-01 -> 2015-04-30"),
        ("amount", "2015-05-01 -> 2015-05-02"),
        ("level", "10 -> 9"),
        ("level", "10 -> 11"),
        ("level", "> 10 -> >= 10"),
        ("level", "> 10 -> <= 10"),
        ("level", "- > 10"),
        ("level", "5 -> 4"),
        ("level", "5 -> 6"),
        ("level", "> 5 -> >= 5"),
        ("level", "> 5 -> <= 5"),
        ("level", "- > 5"),
        ("level", "20 -> 19"),
        ("level", "20 -> 21"),
        ("level", "- many"),
        ("level", "- some"),
        ("level", "- otherwise"),
        ("level", "- fee"),
        ("level", "many <-> some"),
        ("reply", "30 minutes -> 29 minutes"),
        ("reply", "30 minutes -> 31 minutes"),
        ("late", "2 -> 1"),
        ("late", "2 -> 3"),
        ("late", "> 2 -> >= 2"),
        ("late", "> 2 -> <= 2"),
    }


@each
def test_every_mutant_is_another_edition(name: str) -> None:
    """What is changed changes the meaning of the plan as it is written; equal ones would be counted twice."""
    library = library_of(name)
    assert library.plan is not None
    found = every(library)
    assert found
    assert all(mutant.plan().edition != mutant.world.plan.edition for mutant in found)


@each
def test_no_ticket_tells_an_equivalent_mutant(name: str) -> None:
    """200 made-up tickets for each mutant that is neither noticed nor a survivor find no difference."""
    library, report = library_of(name), report_of(name)
    bench = Bench(library, worlds_of(library))
    survivors = {(s.mutant.item, s.mutant.span.start, words(s.mutant)) for s in report.survivors}
    equivalent = [
        mutant
        for mutant in mutants(library, bench.worlds, Nodes(library))
        if bench.noticing(mutant) is None and (mutant.item, mutant.span.start, words(mutant)) not in survivors
    ]
    tickets = some_tickets(library, 200)
    for mutant in equivalent:
        old, new = mutant.world.plan, mutant.plan()
        for item in mutant.own:
            for made in tickets:
                assert bare(said(old, made, item)) == bare(said(new, made, item)), words(mutant)


def bare(found: Mapping[str, Any]) -> dict[str, Any]:
    """Without the row, and without what an undecided item lacks: it is decided by as much or by as little."""
    kept = {name: value for name, value in found.items() if name not in ("row", "rows", "reason")}
    if "undecided" in kept:
        kept["undecided"] = True
    return kept or {"nothing": True}


def some_tickets(library: Library, count: int) -> list[Ticket]:
    plan = library.plan
    assert plan is not None
    random, pools = Random(5), pools_of(plan)
    found = []
    for _ in range(count):
        made = ticket(random, plan, pools)
        facts, _ = facts_from(made.facts, plan)
        found.append(Ticket(facts, None if made.as_of is None else instant_from(made.as_of, plan.zone)))
    return found


def written(name: str, offers: tuple[Offer, ...]) -> dict[str, bytes]:
    """The texts with the offered examples in them."""
    nodes = Nodes(library_of(name))
    by_item: dict[int, list[Offer]] = {}
    for offer in offers:
        by_item.setdefault(offer.head, []).append(offer)
    text = SOME[name]["book.yaml"].decode()
    new = with_examples(text, [(nodes.items[head], some) for head, some in by_item.items()])
    return SOME[name] | {"book.yaml": new.encode()}


@each
def test_offered_examples_pass_and_notice_what_they_are_for(name: str) -> None:
    """Written into the rulebook they pass on every evaluator, and what survived for certain does no more."""
    report = report_of(name)
    assert all(report.offer_for(survivor.mutant) is not None for survivor in report.settled)
    library = load_texts(written(name, report.offers))
    assert library.plan is not None, [f"{f.span} {f.message('en')}" for f in library.findings]
    for evaluator in ("reference", "compiled"):
        failed = [result for result in run_examples(library, evaluator) if not result.passed]
        assert [(result.example, result.expected, result.got) for result in failed] == []
    bench = Bench(library, worlds_of(library))
    found = mutants(library, bench.worlds, Nodes(library))
    left = [words(mutant) for mutant in found if bench.noticing(mutant) is None]
    assert len(left) <= report.tally.equivalent + len(report.unsettled)


def test_examples_are_named_for_what_they_tell_apart() -> None:
    """Facts and their values where the change is about facts, the first day where it is about one."""
    names = {offer.name for offer in report_of("small").offers}
    assert "first day of amount" in names
    assert {"days 3", "day before amount holds"} & names


def test_mutants_of_another_reading_are_made_where_an_example_names_it() -> None:
    """A row that exists only under another reading is changed in the plan of that reading."""
    found = [mutant for mutant in every(shipped()) if mutant.world.readings]
    assert any(mutant.item == "penalties/registration/registration-by-category" for mutant in found)
    assert all(mutant.own[0] == mutant.item for mutant in found if mutant.change.code != "M001")


def test_the_examples_of_the_shipped_rulebooks_notice_every_change() -> None:
    """The score of the shipped rulebooks is 100 %, and nothing about it is left unsettled."""
    report = mutate(shipped(), apart)
    assert [f"{s.mutant.finding.span}: {s.mutant.finding.message('en')}" for s in report.survivors] == []
    assert report.tally.noticed + report.tally.equivalent == report.tally.all > 1_500
