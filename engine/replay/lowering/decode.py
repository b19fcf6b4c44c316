"""Rows of a query over slots, back to verdicts, without titles, citations and reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from engine.base.calendar import Due
from engine.evaluate.clocks import shown_due
from engine.evaluate.conclude import totals
from engine.evaluate.values import Cause, reason_and_missing, shown
from engine.replay.sql.slots import Held, Lowered, Path, Slot, Sql
from engine.rulebook.types import Kind, Type

Said: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class VerdictRows:
    """The select list that holds a whole verdict, and how a row of it is read."""

    lowered: Lowered

    @property
    def select(self) -> list[Sql]:
        """One expression after another: slot by slot, then the derived facts."""
        parts = [part for slot in self.lowered.slots for part in _parts(slot)]
        return [*parts, *(held.expression for held in self.lowered.derived.values())]

    def verdict(self, row: Sequence[Any], as_of: datetime | None) -> Said:
        """The verdict of one row of `select`; `as_of` as the caller has it."""
        values, zone = iter(row), ZoneInfo(self.lowered.plan.zone)
        parts: dict[str, list[Said]] = {"outcomes": [], "defeated": [], "undecided": []}
        for slot in self.lowered.slots:
            said = _said(slot, values, zone)
            if said is not None:
                parts[slot.part].append(said)
        derived = {
            name: shown(_typed(value, held.type, zone), held.type)
            for (name, held), value in zip(self.lowered.derived.items(), values, strict=True)
            if value is not None
        }
        return {
            "edition": self.lowered.plan.edition,
            "as_of": None if as_of is None else as_of.isoformat(timespec="seconds"),
            **parts,
            "derived": derived,
            "totals": totals(parts["outcomes"]),
        }


def _parts(slot: Slot) -> list[Sql]:
    words = [sql for sql, _ in slot.causes.words] if slot.causes else []
    return [slot.present, *(held.expression for held in slot.held.values()), *words]


def _said(slot: Slot, values: Iterator[Any], zone: ZoneInfo) -> Said | None:
    """What the slot says, in the fixed order of its fields."""
    present = next(values)
    held = [(path, one, next(values)) for path, one in slot.held.items()]
    words = [(next(values), names) for _, names in slot.causes.words] if slot.causes else []
    if not present:
        return None
    said: Said = {"rule": slot.rule, **_copied(slot.fixed)}
    for path, one, value in held:
        _put(said, path, one, _typed(value, one.type, zone))
    if said.get("kind") == "deadline":
        _show_deadline(said)
    if slot.causes is not None:
        reason, missing = reason_and_missing(causes_in(words))
        said |= {"missing": missing, "reason": reason}
    return said


def causes_in(words: Sequence[tuple[int, Sequence[Cause]]]) -> list[Cause]:
    """The causes whose bits are set."""
    return [cause for word, names in words for bit, cause in enumerate(names) if word >> bit & 1]


def _copied(fixed: Any) -> Any:
    match fixed:
        case Mapping():
            return {key: _copied(value) for key, value in fixed.items()}
        case list() | tuple():
            return [_copied(value) for value in fixed]
        case _:
            return fixed


def _put(said: Said, path: Path, held: Held, value: Any) -> None:
    place: Any = said
    for key in path[:-1]:
        place = place[key]
    raw = said.get("kind") == "deadline" and path != ("started",)
    place[path[-1]] = value if raw else shown(value, held.type)


def _typed(value: Any, type_: Type, zone: ZoneInfo) -> Any:
    """As the evaluators have it: instants in the catalogue's zone, numbers of their kind."""
    match value:
        case datetime() if type_.kind in (Kind.DATE, Kind.MONTH):
            return value.date()
        case datetime():
            return value.replace(tzinfo=UTC).astimezone(zone)
        case date() | bool() | str() | None:
            return value
        case int() | Decimal():
            return int(value) if type_.kind is Kind.INTEGER else Decimal(value)
        case _:
            return value


def _show_deadline(said: Said) -> None:
    due, inclusive = shown_due(Due(said["due"], said["inclusive"]))
    stopped = said["stopped"]
    said |= {
        "due": due,
        "inclusive": inclusive,
        "stopped": None if stopped is None else stopped.isoformat(),
    }
