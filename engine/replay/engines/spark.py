"""Spark as an engine of the replay: the same queries, on a cluster.

Only SQL goes to Spark, so that its machines need no Python. Files are named by URI; what has none lies on
this machine, where a local Spark finds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlglot import exp

from engine.base.findings import Finding
from engine.replay.engines.engine import Cancelled, Dialect, EngineFailure, Progress, Row, Scan
from engine.replay.engines.memory import memory_of_process, memory_written
from engine.replay.engines.own_folder import OwnFolder
from engine.replay.engines.spark_files import SparkFolder, given_name, uri_of
from engine.replay.engines.spark_progress import watched
from engine.replay.engines.spark_session import (
    OLDEST_JAVA,
    SparkMissing,
    heed_termination,
    running,
    start,
    stop,
    without_plan,
)
from engine.replay.engines.spark_trouble import failure_from, reason
from engine.replay.sql.dialects import render

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FILE, ROW = "caiding_file", "caiding_row"
LOCAL = "local"
_numbers = count(1)


class Spark:
    """Runs queries in a session; a context manager. `owned`: the session ends with it."""

    def __init__(
        self,
        session: SparkSession,
        *,
        owned: bool = False,
        progress: Progress | None = None,
        folder: OwnFolder | None = None,
    ) -> None:
        self.progress = progress
        self._session = session
        self._owned = owned
        self._own = folder or OwnFolder()
        self._cancelled = False
        self._views: list[str] = []

    @property
    def dialect(self) -> Dialect:
        return "spark"

    @property
    def folder(self) -> Path:
        """A folder on this machine, which only a local Spark can read."""
        return self._own.path

    @property
    def is_local(self) -> bool:
        """Whether Spark runs on this machine, so that it finds this machine's files."""
        return str(self._session.sparkContext.master).startswith(LOCAL)

    def scan(self, paths: Sequence[str]) -> Scan:
        """Files by name, or what a URI means on the cluster: a file, a folder, a pattern."""
        with self._watching(paths):
            frame = self._session.read.parquet(*map(uri_of, paths))
            names = [name.replace("file:///", "file:/", 1) for name in frame.inputFiles()]
            rows = frame.count()
            own = frame.selectExpr("*", f"_metadata.file_path AS {FILE}", f"_metadata.row_index + 1 AS {ROW}")
            columns = {name: exp.DataType.build(type_, dialect="spark") for name, type_ in frame.dtypes}
            file = given_name(names, paths, exp.column(FILE))
            return Scan(exp.to_table(self._view(own)), columns, rows, file, exp.column(ROW))

    def keep(self, name: str, query: exp.Select) -> None:
        """Held by the machines of the cluster, on their disks where memory is short."""
        with self._watching():
            frame = without_plan(self._session.sql(render(query, self.dialect)))
            frame.createOrReplaceTempView(name)
            self._views.append(name)
            self._session.sql(f"CACHE TABLE `{name}` OPTIONS ('storageLevel' 'MEMORY_AND_DISK')")

    def rows(self, query: exp.Select) -> Iterator[Row]:
        with self._watching():
            frame = self._session.sql(render(query, self.dialect))
            for row in frame.toLocalIterator(prefetchPartitions=True):
                yield tuple(_plain(value) for value in row)

    def write_parquet(self, query: exp.Select, target: Path | str) -> int:
        """A folder of files under the target's name, which it has once all of them are whole."""
        with self._watching():
            folder = SparkFolder(self._session, str(target))
            folder.require_replaceable()
            frame = self._session.sql(render(query, self.dialect))
            frame.write.mode("overwrite").option("compression", "zstd").parquet(folder.part)
            folder.rename()
            return int(self._session.read.parquet(folder.target).count())

    def cancel(self) -> None:
        self._cancelled = True
        self._session.sparkContext.cancelAllJobs()

    def close(self) -> None:
        if self._owned:
            stop(self._session)
        else:
            self._drop_views()
        self._own.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drop_views(self) -> None:
        for view in reversed(self._views):  # what was made of others goes before them
            with suppress(Exception):  # a session that has died holds nothing any more
                self._session.sql(f"UNCACHE TABLE IF EXISTS `{view}`")
                self._session.catalog.dropTempView(view)
        self._views.clear()

    def _view(self, frame: DataFrame) -> str:
        name = f"caiding_files_{next(_numbers)}"
        frame.createOrReplaceTempView(name)
        self._views.append(name)
        return name

    @contextmanager
    def _watching(self, files: Sequence[str] = ()) -> Iterator[None]:
        """Failures from outside as EngineFailure, and Cancelled where somebody asked for it."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        if self._cancelled:
            raise Cancelled
        try:
            with watched(self._session, self.progress):
                yield
        except (Py4JError, PySparkException) as error:
            if self._cancelled:
                raise Cancelled from error
            if isinstance(
                error.__context__, KeyboardInterrupt
            ):  # Java heard of Ctrl-C too, and was gone first
                raise error.__context__ from None
            raise EngineFailure(failure_from(error, files)) from error


def started(master: str, memory: str | None = None, progress: Progress | None = None) -> Spark:
    """A Spark of our own on `master`: `local[2]`, `spark://host:7077`, `yarn`; raises EngineFailure.

    `memory` is that of the Java on this machine, which on a cluster only collects results. All else is
    Spark's own affair: `spark-defaults.conf`, and the environment variables that it reads.
    """
    folder, owned = OwnFolder(), running() is None
    settings = {"spark.sql.warehouse.dir": (folder.path / "warehouse").as_uri()}
    if memory or master.startswith(LOCAL):
        size = memory_written(memory) if memory else memory_of_process() // 2
        settings["spark.driver.memory"] = f"{size >> 20}m"
    if master.startswith(LOCAL):
        settings["spark.local.dir"] = str(folder.path / "spilled")
    try:
        with (folder.path / "log").open("wb") as log:
            session = start(master, settings, log)
    except SparkMissing as missing:
        finding = _not_started(missing.reason, master, folder.path / "log")
        folder.remove()
        raise EngineFailure(finding) from missing
    if owned:
        heed_termination()
    return Spark(session, owned=owned, progress=progress, folder=folder)


def _not_started(why: str, master: str, log: Path) -> Finding:
    match why:
        case "pyspark":
            return Finding("Q130", {})
        case "java":
            return Finding("Q131", {"oldest": str(OLDEST_JAVA)})
        case _:
            said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
            errors = [line for line in said.splitlines() if "ERROR" in line or "Exception" in line]
            return Finding("Q132", {"master": master, "reason": reason(errors[-1] if errors else why)})


def _plain(value: Any) -> Any:
    """Records as dicts, as the other engine gives them."""
    match value:
        case tuple():  # a Row, which is a tuple with names
            return {name: _plain(part) for name, part in vars(type(value))["asDict"](value).items()}
        case list():
            return [_plain(part) for part in value]
        case _:
            return value
