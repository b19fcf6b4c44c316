"""The types of facts, parameters and outputs, from nodes: `type` with its `unit`, `scale` and `values`."""

from __future__ import annotations

from engine.read.nodes import MappingNode
from engine.rulebook.fields import Unreadable, entries, mapping, optional_text, text
from engine.rulebook.types import MONEY_DIGITS, FieldType, Kind, Type

DEFAULT_SCALE = 4


def type_from_node(node: MappingNode, currency: str) -> Type:
    """The type that a declaration gives; money without a unit is in the catalogue's currency."""
    written = text(node.get("type"))
    if written in ("list", "record"):
        fields = entries(node.get("record"))
        return Type(Kind.LIST, fields={k.text: _field_type(mapping(field), currency) for k, field in fields})
    if written not in set(Kind):
        raise Unreadable
    unit = optional_text(node.get("unit"))
    match Kind(written):
        case Kind.MONEY:
            return Type(Kind.MONEY, unit=unit or currency, scale=MONEY_DIGITS)
        case Kind.DECIMAL:
            return Type(Kind.DECIMAL, unit=unit, scale=int(optional_text(node.get("scale")) or DEFAULT_SCALE))
        case Kind.ENUM:
            return Type(Kind.ENUM, members=tuple(key.text for key, _ in entries(node.get("values"))))
        case kind:
            return Type(kind, unit=unit)


def _field_type(node: MappingNode, currency: str) -> FieldType:
    absent_is_none = optional_text(node.get("absence")) == "none"
    return FieldType(type_from_node(node, currency), absent_is_none=absent_is_none)
