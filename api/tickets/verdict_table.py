"""Verdicts as a table, row by row: to the last value what `engine.replay.verdicts` says in a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, assert_never
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from api.tickets.parquet_tickets import Arrow
from engine.base.calendar import instant_of
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import Plan
from engine.replay.verdicts.shape import (
    MOST_DIGITS,
    Exact,
    Many,
    Parts,
    Plain,
    Shape,
    fact_shape,
    verdict_columns,
)
from engine.rulebook.types import Kind, Type

AT_ONCE = 4096
ROWS_IN_A_GROUP = 131_072
END_OF_DAY = "T24:00"


@dataclass(frozen=True)
class JudgedTicket:
    """A verdict, and which ticket of which file it is about; rows count from 1."""

    file: str
    row: int
    ticket_no: str | None
    verdict: Verdict


def write_verdicts(out: BinaryIO, judged: Iterable[JudgedTicket], plan: Plan) -> int:
    """The table as Parquet; returns how many rows it has."""
    schema = arrow_schema(plan)
    rows, written = iter(judged), 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        while group := _group(rows, plan, schema):
            table = pa.Table.from_batches(group, schema)
            writer.write_table(table)
            written += table.num_rows
    return written


def _group(rows: Iterator[JudgedTicket], plan: Plan, schema: Arrow) -> list[Arrow]:
    """So many rows as a part of the file holds, which Arrow keeps far smaller than Python does."""
    batches: list[Arrow] = []
    while len(batches) * AT_ONCE < ROWS_IN_A_GROUP and (some := list(islice(rows, AT_ONCE))):
        records = [table_row(one, plan) for one in some]
        batches.append(pa.RecordBatch.from_pylist(records, schema=schema))
    return batches


def arrow_schema(plan: Plan) -> Arrow:
    return pa.schema([(name, arrow_type(shape)) for name, shape in verdict_columns(plan).items()])


def arrow_type(shape: Shape) -> Arrow:
    """The shape as a type of Arrow."""
    match shape:
        case Plain.TEXT:
            return pa.string()
        case Plain.WHOLE:
            return pa.int64()
        case Plain.TRUTH:
            return pa.bool_()
        case Plain.DAY:
            return pa.date32()
        case Plain.INSTANT:
            return pa.timestamp("us", tz="UTC")
        case Exact(scale=scale):
            return pa.decimal128(MOST_DIGITS, scale)
        case Many(of=of):
            return pa.list_(arrow_type(of))
        case Parts(fields=fields):
            return pa.struct([(name, arrow_type(part)) for name, part in fields.items()])
        case _:
            assert_never(shape)


def table_row(judged: JudgedTicket, plan: Plan) -> dict[str, Any]:
    """The row of one verdict."""
    verdict, zone = judged.verdict, ZoneInfo(plan.zone)
    as_of = verdict["as_of"]
    return {
        "source_file": judged.file,
        "source_row": judged.row,
        "ticket_no": judged.ticket_no,
        "edition": verdict["edition"],
        "as_of": None if as_of is None else _instant(as_of, zone),
        "outcomes": [_outcome(outcome, zone) for outcome in verdict["outcomes"]],
        "defeated": [{"rule": one["rule"], "by": one["by"]} for one in verdict["defeated"]],
        "undecided": [
            {"rule": one["rule"], "reason": one["reason"], "missing": one["missing"]}
            for one in verdict["undecided"]
        ],
        "derived": _derived(verdict["derived"], plan, zone),
        "totals": [
            {"kind": kind, "unit": unit, "amount": Decimal(amount)}
            for kind, by_unit in verdict["totals"].items()
            for unit, amount in by_unit.items()
        ],
    }


def _outcome(outcome: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    row = {**outcome, "table_row": outcome.get("row")}
    for name in ("amount", "of", "points"):
        if row.get(name) is not None:
            row[name] = Decimal(row[name])
    if "shares" in row:
        row["shares"] = [{**share, "amount": Decimal(share["amount"])} for share in row["shares"]]
    if "alternatives" in row:
        row["alternatives"] = _alternatives(row["alternatives"])
    return row | _deadline(outcome, zone) if outcome["kind"] == "deadline" else row


def _alternatives(readings: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]] | None:
    found = [
        {"reading": reading, "output": output, "value": _text(value)}
        for reading, outputs in readings.items()
        for output, value in outputs.items()
    ]
    return found or None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _deadline(outcome: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """The limit itself: what lasts to 24:00 ends before the next day begins."""
    due, inclusive = str(outcome["due"]), outcome["inclusive"]
    ends_with_day = END_OF_DAY in due
    instant = datetime.fromisoformat(due.replace(END_OF_DAY, "T00:00"))
    return {
        "started": _moment(outcome["started"], zone),
        "due": _next_day(instant, zone) if ends_with_day else instant.astimezone(UTC),
        "inclusive": inclusive and not ends_with_day,
        "stopped": _moment(outcome["stopped"], zone),
    }


def _next_day(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant_of(instant.date() + timedelta(days=1), zone).astimezone(UTC)


def _moment(written: str | None, zone: ZoneInfo) -> datetime | None:
    """An instant, or the first one of a day or of a month."""
    if written is None:
        return None
    if "T" in written:
        return _instant(written, zone)
    day = date.fromisoformat(written if len(written) > len("2015-10") else f"{written}-01")
    return instant_of(day, zone).astimezone(UTC)


def _instant(written: str, zone: ZoneInfo) -> datetime:
    return instant_of(datetime.fromisoformat(written), zone).astimezone(UTC)


def _derived(facts: Mapping[str, Any], plan: Plan, zone: ZoneInfo) -> dict[str, Any] | None:
    if not plan.defined:
        return None
    return {name: _fact(value, plan.facts[name].type, zone) for name, value in facts.items()}


def _fact(value: Any, type_: Type, zone: ZoneInfo) -> Any:
    """A value as it stands in a verdict, in the type of its column."""
    if value is None:
        return None
    match fact_shape(type_):
        case Exact():
            return Decimal(value)
        case Plain.INSTANT:
            return _instant(value, zone)
        case Plain.DAY:
            return date.fromisoformat(f"{value}-01" if type_.kind is Kind.MONTH else value)
        case Many():
            return [_record(record, type_, zone) for record in value]
        case _:
            return value


def _record(record: Mapping[str, Any], type_: Type, zone: ZoneInfo) -> dict[str, Any]:
    return {name: _fact(value, type_.fields[name].type, zone) for name, value in record.items()}
