"""`caiding key`: who may use the service, and how."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, date, datetime, timedelta

import click
from rich.table import Table

from api.cli.days import day_from
from api.cli.door import CLEAN, Door, Stop
from api.cli.options import OneOf, described, group, option
from api.cli.stores import database_option, opened
from api.present.findings_text import console_on
from api.present.labels import label
from api.store import keys
from api.store.database import require_tables, upgrade
from api.store.keys import Key, NewKey
from engine.base.findings import Finding, Language

command = group("key")
SECOND = 1_000_000
"""In microseconds."""
NUMBER = re.compile("[1-9][0-9]{0,8}")


@described("new")
@option("--caller", required=True, metavar="NAME")
@option("--role", "roles", type=OneOf(keys.ROLES), multiple=True, default=["evaluate"], show_default=True)
@option("--name", metavar="TEXT")
@option("--expires", metavar="DAY")
@database_option()
@click.pass_obj
def new(
    door: Door, /, caller: str, roles: tuple[str, ...], name: str | None, expires: str | None, url: str
) -> int:
    until = None if expires is None else _end_of(day_from(expires), expires)
    with opened(url, upgrade) as database, database.writing() as connection:
        made = keys.create_key(connection, caller, roles, name=name, expires_at=until)
    if not isinstance(made, NewKey):
        raise Stop(made)
    click.echo(made.token)
    values = {"id": made.id, "caller": caller, "roles": _words(roles, door.language)}
    click.echo(label("summary", "new_key", door.language, **values), err=True)
    return CLEAN


def _end_of(day: date, written: str) -> int:
    """The end of a day in this machine's zone, in microseconds; raises Stop where it has passed."""
    if day >= date.max:
        raise Stop(Finding("D007", {"written": written}))
    end = datetime.combine(day + timedelta(days=1), datetime.min.time()).astimezone()
    if end <= datetime.now(UTC):
        raise Stop(Finding("D118", {"written": written}))
    return int(end.timestamp()) * SECOND


@described("list")
@option("--format", "form", type=OneOf(["text", "json"]), default="text", show_default=True)
@database_option()
@click.pass_obj
def list_(door: Door, form: str, url: str) -> int:
    with opened(url, require_tables) as database, database.reading() as connection:
        found = keys.all_keys(connection)
    if form == "json":
        click.echo(json.dumps([_json(key) for key in found], ensure_ascii=False, indent=2))
    else:
        console_on(sys.stdout).print(_table(found, door.language))
    return CLEAN


_INSTANTS = ("created_at", "expires_at", "revoked_at")


def _json(key: Key) -> dict[str, object]:
    instants = {name: _instant(getattr(key, name)) for name in _INSTANTS}
    return {"id": key.id, "caller": key.caller, "name": key.name, "roles": key.roles, **instants}


def _table(found: list[Key], language: Language) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "caller", "name", "roles", *_INSTANTS):
        table.add_column(label("heading", heading, language), overflow="fold")
    for key in found:
        instants = ((_instant(getattr(key, name)) or "")[:16].replace("T", " ") for name in _INSTANTS)
        table.add_row(str(key.id), key.caller, key.name or "", _words(key.roles, language), *instants)
    return table


def _words(roles: tuple[str, ...], language: Language) -> str:
    return label("words", "list", language).join(role for role in keys.ROLES if role in roles)


def _instant(microseconds: int | None) -> str | None:
    """To the second, in this machine's zone."""
    if microseconds is None:
        return None
    return datetime.fromtimestamp(microseconds // SECOND).astimezone().isoformat()


@described("revoke")
@click.argument("id_", metavar="ID")
@database_option()
@click.pass_obj
def revoke(door: Door, id_: str, url: str) -> int:
    with opened(url, require_tables) as database, database.writing() as connection:
        known = NUMBER.fullmatch(id_) and keys.revoke(connection, int(id_))
    if not known:
        raise Stop(Finding("D114", {"written": id_}))
    click.echo(label("summary", "revoked", door.language, id=id_))
    return CLEAN


for one in (new, list_, revoke):
    command.add_command(one)
