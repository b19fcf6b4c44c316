"""`caiding serve`: the service over HTTP, from one line to a graceful end.

Standard output is for the person who starts it: where it serves, by which edition, into which database, and
on the first start a key. Standard error is its log. What keeps it from starting is a finding as ever.
"""

from __future__ import annotations

import re
import signal
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from api.cli.door import CLEAN, FOUND, Door, Stop, cannot_read, show_findings
from api.cli.loading import folder_at, not_read
from api.cli.options import OneOf, described, option
from api.cli.stores import URL_VARIABLE, opened
from api.present.findings_text import console_on, write_findings
from api.present.labels import label
from api.serve.address import Address, take_address
from api.serve.keeper import Candidate, examine
from api.serve.rehearsal import files_of
from api.serve.settings import RunSettings, run_folder
from api.serve.supervisor import Run, supervise
from api.serve.texts import read_texts
from api.store import keys
from api.store.database import DEFAULT_URL, Database, upgrade
from engine.base.findings import Finding, Language
from engine.evaluate.durable import Unavailable

FIRST_CALLER = "admin"
SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)%")
RATE = re.compile(r"(\d{1,7})(?:/s)?")
TIME = re.compile(r"([1-9]\d{0,5})([smh])")
DAYS = re.compile(r"([1-9]\d{0,4})d")
LEAST_MEMORY = 500_000_000
MOST_WORKERS, MOST_THREADS, MOST_PORT = 64, 512, 65_535


@described("serve")
@option("--rules", default="rules", show_default=True, metavar="DIR")
@option("--database-url", default=DEFAULT_URL, envvar=URL_VARIABLE, show_default=True, metavar="URL")
@option("--host", default="127.0.0.1", show_default=True)
@option("--port", type=click.IntRange(min=0), default=8000, show_default=True)
@option("--workers", type=click.IntRange(min=1), default=2, show_default=True)
@option("--threads", type=click.IntRange(min=1), default=16, show_default=True)
@option(
    "--evaluator", type=OneOf(["compiled", "reference", "durable"]), default="compiled", show_default=True
)
@option("--second-opinion", default="1%", show_default=True, metavar="SHARE")
@option("--rate", default="1000/s", show_default=True, metavar="N/s")
@option("--history", multiple=True, metavar="GLOB")
@option("--dry-run-time", default="1h", show_default=True, metavar="TIME")
@option("--dry-run-memory", default="2GB", show_default=True, metavar="SIZE")
@option("--dry-run-keep", default="90d", show_default=True, metavar="DAYS")
@option("--without-log", is_flag=True)
@click.pass_obj
def command(door: Door, /, **options: Any) -> int:
    signal.signal(signal.SIGTERM, _end_early)
    settings = _settings(door.language, **options)
    candidate = _examined(settings, door.language)
    address = _address(settings)
    with address.holder, opened(settings.database_url, upgrade) as database, run_folder() as folder:
        _warn(settings, address, door.language)
        _first_key(database, door.language)

        def announce(edition: Any) -> None:
            _say(settings, address, database, edition, door.language)

        trouble = supervise(Run(settings, folder, address, database, candidate, announce))
    if trouble is not None:
        raise Stop(trouble)
    click.echo(label("heading", "stopped", door.language))
    return CLEAN


def _end_early(number: int, frame: object) -> None:
    """SIGTERM before there is anything to finish."""
    del number, frame
    raise SystemExit(CLEAN)


def _settings(language: Language, /, **options: Any) -> RunSettings:
    _at_most("--port", options["port"], MOST_PORT, least=0)
    _at_most("--workers", options["workers"], MOST_WORKERS)
    _at_most("--threads", options["threads"], MOST_THREADS)
    return RunSettings(
        rules=options["rules"],
        database_url=options["database_url"],
        host=options["host"],
        port=options["port"],
        workers=options["workers"],
        threads=options["threads"],
        evaluator=options["evaluator"],
        second_opinion=_share(options["second_opinion"]),
        rate=_rate(options["rate"]),
        language=language,
        log_decisions=not options["without_log"],
        command=(sys.executable, "-P", "-m", "api.cli.main"),
        history=tuple(str(Path(pattern).absolute()) for pattern in options["history"]),
        dry_run_seconds=_seconds(options["dry_run_time"]),
        dry_run_bytes=_bytes(options["dry_run_memory"]),
        dry_run_days=_days(options["dry_run_keep"]),
    )


