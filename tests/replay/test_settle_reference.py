"""A month of the made-up history, settled in SQL and by hand: the same lines, the same open matters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.tickets.history import COLUMNS, history
from api.tickets.parquet_writer import write_parquet
from api.tickets.tables import TableOptions, read_tickets
from engine.library import Library
from engine.plan.nodes import Plan
from engine.replay.engines.duck import Duck
from engine.replay.settle.run import Order, settle
from engine.replay.settle.settlement import Statement
from tests.replay.settled_by_hand import ByHand, settled_by_hand
from tests.shipped.shipped import library as shipped_library

MONTH = date(2015, 11, 1)
AS_OF = datetime(2015, 12, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
TICKETS = 24_000
"""Ten months of them, so that there are appeals enough of which the type is not known."""


@dataclass(frozen=True)
class BothWays:
    statements: dict[str | None, Statement]
    by_hand: ByHand


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory: pytest.TempPathFactory) -> BothWays:
    library = shipped_library()
    plan = library.under({"AMB-01": "strict"})
    tickets = list(history(TICKETS, seed=11))
    file = tmp_path_factory.mktemp("history") / "tickets.parquet"
    with file.open("wb") as out:
        write_parquet(out, tickets, COLUMNS, plan.facts, plan.zone)
    statements = {s.outlet: s for s in _statements(file, library, plan)}
    return BothWays(statements, settled_by_hand(plan, tickets, MONTH, AS_OF))


def _statements(file: Path, library: Library, plan: Plan) -> Iterator[Statement]:
    with Duck(memory="1GB", threads=1) as engine:
        table = read_tickets(engine, [str(file)], [plan], TableOptions(AS_OF))
        yield from settle(engine, table.source, table.facts, (library, plan), Order(MONTH)).statements()


def test_the_same_amounts(both_ways: BothWays) -> None:
    """Each outlet pays the same for the same tickets by the same rules."""
    found = {
        outlet: {(x.ticket_no, x.rule, x.table_row, x.kind, x.amount, x.payer) for x in s.lines}
        for outlet, s in both_ways.statements.items()
        if s.lines
    }
    assert found == both_ways.by_hand.lines
    assert sum(map(len, found.values())) > 500


def test_the_same_is_open(both_ways: BothWays) -> None:
    """The same matters are open for the same reasons."""
    found = {
        outlet: {(x.ticket_no, x.rule, x.table_row, x.reason, x.missing) for x in s.open_lines}
        for outlet, s in both_ways.statements.items()
        if s.open_lines
    }
    assert found == both_ways.by_hand.open_lines


def test_a_group_has_several_worlds(both_ways: BothWays) -> None:
    """The history has what makes counting hard: an outlet whose appeals are not all of a known type."""
    uncertain = [s for s in both_ways.statements.values() if "Between" in str(s.aggregates)]
    assert uncertain
