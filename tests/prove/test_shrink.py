"""A shrunk ticket still shows what it is to show, is one that `decide` takes, and is plain."""

from __future__ import annotations

import json
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluate.facts import Facts, as_of_from, facts_from
from engine.library import load, load_texts
from engine.prove.answer import Witness
from engine.prove.asking.shrink import TRIES, shrunk
from engine.prove.asking.trial import Trial
from tests.generators import pools_of, seeds_of, ticket

LIBRARY = load(Path(__file__).parents[2] / "rules")
PLAN = LIBRARY.under({})
POOLS = pools_of(PLAN)
SEEDS = seeds_of(LIBRARY)

CATALOGUE = """
catalogue: facts
zone: Asia/Shanghai
currency: CNY
entities: {ticket: {zh: 工单, en: ticket}}
facts:
  days: {entity: ticket, label: {zh: 天数, en: days}, type: integer, minimum: 1, example: 7}
  debt: {entity: ticket, label: {zh: 欠款, en: debt}, type: money, maximum: -10, example: -20}
  rate: {entity: ticket, label: {zh: 率, en: rate}, type: decimal, scale: 6, example: 3}
  kind:
    entity: ticket
    label: {zh: 类, en: kind}
    type: enum
    values: {a: {zh: 甲, en: a}, b: {zh: 乙, en: b}, c: {zh: 丙, en: c}}
    example: b
  name: {entity: ticket, label: {zh: 名, en: name}, type: text, example: Li}
  on: {entity: ticket, label: {zh: 日, en: day}, type: date, example: 2015-06-20}
  at: {entity: ticket, label: {zh: 时, en: instant}, type: instant, example: 2015-06-20T10:00}
  scans:
    entity: ticket
    label: {zh: 扫描, en: scans}
    type: list
    record:
      place: {label: {zh: 地, en: place}, type: text}
      at: {label: {zh: 时, en: instant}, type: instant}
    example: [{place: SH, at: 2015-06-20T10:00}]
"""
SMALL = load_texts({"facts.yaml": CATALOGUE.encode()}).under({})
FULL: dict[str, Any] = {
    "days": 5321,
    "debt": Decimal("-1234.56"),
    "rate": Decimal("10.437219"),
    "kind": "c",
    "name": "word 17",
    "on": "2187-03-09",
    "at": "2187-03-11T17:23:11",
    "scans": [{"place": "x", "at": "2187-03-12T01:02"}, {"place": "y"}, {"at": "1987-03-12T01:02"}],
}
AS_OF = "2187-03-30T17:23:11"


def _typed(raw: dict[str, Any]) -> Facts:
    facts, findings = facts_from(raw, SMALL)
    assert not findings, findings
    return facts


def _shrunk(holds: Any) -> tuple[Facts, datetime | None]:
    """The full ticket, shrunk, with what `holds` asks of its facts."""
    as_of = as_of_from(AS_OF, SMALL.zone)
    assert isinstance(as_of, datetime)
    return shrunk(_typed(FULL), as_of, lambda facts, at: bool(holds(facts, at)), SMALL.facts)


def _came_to(holds: Any) -> dict[str, Any]:
    facts, as_of = _shrunk(holds)
    return Witness(facts, as_of).ticket(SMALL)


def test_what_hangs_on_nothing_becomes_nothing() -> None:
    assert _came_to(lambda *_: True) == {"facts": {}}


def test_a_fact_that_must_be_there_takes_its_example() -> None:
    for name, example in (("days", 7), ("kind", "b"), ("name", "Li"), ("on", "2015-06-20")):
        assert _came_to(lambda facts, _, name=name: name in facts) == {"facts": {name: example}}


def test_a_number_comes_to_the_boundary_that_matters() -> None:
    assert _came_to(lambda f, _: f.get("days", 0) > 3650)["facts"] == {"days": 3651}
    assert _came_to(lambda f, _: f.get("debt", 0) < -100)["facts"] == {"debt": "-101.00"}
    assert _came_to(lambda f, _: 10 < f.get("rate", 0) < 11)["facts"] == {"rate": "10.1"}


def test_an_enum_takes_the_first_member_that_will_do() -> None:
    assert _came_to(lambda f, _: f.get("kind", "b") != "b")["facts"] == {"kind": "a"}


def test_times_move_together_and_become_whole() -> None:
    def two_days_apart(facts: Facts, _: object) -> bool:
        on, at = facts.get("on"), facts.get("at")
        return isinstance(at, datetime) and on is not None and (at.date() - on).days >= 2  # type: ignore[operator]

    assert _came_to(two_days_apart)["facts"] == {"on": "2015-06-20", "at": "2015-06-22T00:00+08:00"}


def test_a_list_keeps_only_the_records_and_fields_that_matter() -> None:
    def has_place(facts: Facts, _: object) -> bool:
        return any("place" in record for record in facts.get("scans", ()))  # type: ignore[union-attr]

    assert _came_to(has_place)["facts"] == {"scans": [{"place": "SH"}]}


def test_what_is_to_be_kept_is_left_out_last() -> None:
    facts = _typed(FULL)

    def either(found: Facts, _: object) -> bool:
        return "days" in found or "kind" in found

    for name in ("days", "kind"):
        assert set(shrunk(facts, None, either, SMALL.facts, keep=(name,))[0]) == {name}


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_a_shrunk_ticket_shows_the_same_and_is_one_that_decide_takes(seed: int) -> None:
    random = Random(seed)
    drawn = ticket(random, PLAN, POOLS, SEEDS)
    facts, findings = facts_from(drawn.facts, PLAN)
    as_of = None if drawn.as_of is None else as_of_from(drawn.as_of, PLAN.zone)
    if findings or not (as_of is None or isinstance(as_of, datetime)):
        return
    item = random.choice(PLAN.items).origin.id
    wanted = Trial(PLAN, facts, as_of).expect(item)
    calls = []

    def holds(found: Facts, at: datetime | None) -> bool:
        calls.append(1)
        return Trial(PLAN, found, at).expect(item) == wanted

    small, at = shrunk(facts, as_of, holds, PLAN.facts)
    assert len(calls) <= TRIES
    assert set(small) <= set(facts)
    assert Trial(PLAN, small, at).expect(item) == wanted
    written = json.loads(json.dumps(Witness(small, at).ticket(PLAN)), parse_float=Decimal)
    assert facts_from(written["facts"], PLAN) == (small, [])
    assert at is None or as_of_from(written["as_of"], PLAN.zone) == at


def test_a_ticket_that_resists_comes_out_soon_and_always_the_same() -> None:
    facts, _ = facts_from({fact.name: fact.example for fact in POOLS.facts}, PLAN)

    def resists(found: Facts, _: object) -> bool:
        return len(found) > len(facts) - 3

    began = time.process_time()
    first = shrunk(facts, None, resists, PLAN.facts)
    assert time.process_time() - began < 0.05
    assert len(first[0]) == len(facts) - 2
    assert first == shrunk(facts, None, resists, PLAN.facts)


def test_an_instant_is_written_as_it_was_judged() -> None:
    """A microsecond may be what matters; whoever judges the written ticket judges the same one."""
    facts = _typed({"at": "2015-06-20T10:00:00.000001", "scans": [{"at": "2015-06-20T10:00:00.000001"}]})
    assert facts_from(Witness(facts, None).ticket(SMALL)["facts"], SMALL) == (facts, [])
