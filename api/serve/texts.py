"""The texts of a rules folder: read once, so that what is checked, kept and judged by is the same content."""

from __future__ import annotations

import errno
import hashlib
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from engine.library import Library, load_texts

Texts: TypeAlias = Mapping[str, bytes]
"""Contents by the name of the file, without its folder."""

Look: TypeAlias = tuple[tuple[str, int, int, int], ...]
"""How a folder looks from outside: each file's name, number, size and time of change."""


def files_in(folder: Path) -> list[Path]:
    """The files that make a library; hidden ones are an editor's own."""
    return [path for path in sorted(folder.glob("*.yaml")) if not path.name.startswith(".")]


def look_at(folder: Path) -> Look:
    """How the folder looks now, without reading it; a file that vanishes meanwhile is not there."""
    found = []
    for path in files_in(folder):
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((path.name, status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(found)


def read_texts(folder: Path) -> Texts:
    """Every rulebook as it stands; raises OSError, FileNotFoundError where there is no `facts.yaml`."""
    if not (folder / "facts.yaml").is_file():
        raise FileNotFoundError(folder / "facts.yaml")
    return {path.name: _content(path) for path in files_in(folder)}


def _content(path: Path) -> bytes:
    """A pipe or a device is not read: the one never begins, the other never ends."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, f"{path.name} is not a file", str(path))
    return path.read_bytes()


def revision_of(texts: Texts) -> str:
    """Twelve hex digits that tell one exact content of a folder from every other.

    >>> revision_of({"facts.yaml": b""}) == revision_of({"facts.yml": b""})
    False
    """
    digest = hashlib.sha256()
    for name, content in sorted(texts.items()):
        for part in (name.encode("utf-8", "surrogateescape"), content):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:12]


def library_from(folder: Path, texts: Texts) -> Library:
    """The library of these texts; findings name the files as they are called from here."""
    return load_texts({str(folder / name): content for name, content in texts.items()})
