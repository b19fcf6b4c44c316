"""How each database spells the words of `engine.replay.sql.vocabulary`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, NoReturn, TypeAlias

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as SqlDialect
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.postgres import Postgres
from sqlglot.dialects.spark import Spark
from sqlglot.generators.duckdb import DuckDBGenerator
from sqlglot.generators.postgres import PostgresGenerator
from sqlglot.generators.spark import SparkGenerator

from engine.replay.sql import vocabulary as v
from engine.replay.sql.deep import room_for_deep_trees
from engine.replay.sql.logic import never_null
from engine.replay.sql.refused import refuse
from engine.replay.sql.slots import Sql

Dialect: TypeAlias = Literal["duckdb", "spark", "postgres"]
Spelling: TypeAlias = Callable[[Any, Any], str]
"""From sqlglot's generator and a word to text."""

_ONE_DAY = "86400000000"


def _spelt(template: str) -> Spelling:
    """The template with the word's arguments in place of their names; `{+this}`: in brackets if need be."""
    names = [part.partition("}")[0] for part in template.split("{")[1:]]

    def spelling(generator: Any, word: Any) -> str:
        texts = {name: _argument(generator, word, name) for name in names}
        return template.format_map(texts)

    return spelling


def _argument(generator: Any, word: Any, name: str) -> str:
    if name == "expressions":
        return ", ".join(generator.sql(part) for part in word.args["expressions"])
    value = word.args[name.removeprefix("+")]
    return str(generator.sql(v.grouped(value) if name.startswith("+") else value))


def _no_lists(_generator: Any, _word: Any) -> NoReturn:
    raise refuse("Q004", dialect="PostgreSQL")


# --- DuckDB -------------------------------------------------------------------------------------------


def _duck_some(generator: Any, word: v.Some) -> str:
    """By what the list of answers contains, which is quicker than reducing it by OR."""
    records, name, body = (generator.sql(word, key) for key in ("this", "name", "body"))
    answers = f"LIST_TRANSFORM({records}, LAMBDA {name} : {body})"
    if never_null(word.args["body"]):
        return f"COALESCE(LIST_CONTAINS({answers}, TRUE), FALSE)"
    is_doubtful = f"LIST_COUNT({answers}) < LEN({records})"
    return f"CASE WHEN LIST_CONTAINS({answers}, TRUE) THEN TRUE WHEN {is_doubtful} THEN NULL ELSE FALSE END"


def _duck_every(generator: Any, word: v.Every) -> str:
    body = exp.Not(this=exp.Paren(this=word.args["body"].copy()))
    fails = v.Some(this=word.this.copy(), name=word.args["name"].copy(), body=body)
    return f"(NOT ({_duck_some(generator, fails)}))"


def _days_later(generator: Any, word: v.DaysLater) -> str:
    day, days = generator.sql(v.grouped(word.this)), generator.sql(word, "expression")
    return f"{day} + {days if v.is_literal(word.expression) else f'CAST({days} AS INTEGER)'}"


def _in_brackets(spelling: Spelling) -> Spelling:
    return lambda generator, word: f"({spelling(generator, word)})"


_INT64 = 2**63 - 1
# DuckDB divides 128 bits ten times slower than 64, and most numbers are small.
_DUCK_LONG = _spelt(
    f"CASE WHEN {{+this}} BETWEEN -{_INT64} AND {_INT64} AND {{+expression}} <= {_INT64} "
    "THEN CAST({this} AS BIGINT) // CAST({expression} AS BIGINT) "
    "ELSE CAST({this} AS HUGEINT) // CAST({expression} AS HUGEINT) END"
)

