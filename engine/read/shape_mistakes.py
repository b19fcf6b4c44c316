"""A schema's errors as findings, in the words of people who write rulebooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.base.findings import Finding
from engine.base.spans import Span
from engine.base.suggest import closest, nearest_day
from engine.read.chinese.words import Group, keywords, unquoted
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.plain_values import node_at

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_Report: TypeAlias = "Callable[[ValidationError, Node, _Speech], Iterable[Finding]]"

_LONGEST_SHOWN = 40
_TYPE_WORDS = {
    "object": ("a mapping", "一个映射"),
    "array": ("a list", "一个列表"),
    "string": ("text", "文字"),
    "integer": ("a whole number", "一个整数"),
    "number": ("a number", "一个数"),
    "boolean": ("true or false", "true 或 false"),
    "null": ("null", "null"),
}


def findings_from_error(error: ValidationError, root: Node) -> list[Finding]:
    """One error of the schema's validator as findings at their places; `root` is the document."""
    node = node_at(root, tuple(error.absolute_path))
    chinese = isinstance(root, MappingNode) and any(key.written is not None for key, _ in root.entries)
    return list(_REPORTS[str(error.validator)](error, node, _Speech(chinese)))


@dataclass(frozen=True, slots=True)
class _Speech:
    """The words in which a document is written: those of the schema, or their Chinese twins."""

    chinese: bool

    def word(self, word: str, group: Group) -> str:
        return keywords(group).chinese.get(word, word) if self.chinese else word

    def listed(self, words: Iterable[str], group: Group) -> str:
        return ", ".join(f"`{self.word(word, group)}`" for word in words)

    def closest(self, written: str, words: Iterable[str], group: Group) -> str | None:
        """The nearest word; in a Chinese document one may have meant either language."""
        known = list(words)
        twins = [self.word(word, group) for word in known] if self.chinese else []
        return closest(unquoted(written), [*known, *twins])


def _unknown_keys(error: ValidationError, node: Node, speech: _Speech) -> Iterable[Finding]:
    assert isinstance(node, MappingNode), "only mappings have keys"
    known = list(_schema(error)["properties"])
    free = [name for name in known if node.get(name) is None]
    for key, value in node.entries:
        if key.text not in known and _is_empty(value) and not key.text.isidentifier():
            yield _comma_in_braces(key, value)
        elif key.text not in known:
            allowed = speech.listed(known, "key")
            values = {"key": key.span.text, "allowed": allowed, "mapping": str(node.span.start)}
            yield Finding("R102", values, key.span, suggestion=speech.closest(key.text, free, "key"))


def _comma_in_braces(key: ScalarNode, value: Node) -> Finding:
    """`{due: add days(a, 3)}` is read as two entries, the second one the key `3)`."""
    return Finding("R117", {"text": key.span.text, "value": str(value.span.start)}, key.span)


def _missing_keys(error: ValidationError, node: Node, speech: _Speech) -> Iterable[Finding]:
    assert isinstance(node, MappingNode), "only mappings have keys"
    for name in _value(error):
        if node.get(name) is None:
            values = {"key": speech.word(name, "key"), "mapping": str(node.span.start)}
            yield Finding("R103", values, _head(node))


def _wrong_type(error: ValidationError, node: Node, _speech: _Speech) -> Iterable[Finding]:
    english, chinese = _wanted(error)
    values = {"wanted_en": english, "wanted_zh": chinese}
    if _is_empty(node):
        return [Finding("R105", values, node.span)]
    found = _found(node)
    values |= {"found_en": found[0], "found_zh": found[1]}
    wants_text = "string" in _types(error) and isinstance(node, ScalarNode)
    return [Finding("R106" if wants_text else "R104", values, _head(node))]


def _wanted(error: ValidationError) -> tuple[str, str]:
    expects = _schema(error).get("x-expects")
    if expects:
        return expects["en"], expects["zh"]
    words = [_TYPE_WORDS[name] for name in _types(error)]
    return " or ".join(english for english, _ in words), "或".join(chinese for _, chinese in words)


def _types(error: ValidationError) -> list[str]:
    types = _value(error)
    return [types] if isinstance(types, str) else list(types)


def _found(node: Node) -> tuple[str, str]:
    match node:
        case MappingNode():
            return _TYPE_WORDS["object"]
        case SequenceNode():
            return _TYPE_WORDS["array"]
        case ScalarNode():
            shown = f"`{_shown(node.span)}`"
            return shown, shown


