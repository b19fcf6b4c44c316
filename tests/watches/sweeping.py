"""A sweeper in a process of its own: `python -m tests.watches.sweeping URL NOW LEASE`, until it is ended.

Its clock begins at NOW (ISO 8601) and runs. It says `ready` on standard output.
"""

from __future__ import annotations

import signal
import sys
import threading
from datetime import datetime
from time import monotonic_ns

from api.store.database import open_database
from api.store.instants import microseconds
from api.watches.sweeper import Pace, Sweeper
from tests.watches.deadlines import Counted, DirectLog, library


def main(url: str, now: str, lease: str) -> None:
    began, start = monotonic_ns(), microseconds(datetime.fromisoformat(now)) * 1000
    database, counted = open_database(url), Counted()
    sweeper = Sweeper(
        database,
        DirectLog(database),
        library,
        lambda: start + monotonic_ns() - began,
        counted,
        counted,
        Pace(every=0.02, lease=float(lease), in_flight=32, for_one_webhook=32),
    )
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    library()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sweeper.start()
    ended.wait(60)
    sweeper.stop()
    sys.stdout.write("".join(f"{event} {fields}\n" for event, fields in counted.lines if event != "delivery"))


if __name__ == "__main__":
    main(*sys.argv[1:])
