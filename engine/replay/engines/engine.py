"""What runs the queries of the replay: the words that every engine understands, and how it gives up.

DuckDB runs within the process (`duck.py`), Spark on a cluster (`spark.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from sqlglot import exp

from engine.base.findings import Finding

Dialect: TypeAlias = Literal["duckdb", "spark", "postgres"]
Progress: TypeAlias = Callable[[float], None]
"""Is told how far a query has come, from 0 to 1; from another thread than the one that asked for it."""

Row: TypeAlias = tuple[Any, ...]


class EngineFailure(Exception):
    """The outside world ended a query: a full disk, too little memory, a file that broke off."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code, dict(finding.values))
        self.finding = finding


class DamagedFile(EngineFailure):
    """What ended a query is a file of tickets that is not as it was written."""

    def __init__(self, file: str) -> None:
        super().__init__(Finding("D060", {"file": file}))


class Cancelled(Exception):
    """Somebody asked for the query to stop."""


@dataclass(frozen=True)
class Range:
    """What files tell of a column without being read: whether it holds nothing at all, and its least and
    largest values, as text; None where they are not told for every part of the files.
    """

    empty: bool
    ends: tuple[str, ...] | None


@dataclass(frozen=True)
class Scan:
    """Parquet files of one shape as they are stored, before the catalogue has seen them.

    `relation` can stand in FROM; `file` (the path as it was given) and `row` (from 1 within its file) are
    expressions over it; `columns` are the types stored, as the engine reads them; `ranges` is known of as
    many columns as the files tell of.
    """

    relation: exp.Expression
    columns: Mapping[str, exp.DataType]
    rows: int
    file: exp.Expr
    row: exp.Expr
    ranges: Mapping[str, Range] = field(default_factory=dict)


class Engine(Protocol):
    """Runs queries written in sqlglot's tree. Whatever fails from outside is raised as EngineFailure."""

    @property
    def dialect(self) -> Dialect:
        """What queries are rendered as."""

    @property
    def folder(self) -> Path:
        """Its own folder for temporary files, which goes when it is closed."""

    @property
    def is_local(self) -> bool:
        """Whether it reads the files of this machine."""

    def scan(self, paths: Sequence[str]) -> Scan:
        """Files that all have the same columns; their names are taken as they are, not as patterns."""

    def keep(self, name: str, query: exp.Select) -> None:
        """A table that lasts as long as the engine, on disk where memory is short."""

    def rows(self, query: exp.Select) -> Iterator[Row]:
        """The answer, read as it is asked for; decimals are `Decimal`, structures dicts, lists lists."""

    def write_parquet(self, query: exp.Select, target: Path | str) -> int:
        """How many rows were written. The file has its name once it is whole, and not before."""

    def cancel(self) -> None:
        """Ends the query that runs now, which raises Cancelled there; may be called by any thread."""

    def close(self) -> None:
        """Gives back memory and whatever lies on disk."""
