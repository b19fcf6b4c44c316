"""What an example that notices a change is called: the facts that matter, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.base.findings import Language
from engine.evaluate.values import NONE, Unknown
from engine.plan.nodes import Plan
from engine.prove.mutants.bench import Ticket
from engine.prove.mutants.mutant import Mutant
from engine.prove.trial import Trial
from engine.rulebook.model import Rulebook
from engine.rulebook.types import Kind

MOST_FACTS = 3
AND = {"zh": "，", "en": ", "}
UNKNOWN = {"zh": "不详", "en": "not known"}
ABSENT = {"zh": "没有", "en": "none"}
BARE = {
    ("M001", "zh"): "{before}，不是 {after}",
    ("M001", "en"): "{before}, not {after}",
    ("M002", "zh"): "有 {written}",
    ("M002", "en"): "with {written}",
    ("M003", "zh"): "没有 {written}",
    ("M003", "en"): "without {written}",
    ("M004", "zh"): "{first} 先于 {second}",
    ("M004", "en"): "{first} before {second}",
}
"""What a change is about that has no facts of its own."""
TRUTH = {("zh", True): "是", ("zh", False): "否", ("en", True): "yes", ("en", False): "no"}


def is_chinese(book: Rulebook) -> bool:
    """Whether most of the examples of a rulebook have Chinese names."""
    names = [example.name for item in book.items for example in item.head.examples]
    return sum(any("一" <= c <= "鿿" for c in name) for name in names) * 2 > len(names)


def example_name(plan: Plan, ticket: Ticket, mutants: Sequence[Mutant], chinese: bool) -> str:
    """`days of delay 3`, or `responsible party: carrier, value: not known`."""
    language: Language = "zh" if chinese else "en"
    names = list(dict.fromkeys(name for mutant in mutants for name in mutant.facts))
    if not names:
        change = mutants[0].change
        return BARE[change.code, language].format_map(change.values)
    trial = Trial(plan, ticket.facts, ticket.as_of)
    return AND[language].join(_fact_words(plan, trial, name, language) for name in names[:MOST_FACTS])


def _fact_words(plan: Plan, trial: Trial, name: str, language: Language) -> str:
    declared = plan.facts[name]
    label, value = declared.label.in_language(language), trial.worth(name)
    joined = (
        (":" if language == "en" else "：")
        if isinstance(value, bool | str | Unknown) or value is NONE
        else ""
    )
    space = " " if language == "en" or not joined else ""
    return f"{label}{joined}{space}{_value_words(plan, name, value, language)}".strip()


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
