"""Starting Spark so that it means by a query what every other engine means by it.

The settings are part of the meaning: instants are naive and in UTC, arithmetic that does not fit is an error
and never a wrong number, and no decimal is shortened to fit.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OLDEST_JAVA = 17
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
        gateway = launch_gateway(conf, {"stdout": output, "stderr": output})
        return SparkSession(SparkContext(conf=conf, gateway=gateway))
    except (PySparkRuntimeError, Py4JError) as error:
        raise SparkMissing(str(error)) from error
