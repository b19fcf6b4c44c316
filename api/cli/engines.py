"""The options that choose who works out a query over many tickets, and the engine that they choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from api.cli.door import FOUND, Stop
from api.cli.options import OneOf, option
from engine.base.findings import Finding

if TYPE_CHECKING:
    from engine.replay.engines.engine import Engine, Progress

Command = TypeVar("Command", bound=Callable[..., Any])

DUCKDB, SPARK = "duckdb", "spark"
LOCAL_MASTER = "local[*]"
"""Without --master Spark uses all processors of this machine."""


def engine_options(command: Command) -> Command:
    """`--engine`, `--master` and `--memory`."""
    chosen = option("--engine", type=OneOf([DUCKDB, SPARK]), default=DUCKDB, show_default=True)
    return chosen(option("--master", metavar="URL")(option("--memory", metavar="4GB")(command)))


@contextmanager
def opened_engine(options: Mapping[str, Any], progress: Progress | None = None) -> Iterator[Engine]:
    """The engine that the options choose, closed at the end.

    Raises Stop where it cannot be started, and where something outside ends one of its queries; for a file of
    tickets that is damaged with the exit code of bad tickets.
    """
    # sqlglot takes a while to import, and one ticket is judged without it.
    from engine.replay.engines.engine import DamagedFile, EngineFailure

    if options.get("master") and options["engine"] != SPARK:
        raise Stop(Finding("Q139", {}))
    try:
        with _engine(options, progress) as engine:
            yield engine
    except DamagedFile as damage:
        raise Stop(damage.finding, exit_code=FOUND) from damage
    except EngineFailure as failure:
        raise Stop(failure.finding) from failure


def _engine(options: Mapping[str, Any], progress: Progress | None) -> Any:
    # Both take a while to import, and a command needs one of them.
    if options["engine"] == SPARK:
        from engine.replay.engines import spark

        return spark.started(options.get("master") or LOCAL_MASTER, options.get("memory"), progress)
    from engine.replay.engines.duck import Duck

    return Duck(memory=options.get("memory"), progress=progress)
