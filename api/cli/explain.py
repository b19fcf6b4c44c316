"""`caiding explain`: one verdict in words; with `--counter` what would have avoided it, and what to ask."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from api.cli.door import CLEAN, FOUND, Door, Stop, cannot_read
from api.cli.loading import plan_under, sound_library
from api.cli.options import OneOf, described, option
from api.cli.progress import with_progress
from api.cli.ticket_options import instant_of_judging
from api.present.findings_text import console_on
from api.present.ticket_trouble import TroubleLog
from api.present.verdict_text import VerdictText
from api.tickets.sources import Reading
from api.tickets.ticket import Ticket
from engine.base.findings import Finding, Language
from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import Facts, as_of_from, facts_from
from engine.evaluate.verdict import Verdict
from engine.library import Library
from engine.plan.nodes import Plan
from engine.prove.counter.counterfactual import Counter

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Explained:
    """A ticket that was judged, and how it is told."""

    library: Library
    plan: Plan
    facts: Facts
    as_of: datetime
    verdict: Verdict
    name: str
    language: Language


@described("explain")
@click.argument("file")
@option("--rules", default="rules", show_default=True, metavar="DIR")
@option("--counter", is_flag=True)
@option("--as-of", metavar="INSTANT")
@option("--reading", multiple=True, metavar="AMB-01=floor")
@option("--format", "form", type=OneOf(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def command(door: Door, /, file: str, rules: str, **options: Any) -> int:
    library = sound_library(rules, door.language)
    plan = plan_under(library, options["reading"])
    ticket = _ticket(file, plan)
    facts, as_of = _checked(file, ticket, plan, instant_of_judging(options["as_of"], plan), door.language)
    verdict = evaluator("compiled", plan).decide(facts, as_of)
    name = str(facts.get("ticket_no") or f"{file}:{ticket.line}")
    explained = Explained(library, plan, facts, as_of, verdict, name, door.language)
    write = _write_json if options["form"] == "json" else _write_text
    write(explained, counter=options["counter"])
    return CLEAN


def _ticket(name: str, plan: Plan) -> Ticket:
    """The one ticket of a JSON file or of standard input."""
    if name == STANDARD_INPUT and sys.stdin is None:
        raise Stop(cannot_read(name, FileNotFoundError(name)))
    return next(ticket for _, ticket in with_progress([(name, "json")], Reading(plan)))


def _checked(
    name: str, ticket: Ticket, plan: Plan, now: datetime, language: Language
) -> tuple[Facts, datetime]:
    """The ticket's facts and the instant of judging; raises Stop with all that is wrong with them."""
    facts, findings = facts_from(ticket.facts, plan, ticket.pointer)
    as_of = as_of_from(ticket.as_of, plan.zone) if ticket.as_of else now
    findings = [*ticket.findings, *findings]
    if not findings and not isinstance(as_of, Finding):
        return facts, as_of
    log = TroubleLog(console_on(sys.stderr), language)
    log.write(name, ticket.line, [*findings, as_of] if isinstance(as_of, Finding) else findings)
    log.finish()
    raise Stop(exit_code=FOUND)


def _write_text(explained: Explained, *, counter: bool) -> None:
    catalogue, out = explained.library.catalogue, console_on(sys.stdout)
    assert catalogue is not None, "a sound library has a catalogue"
    out.print(VerdictText(catalogue, explained.language).text(explained.name, explained.verdict))
    if counter:
        from api.present.counter_text import CounterText

        told = _counter(explained)
        undecided = len(explained.verdict["undecided"])
        out.print()
        out.print(CounterText(catalogue, explained.language).text(told, undecided), end="")


def _write_json(explained: Explained, *, counter: bool) -> None:
    document: dict[str, Any] = {"verdict": explained.verdict}
    if counter:
        from api.present.counter_json import counter_json

        document |= counter_json(_counter(explained), explained.plan)
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def _counter(explained: Explained) -> Counter:
    """What the proof has to say; it takes a while to import."""
    from engine.prove.counter.explain import counter

    return counter(explained.plan, explained.facts, explained.as_of)
