"""The symbols of a ticket."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from engine.evaluate.facts import Facts
from engine.prove.encoding.symbols import Symbols
from engine.prove.solver import Model, Solver
from tests.prove.cross_check import plan_from
from tests.prove.made_up_tables import MadeUp


def test_another_ticket_may_be_another_in_its_list_or_its_instant_only() -> None:
    """Setting a ticket aside must not set aside those that are judged at another time, or say more."""
    made = MadeUp(Random(1), section={"section": "s", "title": {"zh": "节", "en": "s"}})
    made.add("colour", "enum")
    made.add("scans", "list")
    made.items = [{**made.head("rule"), "when": {"colour": "red"}, "then": {"route": {"to": "desk"}}}]
    facts, symbols = plan_from(made.library).facts, Symbols()
    symbols.as_of()
    symbols.fact(facts["colour"])
    symbols.records(facts["scans"])
    noon, later = (datetime(2015, 10, 1, hour, tzinfo=UTC) for hour in (12, 13))
    ticket: Facts = {"colour": "red", "scans": ()}
    found = Solver(symbols.pins(ticket, noon)).find()
    assert isinstance(found, Model)
    other = symbols.other_than(found, symbols.names())
    assert Solver([other, *symbols.pins(ticket, noon)]).find() == "none"
    assert isinstance(Solver([other, *symbols.pins(ticket, later)]).find(), Model)
    more: Facts = {"colour": "red", "scans": ({"kind": "red", "size": 1},)}
    assert isinstance(Solver([other, *symbols.pins(more, noon)]).find(), Model)
