"""A rulebook's nodes from one language to the other, each scalar by what the schema says that it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from engine.base.findings import Finding, Label
from engine.base.suggest import nearest_day
from engine.read.chinese.limits import limit_in_chinese, limit_in_english
from engine.read.chinese.words import Twins, keywords, twins, unquoted
from engine.read.formula_text import formula_text
from engine.read.nodes import MappingNode, Node, Piece, ScalarNode, SequenceNode, Written
from engine.read.roles import Place, entry
from engine.rulebook.surface.formula import respelled
from engine.rulebook.surface.scope import Scope, in_english, spelled
from engine.rulebook.surface.vocabulary import ANYTHING, NO_WORDS
from engine.rulebook.types import Kind

_ABSENT = ("true", "false", "null")


@dataclass
class Walk:
    """Translates one rulebook; `findings` tells what could not be told."""

    findings: list[Finding] = field(default_factory=list)

    def node(self, node: Node, place: Place, scope: Scope) -> Node:
        """The node in the scope's language; the same object where nothing changes."""
        match node:
            case ScalarNode():
                return self._scalar(node, place, scope)
            case SequenceNode(items=items):
                within = _within_list(items, place, scope)
                new = tuple(
                    self.node(item, place if place.role == "given" else place.item(item), inner)
                    for item, inner in zip(items, within, strict=True)
                )
                return node if _same(items, new) else replace(node, items=new)
            case MappingNode() if place.role == "given":
                return self._record(node, place, scope)
            case MappingNode():
                return self._mapping(node, place, scope)

    def _record(self, node: MappingNode, place: Place, scope: Scope) -> Node:
        """One record of a list that an example gives: its keys are fields."""
        fields, known = scope.subject.of_fields, (scope.subject.fields,)
        entries = []
        for key, value in node.entries:
            english = in_english(unquoted(key.text), known)
            inner = replace(scope, subject=fields.get(english or "", ANYTHING))
            new_key = key if english is None else _rewritten(key, spelled(english, known, scope.language))
            entries.append((new_key, self.node(value, place, inner)))
        return self._renewed(node, entries)

    def _mapping(self, node: MappingNode, place: Place, scope: Scope) -> Node:
        scope = _entered(node, place, scope)
        entries = []
        for key, value in node.entries:
            english, known = _key(key.text, place, scope)
            inner = _under(english, place, scope)
            new_key = key if english is None else _rewritten(key, spelled(english, known, scope.language))
            if place.role_of_names == "day":
                new_key = _day(key, scope)
            entries.append((new_key, self.node(value, place.under(english or key.text, value), inner)))
        return self._renewed(node, entries)

    def _renewed(self, node: MappingNode, entries: list[tuple[ScalarNode, Node]]) -> Node:
        if all(old[0] is new[0] and old[1] is new[1] for old, new in zip(node.entries, entries, strict=True)):
            return node
        return replace(node, entries=self._each_once(entries))

    def _each_once(self, entries: list[tuple[ScalarNode, Node]]) -> tuple[tuple[ScalarNode, Node], ...]:
        """A key that stands there in both languages stands there twice."""
        seen: dict[str, tuple[ScalarNode, Node]] = {}
        for key, value in entries:
            first = seen.setdefault(key.text, (key, value))[0]
            if first is not key:
                again = Label(first.span, "H002")
                self.findings.append(Finding("R017", {"key": key.span.text}, key.span, (again,)))
        return tuple(seen.values())

    def _scalar(self, node: ScalarNode, place: Place, scope: Scope) -> ScalarNode:
        words = scope.vocabulary
        match place.role:
            case "fact":
                return _word(node, scope, words.facts)
            case "fact_or_field":
                return _word(node, scope, scope.fields, words.facts)
            case "field":
                return _word(node, scope, scope.fields)
            case "party":
                return _word(node, scope, words.parties)
            case "code":
                return _word(node, scope, words.codes)
            case "unit":
                return _word(node, scope, words.units)
            case "missing":
                return _missing(node, scope)
            case "limit":
                return _limit(node, scope)
            case "dated_value":
                return self._dated(node, scope)
            case "formula" | "input":
                return self._formula(node, replace(scope, subject=ANYTHING), tests=False)
            case "tests" | "value" | "conclusion":
                return self._cell(node, place.role, scope)
            case "given":
                return _given(node, scope)
            case "day" | "moment":
                return _day(node, scope)
            case "amount":
                return _keyword(node, scope, "due")
            case _:
                return _keyword(node, scope, *place.keywords)

    def _cell(self, node: ScalarNode, role: str, scope: Scope) -> ScalarNode:
        if role != "tests" and keywords("value").in_english(node.text) == "nothing":
            return _keyword(node, scope, "nothing")
        return self._formula(node, scope, tests=True)

    def _dated(self, node: ScalarNode, scope: Scope) -> ScalarNode:
        if scope.parameter_type == "duration":
            return _limit(node, replace(scope, parameters=NO_WORDS))
        return self._formula(node, scope, tests=True)

    def _formula(self, node: ScalarNode, scope: Scope, *, tests: bool) -> ScalarNode:
        done = respelled(node.text, scope, tests=tests)
        text = formula_text(node)
        for word in done.ambiguous:
            place = text.span(word.start, word.end)
            choices = ", ".join(f"`{choice}`" for choice in word.choices)
            self.findings.append(Finding(word.code, {"written": place.text, "choices": choices}, place))
        return _with_pieces(node, done.text, done.pieces)


