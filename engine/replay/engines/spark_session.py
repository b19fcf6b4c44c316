"""Starting Spark so that it means by a query what every other engine means by it.

The settings are part of the meaning: instants are naive and in UTC, arithmetic that does not fit is an error
and never a wrong number, and no decimal is shortened to fit.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

OLDEST_JAVA = 17
PATIENCE = 10
"""So many seconds a session has to stop, and then its Java to end, before Java is killed."""
MEANING: Mapping[str, str] = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
QUIET: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}


class SparkMissing(Exception):
    """Spark cannot be started here; `reason` says what is not there: `pyspark`, `java` or what Java said."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def java_version() -> int | None:
    """The major version of the Java that Spark would start; None where there is none."""
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home, "bin", "java")) if home else "java"
    try:
        said = subprocess.run([program, "-version"], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r'version "(\d+)', said.stderr)
    return int(found[1]) if found else None


def running() -> SparkSession | None:
    """The session of this process, if there is one."""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        return None
    return SparkSession.getActiveSession()


def start(master: str, settings: Mapping[str, str], log: BinaryIO | int | None = None) -> SparkSession:
    """A session on `master`; what Java and Spark say goes to `log`, by default to nobody.

    `settings` are Spark's own names; they cannot change what a query means. A process has one session: where
    it runs already, it is that one. Raises SparkMissing.
    """
    try:
        from py4j.protocol import Py4JError
        from pyspark import SparkConf, SparkContext
        from pyspark.errors import PySparkRuntimeError
        from pyspark.java_gateway import launch_gateway
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkMissing("pyspark") from error
    already = running()
    if already is not None:
        return already
    if (java_version() or 0) < OLDEST_JAVA:
        raise SparkMissing("java")
    chosen = {"spark.app.name": "caiding", **QUIET, **settings, **MEANING}
    conf = SparkConf(loadDefaults=False).setMaster(master).setAll(list(chosen.items()))
    output = subprocess.DEVNULL if log is None else log
    try:
        # Started by ourselves, so that Java's own words do not run into the command's.
        with _interrupted_afterwards():
            gateway = launch_gateway(conf, {"stdout": output, "stderr": output})
            return SparkSession(SparkContext(conf=conf, gateway=gateway))
    except (PySparkRuntimeError, Py4JError) as error:
        raise SparkMissing(str(error)) from error


def stop(session: SparkSession) -> None:
    """Ends a session and the Java that was started for it, also one that is busy and does not listen."""
    from pyspark import SparkContext

    gateway: Any = session.sparkContext._gateway  # noqa: SLF001 - knows the process that it has started
    # From a thread of its own, as this one's connection may wait for the answer to what was interrupted.
    stopping = threading.Thread(target=_without_fail(session.stop), name="stopping", daemon=True)
    stopping.start()
    stopping.join(PATIENCE)
    if gateway.proc is None:  # whoever started it ends it
        return
    _end(gateway.proc)
    stopping.join(PATIENCE)
    _without_fail(gateway.close)()
    SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001 - the next session needs another Java


def _end(java: subprocess.Popen[bytes]) -> None:
    """Java ends by itself once nobody can write to it any more."""
    if java.stdin is not None:
        java.stdin.close()
    try:
        java.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        java.kill()
        java.wait()


def _without_fail(action: Callable[[], Any]) -> Callable[[], None]:
    def tried() -> None:
        with suppress(Exception):  # a Java that has died is one that has stopped
            action()

    return tried


def heed_termination() -> None:
    """Lets a request to end (SIGTERM) close what is open, where nobody has said what it shall do."""
    in_charge = threading.current_thread() is threading.main_thread()
    if in_charge and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _leave)


def _leave(number: int, _: object) -> None:
    raise SystemExit(128 + number)


@contextmanager
def _interrupted_afterwards() -> Iterator[None]:
    """Lets Ctrl-C wait until Spark is there: a Java that is left while it starts never ends.

    Spark's own handling of Ctrl-C, which asks over the connection that is being waited on, is undone; what
    that library says of a broken connection in Python's log, it raises too.
    """
    logging.getLogger().addFilter(_not_of_the_connection)
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt


def _not_of_the_connection(record: logging.LogRecord) -> bool:
    return "py4j" not in record.pathname


def without_plan(frame: DataFrame) -> DataFrame:
    """The same rows, of which Spark no longer knows by what query they are worked out, only how.

    A view stands for its query wherever it is named. The query of a rulebook takes seconds to plan, and would
    be planned again by each of the small queries that read what it found, or for each time that one of them
    does. The share of a machine that is lost is still worked out again.
    """
    from pyspark.sql import DataFrame

    session = frame.sparkSession
    java: Any = session._jsparkSession  # noqa: SLF001 - what DataFrame.localCheckpoint does, less the checkpoint
    made = frame._jdf.queryExecution()  # noqa: SLF001
    return DataFrame(java.internalCreateDataFrame(made.toRdd(), made.analyzed().schema(), False), session)