_DUCKDB: Mapping[type[exp.Expression], Spelling] = {
    v.WholeQuotient: _spelt("({+this} // {+expression})"),
    v.ShortQuotient: _DUCK_LONG,
    v.LongQuotient: _DUCK_LONG,
    v.Quicker: _spelt("CASE WHEN {this} THEN {narrow} ELSE {expression} END"),
    # Adding an interval takes five times as long.
    v.MicrosecondsLater: _spelt("MAKE_TIMESTAMP(EPOCH_US({this}) + {+expression})"),
    v.LaterBy: _spelt("MAKE_TIMESTAMP(EPOCH_US({this}) + EPOCH_US({end}) - EPOCH_US({begin}))"),
    v.Microseconds: _spelt("EPOCH_US({this})"),
    v.OfMicroseconds: _spelt("MAKE_TIMESTAMP({this})"),
    v.DaysLater: _in_brackets(_days_later),
    v.MonthsLater: _spelt("CAST({+this} + TO_MONTHS(CAST({expression} AS INTEGER)) AS DATE)"),
    v.DaysFrom: _spelt("({+expression} - {+this})"),
    v.Weekday: _spelt("(ISODOW({this}) - 1)"),
    v.DayOfMonth: _spelt("DAY({this})"),
    v.LastOfMonth: _spelt("LAST_DAY({this})"),
    v.Lookup: lambda g, w: f"LIST_EXTRACT(CAST('[{w.expression.name}]' AS SMALLINT[]), {g.sql(w, 'this')})",
    v.Picked: _spelt("LIST_EXTRACT({this}, {expression})"),
    v.Field: lambda g, w: f"STRUCT_EXTRACT({g.sql(w, 'this')}, '{w.expression.name}')",
    v.Mapped: _spelt("LIST_TRANSFORM({this}, LAMBDA {name} : {body})"),
    v.Kept: _spelt("LIST_FILTER({this}, LAMBDA {name} : {body})"),
    v.Some: _duck_some,
    v.Every: _duck_every,
    v.Size: _spelt("LEN({this})"),
    v.FirstIndex: _spelt("LIST_POSITION(LIST_TRANSFORM({this}, LAMBDA {name} : {body}), TRUE)"),
    v.LastIndex: _spelt(
        'LIST_MAX(LIST_TRANSFORM({this}, LAMBDA {name}, "nth$" : CASE WHEN {body} THEN "nth$" END))'
    ),
    v.Bits: _spelt("COALESCE(LIST_AGGREGATE({this}, 'bit_or'), 0)"),
    v.Sorted: _spelt("LIST_SORT({this})"),
    v.Reduced: _spelt("LIST_REDUCE({this}, LAMBDA {so_far}, {name} : {body}, {initial})"),
    v.Record: lambda g, w: f"{{{', '.join(_named(g, part, ': ') for part in w.expressions)}}}",
    v.Listed: _spelt("[{expressions}]"),
}


def _named(generator: Any, alias: exp.Alias, between: str) -> str:
    return f"'{alias.alias}'{between}{generator.sql(alias, 'this')}"


# --- Spark --------------------------------------------------------------------------------------------


def _spark_long_quotient(generator: Any, word: v.LongQuotient) -> str:
    """Spark's whole division gives 64 bits, so the quotient is worked out in two halves of 18 digits."""
    above, below = generator.sql(word, "this"), generator.sql(v.grouped(word.expression))
    unit = f"CAST({10**v.HALF} AS DECIMAL(38, 0))"
    below_units = f"LEAST({below}, CAST({10 ** (v.WHOLE - v.HALF) - 1} AS DECIMAL(38, 0))) * {unit}"
    high = f"CASE WHEN {below} < {10 ** (v.WHOLE - v.HALF)} THEN ({above}) DIV ({below_units}) ELSE 0 END"
    return f"({high} * {unit} + ({above} - {high} * {unit} * {below}) DIV {below})"


