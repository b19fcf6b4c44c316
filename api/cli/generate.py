"""`caiding generate`: a made-up history of tickets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import click

from api.cli.door import CLEAN, Door, Stop, cannot_write
from api.cli.loading import sound_library
from api.cli.options import OneOf, described, option
from api.tickets.history import COLUMNS, history
from api.tickets.sources import FORMS, form_of
from api.tickets.writers import write_csv, write_ndjson
from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.plan.nodes import Plan


@described("generate")
@option("--tickets", type=int, default=1000, show_default=True)
@option("--seed", type=int, default=1, show_default=True)
@option("--rules", default="rules", show_default=True, metavar="DIR")
@option("--output", default="-", show_default=True, metavar="FILE")
@option("--format", "form", type=OneOf(["ndjson", "csv", "parquet"]))
@click.pass_obj
def command(door: Door, tickets: int, seed: int, rules: str, output: str, form: str | None) -> int:
    if tickets < 1:
        raise Stop(Finding("D090", {"written": str(tickets)}))
    library = sound_library(rules, door.language)
    assert library.plan is not None, "a sound library has a plan"
    _require_facts(library.plan)
    chosen = FORMS[form] if form else form_of(output) or ("ndjson" if output == "-" else None)
    if chosen is None or chosen == "json":
        raise Stop(Finding("D094", {"file": output}))
    try:
        if output == "-":
            _write(sys.stdout.buffer, chosen, library.plan, tickets, seed)
        else:
            with Path(output).open("wb") as out:
                _write(out, chosen, library.plan, tickets, seed)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Stop(cannot_write(output, error)) from error
    return CLEAN


def _require_facts(plan: Plan) -> None:
    unknown = [name for name in COLUMNS if name not in plan.facts]
    if unknown:
        raise Stop(
            *(Finding("D091", {"fact": name}, suggestion=closest(name, plan.facts)) for name in unknown)
        )


def _write(out: BinaryIO, form: str, plan: Plan, tickets: int, seed: int) -> None:
    made = history(tickets, seed)
    match form:
        case "csv":
            write_csv(out, made, COLUMNS)
        case "parquet":
            # pyarrow takes a while to import, and only Parquet needs it.
            from api.tickets.parquet_writer import write_parquet

            write_parquet(out, made, COLUMNS, plan.facts, plan.zone)
        case _:
            write_ndjson(out, made)
