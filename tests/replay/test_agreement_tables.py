"""Tickets in files, read as tables with the widths that the files tell, get the reference's verdicts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlglot import exp

from api.tickets.tables import TableOptions, read_tickets
from engine.evaluate.reference import ReferenceEvaluator
from engine.plan.nodes import Plan
from engine.replay.engines.duck import Duck
from engine.replay.lowering.decode import VerdictRows
from engine.replay.lowering.lower import lower
from engine.replay.sql.columns import judged
from engine.rulebook.types import Kind, Type
from tests.agreement.test_agreement import shipped
from tests.generators import pools_of
from tests.replay.agreement import bare
from tests.replay.agreement_rows import Read, arrow_type, columns_of
from tests.replay.agreement_rulebooks import nasty_plan
from tests.replay.agreement_tickets import nasty_tickets

AS_OF = datetime(2016, 1, 5, 9, 30, tzinfo=UTC)
INSTANTS = pa.timestamp("us", tz="UTC")


def as_parquet(file: Path, plan: Plan, tickets: Sequence[Read]) -> None:
    """Instants with a zone, months as text, numbers as wide as the catalogue has them."""
    columns = {"as_of": pa.array([as_of for _, as_of in tickets], INSTANTS)}
    for name in sorted(columns_of(tickets)):
        type_ = plan.facts[name].type
        values = [_stored(facts.get(name), type_) for facts, _ in tickets]
        columns[name] = pa.array(values, _stored_type(type_))
    pq.write_table(pa.table(columns), file)


def _stored_type(type_: Type) -> Any:
    match type_.kind:
        case Kind.INSTANT:
            return INSTANTS
        case Kind.MONTH:
            return pa.string()
        case Kind.LIST:
            return pa.list_(pa.struct([(n, _stored_type(f.type)) for n, f in type_.fields.items()]))
        case _:
            return arrow_type(type_)


def _stored(value: Any, type_: Type) -> Any:
    match value:
        case tuple():
            return [{n: _stored(r.get(n), f.type) for n, f in type_.fields.items()} for r in value]
        case date() if type_.kind is Kind.MONTH:
            return value.isoformat()[:7]
        case _:
            return value


def as_ndjson(file: Path, plan: Plan, tickets: Sequence[Read]) -> None:
    """A ticket a line, as any system would write it."""
    lines = [
        {
            **{name: _as_json(_stored(value, plan.facts[name].type)) for name, value in facts.items()},
            **({} if as_of is None else {"as_of": _as_json(as_of)}),
        }
        for facts, as_of in tickets
    ]
    file.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines), encoding="utf-8")


def _as_json(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date() | Decimal():
            return str(value)
        case list():
            return [{n: _as_json(v) for n, v in record.items() if v is not None} for record in value]
        case _:
            return value


WRITERS: Mapping[str, Any] = {"parquet": as_parquet, "ndjson": as_ndjson}


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("name", ["shipped", "nasty-0", "nasty-3"])
def test_tickets_in_files_get_the_reference_s_verdicts(name: str, form: str, tmp_path: Path) -> None:
    random = Random(name)
    if name == "shipped":
        _, plan, pools, seeds = shipped()
    else:
        plan, seeds = nasty_plan(Random(int(name[6:]))), ()
        pools = pools_of(plan)
    tickets = list(nasty_tickets(random, plan, pools, seeds, 150))
    file = tmp_path / f"tickets.{form}"
    WRITERS[form](file, plan, tickets)
    reference = ReferenceEvaluator(plan)
    zone = next(as_of.tzinfo for _, as_of in tickets if as_of is not None)
    for (facts, as_of), found in zip(tickets, _verdicts(plan, file, tickets), strict=True):
        assert found == bare(reference.decide(facts, as_of or AS_OF.astimezone(zone)))


def _verdicts(plan: Plan, file: Path, tickets: Sequence[Read]) -> list[dict[str, Any]]:
    with Duck(memory="1GB", threads=2) as engine:
        table = read_tickets(engine, [str(file)], [plan], TableOptions(AS_OF))
        assert table.bad.count == 0, table.bad.first
        rows = VerdictRows(lowered := lower(plan, table.facts))
        select = [exp.column("source_row"), *(exp.alias_(p, f"v{n}") for n, p in enumerate(rows.select))]
        query = judged(table.source, lowered.columns, select)
        found = {row[0]: row[1:] for row in engine.rows(query)}
    zone = next(as_of.tzinfo for _, as_of in tickets if as_of is not None)
    default = AS_OF.astimezone(zone)
    return [rows.verdict(found[n], as_of or default) for n, (_, as_of) in enumerate(tickets, 1)]
