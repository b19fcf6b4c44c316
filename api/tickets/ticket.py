"""One ticket as it came from outside: raw values, and where it stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from engine.base.findings import Finding
from engine.base.suggest import closest

Raw: TypeAlias = Any
"""A value as JSON or a table carries it; the catalogue has not seen it yet."""


WHOLE_FILE = 0
"""The line of what is said about a file as a whole."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Raw facts with exact numbers, not yet held against the catalogue.

    `pointer` is where the facts stand in what was written (`/facts`, or nothing for the top).
    `findings` are what is wrong with its form; a ticket with findings is not judged.
    """

    line: int
    facts: Mapping[str, Raw] = field(default_factory=dict)
    as_of: str | None = None
    pointer: str = ""
    findings: tuple[Finding, ...] = ()


WRAPPED = ("facts", "as_of")
STORED = (*WRAPPED, "decision")
"""The keys of a wrapped ticket, and of one that was written out of the decision log."""


def ticket_from_value(value: Raw, line: int, keys: Sequence[str] = WRAPPED) -> Ticket:
    """A ticket from a JSON value: `{"facts": {…}, "as_of": …}`, or the facts (and `as_of`) at the top.

    `keys` are those that may stand beside the facts; what the log says of a ticket is no part of it.
    """
    if not isinstance(value, dict):
        return Ticket(line, findings=(Finding("D033", {"found": _shown(value)}),))
    if "facts" not in value:
        facts = {name: fact for name, fact in value.items() if name != "as_of"}
        return _with_as_of(facts, value.get("as_of"), line, "")
    return _wrapped(value, line, keys)


def _wrapped(value: Mapping[str, Raw], line: int, keys: Sequence[str]) -> Ticket:
    facts, findings = value["facts"], []
    if not isinstance(facts, dict):
        return Ticket(line, findings=(Finding("D041", {"written": "facts"}, pointer="/facts"),))
    for key in value.keys() - set(keys):
        near = closest(key, WRAPPED)
        findings.append(Finding("D043", {"key": key}, pointer=f"/{escaped(key)}", suggestion=near))
    ticket = _with_as_of(facts, value.get("as_of"), line, "/facts")
    return Ticket(line, facts, ticket.as_of, "/facts", (*findings, *ticket.findings))


def _with_as_of(facts: Mapping[str, Raw], as_of: Raw, line: int, pointer: str) -> Ticket:
    if as_of is None or isinstance(as_of, str):
        return Ticket(line, facts, as_of, pointer)
    return Ticket(line, facts, None, pointer, (Finding("D042", {}, pointer="/as_of"),))


def escaped(key: str) -> str:
    """A key as a step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _shown(value: Raw) -> str:
    match value:
        case list():
            return "[…]"
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value[:40]}"'
        case _:
            return str(value)