def _same(old: Iterable[Node], new: Iterable[Node]) -> bool:
    return all(one is other for one, other in zip(old, new, strict=True))


def _key(written: str, place: Place, scope: Scope) -> tuple[str | None, tuple[Twins, ...]]:
    """The English for a key, and the words among which it was found."""
    keyword = keywords("key").in_english(written)
    if keyword is not None and place.has_key(keyword):
        return keyword, (keywords("key"),)
    known = _names(place, scope)
    return in_english(unquoted(written), known), (*_reserved(place), *known)


def _names(place: Place, scope: Scope) -> tuple[Twins, ...]:
    """What the keys of a mapping are that are no keywords."""
    words = scope.vocabulary
    match place.role_of_names:
        case "fact":
            return (words.facts,)
        case "fact_or_field":
            return scope.fields, words.facts
        case "party":
            return (words.parties,)
        case "code":
            return (words.codes,)
        case _:
            return ()


def _reserved(place: Place) -> tuple[Twins, ...]:
    """The keywords of a mapping: a label that is one of them cannot be written there."""
    words = keywords("key").chinese
    return (twins((key, words[key]) for key in place.schema.get("properties", ())),)


def _entered(node: MappingNode, place: Place, scope: Scope) -> Scope:
    """What a mapping's own entries say about its words."""
    match place.role:
        case "table":
            return _table(node, scope)
        case "define":
            return replace(scope, subject=scope.subject_named(_text(node, "define")))
        case "pauses":
            records = scope.subject_named(_text(node, "list"))
            return replace(scope, fields=records.fields)
        case "parameter":
            written = _text(node, "type")
            kind = keywords("value").in_english(written)
            return replace(scope, parameter_type=kind or written)
        case "quantifiers":
            return replace(scope, fields=scope.subject.fields, of_fields=scope.subject.of_fields)
        case _:
            return scope


def _text(node: Node | None, key: str) -> str:
    found = entry(node, key)
    return unquoted(found.text) if isinstance(found, ScalarNode) else ""


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, SequenceNode) else ()


def _table(node: MappingNode, scope: Scope) -> Scope:
    columns = tuple(
        scope.subject_named(unquoted(item.text)) if isinstance(item, ScalarNode) else ANYTHING
        for item in _items(entry(node, "inputs"))
    )
    defined = _text(node, "defines")
    gives = (scope.subject_named(defined),) if defined else ()
    outputs = twins(
        (name, label)
        for output in _items(entry(node, "outputs"))
        if (name := _text(output, "name")) and (label := _text(entry(output, "label"), "zh") or name)
    )
    return replace(scope, columns=columns, gives=gives, row_outputs=outputs)


