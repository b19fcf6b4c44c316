"""The schema of a ticket, from the fact catalogue: every fact with its labels, values, bounds and example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.http.openapi.values import Schema, given, list_of, plain, ref, shown
from api.present.labels import label, label_or
from engine.base.findings import Language
from engine.rulebook.model import Catalogue, FactDeclaration, Words
from engine.rulebook.types import FieldType, Kind

LANGUAGES: tuple[Language, Language] = ("zh", "en")


def ticket(catalogue: Catalogue) -> Schema:
    """What is posted to be judged: the facts, and the instant as of which to judge."""
    return {
        "title": "工单 ticket",
        "type": "object",
        "properties": {
            "facts": ref("Facts"),
            "as_of": as_of(catalogue.zone),
        },
        "required": ["facts"],
        "additionalProperties": False,
    }


def as_of(zone: str) -> Schema:
    return {
        **ref("Instant"),
        "title": "判定时刻 instant of judging",
        "description": f"缺省：收到请求的时刻，以整秒计；没有时区的按 {zone} 读。"
        f" If absent: when the request came in, in whole seconds. Without an offset it is read in {zone}.",
    }


def facts(catalogue: Catalogue) -> Schema:
    """All facts that a ticket may give. Those that only rules work out are left out."""
    may_be_given = (fact for fact in catalogue.facts.values() if fact.derived != "engine")
    return {
        "title": "事实 facts",
        "description": "不知道的事实不要写，也不要填占位值；null 等于不写。"
        " Leave out what is not known rather than fill in a placeholder; null counts as left out.",
        "type": "object",
        "properties": {fact.name: fact_schema(fact, catalogue) for fact in may_be_given},
        "additionalProperties": False,
    }


def derived(catalogue: Catalogue) -> Schema:
    """The facts that rules work out, as a verdict shows them."""
    found = (fact for fact in catalogue.facts.values() if fact.derived is not None)
    return {
        "title": "推出的事实 derived facts",
        "type": "object",
        "properties": {fact.name: {**_titled(fact.label), **shown(fact.type)} for fact in found},
        "additionalProperties": False,
    }


def fact_schema(fact: FactDeclaration, catalogue: Catalogue) -> Schema:
    """One fact: what may be written, and everything the catalogue says about it."""
    schema = {
        **_titled(fact.label),
        "description": "\n\n".join(" ".join(_said(fact, catalogue, language)) for language in LANGUAGES),
        **_values(fact),
        "examples": [example(fact.example)],
        "x-entity": fact.entity,
        "x-type": "record" if fact.is_record else str(fact.type.kind),
        "x-absent": fact.absence,
    }
    if fact.type.unit is not None:
        schema["x-unit"] = fact.type.unit
    if fact.derived is not None:
        schema["x-derived"] = fact.derived
    if fact.personal:
        schema["x-personal"] = True
    if fact.member_labels:
        schema["x-values"] = {name: _words(words) for name, words in fact.member_labels.items()}
    return schema


def _titled(words: Words) -> Schema:
    return {"title": f"{words.zh} {words.en}", "x-label": _words(words)}


def _words(words: Words) -> Mapping[str, str]:
    return {"zh": words.zh, "en": words.en}


def example(value: Any) -> Any:
    """An example of the catalogue as JSON; decimals that are not whole become text."""
    match value:
        case bool() | str() | None:
            return value
        case Mapping():
            return {name: example(part) for name, part in value.items()}
        case list() | tuple():
            return [example(part) for part in value]
        case _:
            return plain(value)


def _values(fact: FactDeclaration) -> Schema:
    if fact.type.kind is not Kind.LIST:
        return given(fact.type, fact.minimum, fact.maximum)
    fields = {name: _field(fact, name, field) for name, field in fact.type.fields.items()}
    record = {"type": "object", "properties": fields, "additionalProperties": False}
    if fact.is_record:
        return {"anyOf": [record, {**list_of(record), "maxItems": 1}]}
    return list_of(record)


def _field(fact: FactDeclaration, name: str, field: FieldType) -> Schema:
    labels = fact.field_member_labels.get(name, {})
    members = {"x-values": {member: _words(words) for member, words in labels.items()}} if labels else {}
    absent = {"x-absent": "none" if field.absent_is_none else "unknown"}
    unit = {"x-unit": field.type.unit} if field.type.unit else {}
    return {**_titled(fact.field_labels[name]), **given(field.type), **unit, **absent, **members}


def _said(fact: FactDeclaration, catalogue: Catalogue, language: Language) -> Iterator[str]:
    """What the description says of a fact: its kind and unit, absence, the words of its values."""
    stop = {"zh": "。", "en": "."}[language]
    if fact.entity in catalogue.entities:
        yield catalogue.entities[fact.entity].in_language(language) + stop
    kind = label("type", "record" if fact.is_record else fact.type.kind, language)
    unit = label_or("unit", fact.type.unit or "", language, fact.type.unit or "")
    yield kind + (label("words", "where", language, what=unit) if unit else "") + stop
    yield f"{label('heading', 'when_absent', language)}: {_absence(fact, language)}{stop}"
    if fact.personal:
        yield {"zh": "个人信息：判定前即被遮盖。", "en": "Personal: masked before it is judged."}[language]
    if fact.member_labels:
        words = (f"`{name}` {words.in_language(language)}" for name, words in fact.member_labels.items())
        yield {"zh": "、", "en": ", "}[language].join(words) + stop


def _absence(fact: FactDeclaration, language: Language) -> str:
    return label("heading", "derived_fallback" if fact.derived else f"absent_{fact.absence}", language)
