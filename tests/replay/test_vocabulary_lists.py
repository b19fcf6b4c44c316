"""What is said of a list's records in SQL: Kleene's logic, indexes, masks and sums, where there are lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from sqlglot import exp

from engine.evaluate.case import conjunction, disjunction
from engine.evaluate.values import Unknown, unknown
from engine.replay.sql import lists
from engine.replay.sql.dialects import render
from engine.replay.sql.logic import is_null, whole
from engine.replay.sql.refused import NotSayable
from engine.replay.sql.slots import Sql
from tests.replay.vocabulary_answers import Ask, ask_duckdb, ask_spark

RECORDS, LIMIT = exp.column("records"), exp.column("n")
KIND, BEGAN, SIZE = (lists.field("r", name) for name in ("kind", "began", "size"))
RECORD = pa.struct([("began", pa.timestamp("us")), ("kind", pa.string()), ("size", pa.int64())])
FIRST = datetime(2015, 10, 8)


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.xdist_group("spark"))])
def listed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Each of the databases that have lists."""
    if request.param == "duckdb":
        return ask_duckdb
    return ask_spark(request.getfixturevalue("spark"), tmp_path_factory.mktemp("lists"))


def sampled_records() -> list[list[dict[str, Any]] | None]:
    """No list, empty ones, and records whose fields are not always there."""
    random = Random(6)

    def record() -> dict[str, Any]:
        return {
            "began": FIRST + timedelta(minutes=random.randrange(5)),
            "kind": random.choice(["pickup", "arrival", None]),
            "size": random.choice([None, 1, 2, 3, 4]),
        }

    return [None, [], *([record() for _ in range(random.randrange(6))] for _ in range(600))]


def holds(record: dict[str, Any], limit: int) -> bool | None:
    """That it is a pickup, and larger than the limit."""
    kind, size = record["kind"], record["size"]
    if (kind is not None and kind != "pickup") or (size is not None and size <= limit):
        return False
    return None if kind is None or size is None else True


HOLDS = exp.And(
    this=exp.EQ(this=KIND, expression=exp.Literal.string("pickup")),
    expression=exp.GT(this=SIZE, expression=LIMIT),
)
NOT_KNOWN = is_null(SIZE)


def kleene(joined: Any) -> bool | None:
    return None if isinstance(joined, Unknown) else bool(joined)


def expected(records: Sequence[dict[str, Any]], limit: int) -> list[Any]:
    """What Python makes of the same."""
    found = [holds(record, limit) for record in records]
    worths = [unknown("fact_missing", "size") if each is None else each for each in found]
    true = [place for place, each in enumerate(found, 1) if each]
    missing = [place for place, record in enumerate(records, 1) if record["size"] is None]
    bits = 0
    for record in records:
        bits |= 0 if record["size"] is None else 1 << 40
        bits |= 4 if record["kind"] is None else 0
    return [
        kleene(disjunction(worths)),
        kleene(conjunction(worths)),
        bool(missing),
        not missing,
        true[0] if true else None,
        true[-1] if true else None,
        missing[0] if missing else None,
        records[true[-1] - 1]["size"] if true else None,
        bits,
    ]


MASK = exp.BitwiseOr(
    this=exp.Paren(
        this=exp.Case(ifs=[exp.If(this=exp.Not(this=NOT_KNOWN), true=whole(1 << 40))], default=whole(0))
    ),
    expression=exp.Paren(this=exp.Case(ifs=[exp.If(this=is_null(KIND), true=whole(4))], default=whole(0))),
)


def test_lists_say_what_their_records_say(listed: Ask) -> None:
    """A list that is not there counts as one without records; indexes and lengths are then not there."""
    given = sampled_records()
    limits = [place % 4 for place in range(len(given))]
    last = lists.last_index(RECORDS, "r", HOLDS)
    select: list[Sql] = [
        lists.some(RECORDS, "r", HOLDS),
        lists.every(RECORDS, "r", HOLDS),
        lists.some(RECORDS, "r", NOT_KNOWN),
        lists.every(RECORDS, "r", exp.Not(this=NOT_KNOWN)),
        lists.first_index(RECORDS, "r", HOLDS),
        last,
        lists.first_index(RECORDS, "r", NOT_KNOWN),
        lists.field(lists.element(RECORDS, last), "size"),
        lists.bits(RECORDS, "r", MASK),
        lists.size(RECORDS),
        lists.count(RECORDS, "r", HOLDS),
    ]
    columns = {"records": pa.array(given, pa.list_(RECORD)), "n": pa.array(limits, pa.int64())}
    for records, limit, answer in zip(given, limits, listed(columns, select), strict=True):
        assert list(answer[:9]) == expected(records or [], limit), (records, limit)
        held = None if records is None else sum(holds(record, limit) is True for record in records)
        assert answer[9:] == (None if records is None else len(records), held)


def test_lists_are_made_sorted_and_reduced(listed: Ask) -> None:
    """Pauses are laid end to end by this: records in the order of their fields, then joined one by one."""
    given = [[r for r in records or [] if r["size"] is not None] for records in sampled_records()]
    stretch = lists.struct({"a": BEGAN, "n": SIZE})
    sorted_ = lists.sort(lists.mapped(RECORDS, "r", stretch))
    start = lists.struct(
        {
            "a": exp.cast(exp.Literal.string("2015-10-08 00:01:00"), "timestamp"),
            "n": exp.cast(whole(0), "bigint"),
        }
    )
    total = exp.Add(this=lists.field("s", "n"), expression=lists.field("p", "n"))
    later = exp.Case(
        ifs=[
            exp.If(
                this=exp.GT(this=lists.field("p", "a"), expression=lists.field("s", "a")),
                true=lists.struct({"a": lists.field("p", "a"), "n": total}),
            )
        ],
        default=lists.record("s"),
    )
    reduced = lists.reduced(sorted_, start, "s", "p", later)
    made = lists.array([whole(7), exp.column("n")])
    select = [lists.field(reduced, "a"), lists.field(reduced, "n"), lists.element(made, whole(2))]
    columns = {"records": pa.array(given, pa.list_(RECORD)), "n": pa.array([5] * len(given), pa.int64())}
    for records, answer in zip(given, listed(columns, select), strict=True):
        at, count = FIRST + timedelta(minutes=1), 0
        for begin, size in sorted((record["began"], record["size"]) for record in records):
            at, count = (begin, count + size) if begin > at else (at, count)
        assert answer == (at, count, 5), records


def test_a_database_without_lists_refuses_them() -> None:
    """PostgreSQL's arrays of records have no such words; the rule is named instead."""
    with pytest.raises(NotSayable) as refused:
        render(lists.some(RECORDS, "r", HOLDS), "postgres")
    assert [(finding.code, finding.values) for finding in refused.value.findings] == [
        ("Q004", {"dialect": "PostgreSQL"})
    ]