def _within_list(items: tuple[Node, ...], place: Place, scope: Scope) -> Iterable[Scope]:
    """The scope of each item: a row's cells are each of their own column."""
    subjects = {"cells": scope.columns, "conclusion": scope.gives}.get(place.role or "")
    for position in range(len(items)):
        if subjects is None:
            yield scope
        else:
            known = position < len(subjects)
            yield replace(scope, subject=subjects[position] if known else ANYTHING)


def _under(english: str | None, place: Place, scope: Scope) -> Scope:
    """The scope of an entry's value."""
    if place.role == "quantifiers":
        return replace(scope, subject=ANYTHING)
    if place.role == "table" and english == "then":
        return replace(scope, outputs=scope.row_outputs)
    if place.role_of_names in ("fact", "fact_or_field") and not place.has_key(english or ""):
        return replace(scope, subject=scope.subject_named(english or ""))
    if english in ("then", "undefined") and scope.gives:
        return replace(scope, subject=scope.gives[0])
    return scope


def _word(node: ScalarNode, scope: Scope, *known: Twins) -> ScalarNode:
    return _rewritten(node, scope.respelled(node.text, *known))


def _keyword(node: ScalarNode, scope: Scope, *words: str) -> ScalarNode:
    english = keywords("value").in_english(node.text)
    if english is None or english not in words:
        return node
    if english in _ABSENT and node.quoted:
        return node
    return _rewritten(node, spelled(english, [keywords("value")], scope.language))


def _day(node: ScalarNode, scope: Scope) -> ScalarNode:
    """`2015年4月1日`, where a file is in Chinese."""
    read = scope.chinese_file and scope.language == "en" and node.text.endswith("日")
    return _rewritten(node, nearest_day(node.text) or node.text) if read else node


def _missing(node: ScalarNode, scope: Scope) -> ScalarNode:
    """A name that a verdict misses: a fact, `list.field`, a parameter, a calendar."""
    written, dot, field_name = node.text.partition(".")
    words = scope.vocabulary
    if not dot:
        return _word(node, scope, words.facts, scope.parameters, words.calendars)
    fields = scope.subject_named(unquoted(written)).fields
    return _rewritten(node, f"{scope.respelled(written, words.facts)}.{scope.respelled(field_name, fields)}")


def _limit(node: ScalarNode, scope: Scope) -> ScalarNode:
    if in_english(unquoted(node.text), [scope.parameters]) is not None:
        return _word(node, scope, scope.parameters)
    translate = limit_in_english if scope.language == "en" else limit_in_chinese
    return _rewritten(node, translate(node.text, scope.vocabulary.calendars) or node.text)


def _given(node: ScalarNode, scope: Scope) -> ScalarNode:
    """A value of a fact: a word of an enum, true, false or unknown; texts are left alone."""
    subject = scope.subject
    name = subject.members.in_english(unquoted(node.text))
    if name is not None:
        return _rewritten(node, spelled(name, [subject.members], scope.language))
    if subject.kind is Kind.TEXT:
        return node
    if subject.kind is Kind.DATE and not node.text.isascii() and (day := _day(node, scope)) is not node:
        return day
    words = _ABSENT if subject.kind in (Kind.BOOLEAN, None) else ("null",)
    spelled_null = keywords("value").chinese["null"] in subject.members
    return _keyword(node, scope, *(word for word in words if word != "null" or not spelled_null))


def _rewritten(node: ScalarNode, text: str) -> ScalarNode:
    return _with_pieces(node, text, () if text == node.text else (Piece(0, len(node.text), text),))


def _with_pieces(node: ScalarNode, text: str, pieces: tuple[Piece, ...]) -> ScalarNode:
    return replace(node, text=text, written=Written(node.text, pieces)) if pieces else node
