"""Values that came as text, as cells of a CSV do, by the type of their fact."""

from __future__ import annotations

import re

from api.tickets.exact_json import parse
from api.tickets.ticket import Raw
from engine.base.exact import parse_decimal
from engine.rulebook.types import Kind, Type

_WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
TRUTHS = {"true": True, "false": False, "1": True, "0": False, "是": True, "否": False}
"""The words for yes and no that tables use, in lower case."""


class NotAListError(ValueError):
    """A cell that should hold a JSON list holds something else."""


def text_value(type_: Type, text: str) -> Raw:
    """The value that the text writes; text that writes none stays text, and the catalogue will say so.

    Raises NotAListError for a list fact whose text is not JSON.

    >>> text_value(Type(Kind.INTEGER), "12"), text_value(Type(Kind.BOOLEAN), "TRUE")
    (12, True)
    >>> text_value(Type(Kind.INTEGER), "a dozen")
    'a dozen'
    """
    match type_.kind:
        case Kind.BOOLEAN:
            return TRUTHS.get(text.lower(), text)
        case Kind.INTEGER:
            return int(text) if _WHOLE.fullmatch(text) else _number(text)
        case Kind.DECIMAL | Kind.MONEY:
            return _number(text)
        case Kind.LIST:
            return _records(text)
        case _:
            return text


def _number(text: str) -> Raw:
    number = parse_decimal(text)
    return text if number is None else number


def _records(text: str) -> Raw:
    value, findings = parse(text)
    if findings or not isinstance(value, list | dict):
        raise NotAListError(text)
    return value
