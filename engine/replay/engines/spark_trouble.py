"""What Spark says when it fails, as findings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.base.findings import Finding

_NOT_THERE = re.compile(r"\[PATH_NOT_FOUND\] Path does not exist: (\S+?)\. ")
_LONGEST = 300


def not_found(file: str) -> Finding:
    return Finding("Q134", {"file": file})


def failure_from(error: Exception, files: Sequence[str] = ()) -> Finding:
    """The finding for what Python was told; `files` are those being read, as they were given."""
    text = str(error)
    there = _NOT_THERE.search(text)
    if there:
        return not_found(_as_given(there[1], files))
    if "No space left on device" in text or "Disk quota exceeded" in text:
        return Finding("Q136", {"reason": reason(text)})
    if "OutOfMemoryError" in text or "UNABLE_TO_ACQUIRE_MEMORY" in text:
        return Finding("Q137", {"reason": reason(text)})
    if "FAILED_READ_FILE" in text or "is not a Parquet file" in text:
        named = re.search(r"reading file (\S+?)\.? (?:Could|SQLSTATE|at )", text)
        return Finding("Q135", {"file": _as_given(named[1] if named else "", files)})
    return Finding("Q133", {"reason": reason(text)})


def _as_given(named: str, files: Sequence[str]) -> str:
    """The file by the name that the user gave it, where it is one of those."""
    tail = named.rpartition("/")[2]
    return next((file for file in files if file.rpartition("/")[2] == tail), named) or ", ".join(files)


def reason(text: str) -> str:
    """The sentence that says what is the matter, without Java's names around it.

    >>> reason("org.apache.spark.SparkException: [ABC] It is too big. SQLSTATE: 12345")
    '[ABC] It is too big'
    """
    lines = [
        line for line in text.splitlines() if line.strip() and not line.startswith(("\tat ", "An error"))
    ]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    said = causes[-1].removeprefix("Caused by: ") if causes else lines[0] if lines else text
    said = re.sub(r"^(: )?([a-z]+\.)+[A-Za-z]+: ", "", said)
    return re.sub(r"\s*SQLSTATE: \S+.*$", "", said).replace("`", "'").rstrip(".")[:_LONGEST]
