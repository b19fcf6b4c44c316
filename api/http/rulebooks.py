"""What the active edition consists of: its rulebooks with their citations, and the fact catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint

from api.http.bodies import shown
from api.http.callers import needs
from api.http.exchange import Answer, Exchange, json_answer
from api.http.problems import problem
from api.http.service import Edition
from engine.rulebook.model import (
    Citation,
    FactDeclaration,
    Head,
    Item,
    Parameter,
    Reading,
    Rulebook,
    Words,
)
from engine.rulebook.types import Type

blueprint = Blueprint("rulebooks", __name__)


@blueprint.get("/v1/rulebooks")
@needs()
def get_rulebooks(exchange: Exchange) -> Answer:
    """The rulebooks by name, with how much is in each."""
    edition = exchange.edition
    if edition is None:
        return problem(exchange, "S064")
    books = [
        {
            "name": book.name,
            "title": _words(book.title),
            "sections": len(book.sections),
            "items": len(book.items),
        }
        for book in edition.library.rulebooks
    ]
    return json_answer({"edition": edition.name, "rulebooks": books})


@blueprint.get("/v1/rulebooks/<name>")
@needs()
def get_rulebook(exchange: Exchange, name: str) -> Answer:
    """One rulebook: readings, parameters, and every item with its period and citations."""
    edition = exchange.edition
    if edition is None:
        return problem(exchange, "S064")
    book = next((book for book in edition.library.rulebooks if book.name == name), None)
    if book is None:
        return problem(exchange, "S013", {"name": shown(name)})
    return json_answer({"edition": edition.name, **_book_json(book, edition)})


@blueprint.get("/v1/facts")
@needs()
def get_facts(exchange: Exchange) -> Answer:
    """The fact catalogue: what a ticket can say, in which words, and what it means not to."""
    edition = exchange.edition
    catalogue = edition.library.catalogue if edition is not None else None
    if edition is None or catalogue is None:
        return problem(exchange, "S064")
    return json_answer(
        {
            "edition": edition.name,
            "zone": catalogue.zone,
            "currency": catalogue.currency,
            "entities": _words_by_name(catalogue.entities),
            "facts": [_fact_json(fact) for fact in catalogue.facts.values()],
        }
    )


def _book_json(book: Rulebook, edition: Edition) -> dict[str, Any]:
    cited = {citation.source for citation in _citations(book)}
    return {
        "name": book.name,
        "title": _words(book.title),
        "readings": [_reading_json(reading) for reading in book.readings.values()],
        "parameters": [_parameter_json(parameter) for parameter in book.parameters.values()],
        "sections": [
            {
                "name": section.name,
                "title": _words(section.title),
                "items": [_item_json(item) for item in section.items],
            }
            for section in book.sections
        ],
        "sources": [
            {"source": source.key, "file": source.file, "title": _words(source.title), "date": source.date}
            for source in edition.library.sources.values()
            if source.key in cited
        ],
    }


def _citations(book: Rulebook) -> Iterable[Citation]:
    for item in book.items:
        yield from item.head.citations
    for parameter in book.parameters.values():
        yield from parameter.citations


def _reading_json(reading: Reading) -> dict[str, Any]:
    return {
        "id": reading.id,
        "question": _words(reading.question),
        "options": _words_by_name(reading.options),
        "preferred": reading.preferred,
        "because": None if reading.because is None else _words(reading.because),
    }


def _parameter_json(parameter: Parameter) -> dict[str, Any]:
    return {
        "id": parameter.id,
        "label": _words(parameter.label),
        "values": [{"from": str(day), "value": str(value)} for day, value in parameter.values],
        "unit": parameter.type.unit,
        "missing": None if parameter.missing is None else _words(parameter.missing),
        "citations": _citations_json(parameter.citations),
    }


def _item_json(item: Item) -> dict[str, Any]:
    head: Head = item.head
    return {
        "id": head.id,
        "kind": type(item).__name__.lower(),
        "title": _words(head.title),
        "from": None if head.period.start is None else str(head.period.start),
        "until": None if head.period.until is None else str(head.period.until),
        "statements": list(head.statements),
        "citations": _citations_json(head.citations),
        "note": None if head.note is None else _words(head.note),
    }


def _citations_json(citations: Iterable[Citation]) -> list[dict[str, str]]:
    return [{"source": citation.source, "quote": citation.quote} for citation in citations]


def _fact_json(fact: FactDeclaration) -> dict[str, Any]:
    return {
        "name": fact.name,
        "entity": fact.entity,
        "label": _words(fact.label),
        "type": str(fact.type.kind),
        "unit": fact.type.unit,
        "digits": fact.type.scale,
        "values": _words_by_name(fact.member_labels),
        "fields": _fields_json(fact),
        "minimum": None if fact.minimum is None else str(fact.minimum),
        "maximum": None if fact.maximum is None else str(fact.maximum),
        "example": _plain(fact.example),
        "absence": fact.absence,
        "derived": fact.derived,
        "personal": fact.personal,
    }


def _fields_json(fact: FactDeclaration) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "label": _words(fact.field_labels[name]),
            "type": str(_kind(field.type)),
            "values": _words_by_name(fact.field_member_labels.get(name, {})),
        }
        for name, field in fact.type.fields.items()
    ]


def _kind(type_: Type) -> str:
    return str(type_.kind)


def _plain(value: Any) -> Any:
    """An example as a ticket would write it."""
    match value:
        case None | bool() | int() | str():
            return value
        case Mapping():
            return {key: _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case _:
            return str(value)


def _words(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _words_by_name(named: Mapping[str, Words]) -> dict[str, dict[str, str]]:
    return {name: _words(words) for name, words in named.items()}