_SPARK: Mapping[type[exp.Expression], Spelling] = {
    v.WholeQuotient: _spelt("({+this} DIV {+expression})"),
    v.ShortQuotient: _spelt("({+this} DIV {+expression})"),
    v.Quicker: _spelt("{expression}"),
    v.LongQuotient: _spark_long_quotient,
    v.MicrosecondsLater: _spelt("TIMESTAMPADD(MICROSECOND, {expression}, {this})"),
    v.LaterBy: _spelt("({+this} + ({+end} - {+begin}))"),
    v.Microseconds: _spelt("UNIX_MICROS(CAST({this} AS TIMESTAMP_LTZ))"),
    v.OfMicroseconds: _spelt("CAST(TIMESTAMP_MICROS({this}) AS TIMESTAMP_NTZ)"),
    v.DaysLater: _spelt("DATE_ADD({this}, CAST({expression} AS INT))"),
    v.MonthsLater: _spelt("ADD_MONTHS({this}, CAST({expression} AS INT))"),
    v.DaysFrom: _spelt("CAST(DATEDIFF({expression}, {this}) AS BIGINT)"),
    v.Weekday: _spelt("CAST(WEEKDAY({this}) AS BIGINT)"),
    v.DayOfMonth: _spelt("CAST(DAY({this}) AS BIGINT)"),
    v.LastOfMonth: _spelt("LAST_DAY({this})"),
    # Split before the query runs; an ARRAY of thousands of literals takes long to read.
    v.Lookup: _spelt("CAST(ELEMENT_AT(SPLIT({expression}, ','), CAST({this} AS INT)) AS BIGINT)"),
    v.Picked: _spelt("TRY_ELEMENT_AT({this}, CAST({expression} AS INT))"),
    v.Field: lambda g, w: f"{_spark_record(g, w.this)}.{g.sql(w, 'expression')}",
    v.Mapped: _spelt("TRANSFORM({this}, {name} -> {body})"),
    v.Kept: _spelt("FILTER({this}, {name} -> {body})"),
    v.Some: _spelt("EXISTS(COALESCE({this}, ARRAY()), {name} -> {body})"),
    v.Every: _spelt("FORALL(COALESCE({this}, ARRAY()), {name} -> {body})"),
    v.Size: _spelt("CAST(ARRAY_SIZE({this}) AS BIGINT)"),
    v.FirstIndex: _spelt("NULLIF(ARRAY_POSITION(TRANSFORM({this}, {name} -> {body}), TRUE), 0)"),
    v.LastIndex: _spelt(
        "CAST(ARRAY_MAX(TRANSFORM({this}, "
        "({name}, `nth$`) -> CASE WHEN {body} THEN `nth$` + 1 END)) AS BIGINT)"
    ),
    v.Bits: _spelt("COALESCE(AGGREGATE({this}, CAST(0 AS BIGINT), (bits, more) -> bits | more), 0)"),
    v.Sorted: _spelt("SORT_ARRAY({this})"),
    v.Reduced: _spelt("AGGREGATE({this}, {initial}, ({so_far}, {name}) -> {body})"),
    v.Record: lambda g, w: f"NAMED_STRUCT({', '.join(_named(g, part, ', ') for part in w.expressions)})",
    v.Listed: _spelt("ARRAY({expressions})"),
}


def _spark_record(generator: Any, record: Sql) -> str:
    text = str(generator.sql(record))
    return text if isinstance(record, exp.Identifier | exp.Column) else f"({text})"


# --- PostgreSQL ---------------------------------------------------------------------------------------

