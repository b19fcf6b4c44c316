"""What an example that notices a change is called: the facts that matter, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.base.findings import Language
from engine.evaluate.values import NONE, Unknown
from engine.plan.nodes import Plan
from engine.prove.mutants.bench import Ticket
from engine.prove.mutants.bodies import expressions_in
from engine.prove.mutants.mutant import Mutant
from engine.prove.trial import Trial
from engine.rulebook.expressions import ParameterValue, Test, facts_in, walk
from engine.rulebook.model import Item, Rulebook
from engine.rulebook.types import Kind

MOST_FACTS = 3
AND = {"zh": "，", "en": ", "}
UNKNOWN = {"zh": "不详", "en": "not known"}
ABSENT = {"zh": "没有", "en": "none"}
TRUTH = {("zh", True): "是", ("zh", False): "否", ("en", True): "yes", ("en", False): "no"}


def is_chinese(book: Rulebook) -> bool:
    """Whether most of the examples of a rulebook have Chinese names."""
    names = [example.name for item in book.items for example in item.head.examples]
    return sum(any("一" <= c <= "鿿" for c in name) for name in names) * 2 > len(names)


def example_name(plan: Plan, item: Item, ticket: Ticket, mutants: Sequence[Mutant], chinese: bool) -> str:
    """`days of delay 3`, `responsible party: carrier, value: not known`."""
    language: Language = "zh" if chinese else "en"
    names = list(dict.fromkeys(name for mutant in mutants for name in _facts_told(mutant)))
    if not names:
        head = item.head
        return head.event_date.name if head.event_date else head.title.in_language(language)
    trial = Trial(plan, ticket.facts, ticket.as_of)
    return AND[language].join(_fact_words(plan, trial, name, language) for name in names[:MOST_FACTS])


def _facts_told(mutant: Mutant) -> Iterator[str]:
    """The facts of what was changed: of the test, of the period, of the day of a parameter."""
    for place in (place for place in mutant.world.bodies.all if place.id in mutant.own):
        for expression in expressions_in(place.body):
            for part in walk(expression):
                match part:
                    case Test(span=span) if span is mutant.span:
                        yield from (fact.name for fact in facts_in(part))
                    case Test(span=None) if mutant.change.code == "M001":
                        yield from (fact.name for fact in facts_in(part) if mutant.span.text.startswith("{"))
                    case ParameterValue(id=identifier, on=on) if identifier == mutant.item and on is not None:
                        yield from (fact.name for fact in facts_in(on))
                    case _:
                        continue


def _fact_words(plan: Plan, trial: Trial, name: str, language: Language) -> str:
    declared = plan.facts[name]
    label, value = declared.label.in_language(language), trial.worth(name)
    return f"{label} {_value_words(plan, name, value, language)}".strip()


def _value_words(plan: Plan, name: str, value: Any, language: Language) -> str:
    declared = plan.facts[name]
    match value:
        case Unknown():
            return UNKNOWN[language]
        case _ if value is NONE:
            return ABSENT[language]
        case bool():
            return TRUTH[language, value]
        case str() if declared.type.kind is Kind.ENUM:
            return declared.member_labels[value].in_language(language)
        case Decimal():
            return f"{value.normalize():f}"
        case datetime():
            local = value.astimezone(ZoneInfo(plan.zone))
            return f"{local:%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case tuple():
            return str(len(value))
        case _:
            return str(value)
