"""Makes a ticket that shows something as small and plain as it can be, while it still shows it.

Facts are left out, then values are made plain: the catalogue's example, few digits, whole days, few
records. Everything is tried in a fixed order and only so many times, so that the same ticket always comes
out the same, and soon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, TypeAlias

from engine.evaluate.facts import Facts, value_from
from engine.prove.asking.plainer import DAY, Aim, is_reasonable, make_plainer
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import INSTANT, Kind, Type, Value

Holds: TypeAlias = Callable[[Facts, "datetime | None"], bool]

TRIES = 300
"""So many smaller tickets are tried."""
TRIES_A_VALUE = 40
"""So many of them for one value, so that one that resists leaves some for the others."""
MOVES = 4
"""So many ways are tried to move all times of a ticket together."""


def shrunk(
    facts: Facts,
    as_of: datetime | None,
    holds: Holds,
    plan_facts: Mapping[str, FactDeclaration],
    keep: Sequence[str] = (),
) -> tuple[Facts, datetime | None]:
    """A ticket with fewer facts and plainer values for which `holds` is true, as it is of the one given.

    `plan_facts` is the plan's catalogue, whose bounds are kept; what is in `keep` is left out last.
    """
    shrinking = _Shrinking(facts, as_of, holds, plan_facts)
    shrinking.leave_out(keep)
    shrinking.move_together()
    shrinking.make_plain()
    shrinking.leave_out(keep)
    return shrinking.facts, shrinking.as_of


class _Shrinking:
    """The smallest ticket so far, and how many tries are left."""

    def __init__(
        self,
        facts: Facts,
        as_of: datetime | None,
        holds: Holds,
        declared: Mapping[str, FactDeclaration],
    ) -> None:
        self.facts: Facts = {name: facts[name] for name in declared if name in facts}
        self.as_of = as_of
        self._declared = declared
        self._holds = holds
        self._left = TRIES

    def _take(self, facts: Facts, as_of: datetime | None) -> bool:
        """Takes a ticket in place of the smallest so far, where it still shows what it is to show."""
        if self._left <= 0 or (as_of == self.as_of and facts == self.facts):
            return False
        self._left -= 1
        if not self._holds(facts, as_of):
            return False
        self.facts, self.as_of = facts, as_of
        return True

    def leave_out(self, keep: Sequence[str]) -> None:
        """Leaves out the instant of judging and whatever facts it can: many at once, then one by one."""
        if self.as_of is not None:
            self._take(self.facts, None)
        self._leave_out_of([name for name in self.facts if name not in keep])
        self._leave_out_of([name for name in keep if name in self.facts])

    def _leave_out_of(self, names: Sequence[str]) -> None:
        size = len(names)
        while size:
            for start in range(0, len(names), size):
                self._leave_out_all(names[start : start + size])
            names = [name for name in names if name in self.facts]
            size = min(size // 2, len(names))

    def _leave_out_all(self, names: Iterable[str]) -> None:
        left_out = frozenset(names)
        self._take({name: v for name, v in self.facts.items() if name not in left_out}, self.as_of)

    def move_together(self) -> None:
        """Moves all times by the same days, one of them to its example: what lies between them is kept."""
        any(self._take(*moved) for moved in self._moves())

    def _moves(self) -> Iterator[tuple[Facts, datetime | None]]:
        ways = dict.fromkeys(self._ways())
        for days in [way for way in ways if way][:MOVES]:
            by = days * DAY
            facts = {n: _moved(value, self._declared[n].type, by) for n, value in self.facts.items()}
            as_of = None if self.as_of is None else _moved(self.as_of, INSTANT, by)
            if None not in facts.values() and (as_of is None) == (self.as_of is None):
                yield facts, as_of

    def _ways(self) -> Iterator[int]:
        for name, value in self.facts.items():
            example = self._example(name, value)
            if isinstance(value, date) and isinstance(example, date):
                yield example.toordinal() - value.toordinal()

    def make_plain(self) -> None:
        """Makes each value plain by itself, the instant of judging last."""
        for name, value in self.facts.items():
            make_plainer(value, self._aim(name, value), self._at_most(self._taker(name)))
        if self.as_of is not None:
            near = [value for value in self.facts.values() if isinstance(value, datetime)]
            aim = Aim(INSTANT, max(near, default=None))
            make_plainer(self.as_of, aim, self._at_most(lambda found: self._take(self.facts, found)))

    def _taker(self, name: str) -> Callable[[Any], bool]:
        return lambda found: self._take({**self.facts, name: found}, self.as_of)

    def _at_most(self, takes: Callable[[Any], bool]) -> Callable[[Any], bool]:
        tries = iter(range(TRIES_A_VALUE))
        return lambda found: next(tries, None) is not None and takes(found)

    def _aim(self, name: str, value: Value) -> Aim:
        declared = self._declared[name]
        return Aim(declared.type, self._example(name, value), declared.minimum, declared.maximum)

    def _example(self, name: str, value: Value) -> Value | None:
        declared = self._declared[name]
        return value_from(declared.example, declared, _zone_of(value))


def _zone_of(value: Value) -> str:
    """The zone of the instants in a value; any will do where there are none."""
    inside = [part for record in value for part in record.values()] if isinstance(value, tuple) else [value]
    zones = (part.tzinfo for part in inside if isinstance(part, datetime))
    return str(next((zone for zone in zones if isinstance(zone, tzinfo)), "UTC"))


def _moved(value: Any, type_: Type, by: timedelta) -> Any:
    """A value with the days in it moved; None where that is no reasonable day."""
    match type_.kind:
        case Kind.LIST:
            records = tuple(_moved_record(record, type_, by) for record in value)
            return None if any(None in record.values() for record in records) else records
        case Kind.DATE | Kind.INSTANT:
            try:
                found = value + by
            except OverflowError:
                return None
            return found if is_reasonable(found.date() if isinstance(found, datetime) else found) else None
        case _:
            return value


def _moved_record(record: Mapping[str, Any], type_: Type, by: timedelta) -> Mapping[str, Any]:
    return {name: _moved(value, type_.fields[name].type, by) for name, value in record.items()}
