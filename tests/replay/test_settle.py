"""What a settlement counts, whose statement a line stands in, and what stays open, on hand-made months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.replay.engines.duck import Duck
from engine.replay.engines.spark import Spark
from engine.replay.settle.run import Order
from engine.replay.settle.settlement import Between, Statement
from engine.replay.sql.refused import NotSayable
from tests.replay.settled_small import FINES, MONTH, appeal, settled, ticket

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BANDS = "fines/s/bands"


@pytest.fixture
def duck() -> Iterator[Duck]:
    with Duck(memory="500MB", threads=1) as engine:
        yield engine


def _amounts(statement: Statement) -> list[tuple[str, str, Decimal]]:
    return [(line.ticket, line.rule, line.amount) for line in statement.lines]


def _open(statement: Statement) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(line.ticket, line.rule, line.reason, line.missing) for line in statement.open_lines]


def test_counts_decide_the_band(duck: Duck) -> None:
    """Appeals less praises, over the parcels: two of a hundred lie in the low band, three in the high one."""
    tickets = [
        appeal(1),
        appeal(2),
        *(appeal(n, "B") for n in range(3, 7)),
        ticket(7, "B", kind="praise", loss=0),
    ]
    _, found = settled(duck, tickets)
    assert _amounts(found["A"]) == [("T1", BANDS, Decimal(5)), ("T2", BANDS, Decimal(5))]
    assert {line.amount for line in found["B"].lines} == {9}
    assert found["B"].aggregates == {
        "appeals": 4,
        "praises": 1,
        "losses": 0,
        "parcels": 100,
        "net": 3,
        "rate": Decimal(3),
    }
    assert found["B"].totals == {("fine", "CNY"): Decimal(36)}


def test_what_tickets_say_of_a_count_gives_way(duck: Duck) -> None:
    """A rate that the ticket brings along is not taken: the settlement counts for itself."""
    _, found = settled(duck, [appeal(1, rate=Decimal("9.5"))])
    assert _amounts(found["A"]) == [("T1", BANDS, Decimal(5))]


def test_an_unknown_that_changes_nothing(duck: Duck) -> None:
    """Whether the last ticket is an appeal or a praise is not known, and the band is the same anyhow."""
    tickets = [*(appeal(n) for n in range(1, 7)), ticket(7, kind=None, loss=0)]
    found, statements = settled(duck, tickets)
    counts = statements["A"].aggregates
    assert (counts["appeals"], counts["praises"], counts["net"]) == (
        Between(6, 7),
        Between(0, 1),
        Between(5, 7),
    )
    assert {line.amount for line in statements["A"].lines} == {9}
    assert [f.code for f in found.findings] == ["Q104", "Q104"]


def test_an_unknown_that_changes_the_band(duck: Duck) -> None:
    """With one appeal more or a praise more the band differs: nothing is guessed, and the range is told."""
    tickets = [*(appeal(n) for n in range(1, 4)), ticket(7, kind=None, loss=0)]
    _, found = settled(duck, tickets)
    assert found["A"].lines == ()
    line = next(line for line in found["A"].open_lines if line.ticket == "T1")
    assert (line.reason, line.missing) == ("fact_missing", ("appeals", "praises"))
    assert line.alternatives == {"least": Decimal(5), "most": Decimal(9)}


def test_a_ticket_counts_one_way_only(duck: Duck) -> None:
    """The unknown ticket is an appeal or a praise, never both: five appeals and one unknown, 4 to 6 net."""
    tickets = [*(appeal(n) for n in range(1, 6)), ticket(7, kind=None, loss=0)]
    _, found = settled(duck, tickets)
    assert found["A"].aggregates["net"] == Between(4, 6)


def test_too_many_unknowns(duck: Duck) -> None:
    """Where more worlds are possible than are looked at, what rests on the counts is open."""
    tickets = [appeal(1), *(ticket(n, kind=None, loss=0) for n in range(2, 60))]
    _, found = settled(duck, tickets)
    assert _open(found["A"])[0] == ("T1", BANDS, "fact_missing", ("appeals", "praises"))
    assert found["A"].aggregates["appeals"] == Between(1, 59)


def test_a_gap_of_the_source(duck: Duck) -> None:
    """A rate for which the source gives no amount is open, with what the other readings would cost."""
    _, found = settled(duck, [appeal(n, parcels=200) for n in range(1, 6)])
    line = found["A"].open_lines[0]
    assert (line.table_row, line.reason) == ("gap", "undefined_by_source")
    assert line.alternatives == {"floor": Decimal(5), "ceiling": Decimal(9)}


def test_a_sum(duck: Duck) -> None:
    """Losses are added up; one ticket whose loss is not known leaves the sum open."""
    _, found = settled(
        duck, [appeal(1, loss=Decimal("50.01")), appeal(2, loss=Decimal(50)), appeal(3, "B", loss=None)]
    )
    assert ("T1", "fines/s/many-losses", Decimal(1)) in _amounts(found["A"])
    assert found["A"].aggregates["losses"] == Decimal("100.01")
    assert found["B"].aggregates["losses"] is None
    assert ("T3", "fines/s/many-losses", "fact_missing", ("losses",)) in _open(found["B"])


def test_volumes_of_a_file(duck: Duck) -> None:
    """The file says the volumes, whatever tickets say; a group that it leaves out has none."""
    volumes = [{"outlet_level1_id": "A", "month": MONTH, "parcels": 10}]
    found, statements = settled(duck, [appeal(1), appeal(2, "B")], Order(MONTH, volumes))
    assert [line.amount for line in statements["A"].lines] == [9]
    assert _open(statements["B"]) == [("T2", BANDS, "fact_missing", ("parcels",))]
    assert [(f.code, f.values["groups"]) for f in found.findings] == [("Q103", "B")]


def test_tickets_that_say_different_volumes(duck: Duck) -> None:
    """Without a file the tickets must agree."""
    found, statements = settled(duck, [appeal(1), appeal(2, parcels=90)])
    assert [line.missing for line in statements["A"].open_lines] == [("parcels",), ("parcels",)]
    assert [f.code for f in found.findings] == ["Q102"]


def test_two_schemes(duck: Duck) -> None:
    """A ticket fined by two rules shows both on each line, also where two outlets pay."""
    _, found = settled(duck, [appeal(1, late=True, outlet_id="A2")])
    both = (BANDS, "fines/t/late")
    assert [(line.rule, line.schemes) for line in found["A"].lines] == [(BANDS, both)]
    assert [(line.rule, line.schemes) for line in found["A2"].lines] == [("fines/t/late", both)]


@pytest.mark.parametrize(
    ("facts", "outlet"),
    [
        ({"late": True}, "A"),
        ({"late": True, "outlet_role": "responsible_outlet"}, "A"),
        ({"late": True, "outlet_role": "receiving_outlet"}, None),
        ({"idle": True}, None),
        ({"idle": True, "assigned_outlet": "R"}, "R"),
        ({"idle": True, "outlet_role": "receiving_outlet"}, "A"),
        ({"late": True, "outlet_id": None}, None),
    ],
)
def test_who_pays(duck: Duck, facts: dict[str, Any], outlet: str | None) -> None:
    """The outlet of a ticket is the responsible one unless its role says otherwise."""
    _, found = settled(duck, [ticket(1, **facts)])
    assert [line.ticket for line in found[outlet].lines] == ["T1"]


def test_who_pays_as_chosen(duck: Duck) -> None:
    """Whoever settles may name another fact for a party."""
    order = Order(MONTH, payers={"responsible_outlet": "assigned_outlet"})
    _, found = settled(duck, [ticket(1, late=True, assigned_outlet="R")], order)
    assert [line.ticket for line in found["R"].lines] == ["T1"]


def test_due_without_an_amount(duck: Duck) -> None:
    """What is due and has no amount is open at the outlet whose ticket it is."""
    _, found = settled(duck, [ticket(1, loss=Decimal(60))])
    assert _open(found["A"]) == [("T1", "fines/t/paid-back", "amount_open", ())]


def test_appeals_of_no_outlet(duck: Duck) -> None:
    """They count for nobody, and that is said; they stand with what cannot be laid to any outlet."""
    found, statements = settled(duck, [appeal(1), appeal(2, None)])
    assert statements["A"].aggregates["appeals"] == 1
    assert [line.ticket for line in statements[None].open_lines][:1] == ["T2"]
    assert [(f.code, f.values["tickets"]) for f in found.findings] == [("Q105", "1")]


def test_months(duck: Duck) -> None:
    """Tickets of other months are passed over; one that says no month is laid to that of its time."""
    tickets = [
        appeal(1),
        appeal(2, month=date(2015, 10, 1)),
        appeal(3, month=None),
        appeal(4, month=None, created_at=datetime(2015, 11, 30, 16)),  # midnight in China
        appeal(5, month=None, created_at=None),
    ]
    found, statements = settled(duck, tickets)
    counts = found.counts
    assert (counts.tickets, counts.other_months, counts.undated, counts.by_time) == (2, 2, 1, 1)
    assert [line.ticket for line in statements["A"].lines] == ["T1", "T3"]


def test_spark_settles_alike(duck: Duck, spark: SparkSession) -> None:
    """Bands, unknowns that change them, gaps, sums, two schemes: the same statements on both engines."""
    tickets = [
        *(appeal(n, late=n == 1) for n in range(1, 4)),
        ticket(4, kind=None, loss=0),
        *(appeal(n, "B", parcels=200, loss=Decimal(40)) for n in range(5, 10)),
        appeal(10, None),
        ticket(11, "C", idle=True, outlet_role="receiving_outlet", loss=Decimal("50.01")),
    ]
    with Spark(spark) as engine:
        found, statements = settled(engine, tickets)
    expected, alike = settled(duck, tickets)
    assert statements == alike
    assert (found.totals, found.counts, found.findings) == (
        expected.totals,
        expected.counts,
        expected.findings,
    )


def test_an_outlet_that_owes_nothing(duck: Duck) -> None:
    """Every outlet that a ticket names has a statement."""
    found, statements = settled(duck, [ticket(1, "A"), ticket(2, "C"), appeal(3, "B")])
    assert list(statements) == ["A", "B", "C"]
    assert statements["C"] == Statement("C", 1, statements["C"].aggregates, (), (), {})
    assert found.outlets == {"A": 1, "B": 1, "C": 1}


def test_no_tickets(duck: Duck) -> None:
    """A month without tickets has no statements."""
    found, statements = settled(duck, [])
    assert (found.counts.tickets, statements, found.totals) == (0, {}, {})


@pytest.mark.parametrize(
    ("change", "code"),
    [(("count: {kind: praise}", 'count: {net: "> 0"}'), "Q100"), (("sum: loss", "sum: losses"), "Q100")],
)
def test_aggregates_that_cannot_be_counted(duck: Duck, change: tuple[str, str], code: str) -> None:
    """An aggregate over another is refused by its name."""
    with pytest.raises(NotSayable) as refused:
        settled(duck, [appeal(1)], rules=FINES.replace(*change))
    assert {finding.code for finding in refused.value.findings} == {code}
