"""DuckDB as the engine of the replay: within the process, within a limit of memory, spilling to disk."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import duckdb
from sqlglot import exp

from engine.base.findings import Finding
from engine.replay.engines.duck_scan import is_whole, scan_of
from engine.replay.engines.engine import Cancelled, DamagedFile, Dialect, EngineFailure, Progress, Row, Scan
from engine.replay.engines.memory import in_words, memory_of_process, memory_written
from engine.replay.engines.own_folder import OwnFolder
from engine.replay.sql.dialects import render

AT_ONCE = 10_000
"""So many rows are fetched at a time."""
TICK = 0.1
"""Seconds between two looks at how far a query has come."""
SHARE_OF_MEMORY = 60
"""Percent of the memory that the process may use which queries take without `--memory`."""
OUR_OWN_MISTAKES = (
    duckdb.InternalException,
    duckdb.ProgrammingError,
    duckdb.DataError,
    duckdb.NotSupportedError,
    duckdb.ConstraintException,
)
"""What a query that is wrong raises; all else comes from outside."""


_CTRL_C = "Query interrupted"
"""What DuckDB makes of a signal that Python would call KeyboardInterrupt."""
_NO_INSTANT = "Could not convert Timestamp("
"""Milliseconds or seconds that are beyond all calendars, as a damaged file may hold."""


class Duck:
    """An engine of the replay; a context manager. Raises EngineFailure for an amount of memory that is none.

    `memory` is written as in `4GB`; `threads` are as many as there are processors; `folder` is where its own
    folder for temporary files is made. `progress` is told how far the query that runs has come.
    """

    def __init__(
        self,
        *,
        memory: str | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
        folder: Path | None = None,
    ) -> None:
        self.memory = memory_written(memory) if memory else memory_of_process() * SHARE_OF_MEMORY // 100
        self.progress = progress
        self._own = OwnFolder(folder)
        self._scanned: dict[str, None] = {}
        self._running: set[duckdb.DuckDBPyConnection] = set()
        self._cancelled = threading.Event()
        self._database = duckdb.connect(":memory:", config=self._settings(threads))
        self._database.execute("SET GLOBAL TimeZone = 'UTC'")

    def _settings(self, threads: int | None) -> dict[str, Any]:
        """Nothing is ever fetched from a network, and whatever does not fit into memory has a place."""
        return {
            "memory_limit": f"{self.memory}B",
            "temp_directory": str(self.folder / "spilled"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "allow_unsigned_extensions": "false",
            **({"threads": str(threads)} if threads else {}),
        }

    @property
    def dialect(self) -> Dialect:
        return "duckdb"

    @property
    def folder(self) -> Path:
        """Its own folder, gone when it is closed."""
        return self._own.path

    @property
    def is_local(self) -> bool:
        return True

    def scan(self, paths: Sequence[str]) -> Scan:
        self._scanned |= dict.fromkeys(paths)
        with self._cursor("") as cursor:
            return scan_of(cursor, paths)

    def keep(self, name: str, query: exp.Select) -> None:
        create = exp.Create(this=exp.to_table(name, quoted=True), kind="TABLE", expression=query)
        with self._cursor("") as cursor:
            cursor.execute(self._text(create))

    def rows(self, query: exp.Select) -> Iterator[Row]:
        with self._cursor("") as cursor:
            cursor.execute(self._text(query))
            while some := cursor.fetchmany(AT_ONCE):
                yield from some

    def write_parquet(self, query: exp.Select, target: Path | str) -> int:
        whole = Path(target)
        part = whole.with_name(f"{whole.name}.part")
        options = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, OVERWRITE true"
        try:
            part.open("wb").close()
            with self._cursor(str(target)) as cursor:
                cursor.execute(f"COPY ({self._text(query)}) TO {_quoted(str(part))} ({options})")
                written = cursor.fetchall()[0][0]
            part.replace(whole)
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise EngineFailure(Finding("Q055", {"file": str(target), "reason": reason})) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return int(written)

    def cancel(self) -> None:
        self._cancelled.set()
        for cursor in tuple(self._running):
            cursor.interrupt()

    def close(self) -> None:
        self._database.close()
        self._own.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _text(self, query: exp.Expression) -> str:
        return render(query, "duckdb")

    @contextmanager
    def _cursor(self, target: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for one query, watched while it lasts; `target` is what the query writes."""
        if self._cancelled.is_set():
            raise Cancelled
        cursor = self._database.cursor()
        self._running.add(cursor)
        try:
            with _watched(cursor, self.progress):
                yield cursor
        except duckdb.Error as error:
            self._raise(error, target)
        except RuntimeError as error:
            if str(error) != _CTRL_C:
                raise
            raise KeyboardInterrupt from error
        finally:
            self._running.discard(cursor)
            cursor.close()

    def _raise(self, error: duckdb.Error, target: str) -> NoReturn:
        if isinstance(error, duckdb.InterruptException):
            raise Cancelled from error
        text = str(error)
        if isinstance(error, duckdb.OutOfMemoryException) and "max_temp_directory_size" not in text:
            raise EngineFailure(Finding("Q050", {"limit": in_words(self.memory)})) from error
        if isinstance(error, duckdb.OutOfMemoryException) or _full(text):
            raise EngineFailure(self._full_disk(text, target)) from error
        if _is_our_own(error):
            raise error
        damaged = self._damaged(text)
        if damaged is not None:
            raise DamagedFile(damaged) from error
        raise EngineFailure(Finding("Q053", {"reason": _reason(text)})) from error

    def _damaged(self, text: str) -> str | None:
        """The file of tickets that cannot be read, if it is one; what DuckDB says does not always name it."""
        named = [file for file in self._scanned if f'"{file}"' in text]
        with self._cursor("") as cursor:
            return next((file for file in named or self._scanned if not is_whole(cursor, file)), None)

    def _full_disk(self, text: str, target: str) -> Finding:
        if target and str(self.folder) not in text and "max_temp_directory_size" not in text:
            return Finding("Q052", {"file": target})
        return Finding("Q051", {"folder": str(self.folder.parent)})


@contextmanager
def _watched(cursor: duckdb.DuckDBPyConnection, progress: Progress | None) -> Iterator[None]:
    """Tells `progress` from a thread of its own how far the cursor's query has come."""
    if progress is None:
        yield
        return
    cursor.execute("SET enable_progress_bar = true")
    cursor.execute("SET enable_progress_bar_print = false")
    over = threading.Event()

    def watch() -> None:
        while not over.wait(TICK):
            percent = cursor.query_progress()
            if percent >= 0:
                progress(percent / 100)

    watcher = threading.Thread(target=watch, name="progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _is_our_own(error: duckdb.Error) -> bool:
    """Whether the query is wrong, and not the files that it reads."""
    from_a_file = isinstance(error, duckdb.InvalidInputException) or _NO_INSTANT in str(error)
    return isinstance(error, OUR_OWN_MISTAKES) and not from_a_file


def _quoted(text: str) -> str:
    return exp.Literal.string(text).sql("duckdb")


def _full(text: str) -> bool:
    return "No space left on device" in text or "Disk quota exceeded" in text


def _reason(text: str) -> str:
    """The first sentence of what DuckDB says, without the name of its own kind of error."""
    first = text.partition("\n")[0]
    return re.sub(r"^[A-Za-z /]+ Error: ", "", first).replace("`", "'").rstrip(".")
