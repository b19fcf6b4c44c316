"""Outcomes and exceptions, from nodes."""

from __future__ import annotations

from engine.base.suggest import closest
from engine.read.chinese.words import unquoted
from engine.read.nodes import MappingNode, Node, ScalarNode
from engine.rulebook.conditions import condition_from_node, formula
from engine.rulebook.expressions import Constant, Expression, type_of
from engine.rulebook.fields import (
    Unreadable,
    entries,
    items,
    mapping,
    optional_text,
    scalar,
    text,
    texts,
    truth,
)
from engine.rulebook.heads import citations_from_node, reading_from_node, title_from_node
from engine.rulebook.literals import in_unit
from engine.rulebook.model import RuleException
from engine.rulebook.names import Names
from engine.rulebook.outcomes import (
    Breach,
    Compensation,
    Fee,
    Fine,
    Gate,
    Obligation,
    Outcome,
    Review,
    Route,
    Score,
    Share,
    SharePart,
)
from engine.rulebook.surface.vocabulary import Vocabulary
from engine.rulebook.types import MONEY_DIGITS, Kind, Type


def outcomes_from_node(node: Node | None, names: Names) -> tuple[Outcome, ...]:
    """`then`: a mapping kind -> fields, or a list of them."""
    found: list[Outcome] = []
    for item in items(node):
        for kind, fields in entries(item):
            found.append(_outcome(kind, mapping(fields), names))
    return tuple(found)


def _outcome(kind: ScalarNode, node: MappingNode, names: Names) -> Outcome:
    match kind.text:
        case "fine":
            per = text(node.get("per"))
            return Fine(_money(node.get("amount"), names), _party(node.get("payer"), names), per)
        case "fee":
            return Fee(_money(node.get("amount"), names), _party(node.get("payer"), names))
        case "compensation":
            amount = node.get("amount")
            return Compensation(
                None if amount is None else _money(amount, names),
                _optional_party(node.get("payee"), names),
                _optional_party(node.get("payer"), names),
            )
        case "share":
            return _share(node, names)
        case "breach":
            return Breach(_code(node.get("code"), names), _optional_party(node.get("by"), names))
        case "obligation":
            return Obligation(_codes(node.get("acts"), names), _optional_party(node.get("by"), names))
        case "gate":
            requires = _codes(node.get("requires"), names)
            return Gate(_code(node.get("action"), names), truth(node.get("allowed")), requires)
        case "route":
            return Route(_code(node.get("to"), names))
        case "score":
            return Score(_code(node.get("name"), names), _points(node.get("points"), names))
        case "review":
            return Review(_code(node.get("reason"), names))
        case _:
            raise Unreadable


def _share(node: MappingNode, names: Names) -> Share:
    parts = tuple(
        SharePart(
            _party(mapping(part).get("party"), names),
            _money(mapping(part).get("amount"), names),
            truth(mapping(part).get("up_to")),
        )
        for part in items(node.get("parts"))
    )
    return Share(_money(node.get("of"), names), parts, _party(node.get("remainder"), names))


def _money(node: Node | None, names: Names) -> Expression:
    """An amount: money with at most two digits; a bare number is read in the catalogue's currency."""
    written = scalar(node)
    money = Type(Kind.MONEY, unit=names.catalogue.currency, scale=MONEY_DIGITS)
    amount = formula(written, names)
    if isinstance(amount, Constant):
        amount = in_unit(amount, money)
    found = type_of(amount)
    if not found.meets(money):
        raise names.fail("R249", written.span, written=written.span.text, type=str(found))
    if found.scale is None or found.scale > MONEY_DIGITS:
        raise names.fail("R250", written.span, written=written.span.text, digits=str(MONEY_DIGITS))
    return amount


def _points(node: Node | None, names: Names) -> Expression:
    written = scalar(node)
    points = formula(written, names)
    if not type_of(points).is_number or type_of(points).kind is Kind.MONEY:
        raise names.fail("R233", written.span, written=written.span.text, type=str(type_of(points)))
    return points


def _party(node: Node | None, names: Names) -> str:
    written = scalar(node)
    if written.text not in names.catalogue.parties:
        near = closest(unquoted(written.text), Vocabulary(names.catalogue).parties)
        raise names.fail("R251", written.span, suggestion=near, written=written.span.text)
    return written.text


def _optional_party(node: Node | None, names: Names) -> str | None:
    return None if node is None else _party(node, names)


def _code(node: Node | None, names: Names) -> str:
    written = scalar(node)
    if written.text not in names.catalogue.codes:
        near = closest(unquoted(written.text), Vocabulary(names.catalogue).codes)
        raise names.fail("R252", written.span, suggestion=near, written=written.span.text)
    return written.text


def _codes(node: Node | None, names: Names) -> tuple[str, ...]:
    return tuple(_code(item, names) for item in items(node))


def exceptions_from_node(node: Node | None, item_id: str, names: Names) -> tuple[RuleException, ...]:
    """`unless`: each exception has an id and a citation of its own."""
    return tuple(_exception(mapping(item), item_id, names) for item in items(node))


def _exception(node: MappingNode, item_id: str, names: Names) -> RuleException:
    identifier = f"{item_id}/{text(node.get('exception'))}"
    return RuleException(
        id=identifier,
        title=title_from_node(node.get("title"), identifier),
        statements=texts(node.get("statements")),
        citations=citations_from_node(node.get("cite")),
        reading=reading_from_node(node.get("reading")),
        condition=condition_from_node(node.get("when"), names),
        effect="review" if optional_text(node.get("effect")) == "review" else "defeats",
        span=(node.key("exception") or node).span,
    )
