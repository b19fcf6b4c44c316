"""What all items carry: titles, citations, statements, readings, periods, examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.read.nodes import MappingNode, Node
from engine.read.plain_values import plain
from engine.rulebook.conditions import condition_from_node
from engine.rulebook.expressions import Expression, FactValue, all_of
from engine.rulebook.fields import (
    day,
    entries,
    items,
    mapping,
    optional_text,
    optional_words,
    scalar,
    text,
    texts,
    words,
)
from engine.rulebook.model import Citation, Example, Head, Period, ReadingGuard, Words
from engine.rulebook.names import Names
from engine.rulebook.types import ORDERED, Kind


@dataclass(frozen=True)
class Setting:
    """What a section says once for all its items."""

    id: str
    names: Names
    scope: Expression
    period: Period
    event_date: FactValue | None
    background: MappingNode | None


def head_from_node(node: MappingNode, discriminator: str, setting: Setting) -> tuple[Head, Names]:
    """The head of an item, and the names that its own parts may use (parameters by its event date)."""
    identifier = f"{setting.id}/{text(node.get(discriminator))}"
    event_date = event_date_from_node(node.get("event_date"), setting.names) or setting.event_date
    names = replace(setting.names, event_date=event_date)
    head = Head(
        id=identifier,
        title=title_from_node(node.get("title"), identifier),
        statements=texts(node.get("statements")),
        citations=citations_from_node(node.get("cite")),
        note=optional_words(node.get("note")),
        reading=reading_from_node(node.get("reading")),
        scope=all_of(setting.scope, condition_from_node(node.get("scope"), names)),
        period=period_from_node(node.get("in_force"), names, setting.period),
        event_date=event_date,
        examples=examples_from_node(node, setting.background),
        span=scalar(node.get(discriminator)).span,
        rises_with=rises_with_from_node(node.get("rises_with"), names),
        implements=texts(node.get("implements")),
        promised_at={
            text(promised): promised.span
            for key in ("rises_with", "implements")
            for promised in items(node.get(key))
        },
    )
    if not head.period.is_open and event_date is None:
        names.fail("R253", (node.get("in_force") or node).span, name=identifier)
    return head, names


def event_date_from_node(node: Node | None, names: Names) -> FactValue | None:
    """The fact by whose day periods and parameters are chosen."""
    if node is None:
        return None
    fact = names.fact(text(node), node.span)
    if fact.type.kind not in (Kind.DATE, Kind.INSTANT):
        raise names.fail("R254", node.span, written=node.span.text, type=str(fact.type))
    return fact


def rises_with_from_node(node: Node | None, names: Names) -> tuple[FactValue, ...]:
    """The facts with which an amount rises: such as can rise themselves."""
    facts = tuple(names.fact(text(item), item.span) for item in items(node))
    for fact, item in zip(facts, items(node), strict=True):
        if fact.type.kind not in ORDERED:
            raise names.fail("R267", item.span, written=item.span.text, type=str(fact.type))
    return facts


def period_from_node(node: Node | None, names: Names, inherited: Period) -> Period:
    """`in_force`: a bound that an item leaves out is its section's."""
    if node is None:
        return inherited
    bounds = {key.text: day(scalar(value), names.findings) for key, value in entries(node)}
    period = Period(bounds.get("from", inherited.start), bounds.get("until", inherited.until))
    if period.start is not None and period.until is not None and period.start >= period.until:
        raise names.fail("R255", node.span, written=" ".join(node.span.text.split()))
    return period


def title_from_node(node: Node | None, identifier: str) -> Words:
    """Without a title of its own, a thing is called by the last part of its id."""
    if node is not None:
        return words(node)
    name = identifier.rpartition("/")[2]
    return Words(zh=name, en=name)


def citations_from_node(node: Node | None) -> tuple[Citation, ...]:
    return tuple(_citation(mapping(item)) for item in items(node))


def _citation(node: MappingNode) -> Citation:
    quote = scalar(node.get("quote"))
    return Citation(text(node.get("source")), quote.text, quote.span)


def reading_from_node(node: Node | None) -> ReadingGuard:
    return tuple((key.text, texts(value)) for key, value in entries(node))


def examples_from_node(node: MappingNode, background: MappingNode | None) -> tuple[Example, ...]:
    """Each example's facts lie over the item's background, and that over the section's."""
    layers = [background, node.get("background")]
    return tuple(_example(mapping(item), layers) for item in items(node.get("examples")))


def _example(node: MappingNode, layers: list[Node | None]) -> Example:
    facts = {
        key.text: (key, value) for layer in [*layers, node.get("given")] for key, value in entries(layer)
    }
    expect = node.get("expect") or node
    return Example(
        name=_example_name(node.get("example")),
        given={name: plain(value) for name, (_, value) in facts.items()},
        as_of=optional_text(node.get("as_of")),
        readings={key.text: text(value) for key, value in entries(node.get("readings"))},
        expect=_expected(expect),
        span=node.span,
        fact_spans={name: key.span for name, (key, _) in facts.items()},
        expect_span=expect.span,
    )


def _expected(node: Node) -> Mapping[str, Any]:
    """`nothing`, or a mapping of what is expected."""
    found = plain(node)
    return found if isinstance(found, dict) else {"nothing": True}


def _example_name(node: Node | None) -> str:
    return text(node) if not isinstance(node, MappingNode) else text(node.get("en"))
