"""What commands over many tickets share: the instant of judging, import mappings, files that are refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from api.cli.door import FOUND, Stop, cannot_read, show_findings
from api.present.findings_text import console_on
from api.present.ticket_trouble import TroubleLog
from api.tickets.mapping import ImportMapping
from api.tickets.mapping_reader import read_mapping
from api.tickets.ticket import WHOLE_FILE
from engine.base.findings import Finding, Language, has_errors
from engine.evaluate.facts import as_of_from
from engine.plan.nodes import Plan


def instant_of_judging(written: str | None, plan: Plan) -> datetime:
    """The instant that was asked for; without one the present: the only place that reads the clock."""
    if written is None:
        return datetime.now(ZoneInfo(plan.zone)).replace(microsecond=0)
    instant = as_of_from(written, plan.zone)
    if isinstance(instant, Finding):
        known = instant.code == "F009"  # it is one, only not within reason
        raise Stop(replace(instant, pointer=None) if known else Finding("D008", {"written": written}))
    return instant


def mapping_at(name: str | None, plan: Plan, language: Language) -> ImportMapping | None:
    """The import mapping of that name, if there is one; raises Stop for what is wrong with it."""
    if name is None:
        return None
    try:
        content = Path(name).read_bytes()
    except OSError as error:
        raise Stop(cannot_read(name, error)) from error
    mapping, findings = read_mapping(name, content, plan)
    if mapping is None or has_errors(findings):
        raise Stop(*findings, exit_code=FOUND)
    show_findings(findings, language)
    return mapping


@contextmanager
def tickets_read(language: Language) -> Iterator[None]:
    """Shows what is wrong with files of tickets, each finding with its file; raises Stop to end with 2."""
    from api.tickets.refusal import TicketsRefused

    try:
        yield
    except TicketsRefused as refused:
        log = TroubleLog(console_on(sys.stderr), language)
        for file, finding in refused.troubles:
            log.write(file, WHOLE_FILE, [finding])
        log.finish()
        raise Stop(exit_code=FOUND) from refused
    except OSError as error:
        raise Stop(cannot_read(str(error.filename or "-"), error)) from error
