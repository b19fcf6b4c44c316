"""The folder of a settled month: where one is written whole or not at all, and one that is corrected."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.cli.door import FOUND, Stop, cannot_read, cannot_write
from api.present.settlement_folder import ACCOUNT, sha256, totals_from
from api.present.settlement_parquet import settled_lines
from engine.base.findings import Finding
from engine.replay.settle.corrections import Settled as SettledLine
from engine.replay.settle.settlement import Settled

LINES = "lines.parquet"


@contextmanager
def whole_folder(name: str) -> Iterator[Path]:
    """A folder that has its name once all of it is written; nothing of it is left if that fails.

    Raises Stop where there is something of that name already: a settled month is never written over.
    """
    target = Path(name)
    require_new(name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    except OSError as error:
        raise Stop(cannot_write(name, error)) from error
    try:
        yield part
        part.chmod(0o755)  # mkdtemp makes a folder for its owner alone
        part.rename(target)
    except OSError as error:
        raise Stop(cannot_write(name, error)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def require_new(name: str) -> None:
    """Raises Stop where something has that name, except an empty folder."""
    target = Path(name)
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise Stop(Finding("Q114", {"folder": name}))


@dataclass(frozen=True)
class Before:
    """The settled month that is corrected."""

    month: str
    settled: Settled
    findings: tuple[Finding, ...]

    def lines(self) -> Iterator[SettledLine]:
        """Its lines with their outlets, outlet by outlet."""
        return settled_lines(Path(self.settled.folder) / LINES)


def settled_in(name: str, month: str, edition: str) -> Before:
    """The settled month in a folder; raises Stop where it is none, is not whole, or is another month."""
    folder = Path(name)
    written = _account(folder, name)
    if written["month"] != month:
        raise Stop(Finding("Q116", {"folder": name, "found": written["month"], "month": month}))
    _require_whole(folder, written, name)
    findings = []
    if written["edition"] != edition:
        values = {"folder": name, "found": written["edition"], "edition": edition}
        findings.append(Finding("Q117", values))
    settled = Settled(
        folder=name,
        edition=written["edition"],
        as_of=written["as_of"],
        digest=sha256(folder / ACCOUNT),
        totals=totals_from(written["totals"]),
    )
    return Before(month, settled, tuple(findings))


def _account(folder: Path, name: str) -> Mapping[str, Any]:
    try:
        written = json.loads((folder / ACCOUNT).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Stop(Finding("Q115", {"folder": name})) from error
    except OSError as error:
        raise Stop(cannot_read(name, error)) from error
    known = isinstance(written, dict) and {"month", "edition", "as_of", "totals", "files"} <= written.keys()
    if not known:
        raise Stop(Finding("Q115", {"folder": name}))
    found: Mapping[str, Any] = written
    return found


def _require_whole(folder: Path, written: Mapping[str, Any], name: str) -> None:
    """The lines that are compared must be those that were settled."""
    file = folder / LINES
    try:
        same = sha256(file) == written["files"].get(LINES)
    except OSError as error:
        raise Stop(cannot_read(str(file), error)) from error
    if not same:
        raise Stop(Finding("Q118", {"file": str(Path(name) / LINES)}), exit_code=FOUND)