_POSTGRES: Mapping[type[exp.Expression], Spelling] = {
    v.WholeQuotient: _spelt("({+this} / {+expression})"),
    v.ShortQuotient: _spelt("DIV({this}, {expression})"),
    v.Quicker: _spelt("{expression}"),
    v.LongQuotient: _spelt("DIV({this}, {expression})"),
    v.MicrosecondsLater: _spelt("({+this} + MAKE_INTERVAL(secs => ({expression}) / 1000000))"),
    v.LaterBy: _spelt("({+this} + ({+end} - {+begin}))"),
    v.Microseconds: _spelt("CAST(EXTRACT(EPOCH FROM {this}) * 1000000 AS BIGINT)"),
    v.OfMicroseconds: _spelt(
        "(TIMESTAMP '1970-01-01' + MAKE_INTERVAL("
        f"days => CAST({{+this}} / {_ONE_DAY} AS INTEGER), secs => {{+this}} % {_ONE_DAY} / 1000000.0))"
    ),
    v.DaysLater: _in_brackets(_days_later),
    v.MonthsLater: _spelt("CAST({+this} + MAKE_INTERVAL(months => CAST({expression} AS INTEGER)) AS DATE)"),
    v.DaysFrom: _spelt("CAST({+expression} - {+this} AS BIGINT)"),
    v.Weekday: _spelt("CAST(EXTRACT(ISODOW FROM {this}) - 1 AS BIGINT)"),
    v.Lookup: lambda g, w: f"(CAST('{{{w.expression.name}}}' AS SMALLINT[]))[{g.sql(w, 'this')}]",
    v.DayOfMonth: _spelt("CAST(EXTRACT(DAY FROM {this}) AS BIGINT)"),
    v.LastOfMonth: _spelt("CAST(DATE_TRUNC('month', {this}) + INTERVAL '1 month -1 day' AS DATE)"),
    **dict.fromkeys(
        (
            v.Picked,
            v.Field,
            v.Mapped,
            v.Kept,
            v.Some,
            v.Every,
            v.Size,
            v.FirstIndex,
            v.LastIndex,
            v.Bits,
            v.Sorted,
            v.Reduced,
            v.Record,
            v.Listed,
        ),
        _no_lists,
    ),
}


# --- rendering ----------------------------------------------------------------------------------------


_NO_INT128: Mapping[Any, str] = {exp.DataType.Type.INT128: "DECIMAL(38, 0)"}


class _DuckDBGenerator(DuckDBGenerator):
    TRANSFORMS: ClassVar[dict[Any, Any]] = {**DuckDBGenerator.TRANSFORMS, **_DUCKDB}


class _SparkGenerator(SparkGenerator):
    TRANSFORMS: ClassVar[dict[Any, Any]] = {**SparkGenerator.TRANSFORMS, **_SPARK}
    TYPE_MAPPING: ClassVar[dict[Any, Any]] = {**SparkGenerator.TYPE_MAPPING, **_NO_INT128}


class _PostgresGenerator(PostgresGenerator):
    TRANSFORMS: ClassVar[dict[Any, Any]] = {**PostgresGenerator.TRANSFORMS, **_POSTGRES}
    TYPE_MAPPING: ClassVar[dict[Any, Any]] = {**PostgresGenerator.TYPE_MAPPING, **_NO_INT128}


class CaidingDuckDB(DuckDB):
    """DuckDB with our words."""

    Generator = _DuckDBGenerator


class CaidingSpark(Spark):
    """Spark with our words."""

    Generator = _SparkGenerator


class CaidingPostgres(Postgres):
    """PostgreSQL with our words."""

    Generator = _PostgresGenerator


DIALECTS: Mapping[Dialect, type[SqlDialect]] = {
    "duckdb": CaidingDuckDB,
    "spark": CaidingSpark,
    "postgres": CaidingPostgres,
}


@room_for_deep_trees()
def render(expression: Sql, dialect: Dialect, pretty: bool = False) -> str:
    """The SQL of one database. Raises NotSayable (Q004) for lists on PostgreSQL."""
    if dialect == "postgres":
        expression = _layer_by_layer(expression)
    return expression.sql(dialect=DIALECTS[dialect], pretty=pretty)


def _layer_by_layer(expression: Sql) -> Sql:
    """With `OFFSET 0` in subqueries: else PostgreSQL writes a column out wherever it is read.

    What a hundred columns read of one another then takes more memory than there is.
    """
    fenced = expression.copy()
    for subquery in fenced.find_all(exp.Subquery):
        inner = subquery.this
        if isinstance(inner, exp.Select) and not inner.args.get("offset"):
            inner.offset(0, copy=False)
    return fenced
