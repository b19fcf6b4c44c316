"""How Parquet files look to DuckDB: their columns, their rows, and what they tell of themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
from sqlglot import exp

from engine.replay.engines.engine import Range, Scan
from engine.replay.sql.vocabulary import type_written

_NOT_BY_FOLDER = exp.PropertyEQ(this=exp.to_identifier("hive_partitioning"), expression=exp.false())
"""A folder called `month=2015-10` adds no column."""
NANOSECONDS = "TIMESTAMPTZ_NS"
"""DuckDB's own name for absolute instants in nanoseconds, which sqlglot does not know."""
NO_TYPE = exp.DataType.build("NULL")
"""The type of a column that never held a value."""


def scan_of(cursor: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> Scan:
    """Files of one shape; their columns are those of the first."""
    files = [plain(path) for path in paths]
    described = cursor.execute("DESCRIBE SELECT * FROM read_parquet(?)", [files[0]]).fetchall()
    columns = {str(name): _type(str(written)) for name, written, *_ in described}
    rows, ranges = _told(cursor, files, columns)
    listed = exp.array(*map(exp.Literal.string, files))
    return Scan(
        relation=exp.Table(this=exp.Anonymous(this="read_parquet", expressions=[listed, _NOT_BY_FOLDER])),
        columns=columns,
        rows=rows,
        file=exp.column("filename"),
        row=exp.Add(this=exp.column("file_row_number"), expression=exp.Literal.number(1)),
        ranges=ranges,
    )


def plain(path: str) -> str:
    """The path as a pattern of which no character stands for others."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)


def _type(written: str) -> exp.DataType:
    if written == '"NULL"':
        return NO_TYPE.copy()
    return type_written(written.replace(NANOSECONDS, "TIMESTAMPTZ(9)"), "duckdb")


_TOLD = """
    SELECT path_in_schema,
           sum(num_values),
           sum(stats_null_count),
           bool_and(stats_null_count IS NOT NULL),
           bool_and(stats_null_count = num_values OR stats_min_value IS NOT NULL),
           list(DISTINCT stats_min_value) || list(DISTINCT stats_max_value)
      FROM parquet_metadata(?)
     GROUP BY path_in_schema
"""


def _told(
    cursor: duckdb.DuckDBPyConnection, files: Sequence[str], columns: Mapping[str, exp.DataType]
) -> tuple[int, Mapping[str, Range]]:
    """How many rows there are, and what the files' own statistics say of plain columns."""
    counted = cursor.execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", [files]).fetchall()
    told = cursor.execute(_TOLD, [files]).fetchall()
    ranges = {
        name: Range(empty=nulls == values, ends=tuple(ends) if bounded else None)
        for name, values, nulls, known, bounded, ends in told
        if known and name in columns
    }
    return int(counted[0][0]), ranges


def is_whole(cursor: duckdb.DuckDBPyConnection, path: str) -> bool:
    """Whether all of a file can be read, values and statistics; one that is gone is not damaged."""
    try:
        _told(cursor, [plain(path)], {})
        cursor.execute("SELECT bit_xor(hash(t)) FROM read_parquet(?) AS t", [plain(path)]).fetchall()
    except (duckdb.InterruptException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error:
        return not Path(path).is_file()
    return True
