"""`caiding sql`: the rules as one query, for a warehouse that holds the tickets."""

from __future__ import annotations

import click

from api.cli.door import CLEAN, FOUND, Door, Stop
from api.cli.loading import plan_under, sound_library
from api.cli.options import OneOf, described, option
from api.cli.output import writing_text
from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.plan.nodes import Plan

DIALECTS = ("duckdb", "spark", "postgres")


@described("sql")
@option("--rules", default="rules", show_default=True, metavar="DIR")
@option("--dialect", type=OneOf(DIALECTS), default="duckdb", show_default=True)
@option("--rule", multiple=True, metavar="ID")
@option("--reading", multiple=True, metavar="AMB-01=floor")
@option("--output", metavar="FILE")
@click.pass_obj
def command(
    door: Door, rules: str, dialect: str, rule: tuple[str, ...], reading: tuple[str, ...], output: str | None
) -> int:
    # sqlglot takes a while to import, and only this command needs it.
    from engine.replay.sql.refused import NotSayable
    from engine.replay.verdicts.flat import query

    plan = plan_under(sound_library(rules, door.language), reading)
    _require_rules(plan, rule)
    try:
        text = query(plan, dialect, rule)  # type: ignore[arg-type]  # one of DIALECTS
    except NotSayable as reason:
        raise Stop(*reason.findings, exit_code=FOUND) from reason
    with writing_text(output, ()) as out:
        out.write(text + ";\n")
    return CLEAN


def _require_rules(plan: Plan, names: tuple[str, ...]) -> None:
    known = [item.origin.id for item in plan.items]
    findings = [
        Finding("Q006", {"written": name}, suggestion=closest(name, known))
        for name in names
        if name not in known
    ]
    if findings:
        raise Stop(*findings)
