"""How far Spark has come, by counting the tasks of the jobs that it runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.replay.engines.engine import Progress

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TICK = 0.25
"""Seconds between two looks."""


@contextmanager
def watched(session: SparkSession, progress: Progress | None) -> Iterator[None]:
    """Tells `progress` from a thread of its own; a query may take several jobs, so it never says 1."""
    if progress is None:
        yield
        return
    over = threading.Event()

    def watch() -> None:
        furthest = 0.0
        while not over.wait(TICK):
            furthest = max(furthest, _done(session))
            progress(furthest)

    watcher = threading.Thread(target=watch, name="progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _done(session: SparkSession) -> float:
    """The share of tasks done, of all the stages known yet."""
    tracker = session.sparkContext.statusTracker()
    jobs = [tracker.getJobInfo(job) for job in tracker.getActiveJobsIds()]
    stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
    known = [stage for stage in stages if stage is not None]
    tasks = sum(stage.numTasks for stage in known)
    return sum(stage.numCompletedTasks for stage in known) / tasks if tasks else 0.0
