"""Reading a rules folder in which lies what is no rulebook."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from api.serve.texts import read_texts
from tests.serve.running import write_rules


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    write_rules(tmp_path / "rules")
    os.mkfifo(tmp_path / "rules" / "pipe.yaml")
    with pytest.raises(OSError, match=r"pipe\.yaml is not a file"):
        read_texts(tmp_path / "rules")


def test_a_device_is_not_read_to_an_end_that_never_comes(tmp_path: Path) -> None:
    write_rules(tmp_path / "rules")
    (tmp_path / "rules" / "zero.yaml").symlink_to("/dev/zero")
    with pytest.raises(OSError, match=r"zero\.yaml is not a file"):
        read_texts(tmp_path / "rules")
