"""Made-up tickets of the benchmark's policy as Parquet: some drawn, then repeated as often as it takes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from itertools import islice
from pathlib import Path
from random import Random

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from api.tickets.parquet_writer import write_parquet
from api.tickets.writers import AT_ONCE
from benchmarks.by_hand import Conclusion
from benchmarks.tickets import raw_facts
from engine.plan.nodes import Plan

DRAWN = 100_000
"""So many different tickets; a larger table has each of them several times."""


def write_tickets(plan: Plan, folder: Path, count: int) -> Path:
    """A file of so many tickets; one that is there already is taken."""
    target = folder / f"tickets-{count}.parquet"
    if target.exists():
        return target
    drawn = folder / "drawn.parquet"
    if not drawn.exists():
        _draw(plan, drawn)
    part = target.with_suffix(".part")
    times = -(-count // DRAWN)
    duckdb.execute(
        f"COPY (SELECT drawn.* FROM range({times}), read_parquet('{drawn}') AS drawn LIMIT {count}) "  # noqa: S608 - our own names
        f"TO '{part}' (FORMAT parquet, COMPRESSION zstd)"
    )
    part.rename(target)
    return target


def _draw(plan: Plan, target: Path) -> None:
    random = Random(1)
    raw = (json.loads(json.dumps(raw_facts(random)), parse_float=Decimal) for _ in range(DRAWN))
    with target.open("wb") as out:
        write_parquet(out, raw, list(plan.facts), plan.facts, plan.zone)


def write_outcomes(outcomes: Iterable[list[Conclusion]], target: Path) -> int:
    """Rule, kind and amount of every outcome, a row a ticket; how many rows."""
    amount = pa.decimal128(18, 2)
    listed = pa.list_(pa.struct([("rule", pa.string()), ("kind", pa.string()), ("amount", amount)]))
    schema = pa.schema([("source_row", pa.int64()), ("outcomes", listed)])
    rows = 0
    with pq.ParquetWriter(target, schema) as writer:
        stream = iter(outcomes)
        while batch := list(islice(stream, AT_ONCE)):
            said = [[{"rule": r, "kind": k, "amount": a} for r, k, a in ticket] for ticket in batch]
            numbers = range(rows + 1, rows + len(batch) + 1)
            writer.write_batch(pa.record_batch([pa.array(numbers), pa.array(said, listed)], schema=schema))
            rows += len(batch)
    return rows
