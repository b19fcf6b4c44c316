"""What the tests of the service share."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator

import pytest

from api import logs


@pytest.fixture
def stream() -> Iterator[io.BytesIO]:
    """The log of this process, as long as the test lasts."""
    out, root = io.BytesIO(), logging.getLogger()
    before = root.handlers[:], root.level, threading.excepthook
    logs.configure(stream=out, process="test")
    logging.captureWarnings(capture=False)
    yield out
    root.handlers[:], root.level, threading.excepthook = before
