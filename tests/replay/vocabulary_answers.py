"""Answers of a real database to expressions over a table of values, many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlglot import exp

from engine.replay.sql.columns import judged
from engine.replay.sql.dialects import Dialect, render
from engine.replay.sql.slots import Column, Sql

Columns: TypeAlias = Mapping[str, pa.Array]
Ask: TypeAlias = Callable[..., list[tuple[Any, ...]]]
"""From columns of values and expressions over them (and columns kept for these) to rows of answers."""

POSTGRES_TYPES: Mapping[str, str] = {
    "int64": "BIGINT",
    "date32[day]": "DATE",
    "timestamp[us]": "TIMESTAMP",
    "string": "TEXT",
    "bool": "BOOLEAN",
}


def _query(select: Sequence[Sql], kept: Sequence[Column], dialect: Dialect) -> str:
    named = [exp.alias_(expression.copy(), f"c{place}") for place, expression in enumerate(select)]
    source = exp.select("*").from_("given")
    return render(judged(source, kept, [*named, exp.column("given_row")]).order_by("given_row"), dialect)


def _table(columns: Columns) -> pa.Table:
    rows = len(next(iter(columns.values())))
    return pa.table({**columns, "given_row": pa.array(range(rows), pa.int64())})


def _answers(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Without the row's number, by which they were put in order."""
    return [row[:-1] for row in rows]


def ask_duckdb(columns: Columns, select: Sequence[Sql], kept: Sequence[Column] = ()) -> list[tuple[Any, ...]]:
    with duckdb.connect() as database:
        database.register("given", _table(columns))
        return _answers(database.execute(_query(select, kept, "duckdb")).fetchall())


def ask_spark(session: Any, folder: Path) -> Ask:
    def ask(columns: Columns, select: Sequence[Sql], kept: Sequence[Column] = ()) -> list[tuple[Any, ...]]:
        file = folder / "given.parquet"
        pq.write_table(_table(columns), file)
        session.read.parquet(str(file)).createOrReplaceTempView("given")
        try:
            return _answers(
                _plain(tuple(row)) for row in session.sql(_query(select, kept, "spark")).collect()
            )
        finally:
            session.catalog.dropTempView("given")

    return ask


def _plain(value: Any) -> Any:
    """Rows of Spark as what the others give: records as dicts, rows and lists as they are."""
    if hasattr(value, "asDict"):
        return {name: _plain(part) for name, part in value.asDict().items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(part) for part in value)
    return value


def ask_postgres(url: str) -> Ask:
    def ask(columns: Columns, select: Sequence[Sql], kept: Sequence[Column] = ()) -> list[tuple[Any, ...]]:
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            postgres_table(cursor, "given", _table(columns))
            return _answers(cursor.execute(_query(select, kept, "postgres").encode()).fetchall())

    return ask


def postgres_table(cursor: psycopg.Cursor[Any], name: str, rows: pa.Table) -> None:
    """A table that is there until the transaction ends."""
    declared = ", ".join(f'"{field.name}" {_postgres_type(field.type)}' for field in rows.schema)
    cursor.execute(f"CREATE TEMPORARY TABLE {name} ({declared}) ON COMMIT DROP".encode())
    with cursor.copy(f"COPY {name} FROM STDIN".encode()) as copy:
        for row in rows.to_pylist():
            copy.write_row(list(row.values()))


def _postgres_type(type_: pa.DataType) -> str:
    if pa.types.is_decimal(type_):
        return f"NUMERIC({type_.precision}, {type_.scale})"
    return POSTGRES_TYPES[str(type_)]


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.xdist_group("spark")), "postgres"])
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Ask:
    """Each of the databases in turn."""
    match request.param:
        case "spark":
            return ask_spark(request.getfixturevalue("spark"), tmp_path)
        case "postgres":
            return ask_postgres(request.getfixturevalue("postgres").url("postgres"))
        case _:
            return ask_duckdb
