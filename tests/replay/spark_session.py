"""A real local Spark for the tests: started once, by the first test that asks for it, and shared by all.

`pytest --dist loadgroup` gives every test with a `spark` to the same worker, so that a run starts one.
Starting takes about three seconds, and its Java holds about half a gigabyte.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from engine.replay.engines.spark_session import OLDEST_JAVA, java_version, start

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

GROUP = "spark"
SMALL = {
    "spark.driver.memory": "1g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    # Tests run many small queries once each: a compiler that begins sooner wins over one that ends better.
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests that need Spark, and those of one kind with it, into one group."""
    for item in items:
        if GROUP in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(GROUP))


def missing() -> str | None:
    """Why there can be no Spark here; None where it can be started."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed (`make test` installs it where there is a Java)"
    if (java_version() or 0) < OLDEST_JAVA:
        return f"Java {OLDEST_JAVA} or later is not installed (Debian: apt-get install default-jre-headless)"
    return None


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """The run's own Spark, on two threads; a test leaves no tables, views or settings behind."""
    reason = missing()
    if reason is not None and os.environ.get("CI"):
        pytest.fail(f"{reason}, and nothing is left out where CI is set")
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("spark")
    folders = {"spark.local.dir": str(folder / "local"), "spark.sql.warehouse.dir": str(folder / "warehouse")}
    with (folder / "log").open("wb") as log:
        session = start("local[2]", {**SMALL, **folders}, log)
        yield session
        session.stop()
