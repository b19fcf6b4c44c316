"""`caiding log`: the decision log, out of the database again, and no longer than it has to be kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import click

from api.cli.days import before, day_from
from api.cli.door import CLEAN, Door, Stop, show_findings
from api.cli.options import OneOf, described, group, option
from api.cli.output import writing
from api.cli.stores import database_option, opened
from api.present.labels import counted, label
from api.store import editions
from api.store.database import Database, require_tables, sqlite_file
from api.store.decisions import Decision
from api.store.ids import first_id_at, instant_of
from api.store.instants import EPOCH
from api.store.reading import decisions_between
from api.store.retention import Pruned, prune
from api.tickets.stored import StoredTicket, write_stored_ndjson
from engine.base.findings import Finding, Language
from engine.plan.nodes import Plan

command = group("log")
TERM = "2y"
"""How long the national standard asks electronic records to be kept: 「電子信息保存期限為2年」 (NS-041)."""


@described("export")
@option("--output", metavar="FILE")
@option("--format", "form", type=OneOf(["ndjson", "parquet"]), default="ndjson", show_default=True)
@option("--from", "from", metavar="DAY")
@option("--until", metavar="DAY")
@option("--verdicts", is_flag=True)
@database_option()
@click.pass_obj
def export(door: Door, /, url: str, output: str | None, form: str, verdicts: bool, **days: Any) -> int:
    with opened(url, require_tables) as database:
        first, last = _bounds(database, days["from"], days["until"])
        tickets = _Counted(_stored(decisions_between(database, first, last), verdicts=verdicts))
        plan = _plan(database) if form == "parquet" else None
        file = sqlite_file(database)
        with writing(output, [] if file is None else [str(file)]) as out:
            _write(out, tickets, plan, verdicts=verdicts)
    decisions = counted("decision", tickets.count, door.language)
    click.echo(label("summary", "exported", door.language, decisions=decisions), err=True)
    return CLEAN


def _bounds(database: Database, since: str | None, until: str | None) -> tuple[str, str]:
    """The first id, and the first that is too late, of days in the rulebooks' zone."""
    zone = ZoneInfo(_zone(database)) if since or until else UTC
    first = _start_of(day_from(since), zone) if since else EPOCH
    return first_id_at(first), first_id_at(_start_of(day_from(until), zone) if until else datetime.now(UTC))


def _start_of(day: date, zone: tzinfo) -> datetime:
    """Ids begin with the year 1970; there is nothing earlier to be found."""
    return EPOCH if day.year <= 1970 else datetime.combine(day, time.min, zone)


def _zone(database: Database) -> str:
    with database.reading() as connection:
        for line in editions.editions(connection):
            edition = editions.kept(connection, line.edition)
            known = None if edition is None else editions.catalogue(edition)
            if known is not None:
                return known.zone
    return "UTC"


def _plan(database: Database) -> Plan:
    with database.reading() as connection:
        plan = editions.plan_for_every_ticket(connection)
    if plan is None:
        raise Stop(Finding("D119", {}))
    return plan


class _Counted:
    """Tickets on their way, and how many there were."""

    def __init__(self, tickets: Iterator[StoredTicket]) -> None:
        self._tickets = tickets
        self.count = 0

    def __iter__(self) -> Iterator[StoredTicket]:
        for ticket in self._tickets:
            self.count += 1
            yield ticket


def _stored(found: Iterator[Decision], *, verdicts: bool) -> Iterator[StoredTicket]:
    for one in found:
        verdict = one.verdict if verdicts else None
        decided_at = instant_of(one.id).isoformat(timespec="milliseconds")
        yield StoredTicket(one.id, decided_at, one.edition, one.caller, one.as_of, one.facts, verdict)


def _write(out: BinaryIO, tickets: _Counted, plan: Plan | None, *, verdicts: bool) -> None:
    if plan is None:
        write_stored_ndjson(out, tickets)
        return
    # pyarrow takes a while to import, and only Parquet needs it.
    from api.tickets.stored_parquet import DoesNotFit, write_stored_parquet

    try:
        write_stored_parquet(out, tickets, plan, verdicts=verdicts)
    except DoesNotFit as error:
        raise Stop(*error.findings) from error


@described("prune")
@option("--older-than", default=TERM, show_default=True, metavar="TIME")
@option("--dry-run", is_flag=True)
@database_option()
@click.pass_obj
def prune_command(door: Door, /, older_than: str, dry_run: bool, url: str) -> int:
    now = datetime.now(UTC)
    instant = before(now, older_than)
    if instant > before(now, TERM):
        show_findings([Finding("D116", {"written": older_than})], door.language)
    with opened(url, require_tables) as database:
        gone = prune(database, instant, dry_run=dry_run)
    key = "would_prune" if dry_run else "pruned"
    day = gone.before.isoformat(timespec="seconds")
    click.echo(label("summary", key, door.language, before=day, what=_words(gone, door.language)))
    return CLEAN


def _words(gone: Pruned, language: Language) -> str:
    """`3,120 decisions, 12 idempotency keys, 0 watches, 1 whole month`."""
    counts = {"decision": gone.decisions, "repeat_key": gone.idempotency_keys, "watch": gone.watches}
    if gone.months:
        counts["month"] = len(gone.months)
    return label("words", "list", language).join(counted(thing, n, language) for thing, n in counts.items())


for one in (export, prune_command):
    command.add_command(one)
