"""`caiding webhook`: the addresses at which deadlines may ring; no other is ever called."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from time import time_ns

import click
from rich.table import Table

from api.cli.door import CLEAN, Door, Stop
from api.cli.options import OneOf, described, group, option
from api.cli.stores import database_option, opened
from api.present.findings_text import console_on
from api.present.labels import label
from api.store.database import require_tables, upgrade
from api.store.webhooks import Webhook, add_webhook, list_webhooks, remove_webhook
from api.watches.signature import new_secret
from api.watches.targets import NAME, Target, Trouble, target_of
from engine.base.findings import Finding, Language
from engine.base.suggest import closest

command = group("webhook")
TROUBLE: Mapping[Trouble, str] = {
    "not_a_url": "D161",
    "not_https": "D162",
    "has_password": "D163",
    "has_fragment": "D164",
}


@described("add")
@click.argument("name")
@click.argument("address", metavar="ADDRESS")
@database_option()
@click.pass_obj
def add(door: Door, name: str, address: str, url: str) -> int:
    if not NAME.fullmatch(name):
        raise Stop(Finding("D160", {"written": name}))
    target = target_of(address)
    if not isinstance(target, Target):
        raise Stop(Finding(TROUBLE[target], {"written": address}))
    webhook = Webhook(name, address, new_secret(), time_ns() // 1000)
    with opened(url, upgrade) as database, database.writing() as connection:
        added = add_webhook(connection, webhook)
    if not added:
        raise Stop(Finding("D165", {"name": name}))
    click.echo(webhook.secret)
    click.echo(label("summary", "webhook_added", door.language, name=name, address=address), err=True)
    return CLEAN


@described("list")
@option("--format", "form", type=OneOf(["text", "json"]), default="text", show_default=True)
@database_option()
@click.pass_obj
def list_(door: Door, form: str, url: str) -> int:
    with opened(url, require_tables) as database, database.reading() as connection:
        found = list_webhooks(connection)
    if form == "json":
        rows = [{"name": one.name, "url": one.url, "created_at": _instant(one)} for one in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        console_on(sys.stdout).print(_table(found, door.language))
    return CLEAN


def _table(found: Sequence[Webhook], language: Language) -> Table:
    """Without the secrets, which are shown once."""
    table = Table(box=None, pad_edge=False)
    for heading in ("webhook", "address", "created_at"):
        table.add_column(label("heading", heading, language), overflow="fold")
    for one in found:
        table.add_row(one.name, one.url, _instant(one))
    return table


def _instant(webhook: Webhook) -> str:
    """To the second, in this machine's zone."""
    return datetime.fromtimestamp(webhook.created_at // 1_000_000).astimezone().isoformat()


@described("remove")
@click.argument("name")
@database_option()
@click.pass_obj
def remove(door: Door, name: str, url: str) -> int:
    with opened(url, require_tables) as database, database.writing() as connection:
        known = [one.name for one in list_webhooks(connection)]
        removed = name in known and remove_webhook(connection, name, time_ns() // 1000)
    if not removed:
        raise Stop(Finding("D166", {"name": name}, suggestion=closest(name, known)))
    click.echo(label("summary", "webhook_removed", door.language, name=name))
    return CLEAN


for one in (add, list_, remove):
    command.add_command(one)
