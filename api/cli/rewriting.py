"""Rulebook files that a command writes anew: which they are, what changes in them, how they are written."""

from __future__ import annotations

import difflib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from api.cli.door import Stop, cannot_read, cannot_write
from api.cli.output import STANDARD
from engine.base.findings import Finding


@dataclass(frozen=True, slots=True)
class Text:
    """One file as it was read and as it should stand; `asked` where it was named, not found in a folder."""

    name: str
    before: bytes
    after: bytes
    asked: bool = True

    @property
    def changed(self) -> bool:
        return self.before != self.after

    def with_content(self, content: bytes) -> Text:
        return replace(self, after=content)


def texts_of(names: Iterable[str]) -> list[Text]:
    """The files named, and the `*.yaml` in and below the folders named; each once, in that order.

    Raises Stop where one is not there or cannot be read.
    """
    found: dict[str, bool] = {}
    for name in names:
        if name != STANDARD and Path(name).is_dir():
            for path in _yaml_below(Path(name)):
                found.setdefault(str(path), False)
        else:
            found[name] = True
    return [read_text(name, asked=asked) for name, asked in found.items()]


def _yaml_below(folder: Path) -> Iterator[Path]:
    """Without what is hidden, such as `.git`."""
    for path in sorted(folder.rglob("*.yaml")):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def read_text(name: str, *, asked: bool = True) -> Text:
    """One file, or with `-` standard input; raises Stop where it is not there or cannot be read."""
    try:
        content = _standard_input() if name == STANDARD else Path(name).read_bytes()
    except OSError as error:
        raise Stop(cannot_read(name, error)) from error
    return Text(name, content, content, asked)


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise FileNotFoundError(STANDARD)
    return sys.stdin.buffer.read()


def rewrite(text: Text) -> None:
    """Puts the new text in the place of the old in one step, so that a file is never half written.

    A link stays a link and the file keeps its permissions. Raises Stop where it may not be written or
    was changed in the meantime; then the old text stands.
    """
    target = Path(text.name).resolve()
    part = target.with_name(f"{target.name}.part")
    try:
        if not os.access(target, os.W_OK):
            raise PermissionError(text.name)
        if target.read_bytes() != text.before:
            raise Stop(Finding("L004", {"file": text.name}))
        try:
            part.write_bytes(text.after)
            shutil.copymode(target, part)
            part.replace(target)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise
    except OSError as error:
        raise Stop(cannot_write(text.name, error)) from error


def differences(text: Text) -> str:
    """What changes, as `diff -u` shows it and `patch` reads it; line ends are not shown."""
    before, after = (content.decode("utf-8", "replace").splitlines() for content in (text.before, text.after))
    lines = difflib.unified_diff(before, after, f"a/{text.name}", f"b/{text.name}", lineterm="")
    return "".join(f"{line}\n" for line in lines)
