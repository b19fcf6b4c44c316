"""What differs between two editions themselves, whatever the tickets are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.plan.nodes import (
    ClockPlan,
    DefinitionPlan,
    Exemption,
    ItemPlan,
    Origin,
    ParameterPlan,
    Plan,
    RowPlan,
    RulePlan,
    TablePlan,
)
from engine.replay.dry_run.impact import Edit, EditKind, Share
from engine.rulebook.model import FactDeclaration, Words

NO_WORDS = Words("", "")


def edits(base: Plan, candidate: Plan) -> tuple[Edit, ...]:
    """What was added, taken away or changed: rules first, then what they read."""
    return (
        *_different("rule", _items(base), _items(candidate)),
        *_different("definition", _definitions(base), _definitions(candidate)),
        *_different("parameter", base.parameters, candidate.parameters),
        *_different("fact", base.facts, candidate.facts),
        *_different("calendar", base.calendars, candidate.calendars),
        *_different("reading", base.readings, candidate.readings),
    )


def _items(plan: Plan) -> Mapping[str, ItemPlan]:
    return {item.origin.id: item for item in plan.items}


def _definitions(plan: Plan) -> Mapping[str, DefinitionPlan]:
    """A clock that defines a fact is an item already."""
    return {d.origin.id: d for d in plan.definitions if not isinstance(d.body, ClockPlan)}


def _different(kind: EditKind, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Edit]:
    for name in {**after, **before}:
        old, new = before.get(name), after.get(name)
        if old != new:
            change: Share = "appears" if old is None else "disappears" if new is None else "changes"
            words_only = change == "changes" and _meaning(old) == _meaning(new)
            yield Edit(kind, name, change, words_only, _shown(old), _shown(new))


def _shown(thing: object) -> str | None:
    """The short form of what has one."""
    match thing:
        case str():
            return thing
        case ParameterPlan(steps=steps):
            return ", ".join(f"{day}: {value}" for day, value in steps)
        case _:
            return None


def _meaning(thing: Any) -> Any:
    """The thing without its words for people; equal meanings judge alike."""
    match thing:
        case RulePlan(exemptions=exemptions):
            return replace(thing, origin=_wordless(thing.origin), exemptions=_exemptions(exemptions))
        case TablePlan():
            return _table(thing)
        case ClockPlan():
            return replace(thing, origin=_wordless(thing.origin))
        case DefinitionPlan(body=body):
            plain = _table(body) if isinstance(body, TablePlan) else body
            return replace(thing, origin=_wordless(thing.origin), body=plain)
        case FactDeclaration():
            return thing.type, thing.absence, thing.derived, thing.minimum, thing.maximum
        case _:
            return thing


def _table(table: TablePlan) -> TablePlan:
    return replace(
        table,
        origin=_wordless(table.origin),
        rows=tuple(map(_row, table.rows)),
        otherwise=None if table.otherwise is None else _row(table.otherwise),
        exemptions=_exemptions(table.exemptions),
    )


def _exemptions(exemptions: tuple[Exemption, ...]) -> tuple[Exemption, ...]:
    return tuple(replace(exemption, origin=_wordless(exemption.origin)) for exemption in exemptions)


def _row(row: RowPlan) -> RowPlan:
    return replace(row, origin=_wordless(row.origin))


def _wordless(origin: Origin) -> Origin:
    return replace(origin, title=NO_WORDS, citations=())
