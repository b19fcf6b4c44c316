"""What the tests of the service share."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator

import pytest

from api import logs
from tests.serve.running import clear


@pytest.fixture
def stream() -> Iterator[io.BytesIO]:
    """The log of this process, as long as the test lasts."""
    out, root = io.BytesIO(), logging.getLogger()
    before = root.handlers[:], root.level, threading.excepthook
    logs.configure(stream=out, process="test")
    logging.captureWarnings(capture=False)
    yield out
    root.handlers[:], root.level, threading.excepthook = before


@pytest.fixture(autouse=True, scope="session")
def _clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The short folders in which services put theirs go with the tests."""
    yield
    for link in tmp_path_factory.getbasetemp().glob("*/tmp"):
        clear(link.parent)
