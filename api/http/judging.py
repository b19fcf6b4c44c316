"""From a ticket's bytes to a decision that can be stored: what single posts and batches share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from time import monotonic
from zoneinfo import ZoneInfo

from api.http.exchange import Exchange
from api.http.service import Edition
from api.store.decisions import Decision, storable
from api.store.ids import new_id
from api.tickets.exact_json import parse
from api.tickets.json_door import Judged
from api.tickets.ticket import Raw
from engine.base.findings import Finding
from engine.plan.nodes import Plan

MASKED = "[personal]"
LONGEST_SHOWN = 60
"""So much of a value findings repeat."""


def judged(exchange: Exchange, edition: Edition, body: bytes) -> Judged | list[Finding]:
    """The verdict on one ticket at the service's clock, or all that is wrong with the ticket."""
    request = edition.door.read(body)
    bare = [] if b'"facts":' in body or not _is_bare(body) else [Finding("S033", {}, pointer="/facts")]
    if isinstance(request, list):
        return [*bare, *without_names(request, body, edition.evaluator.plan)]
    if bare:
        return bare
    now = (
        None
        if request.as_of
        else whole_seconds(exchange.service.clock() // 10**9, edition.evaluator.plan.zone)
    )
    return edition.door.decide(request, now)


def decision_from(exchange: Exchange, edition: Edition, found: Judged) -> Decision:
    """What is stored of a verdict; its id is new."""
    service, holder = exchange.service, exchange.known_holder
    instant = service.clock()
    number = found.ticket_no
    return Decision(
        new_id(instant),
        instant // 1000,
        found.verdict["as_of"],
        edition.name,
        holder.caller,
        holder.key_id,
        exchange.request_id,
        exchange.traceparent,
        number if number is None or number.isprintable() else storable(number),
        int((monotonic() - exchange.started) * 1_000_000),
        service.settings.engine,
        found.facts.decode(),
        found.verdict_json.decode(),
    )


@lru_cache(maxsize=4)
def whole_seconds(seconds: int, zone: str) -> datetime:
    """The instant of judging where the ticket gives none; many tickets share a second."""
    return datetime.fromtimestamp(seconds, ZoneInfo(zone))


def _is_bare(body: bytes) -> bool:
    """Whether it is a ticket's facts without their wrapping, which the command line takes."""
    value, _ = parse(body.decode(errors="replace"))
    return isinstance(value, dict) and "facts" not in value


def without_names(findings: list[Finding], body: bytes, plan: Plan) -> list[Finding]:
    """The same findings, which no longer repeat a text that the catalogue calls personal."""
    personal = {name for name, fact in plan.facts.items() if fact.personal}
    texts = set(_personal_texts(body, personal))
    return [_without_name(finding, personal, texts) for finding in findings]


def _without_name(finding: Finding, personal: Iterable[str], texts: set[str]) -> Finding:
    step = (finding.pointer or "").split("/")[2:3]
    written = finding.values.get("written", "")
    if (step and step[0] in personal) or any(text in written for text in texts):
        return replace(finding, values={**finding.values, "written": MASKED}, suggestion=None)
    return finding


def _personal_texts(body: bytes, personal: Iterable[str]) -> Iterator[str]:
    """Personal texts as findings would repeat them; of a body that cannot be read there are none."""
    value, _ = parse(body.decode(errors="replace"))
    facts = value.get("facts") if isinstance(value, dict) else None
    for name in personal:
        for text in texts_in(facts.get(name) if isinstance(facts, dict) else None):
            yield text[:LONGEST_SHOWN]


def texts_in(value: Raw) -> Iterator[str]:
    """Every text of a value that is long enough to be told from others."""
    match value:
        case str() if len(value) > 1:
            yield value
        case list():
            for part in value:
                yield from texts_in(part)
        case dict():
            for part in value.values():
                yield from texts_in(part)
        case _:
            pass
