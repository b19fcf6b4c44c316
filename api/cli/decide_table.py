"""Many tickets at once: `caiding decide` by a query, and verdicts as a table."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from api.cli.door import CLEAN, FOUND, Stop
from api.cli.engines import DUCKDB, SPARK, opened_engine
from api.cli.stages import Stages
from api.cli.ticket_options import tickets_read
from api.present.findings_text import console_on
from api.present.tally import Tally, TallyTables
from api.present.ticket_trouble import TroubleLog
from api.tickets.mapping import ImportMapping
from api.tickets.sources import Form
from engine.base.findings import Finding, Language
from engine.library import Library
from engine.plan.nodes import Plan

AUTO, ROWS = "auto", "rows"
ENGINES = (AUTO, ROWS, DUCKDB, SPARK)
MANY = 30_000
"""So many tickets from which on a query is quicker than row by row: below, making it takes longer."""
TABLE = ".parquet"


@dataclass(frozen=True)
class Asked:
    """What is to be judged, by what, and who is told."""

    library: Library
    plan: Plan
    inputs: list[tuple[str, Form]]
    as_of: datetime
    mapping: ImportMapping | None
    language: Language
    options: Mapping[str, Any]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.inputs]

    @property
    def target(self) -> str | None:
        """The file of the table, where one is wanted."""
        output = self.options["output"]
        return output if output and output.lower().endswith(TABLE) else None


def by_query(asked: Asked) -> bool:
    """Whether a query is asked for, or is the quicker way."""
    chosen = asked.options["engine"]
    if asked.options["master"] and chosen != SPARK:
        raise Stop(Finding("Q139", {}))
    if chosen != AUTO:
        return bool(chosen != ROWS)
    in_words = asked.options["form"] == "text" or asked.target is not None
    plain = asked.mapping is None and all(
        form == "parquet" and Path(name).is_file() for name, form in asked.inputs
    )
    return in_words and plain and asked.options["evaluator"] == "compiled" and _rows(asked.names) >= MANY


def _rows(names: Sequence[str]) -> int:
    """As many as the files say; what cannot be read says so itself later."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return sum(pq.read_metadata(name).num_rows for name in names)
    except (pa.ArrowInvalid, OSError):
        return 0


def decide_by_query(asked: Asked) -> int | None:
    """Judges and shows; the exit code, or None where a query was not asked for and cannot say the rules."""
    from engine.replay.sql.refused import NotSayable

    if asked.target is None and asked.options["form"] == "json":
        raise Stop(Finding("Q143", {"engine": asked.options["engine"]}))
    try:
        return _decided(asked)
    except NotSayable as reason:
        if asked.options["engine"] == AUTO:
            return None
        raise Stop(*reason.findings, exit_code=FOUND) from reason


def _decided(asked: Asked) -> int:
    from api.tickets.tables import TableOptions, read_tickets
    from engine.replay.engines.engine import Cancelled
    from engine.replay.lowering.lower import lower
    from engine.replay.verdicts.counts import counts_of
    from engine.replay.verdicts.table import verdict_query

    stages = Stages("auto", asked.language)
    form = asked.inputs[0][1] if asked.options["input_format"] else None
    options = TableOptions(asked.as_of, asked.mapping, form, stages.within)
    engine_options = {**asked.options, "engine": DUCKDB} if asked.options["engine"] == AUTO else asked.options
    try:
        with stages.shown(), opened_engine(engine_options, stages.within) as engine:
            stages.begin("reading")
            with tickets_read(asked.language):
                table = read_tickets(engine, asked.names, [asked.plan], options)
            query = verdict_query(table.source, lower(asked.plan, table.facts), engine.dialect, table.facts)
            stages.begin("judging")
            target = asked.target or str(engine.folder / f"verdicts{TABLE}")
            engine.write_parquet(query, target)
            counts = counts_of(engine, target)
    except Cancelled as reason:
        raise click.Abort from reason
    _show_bad(table.bad.first, asked.language)
    write_summary(Tally(**vars(counts), bad=table.bad.count), asked)
    return FOUND if table.bad.count else CLEAN


def _show_bad(tickets: Sequence[Any], language: Language) -> None:
    log = TroubleLog(console_on(sys.stderr), language)
    for ticket in tickets:
        log.write(ticket.file, ticket.row, ticket.findings)


def write_summary(tally: Tally, asked: Asked) -> None:
    """What the table holds, on standard output."""
    TallyTables(asked.library, asked.language).write(console_on(sys.stdout, wrap=True), tally)
