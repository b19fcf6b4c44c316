"""Names of files as Spark has them, and folders of results that are whole or not there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sqlglot import exp

from engine.base.findings import Finding
from engine.replay.engines.engine import EngineFailure
from engine.replay.sql.slots import Sql

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SCHEME = "://"
SUCCESS = "_SUCCESS"
"""The empty file by which Spark marks a folder as whole."""
_SKIPPED = re.compile(r"(^|/)[._][^/]*$|[*?\[\]{}\\]")
"""Spark skips files whose names begin so, and takes these characters for patterns, however it is asked."""


def is_local(path: str) -> bool:
    return SCHEME not in path


def uri_of(path: str) -> str:
    """The path as Spark is given it: what is no URI lies on this machine. Raises EngineFailure."""
    if not is_local(path):
        return path
    if _SKIPPED.search(path):
        raise EngineFailure(Finding("Q142", {"file": path}))
    return str(Path(path).absolute())


def given_name(read: Sequence[str], given: Sequence[str], file: Sql) -> Sql:
    """`file`, the name that Spark has of a file, as the user gave it; on a cluster that is Spark's own.

    `read` are the names of the files as Spark has them.
    """
    names = {_as_read(Path(path).absolute().as_uri()): path for path in given if is_local(path)}
    known = {name: names[_as_read(name)] for name in read if _as_read(name) in names}
    if not known:
        return file
    prefix = _common_prefix(known)
    if prefix is not None and len(known) == len(read):
        length = exp.Literal.number(len(prefix) + 1)
        return exp.Substring(this=file, start=length)
    ifs = [
        exp.If(this=exp.EQ(this=file.copy(), expression=_text(name)), true=_text(path))
        for name, path in known.items()
    ]
    return exp.Case(ifs=ifs, default=file)


def _as_read(uri: str) -> str:
    """Without the empty host, which some names have and some have not; letters of any script as they are."""
    return unquote(re.sub(r"^file:/+", "file:/", uri))


def _common_prefix(names: Mapping[str, str]) -> str | None:
    """What stands before the user's own name in all of them, if it is the same."""
    prefixes = {name.removesuffix(path) if name.endswith(path) else None for name, path in names.items()}
    return prefixes.pop() if len(prefixes) == 1 else None


def _text(text: str) -> Sql:
    return exp.Literal.string(text)


class SparkFolder:
    """A folder for a result: written as `NAME.part`, then renamed to `NAME`, by the cluster's file system."""

    def __init__(self, session: SparkSession, target: str) -> None:
        self.target = target if not is_local(target) else Path(target).absolute().as_uri()
        self.part = f"{self.target.rstrip('/')}.part"
        jvm: Any = session.sparkContext._jvm  # noqa: SLF001 - Spark's own way to the file system of its cluster
        self._path = jvm.org.apache.hadoop.fs.Path
        settings = session.sparkContext._jsc.hadoopConfiguration()  # noqa: SLF001
        self._system = self._path(self.target).getFileSystem(settings)
        self._named = target

    def require_replaceable(self) -> None:
        """Raises EngineFailure where the name belongs to something else than an earlier result."""
        place = self._path(self.target)
        if not self._system.exists(place) or self._system.getFileStatus(place).isFile():
            return
        if not self._system.exists(self._path(f"{self.target}/{SUCCESS}")):
            raise EngineFailure(Finding("Q138", {"file": self._named}))

    def rename(self) -> None:
        """Puts the whole result in the place of an earlier one."""
        self._system.delete(self._path(self.target), True)
        if not self._system.rename(self._path(self.part), self._path(self.target)):
            raise EngineFailure(Finding("Q138", {"file": self._named}))
