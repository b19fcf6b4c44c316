"""What the test run leaves out where a library does not exist."""

from __future__ import annotations

from importlib.util import find_spec

# Only the child process imports durable-rules, which Python 3.13 and later cannot.
collect_ignore = [] if find_spec("durable") else ["engine/evaluate/durable/child.py"]
