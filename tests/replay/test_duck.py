"""DuckDB keeps the promises that the replay asks of an engine: nothing half done, nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from engine.replay.engines.duck import Duck
from engine.replay.engines.engine import Cancelled, EngineFailure
from engine.replay.engines.memory import LEAST, memory_of_process, memory_written
from engine.replay.engines.own_folder import PREFIX

LONG = "SELECT max(sin(a.i)) AS m FROM range(100000000) a(i), range(100000000) b(i)"
SORTED = "SELECT i, md5(i::VARCHAR) AS m FROM range({rows}) r(i) ORDER BY m"


def query(text: str) -> exp.Select:
    found = parse_one(text, dialect="duckdb")
    assert isinstance(found, exp.Select), "a query begins with SELECT"
    return found


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Duck]:
    with Duck(memory="200MB", threads=2, folder=tmp_path) as engine:
        yield engine


def failure(action: Any, *arguments: Any) -> tuple[str, dict[str, str]]:
    with pytest.raises(EngineFailure) as caught:
        action(*arguments)
    return caught.value.finding.code, dict(caught.value.finding.values)


def test_rows_are_read_as_they_are_asked_for(engine: Duck) -> None:
    rows = engine.rows(query("SELECT i, md5(i::VARCHAR) FROM range(1000000000) r(i)"))
    assert next(rows) == (0, "cfcd208495d565ef66e7dff9f98764da")
    others = engine.rows(query("SELECT CAST(1.50 AS DECIMAL(5, 2)), [1, 2], {'a': 1}"))
    assert list(others) == [(Decimal("1.50"), [1, 2], {"a": 1})]
    assert next(rows)[0] == 1


def test_what_is_kept_is_there_for_later_queries(engine: Duck) -> None:
    engine.keep("some", query("SELECT i FROM range(5) r(i)"))
    assert list(engine.rows(query("SELECT sum(i) FROM some"))) == [(10,)]


def test_what_does_not_fit_into_memory_is_spilled(tmp_path: Path) -> None:
    with Duck(memory="100MB", threads=2, folder=tmp_path) as engine:
        engine.keep("sorted", query(SORTED.format(rows=3_000_000)))
        assert any((engine.folder / "spilled").iterdir())
        assert list(engine.rows(query("SELECT count(*) FROM sorted"))) == [(3_000_000,)]


def test_a_file_has_its_name_once_it_is_whole(engine: Duck, tmp_path: Path) -> None:
    target = tmp_path / "it's.parquet"
    target.write_text("before")
    assert engine.write_parquet(query("SELECT i FROM range(100) r(i)"), target) == 100
    assert pq.read_table(target).num_rows == 100
    assert not list(tmp_path.glob("*.part"))


def test_a_query_that_ends_early_leaves_the_file_of_before(engine: Duck, tmp_path: Path) -> None:
    target = tmp_path / "a.parquet"
    target.write_text("before")
    threading.Timer(0.3, engine.cancel).start()
    with pytest.raises(Cancelled):
        engine.write_parquet(query(LONG), target)
    assert target.read_text() == "before"
    assert not list(tmp_path.glob("*.part"))
    with pytest.raises(Cancelled):
        list(engine.rows(query("SELECT 1")))


def test_ctrl_c_ends_a_query(engine: Duck) -> None:
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        list(engine.rows(query(LONG)))


@pytest.mark.parametrize("name", ["nowhere/a.parquet", "."])
def test_a_place_where_nothing_can_be_written_is_named(engine: Duck, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    code, values = failure(engine.write_parquet, query("SELECT 1 AS one"), target)
    assert (code, values["file"]) == ("Q055", str(target))


def test_memory_that_is_too_small_is_named(tmp_path: Path) -> None:
    with Duck(memory="60MB", folder=tmp_path) as engine:
        everything = query("SELECT list(md5(i::VARCHAR)) FROM range(10000000) r(i)")
        assert failure(lambda: list(engine.rows(everything))) == ("Q050", {"limit": "60 MB"})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes, where the tests may make one."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    folder = tmp_path / "small"
    folder.mkdir()
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], check=False
    )
    if not made or made.returncode or umount is None:
        pytest.skip("no disks can be made here")
    yield folder
    subprocess.run([umount, "-l", str(folder)], check=True)


def test_a_disk_that_fills_with_the_result_is_named(engine: Duck, small_disk: Path) -> None:
    target = small_disk / "a.parquet"
    code = failure(engine.write_parquet, query(SORTED.format(rows=500_000)), target)
    assert code == ("Q052", {"file": str(target)})
    assert list(small_disk.iterdir()) == []


def test_a_disk_that_fills_with_what_is_spilled_is_named(small_disk: Path) -> None:
    with Duck(memory="100MB", threads=2, folder=small_disk) as engine:
        code = failure(engine.keep, "a", query(SORTED.format(rows=6_000_000)))
        assert code == ("Q051", {"folder": str(small_disk)})
    assert list(small_disk.iterdir()) == []


def test_our_own_mistakes_stay_mistakes(engine: Duck) -> None:
    with pytest.raises(duckdb.BinderException):
        list(engine.rows(query("SELECT nothing FROM range(1) r(i)")))


def test_progress_is_told_and_goes_up(tmp_path: Path) -> None:
    told: list[float] = []
    with Duck(threads=2, folder=tmp_path, progress=told.append) as engine:
        engine.keep("a", query("SELECT i, md5(i::VARCHAR) AS m FROM range(4000000) r(i)"))
    assert told, "a second is ten ticks"
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] <= 1


def test_its_folder_goes_with_it(tmp_path: Path) -> None:
    with Duck(folder=tmp_path) as engine:
        folder = engine.folder
        assert folder.parent == tmp_path
        assert folder.is_dir()
    assert not folder.exists()


def test_nothing_is_fetched_from_a_network(engine: Duck) -> None:
    names = ("autoinstall_known_extensions", "autoload_known_extensions", "allow_community_extensions")
    settings = ", ".join(f"current_setting('{name}')" for name in names)
    assert list(engine.rows(query(f"SELECT {settings}"))) == [(False, False, False)]


KILLED = """
import sys
from pathlib import Path
from sqlglot import parse_one
from engine.replay.engines.duck import Duck
folder = Path(sys.argv[1])
engine = Duck(memory="200MB", folder=folder)
print(engine.folder, flush=True)
engine.write_parquet(parse_one(sys.argv[2], dialect="duckdb"), folder / "result.parquet")
"""


def test_a_killed_run_leaves_no_result_and_the_next_one_tidies_up(tmp_path: Path) -> None:
    rows = "SELECT i, md5(i::VARCHAR) AS m FROM range(1000000000) r(i)"
    command = [sys.executable, "-c", KILLED, str(tmp_path), rows]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        wait_for(tmp_path / "result.parquet.part")
        os.kill(process.pid, signal.SIGKILL)
    assert not (tmp_path / "result.parquet").exists()
    assert folder.is_dir()
    with Duck(folder=tmp_path) as engine:
        assert sorted(tmp_path.glob(f"{PREFIX}*")) == [engine.folder]


def wait_for(file: Path) -> None:
    """Until something is written to the file."""
    until = time.monotonic() + 60
    while not file.exists() or not file.stat().st_size:
        assert time.monotonic() < until, "nothing is written"
        time.sleep(0.05)


def test_the_folder_of_a_live_neighbour_stays(tmp_path: Path) -> None:
    with Duck(folder=tmp_path) as first, Duck(folder=tmp_path) as second:
        assert first.folder.is_dir()
        assert second.folder.is_dir()


@given(st.text(max_size=8) | st.from_regex(r"\A-?[0-9]{0,7}(\.[0-9]{0,4})? ?[KMGTkmg]?i?B?\Z"))
def test_an_amount_of_memory_is_bytes_or_a_finding(text: str) -> None:
    try:
        size = memory_written(text)
    except EngineFailure as refusal:
        said = refusal.finding
    else:
        assert size >= LEAST
        return
    assert said.code in ("Q054", "Q056")
    assert said.values["written"] == text


@pytest.mark.parametrize("written", ["", "4", "4 GB of it", "-4GB", "49MB", "٤GB"])
def test_what_is_no_amount_of_memory_is_refused(written: str) -> None:
    with pytest.raises(EngineFailure):
        memory_written(written)


def test_the_process_may_use_some_memory() -> None:
    assert memory_of_process() > LEAST
