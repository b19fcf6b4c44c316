"""`caiding sql`: the printed query runs as it is, and says of each rule what the reference evaluator says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from engine.evaluate.reference import ReferenceEvaluator
from engine.library import load
from engine.plan.nodes import Plan
from engine.replay.sql.refused import NotSayable
from engine.replay.verdicts.flat import query
from engine.rulebook.types import Kind
from tests.replay.agreement_rows import Arrow, Read, relation
from tests.replay.vocabulary_answers import postgres_table
from tests.store.postgres import Cluster

RULES = Path(__file__).parents[2] / "rules"
RULE = "penalties/first-call/no-invoice"
AS_OF = datetime(2015, 12, 31, 10, tzinfo=UTC)
CALL: dict[str, Any] = {
    "rulebook_owner": "zto",
    "first_call_date": date(2015, 10, 8),
    "first_call_type": "no_invoice",
    "fee_collected": Decimal(15),
    "invoice_given": False,
}
TICKETS: list[Read] = [
    (CALL, AS_OF),
    (
        CALL | {"invoice_promised_date": date(2015, 10, 20), "invoice_delivered_date": date(2015, 10, 19)},
        AS_OF,
    ),
    ({name: value for name, value in CALL.items() if name != "invoice_given"}, AS_OF),
    (CALL | {"first_call_type": "attitude"}, AS_OF),
]


@pytest.fixture(scope="module")
def plan() -> Plan:
    found = load(RULES).plan
    assert found is not None
    return found


def rows(plan: Plan) -> Arrow:
    """The tickets with a column for every fact that is no list."""
    columns = [name for name, fact in plan.facts.items() if fact.type.kind is not Kind.LIST]
    return relation(plan, TICKETS, columns)


def says_what_the_reference_says(plan: Plan, shown: list[dict[str, Any]]) -> None:
    for (facts, as_of), row in zip(TICKETS, shown, strict=True):
        verdict = ReferenceEvaluator(plan).decide(facts, as_of)
        fines = [Decimal(o["amount"]) for o in verdict["outcomes"] if o["rule"] == RULE]
        missing = [entry["missing"] for entry in verdict["undecided"] if entry["rule"] == RULE]
        assert row[f"{RULE} fine"] is bool(fines)
        assert not fines or row[f"{RULE} fine: amount"] == fines[0]
        assert row[f"{RULE} undecided"] is bool(missing)
        assert not missing or row[f"{RULE} undecided: missing"] == ", ".join(missing[0])
        defeated = {entry["by"] for entry in verdict["defeated"] if entry["rule"] == RULE}
        for exception in ("appointment-kept", "appointment-pending"):
            by = f"{RULE}/{exception}"
            assert row[f"{RULE} defeated by {by}"] is (by in defeated)


def test_on_duckdb(plan: Plan) -> None:
    with duckdb.connect() as database:
        database.register("tickets", rows(plan))
        found = database.execute(query(plan, "duckdb", [RULE]))
        names = [name for name, *_ in found.description or ()]
        shown = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    says_what_the_reference_says(plan, shown)


def test_on_postgres_whose_names_end_at_63_bytes(plan: Plan, postgres: Cluster) -> None:
    text = query(plan, "postgres", [RULE])
    with psycopg.connect(postgres.url("postgres")) as connection, connection.cursor() as cursor:
        postgres_table(cursor, "tickets", rows(plan))
        found = cursor.execute(text.encode()).fetchall()
        names = [column.name for column in cursor.description or ()]
    fines = [dict(zip(names, row, strict=True))[f"{RULE} fine"] for row in found]
    assert fines == [True, False, False, False]


def test_rules_that_look_at_records_are_refused_where_there_are_none(plan: Plan) -> None:
    with pytest.raises(NotSayable) as refusal:
        query(plan, "postgres")
    assert {finding.code for finding in refusal.value.findings} == {"Q004"}
    assert "penalties/practice/false-pickup-scan" in {f.values["rule"] for f in refusal.value.findings}
