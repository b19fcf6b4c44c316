"""What a dry run is asked to compare: the body of the request, and all that is wrong with its form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

from api.http.bodies import shown
from api.tickets.ticket import Raw, escaped
from engine.base.findings import Finding
from engine.base.suggest import nearest_day

FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.yaml")
"""A name that is one in every file system, and leads nowhere."""
NAMES = ("candidate", "base", "readings", "tickets", "as_of", "by", "fail_on")
MOST_LISTED = 20
LONGEST_TEXT = 200

Tickets: TypeAlias = Literal["history"] | Mapping[str, str]
"""The history of the service, or the days of its decision log, from `from` until before `until`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose form is right; `candidate` has None for a file that is to be left out."""

    candidate: Mapping[str, str | None]
    base: str | None
    readings: Mapping[str, str]
    tickets: Tickets
    as_of: str | None
    by: tuple[str, ...]
    fail_on: tuple[str, ...]


def asked_from(body: Raw) -> Asked | list[Finding]:
    """What the body asks for, or everything that is wrong with it."""
    if not isinstance(body, dict):
        return [Finding("S114", {}, pointer="")]
    wrong = list(_wrong(body))
    if wrong:
        return wrong
    return Asked(
        body.get("candidate", {}),
        body.get("base"),
        body.get("readings", {}),
        body["tickets"],
        body.get("as_of"),
        tuple(body.get("by", ())),
        tuple(body.get("fail_on", ())),
    )


def _wrong(body: Mapping[str, Any]) -> Iterator[Finding]:
    for name in body:
        if name not in NAMES:
            yield Finding("S112", {"name": shown(name)}, pointer=f"/{escaped(name)}")
    for name in ("base", "as_of"):
        if name in body and not _is_text(body[name]):
            yield Finding("S113", {"name": name}, pointer=f"/{name}")
    for name in ("by", "fail_on"):
        yield from _wrong_list(name, body.get(name, []))
    yield from _wrong_candidate(body.get("candidate", {}))
    yield from _wrong_readings(body.get("readings", {}))
    if not any(body.get(name) for name in ("candidate", "readings", "base")):
        yield Finding("S132", {}, pointer="")
    if "tickets" in body:
        yield from _wrong_tickets(body["tickets"])
    else:
        yield Finding("S111", {"name": "tickets"}, pointer="")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and value.isprintable()


def _wrong_list(name: str, value: Any) -> Iterator[Finding]:
    if not isinstance(value, list) or len(value) > MOST_LISTED or not all(map(_is_text, value)):
        yield Finding("S136", {"name": name, "most": str(MOST_LISTED)}, pointer=f"/{name}")


def _wrong_candidate(value: Any) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield Finding("S137", {"name": "candidate"}, pointer="/candidate")
        return
    for name, text in value.items():
        pointer = f"/candidate/{escaped(name)}"
        if not FILE.fullmatch(name):
            yield Finding("S130", {"name": shown(name)}, pointer=pointer)
        elif name == "facts.yaml" and text is None:
            yield Finding("S138", {}, pointer=pointer)
        elif not isinstance(text, str | None):
            yield Finding("S113", {"name": name}, pointer=pointer)


def _wrong_readings(value: Any) -> Iterator[Finding]:
    if not isinstance(value, dict) or not all(map(_is_text, (*value, *value.values()))):
        yield Finding("S137", {"name": "readings"}, pointer="/readings")


def _wrong_tickets(value: Any) -> Iterator[Finding]:
    if value == "history":
        return
    if not isinstance(value, dict) or not value.keys() <= {"from", "until"}:
        yield Finding("S133", {}, pointer="/tickets")
        return
    wrong = [_wrong_day(name, written) for name, written in value.items() if not is_day(written)]
    yield from wrong
    if not wrong and value.keys() == {"from", "until"} and value["until"] <= value["from"]:
        yield Finding("S135", {}, pointer="/tickets/until")


def is_day(value: Any) -> bool:
    """Whether it is a day as `2015-10-01`, and no other spelling of one."""
    if not isinstance(value, str) or len(value) != 10:
        return False
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _wrong_day(name: str, value: Any) -> Finding:
    written = shown(value if isinstance(value, str) else str(value))
    return Finding("D007", {"written": written}, pointer=f"/tickets/{name}", suggestion=nearest_day(written))
