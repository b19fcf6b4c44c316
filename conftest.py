"""What the test run leaves out where a library does not exist, and the servers that all tests may use."""

from __future__ import annotations

import signal
from importlib.util import find_spec

pytest_plugins = ["tests.replay.spark_session", "tests.store.postgres"]

# Only the child process imports durable-rules, which Python 3.13 and later cannot.
collect_ignore = [] if find_spec("durable") else ["engine/evaluate/durable/child.py"]
# What Alembic runs by itself, with a database at hand.
collect_ignore.append("api/store/migrations/env.py")

# A shell runs what stands in the background with Ctrl-C ignored, and children inherit that: the tests of
# Ctrl-C would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