def _at_most(name: str, number: int, most: int, least: int = 1) -> None:
    if number > most:
        raise Stop(Finding("D130", {"name": name, "written": str(number), "form": f"{least}..{most}"}))


def _share(written: str) -> int:
    """How many of ten thousand."""
    found = SHARE.fullmatch(written)
    share = int(Decimal(found[1]) * 100) if found else -1
    if not 0 <= share <= 10_000:
        raise Stop(Finding("D130", {"name": "--second-opinion", "written": written, "form": "1%, 0.5%, 0%"}))
    return share


def _rate(written: str) -> int:
    found = RATE.fullmatch(written)
    if found is None:
        raise Stop(Finding("D130", {"name": "--rate", "written": written, "form": "1000/s, 0"}))
    return int(found[1])


def _seconds(written: str) -> int:
    found = TIME.fullmatch(written)
    if found is None:
        raise Stop(Finding("D130", {"name": "--dry-run-time", "written": written, "form": "90s, 30m, 2h"}))
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]


def _bytes(written: str) -> int:
    """At least what Python and DuckDB need to look at a single ticket."""
    from engine.replay.engines.engine import EngineFailure
    from engine.replay.engines.memory import memory_written

    try:
        found = memory_written(written)
    except EngineFailure:
        found = 0
    if found < LEAST_MEMORY:
        form = f"512MB, 4GB, >= {LEAST_MEMORY // 10**6}MB"
        raise Stop(Finding("D130", {"name": "--dry-run-memory", "written": written, "form": form}))
    return found


def _days(written: str) -> int:
    found = DAYS.fullmatch(written)
    if found is None:
        raise Stop(Finding("D130", {"name": "--dry-run-keep", "written": written, "form": "90d"}))
    return int(found[1])


def _examined(settings: RunSettings, language: Language) -> Candidate:
    """The folder as it stands, ready to judge; its warnings are shown, its errors end the command with 2."""
    folder = folder_at(settings.rules)
    try:
        candidate = examine(folder, read_texts(folder), settings.evaluator)
    except OSError as error:
        raise Stop(cannot_read(str(error.filename or folder), error)) from error
    except Unavailable as reason:
        raise Stop(Finding("D023", {"evaluator": settings.evaluator, "reason": str(reason)})) from reason
    findings = [*not_read(folder), *candidate.findings]
    if candidate.edition is not None:
        _note(findings, language)
    else:
        show_findings(findings, language)
        code = "D138" if candidate.smoked else "D013"
        raise Stop(Finding(code, {"folder": settings.rules}), exit_code=FOUND)
    return candidate


def _address(settings: RunSettings) -> Address:
    address = take_address(settings.host, settings.port)
    if isinstance(address, Finding):
        raise Stop(address)
    return address


def _warn(settings: RunSettings, address: Address, language: Language) -> None:
    if not address.is_loopback:
        _note([Finding("D133", {"host": settings.host})], language)
    if not settings.log_decisions:
        _note([Finding("D134", {})], language)
    for pattern in settings.history:
        if not files_of([pattern]):
            _note([Finding("S149", {"pattern": pattern})], language)


def _note(findings: list[Finding], language: Language) -> None:
    """What does not keep it from starting is for the person; standard error is the log's, line by line."""
    write_findings(console_on(sys.stdout), findings, language)


def _first_key(database: Database, language: Language) -> None:
    """A service that nobody can ask is of no use: where there is no key, one with all roles is made."""
    with database.writing() as connection:
        if keys.any_keys(connection):
            return
        made = keys.create_key(connection, FIRST_CALLER, keys.ROLES)
    assert isinstance(made, keys.NewKey), "the first caller has no keys yet, and a plain name"
    click.echo(label("heading", "first_key", language))
    click.echo(f"  {made.token}")


def _say(
    settings: RunSettings, address: Address, database: Database, edition: Any, language: Language
) -> None:
    values = {"edition": edition.name, "folder": Path(settings.rules), "revision": edition.revision}
    click.echo(label("heading", "serving", language, address=address.url))
    click.echo(label("heading", "serving_edition", language, **values))
    click.echo(label("heading", "serving_database", language, database=database.shown))
    click.echo(label("heading", "serving_pages", language, address=address.url))
