"""The commands of a page that ask the service, run one after the other in one shell.

A block `sh service` is part of one script; a `json answer` behind it says what its last command prints, of
which it may leave out keys; `…` stands for any text.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.docs.blocks import ROOT, Block, blocks, page

ANY = "…"
PORT = "8000"
"""The port that the pages use; the tests take a free one."""
PATIENCE_S = 120
BASH = "/bin/bash"


@dataclass(frozen=True)
class Asked:
    """The commands of one block, what the page says that they print, and what they do print."""

    commands: str
    shown: Any
    printed: str

    def fits(self) -> bool:
        return self.shown is None or _fits(self.shown, json.loads(self.printed))


def _fits(shown: Any, found: Any) -> bool:
    match shown:
        case dict():
            return isinstance(found, dict) and all(
                key in found and _fits(part, found[key]) for key, part in shown.items()
            )
        case list():
            return isinstance(found, list) and len(shown) == len(found) and all(map(_fits, shown, found))
        case _:
            return shown == ANY or bool(shown == found)


def ask_all(name: str, folder: Path) -> Iterator[Asked]:
    """Runs the service blocks of a page in a folder that looks like a clone."""
    _clone(name, folder)
    found = list(_pairs(name))
    script = "\n".join(f"{{\n{commands}}} > answer.{i}\n" for i, (commands, _) in enumerate(found))
    stop = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"
    run = subprocess.run(
        [BASH, "-eu", "-o", "pipefail", "-c", f"{stop}\n{script}wait"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert run.returncode == 0, run.stderr + (folder / "serve.log").read_text(encoding="utf-8")[-2000:]
    for i, (commands, shown) in enumerate(found):
        yield Asked(commands, shown, (folder / f"answer.{i}").read_text(encoding="utf-8"))


def _clone(name: str, folder: Path) -> None:
    shutil.copytree(ROOT / "rules", folder / "rules")
    (folder / ".venv").symlink_to(Path(sys.executable).parent.parent)
    for block in blocks(page(name)):
        if block.role.startswith("file="):
            (folder / block.role.removeprefix("file=")).write_text(block.text, encoding="utf-8")


def _pairs(name: str) -> Iterator[tuple[str, Any]]:
    """Each block of commands with the answer that follows it."""
    port = free_port()
    found = list(blocks(page(name)))
    for block, following in zip(found, [*found[1:], Block("", "", "", 0)], strict=True):
        if block.role == "service":
            shown = json.loads(following.text) if following.role == "answer" else None
            commands = block.text.replace("serve >", f"serve --port {port} >")
            yield commands.replace(f":{PORT}", f":{port}"), shown


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
