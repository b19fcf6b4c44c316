"""What an example that notices a change is called: the facts that matter, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from engine.base.calendar import day_of
from engine.base.findings import Language
from engine.evaluate.values import NONE, Unknown
from engine.plan.nodes import Plan
from engine.prove.asking.trial import Trial
from engine.prove.mutants.mutant import Mutant
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
DATED = {
    (True, "zh"): "{} 生效前一日",
    (True, "en"): "day before {} holds",
    (False, "zh"): "{} 生效首日",
    (False, "en"): "first day of {}",
}
TRUTH = {("zh", True): "是", ("zh", False): "否", ("en", True): "yes", ("en", False): "no"}


def language_of(book: Rulebook) -> Language:
    """The language in which most of a rulebook's examples are named."""
    names = [example.name for item in book.items for example in item.head.examples]
    chinese = sum(any("一" <= c <= "鿿" for c in name) for name in names)
    return "zh" if chinese * 2 > len(names) else "en"


def example_name(trial: Trial, mutants: Sequence[Mutant], language: Language) -> str:
    """`days of delay 3`, or `responsible party: carrier, value: not known`."""
    plan = trial.plan
    names = list(dict.fromkeys(name for mutant in mutants for name in mutant.facts))
    dated = _of_parameter(trial, mutants[0], language)
    if dated is not None:
        return dated
    if not names:
        change = mutants[0].change
        return BARE[change.code, language].format_map(change.values)
    return AND[language].join(_fact_words(plan, trial, name, language) for name in names[:MOST_FACTS])


def _of_parameter(trial: Trial, mutant: Mutant, language: Language) -> str | None:
    """`first day of late_fine`, where the day was changed from which a parameter has its value."""
    plan = trial.plan
    parameter = plan.parameters.get(mutant.item)
    starts = [] if parameter is None else [day.isoformat() for day, _ in parameter.steps]
    start = mutant.change.values.get("before", "")
    event = trial.facts.get(mutant.facts[0]) if mutant.facts else None
    if start not in starts or not isinstance(event, date):
        return None
    is_before = day_of(event, ZoneInfo(plan.zone)) < date.fromisoformat(start)
    return DATED[is_before, language].format(mutant.item.rpartition("/")[2])


def more_names(name: str, trial: Trial, given: Iterable[str], language: Language) -> Iterator[str]:
    """The name, then with more and more of what is given, then with a number."""
    yield name
    for fact in given:
        words = _fact_words(trial.plan, trial, fact, language)
        if words not in name:
            name = f"{name}{AND[language]}{words}"
            yield name
    yield from (f"{name} ({number})" for number in count(2))


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
