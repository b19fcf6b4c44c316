"""Where a command writes its result: a file that has its name only once it is whole, or standard output."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from api.cli.door import Stop, cannot_write
from engine.base.findings import Finding

STANDARD = "-"


@contextmanager
def writing(name: str | None, inputs: Sequence[str]) -> Iterator[BinaryIO]:
    """The file of that name, or standard output; raises Stop where it cannot be written or is an input.

    A file has its name only once it is whole; a run that ended early leaves `FILE.part`.
    """
    if name is None or name == STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(name)
    whole = target.exists() and not target.is_file()  # a device takes what it gets
    written = target if whole else target.with_name(f"{target.name}.part")
    for output in (target, written):
        if any(_same_file(output, Path(read)) for read in inputs):
            raise Stop(Finding("D028", {"file": str(output)}))
    try:
        with written.open("wb") as out:
            yield out
        if not whole:
            written.replace(target)
    except OSError as error:
        raise Stop(cannot_write(name, error)) from error


@contextmanager
def writing_text(name: str | None, inputs: Sequence[str]) -> Iterator[TextIO]:
    """The same for text, in UTF-8 with plain line ends."""
    if name is None or name == STANDARD:
        yield sys.stdout
        return
    with writing(name, inputs) as out:
        text = io.TextIOWrapper(out, encoding="utf-8", newline="\n")
        yield text
        text.flush()
        text.detach()


def _same_file(written: Path, read: Path) -> bool:
    return written.exists() and read.exists() and written.samefile(read)
