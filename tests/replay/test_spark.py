"""Spark keeps the promises that the replay asks of an engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlglot import exp, parse_one

from engine.replay.engines.engine import Cancelled, EngineFailure
from engine.replay.engines.spark import Spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture
def engine(spark: SparkSession) -> Iterator[Spark]:
    with Spark(spark) as engine:
        yield engine


def written(file: Path, values: list[Any]) -> str:
    pq.write_table(pa.table({"value": values}), file)
    return str(file)


def query(text: str) -> exp.Select:
    found = parse_one(text, dialect="spark")
    assert isinstance(found, exp.Select), "a query begins with SELECT"
    return found


def places(engine: Spark, paths: list[str]) -> list[tuple[Any, ...]]:
    """File, row and value of every row."""
    scan = engine.scan(paths)
    select = exp.select(scan.file, scan.row, "value").from_(scan.relation)
    return sorted(engine.rows(select))


def test_files_are_named_as_they_were_given_and_rows_counted_within_each(
    engine: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "2015").mkdir()
    names = ["2015/一月 工单.parquet", "100%.parquet", "a'b.parquet"]
    for name in names:
        written(tmp_path / name, [1, 2])
    expected = sorted((name, row, row) for name in names for row in (1, 2))
    assert places(engine, names) == expected
    whole = [str(tmp_path / names[0]), names[1]]
    assert places(engine, whole) == sorted((name, row, row) for name in whole for row in (1, 2))
    assert places(engine, names[1:2]) == [(names[1], 1, 1), (names[1], 2, 2)]


def test_a_uri_may_be_a_folder_or_a_pattern(engine: Spark, tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", [1])
    written(tmp_path / "b.parquet", [2])
    assert [row[1:] for row in places(engine, [tmp_path.as_uri()])] == [(1, 1), (1, 2)]
    (file, *_), *_ = places(engine, [f"{tmp_path.as_uri()}/b*.parquet"])
    assert file.endswith("/b.parquet")


@pytest.mark.parametrize("name", ["_hidden.parquet", ".hidden.parquet", "x[1].parquet", "what?.parquet"])
def test_a_name_that_spark_would_skip_or_read_twice_is_refused(
    engine: Spark, tmp_path: Path, name: str
) -> None:
    with pytest.raises(EngineFailure) as failure:
        engine.scan([written(tmp_path / name, [1])])
    assert failure.value.finding.code == "Q142"


def test_what_is_not_there_or_not_whole_is_named(engine: Spark, tmp_path: Path) -> None:
    with pytest.raises(EngineFailure) as failure:
        engine.scan([str(tmp_path / "nowhere.parquet")])
    assert failure.value.finding.code == "Q134"
    whole = written(tmp_path / "whole.parquet", [1])
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(Path(whole).read_bytes()[:-9])
    with pytest.raises(EngineFailure) as failure:
        engine.scan([str(broken)])
    assert failure.value.finding.code == "Q135"
    assert failure.value.finding.values["file"] == str(broken)


def test_a_kept_table_is_there_for_later_queries_and_gone_with_the_engine(spark: SparkSession) -> None:
    with Spark(spark) as engine:
        engine.keep("kept", query("SELECT id, id * 2 AS twice FROM range(3)"))
        assert list(engine.rows(query("SELECT SUM(twice) FROM kept"))) == [(6,)]
    assert not spark.catalog.tableExists("kept")


def test_values_come_as_python_has_them(engine: Spark) -> None:
    text = """SELECT 1, CAST('2.50' AS DECIMAL(10, 2)), DATE '2015-10-08', TIMESTAMP '2015-10-08 10:00:00',
              ARRAY(NAMED_STRUCT('a', 1, 'b', ARRAY('x'))), CAST(NULL AS STRING), TRUE"""
    assert list(engine.rows(query(text))) == [
        (1, Decimal("2.50"), date(2015, 10, 8), datetime(2015, 10, 8, 10), [{"a": 1, "b": ["x"]}], None, True)
    ]


def test_a_result_replaces_an_earlier_one_and_nothing_else(engine: Spark, tmp_path: Path) -> None:
    target = tmp_path / "result.parquet"
    assert engine.write_parquet(query("SELECT id FROM range(5)"), target) == 5
    assert engine.write_parquet(query("SELECT id FROM range(3)"), target) == 3
    assert pq.read_table(target).num_rows == 3
    assert [file.name for file in tmp_path.iterdir()] == ["result.parquet"]
    with pytest.raises(EngineFailure) as failure:
        engine.write_parquet(query("SELECT id FROM range(3)"), tmp_path)
    assert failure.value.finding.code == "Q138"


def test_a_query_that_fails_leaves_no_result(engine: Spark, tmp_path: Path) -> None:
    with pytest.raises(EngineFailure) as failure:
        engine.write_parquet(
            query("SELECT 9223372036854775807 + id FROM range(5)"), tmp_path / "result.parquet"
        )
    assert failure.value.finding.code == "Q133"
    assert "OVERFLOW" in failure.value.finding.values["reason"]
    assert not (tmp_path / "result.parquet").exists()


def test_a_query_can_be_cancelled_from_another_thread(spark: SparkSession) -> None:
    said: list[float] = []
    with Spark(spark, progress=said.append) as engine:
        threading.Timer(1.0, engine.cancel).start()
        slow = "SELECT COUNT(*) FROM range(4000000000) AS t WHERE hash(id) % 3 = hash(id, id) % 5"
        with pytest.raises(Cancelled):
            list(engine.rows(query(slow)))
    assert said


COMMAND = """
import signal
from engine.replay.engines.spark import started
from sqlglot import parse_one
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell may have switched off
slow = "SELECT COUNT(*) FROM range(4000000000) WHERE hash(id) % 3 = hash(id, id) % 5"
with started("local[1]", "500MB") as engine:
    print(engine._session.sparkContext._gateway.proc.pid, engine.folder, flush=True)
    list(engine.rows(parse_one(slow)))
"""


STARTING = """
import os, signal, subprocess, threading
from engine.replay.engines.spark import started
signal.signal(signal.SIGINT, signal.default_int_handler)
begin = subprocess.Popen.__init__
def told(self, command, *args, **named):
    begin(self, command, *args, **named)
    if "spark-submit" in str(command):
        print(self.pid, flush=True)
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
subprocess.Popen.__init__ = told
started("local[1]", "500MB")
"""


@pytest.mark.usefixtures("spark")
def test_a_command_that_is_ended_while_spark_starts_leaves_no_java() -> None:
    """It waits until there is somebody to be told."""
    done = subprocess.run(
        [sys.executable, "-c", STARTING], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == -signal.SIGINT
    java = int(done.stdout)
    assert any(_is_gone(java) for _ in range(100))


def _is_gone(process: int) -> bool:
    threading.Event().wait(0.1)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    # An orphan that nobody has fetched yet is no longer at work either.
    state = Path(f"/proc/{process}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize(("asked", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, -signal.SIGINT)])
def test_a_command_that_is_ended_leaves_nothing_behind(asked: signal.Signals, code: int) -> None:
    """Neither a Java nor a folder, whatever Java is at."""
    with subprocess.Popen([sys.executable, "-c", COMMAND], stdout=subprocess.PIPE, text=True) as command:
        try:
            assert command.stdout is not None
            java, folder = command.stdout.readline().split()
            threading.Event().wait(1)  # until it is at the query
            command.send_signal(asked)
            assert command.wait(60) == code
        finally:
            command.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(int(java), 0)
    assert not Path(folder).exists()