def _not_allowed_word(error: ValidationError, node: Node, speech: _Speech) -> Iterable[Finding]:
    allowed = [str(word) for word in _value(error)]
    suggestion = speech.closest(node.text, allowed, "value") if isinstance(node, ScalarNode) else None
    values = {"text": _shown(_head(node)), "allowed": speech.listed(allowed, "value")}
    if _is_empty(node) and "x-expects" in _schema(error):
        english, chinese = _wanted(error)
        return [Finding("R105", {"wanted_en": english, "wanted_zh": chinese}, node.span)]
    if _is_empty(node):
        return [Finding("R107", values, node.span)]
    return [Finding("R108", values, _head(node), suggestion=suggestion)]


def _wrong_pattern(error: ValidationError, node: Node, _speech: _Speech) -> Iterable[Finding]:
    """The pattern of a text, or of a key: then the error's instance is the key and its place the mapping."""
    key = node.key(str(error.instance)) if isinstance(node, MappingNode) else None
    value = node.get(key.text) if isinstance(node, MappingNode) and key else None
    if key is not None and value is not None and _is_empty(value):
        return [_comma_in_braces(key, value)]
    span = (key or node).span
    day = nearest_day(span.text)
    suggestion = day if day and re.search(str(error.validator_value), day) else None
    return [Finding("R109", {"text": _shown(span), **_expected(error)}, span, suggestion=suggestion)]


def _expected(error: ValidationError) -> dict[str, str]:
    expects = _schema(error)["x-expects"]
    return {"expected_en": expects["en"], "expected_zh": expects["zh"]}


def _too_few(error: ValidationError, node: Node, _speech: _Speech) -> Iterable[Finding]:
    values = {"minimum": str(error.validator_value)}
    return [Finding("R110" if error.validator_value == 1 else "R111", values, _head(node))]


def _too_long(error: ValidationError, node: Node, _speech: _Speech) -> Iterable[Finding]:
    values = {"length": str(len(str(error.instance))), "maximum": str(error.validator_value)}
    return [Finding("R112", values, node.span)]


def _twice_in_list(_error: ValidationError, node: Node, _speech: _Speech) -> Iterable[Finding]:
    assert isinstance(node, SequenceNode), "only lists are told to hold each thing once"
    seen: list[Node] = []
    for item in node.items:
        if item in seen:
            yield Finding("R113", {"text": _shown(item.span)}, item.span)
        seen.append(item)


def _out_of_bounds(error: ValidationError, node: Node, _speech: _Speech) -> Iterable[Finding]:
    bounds = {"minimum": "-", "maximum": "-"} | {
        key: str(value) for key, value in _schema(error).items() if key in {"minimum", "maximum"}
    }
    return [Finding("R114", {"text": _shown(node.span), **bounds}, node.span)]


def _excluded(error: ValidationError, node: Node, speech: _Speech) -> Iterable[Finding]:
    """`not`: an item of no known kind, or a key beside one that rules it out."""
    schema = _schema(error)
    if "x-one-of" in schema:
        return [_without_kind(schema["x-one-of"], node, speech)]
    assert isinstance(node, MappingNode), "only mappings have keys"
    excluded = node.key(_value(error)["required"][0])
    assert excluded is not None, "the key stands in the mapping"
    values = {"key": excluded.span.text, "beside": speech.word(str(schema["x-beside"]), "key")}
    return [Finding("R115", values, excluded.span)]


def _without_kind(kinds: list[str], node: Node, speech: _Speech) -> Finding:
    allowed = speech.listed(kinds, "key")
    if not isinstance(node, MappingNode):
        return Finding("R116", {"allowed": allowed}, _head(node))
    for key, _ in node.entries:
        suggestion = speech.closest(key.text, kinds, "key")
        if suggestion:
            values = {"key": key.span.text, "allowed": allowed, "mapping": str(node.span.start)}
            return Finding("R102", values, key.span, suggestion=suggestion)
    return Finding("R116", {"allowed": allowed}, _head(node))


def _schema(error: ValidationError) -> Mapping[str, Any]:
    assert isinstance(error.schema, Mapping), "only a keyword of a mapping fails"
    return error.schema


def _value(error: ValidationError) -> Any:
    return error.validator_value


def _is_empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not node.text and not node.quoted


def _head(node: Node) -> Span:
    """A place that can be underlined: of what runs over lines, its first key or line."""
    if isinstance(node, MappingNode) and node.entries and "\n" in node.span.text:
        return node.entries[0][0].span
    first_line = node.span.text.split("\n", 1)[0].rstrip()
    return node.span.within(0, len(first_line))


def _shown(span: Span) -> str:
    text = span.text.split("\n", 1)[0].rstrip()
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


_REPORTS: dict[str, _Report] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "type": _wrong_type,
    "enum": _not_allowed_word,
    "pattern": _wrong_pattern,
    "minItems": _too_few,
    "minProperties": _too_few,
    "minLength": _too_few,
    "maxLength": _too_long,
    "uniqueItems": _twice_in_list,
    "minimum": _out_of_bounds,
    "maximum": _out_of_bounds,
    "not": _excluded,
}
