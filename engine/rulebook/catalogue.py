"""The fact catalogue, the list of sources and the register of statements, from nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import get_args

from engine.base.calendar import Calendar
from engine.base.findings import Finding, Label
from engine.base.suggest import closest
from engine.read.chinese.words import Group, keywords
from engine.read.nodes import MappingNode, Node, ScalarNode
from engine.read.plain_values import plain
from engine.rulebook.fields import (
    Unreadable,
    entries,
    items,
    mapping,
    optional_text,
    optional_words,
    text,
    truth,
    words,
)
from engine.rulebook.literals import scalar_of_type
from engine.rulebook.model import Absence, Catalogue, Derivation, FactDeclaration, Source, Statement, Words
from engine.rulebook.types import Kind, Scalar, Type
from engine.rulebook.types_from_nodes import type_from_node

RESERVED_NAMES = frozenset({"all", "any", "none", "formula", "present", "absent", "true", "false", "as_of"})
_GROUPS: tuple[Group, ...] = ("key", "formula")
RESERVED_LABELS = frozenset(
    chinese
    for group in _GROUPS
    for word, chinese in keywords(group).chinese.items()
    if word in RESERVED_NAMES
)


def catalogue_from_node(node: MappingNode, findings: list[Finding]) -> Catalogue:
    """Facts with types and labels, parties, codes, calendars; findings R20x for what does not fit."""
    zone, currency = text(node.get("zone")), text(node.get("currency"))
    facts: dict[str, FactDeclaration] = {}
    for key, value in entries(node.get("facts")):
        try:
            facts[key.text] = _fact(key.text, mapping(value), currency, zone, findings)
        except Unreadable:
            continue
        if key.text in RESERVED_NAMES:
            findings.append(Finding("R200", {"name": key.text}, key.span))
    _unique_labels(node, findings)
    return Catalogue(
        zone=zone,
        currency=currency,
        facts=facts,
        entities=_words_by_key(node.get("entities")),
        parties=_words_by_key(node.get("parties")),
        codes=_words_by_key(node.get("codes")),
        calendars={
            key.text: _calendar(key.text, mapping(value)) for key, value in entries(node.get("calendars"))
        },
        calendar_labels={
            key.text: words(mapping(value).get("label")) for key, value in entries(node.get("calendars"))
        },
        units=_words_by_key(node.get("units")),
    )


def _words_by_key(node: Node | None) -> Mapping[str, Words]:
    return {key.text: words(value) for key, value in entries(node)}


def _fact(name: str, node: MappingNode, currency: str, zone: str, findings: list[Finding]) -> FactDeclaration:
    type_ = type_from_node(node, currency)
    absence: Absence = "none" if optional_text(node.get("absence")) == "none" else "unknown"
    if absence == "none" and type_.kind is Kind.BOOLEAN:
        findings.append(Finding("R201", {"name": name}, (node.get("absence") or node).span))
    if truth(node.get("personal")) and not _has_text(type_):
        findings.append(Finding("R203", {"name": name}, (node.get("personal") or node).span))
    derived = optional_text(node.get("derived"))
    example = plain(node.get("example") or node)
    _example_fits(node.get("example"), type_, zone, findings)
    return FactDeclaration(
        name=name,
        entity=text(node.get("entity")),
        label=words(node.get("label")),
        type=type_,
        absence=absence,
        derived=next((d for d in get_args(Derivation) if d == derived), None),
        minimum=_bound(node, "minimum", type_, zone, findings),
        maximum=_bound(node, "maximum", type_, zone, findings),
        example=example,
        member_labels=_words_by_key(node.get("values")),
        field_labels={
            key.text: words(mapping(field).get("label")) for key, field in entries(node.get("record"))
        },
        field_member_labels={
            key.text: _words_by_key(mapping(field).get("values"))
            for key, field in entries(node.get("record"))
        },
        personal=truth(node.get("personal")),
        is_record=text(node.get("type")) == "record",
        span=node.span,
    )


def _has_text(type_: Type) -> bool:
    return any(part.kind is Kind.TEXT for part in (type_, *(field.type for field in type_.fields.values())))


def _example_fits(node: Node | None, type_: Type, zone: str, findings: list[Finding]) -> None:
    """An officer copies the example, so it must be a value of the fact."""
    if node is None or type_.kind in (Kind.LIST, Kind.TEXT):
        return
    with suppress(Unreadable):
        scalar_of_type(node, type_, zone, findings)


def _bound(node: MappingNode, key: str, type_: Type, zone: str, findings: list[Finding]) -> Scalar | None:
    bound = node.get(key)
    return None if bound is None else scalar_of_type(bound, type_, zone, findings)


def _calendar(name: str, node: MappingNode) -> Calendar:
    days = text(node.get("days"))
    hours = tuple(_hours(text(item)) for item in items(node.get("hours")))
    match days:
        case "every_day" | "monday_to_friday" | "cn_statutory":
            return Calendar(name=name, days=days, hours=hours or ((0, 24 * 60),))
        case _:
            raise Unreadable


def _hours(written: str) -> tuple[int, int]:
    start, _, end = written.partition("-")
    return _minute(start), _minute(end)


def _minute(written: str) -> int:
    hour, _, minute = written.partition(":")
    return int(hour) * 60 + int(minute)


def _unique_labels(node: MappingNode, findings: list[Finding]) -> None:
    """Rulebooks in Chinese name things by their Chinese labels, so each labels one thing of its kind."""
    facts = list(entries(node.get("facts")))
    _each_once([_label(fact) for _, fact in facts], findings)
    for _, fact in facts:
        fields = list(entries(_part(fact, "record")))
        _each_once([_label(field) for _, field in fields], findings)
        for part in (fact, *(field for _, field in fields)):
            _each_once([value for _, value in entries(_part(part, "values"))], findings)
        _no_keywords([_label(part) for part in (fact, *(field for _, field in fields))], findings)
    for kind in ("parties", "codes", "units"):
        _each_once([label for _, label in entries(node.get(kind))], findings)
    _each_once([_label(calendar) for _, calendar in entries(node.get("calendars"))], findings)


def _part(node: Node, key: str) -> Node | None:
    return node.get(key) if isinstance(node, MappingNode) else None


def _label(node: Node) -> Node | None:
    return _part(node, "label")


def _each_once(labels: Iterable[Node | None], findings: list[Finding]) -> None:
    seen: dict[str, Node] = {}
    for label in labels:
        chinese = _chinese(label)
        if chinese is None:
            continue
        first = seen.setdefault(chinese.text, chinese)
        if first is not chinese:
            again = (Label(first.span, "H002"),)
            findings.append(Finding("R202", {"label": chinese.text}, chinese.span, labels=again))


def _no_keywords(labels: Iterable[Node | None], findings: list[Finding]) -> None:
    """As a key a label stands without the `「」` that would tell it from a keyword."""
    for label in labels:
        chinese = _chinese(label)
        if chinese is not None and chinese.text in RESERVED_LABELS:
            findings.append(Finding("R204", {"label": chinese.text}, chinese.span))


def _chinese(label: Node | None) -> ScalarNode | None:
    chinese = None if label is None else _part(label, "zh")
    return chinese if isinstance(chinese, ScalarNode) else None


def sources_from_node(node: MappingNode) -> dict[str, Source]:
    """Each source document once: file, title, date, digest."""
    return {key.text: _source(key.text, mapping(value)) for key, value in entries(node.get("sources"))}


def _source(key: str, node: MappingNode) -> Source:
    date = optional_text(node.get("date"))
    return Source(
        key=key,
        file=text(node.get("file")),
        title=words(node.get("title")),
        date=None if date in (None, "null", "") else date,
        sha256=text(node.get("sha256")),
        span=node.span,
    )


def statements_from_node(
    node: MappingNode, sources: Mapping[str, Source], findings: list[Finding]
) -> dict[str, Statement]:
    """The rows of the sources that `trace` accounts for."""
    statements = {}
    for key, value in entries(node.get("statements")):
        row = mapping(value)
        source = row.get("source")
        if source is not None and text(source) not in sources:
            findings.append(
                Finding(
                    "R205",
                    {"written": source.span.text},
                    source.span,
                    suggestion=closest(text(source), sources),
                )
            )
        statements[key.text] = Statement(
            id=key.text,
            rulebook=text(row.get("rulebook")),
            source=text(source),
            quote=text(row.get("quote")),
            says=optional_words(row.get("says")),
            not_encodable=optional_words(row.get("not_encodable")),
            span=key.span,
        )
    return statements
