"""`caiding database`: the tables of the service."""

from __future__ import annotations

import click

from api.cli.door import CLEAN, Door
from api.cli.options import described, group
from api.cli.stores import database_option, opened
from api.present.labels import label
from api.store.database import upgrade

command = group("database")


@described("upgrade")
@database_option()
@click.pass_obj
def upgrade_command(door: Door, url: str) -> int:
    with opened(url, upgrade) as database:
        click.echo(label("summary", "upgraded", door.language, url=database.shown))
    return CLEAN


command.add_command(upgrade_command)
