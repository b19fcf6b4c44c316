"""The database that a command works on, or the reason why it cannot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.cli.door import Stop
from api.cli.options import Command, option
from api.store.database import DEFAULT_URL, Database, StoreUnavailable, Unusable, open_database
from engine.base.findings import Finding

URL_VARIABLE = "CAIDING_DATABASE_URL"
"""Where a URL can stand whose password no other user of the machine should see in the list of processes."""
ERRNO = re.compile(r"\[Errno -?\d+\] ")


def database_option() -> Callable[[Command], Command]:
    """`--database-url`, the same for every command that has one."""
    return option(
        "--database-url", "url", default=DEFAULT_URL, envvar=URL_VARIABLE, show_default=True, metavar="URL"
    )


@contextmanager
def opened(url: str, prepare: Callable[[Database], None]) -> Iterator[Database]:
    """The database, once `prepare` has looked at its tables; all that goes wrong with it becomes a Stop."""
    try:
        database = open_database(url)
    except Unusable as error:
        raise Stop(error.finding) from error
    try:
        prepare(database)
        yield database
    except Unusable as error:
        raise Stop(error.finding) from error
    except StoreUnavailable as error:
        raise Stop(trouble(database, error)) from error
    finally:
        database.close()


def trouble(database: Database, error: StoreUnavailable) -> Finding:
    """What is the matter with a database that does not do its work."""
    reason = ERRNO.sub("", error.detail).replace("`", "'").rstrip(".")
    values = {"url": database.shown, "reason": reason}
    match error.reason:
        case "away" if database.dialect == "sqlite":
            return Finding("D108", values)
        case "away":
            return Finding("D107", values)
        case "full":
            return Finding("D109", values)
        case "busy":
            return Finding("D112", values)
        case "other":
            return Finding("D113", values)
