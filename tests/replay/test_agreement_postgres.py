"""Plans as SQL on a real PostgreSQL give the reference's verdicts, as far as it has words: not on lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import psycopg
from sqlglot import exp

from engine.plan.nodes import Plan, expressions_of
from engine.replay.sql.dialects import render
from engine.replay.verdicts.flat import OVER_RECORDS
from engine.rulebook.expressions import Expression, walk
from engine.rulebook.types import Kind
from tests.agreement.test_agreement import shipped
from tests.generators import pools_of
from tests.replay.agreement import Row, differences
from tests.replay.agreement_rows import Arrow, Read
from tests.replay.agreement_tickets import nasty_tickets
from tests.replay.vocabulary_answers import postgres_table
from tests.store.postgres import Cluster


@dataclass(frozen=True)
class OnPostgres:
    """PostgreSQL with a temporary table of the tickets."""

    url: str

    def __call__(self, tickets: Arrow, query: exp.Select) -> Sequence[Row]:
        with psycopg.connect(self.url) as connection, connection.cursor() as cursor:
            postgres_table(cursor, "tickets", tickets)
            return cursor.execute(render(query, "postgres").encode()).fetchall()


def without_lists(plan: Plan) -> Plan:
    """The plan without the items that look at records."""
    kept = [item for item in plan.items if not _looks_at_records(expressions_of(item))]
    return replace(plan, items=tuple(kept))


def _looks_at_records(expressions: Sequence[Expression]) -> bool:
    return any(isinstance(part, OVER_RECORDS) for whole in expressions for part in walk(whole))


def plain(read: Read, plan: Plan) -> Read:
    """The ticket without its lists."""
    facts, as_of = read
    kept = {name: value for name, value in facts.items() if plan.facts[name].type.kind is not Kind.LIST}
    return kept, as_of


def test_the_shipped_rules_give_the_references_verdicts(postgres: Cluster) -> None:
    """On tickets at the edges of everything that the rules ask."""
    _, plan, _, seeds = shipped()
    asked = without_lists(plan)
    tickets = [plain(read, plan) for read in nasty_tickets(Random(12), plan, pools_of(plan), seeds, 150)]
    found = list(differences(asked, tickets, database=OnPostgres(postgres.url("postgres"))))
    assert not found, "\n\n".join(found[:3])
