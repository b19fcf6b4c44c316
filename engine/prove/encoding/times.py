"""Days and instants as terms: the twins of the functions of `engine.base.calendar`.

What has no plain formula (months, working time, a zone whose clocks still move) is left open within bounds
that always hold, and `compute` says what it is for given days.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from itertools import accumulate
from typing import Any

from engine.base import calendar as reckoning
from engine.base.calendar import EARLIEST, LATEST, MINUTES_IN_A_DAY, Calendar, Limit
from engine.prove.encoding.free import Computed, Free
from engine.prove.encoding.symbols import Symbols
from engine.prove.encoding.worth import Worth, together, value
from engine.prove.encoding.zone import DAY, EPOCH_DAY, MINUTE, microseconds, moment_of, settled
from engine.prove.solver import (
    FALSE,
    TRUE,
    Bool,
    Int,
    bool_symbol,
    both,
    choice,
    compared,
    constant,
    either,
    equal,
    floor_quotient,
    identity,
    implies,
    int_symbol,
    minus,
    negation,
    number,
    plus,
    times,
)
from engine.rulebook.expressions import DateFunction

_ALWAYS = frozenset({"wall", "of wall", "first day"})
"""What always has a value."""
_GREGORIAN = 4800, 146_097
"""So many months are so many days, over and over."""
_MOST_MINUTES = 10**9
"""From no day that a ticket may give so many minutes lead out of the calendar."""
_FARTHEST = 26 * 60 * MINUTE
"""No zone is further from another than this."""
_EARLIEST, _LATEST = (
    microseconds(datetime(year, 1, 1, tzinfo=UTC)) for year in (EARLIEST.year - 1, LATEST.year + 1)
)


@dataclass(frozen=True, slots=True)
class _Function:
    """What is left open: a function of operands; `text` names what is not said exactly, as rulebooks do."""

    name: str
    operands: tuple[Int, ...]
    compute: Callable[[Sequence[int]], Computed]
    text: str


@dataclass(frozen=True, slots=True)
class DueWorth:
    """A due moment (instants); `inclusive`: that very instant is in time."""

    moment: Worth
    inclusive: Bool


class Times:
    """Days and instants of one plan's zone and calendars."""

    def __init__(self, symbols: Symbols, zone: tzinfo, calendars: Mapping[str, Calendar]) -> None:
        self.symbols = symbols
        self.zone = zone
        self.calendars = calendars
        self._settled = settled(zone)
        self._stretches: dict[Callable[[Sequence[int]], Computed], list[tuple[int, int, int]]] = {}

    def function(self, function: DateFunction, operands: Sequence[Worth], is_day: Sequence[bool]) -> Worth:
        """What a function of the rulebook language gives; `is_day`: which operands are days."""
        known, there = together(operands)
        found = self._function(function, [o.term for o in operands], is_day)
        return replace(
            found, known=both(known, either(negation(there), found.known)), there=both(there, found.there)
        )

    def _function(self, function: DateFunction, terms: Sequence[Int], is_day: Sequence[bool]) -> Worth:
        match function.name:
            case "date of":
                return value(terms[0] if is_day[0] else self.day_of(terms[0]))
            case "days between":
                return value(minus(terms[1], terms[0]))
            case "add days":
                return _within_calendar(plus(terms[0], terms[1]))
            case "add minutes":
                later = plus(terms[0], times(number(MINUTE), terms[1]))
                steps = constant(terms[1])
                is_near = steps is not None and abs(steps) <= _MOST_MINUTES
                return value(later) if is_near else self._within_clocks(later)
            case "at":
                return replace(_within_calendar(terms[0]), term=self.at(terms[0], terms[1]))
            case "add months" | "add years":
                return self.months_later(terms[0], terms[1], 12 if function.name == "add years" else 1)
            case "add working days":
                return self.working_days_later(terms[0], terms[1], function.calendar or "")

    def _within_clocks(self, instant: Int) -> Worth:
        """An instant outside the years 1 to 9999 is none; near their ends the zone decides."""

        def compute(values: Sequence[int]) -> Computed:
            try:
                return microseconds(moment_of(values[0], self.zone))
            except (OverflowError, ValueError):
                return None

        first, last = (microseconds(datetime.combine(day, time(), UTC)) for day in (date.min, date.max))

        def inside(margin: int) -> Bool:
            low, high = number(first + margin), number(last + DAY - 1 - margin)
            return both(compared(">=", instant, low), compared("<=", instant, high))

        edge = self._free(_Function("instant", (instant,), compute, "add minutes"), lambda _: []).worth
        return Worth(TRUE, either(inside(2 * DAY), both(inside(0), edge.there)), instant)

    # --- the zone ---------------------------------------------------------------------------------------

    def wall(self, instant: Int) -> Int:
        """What the zone's clocks show, in microseconds since 1970 began on them."""
        exact = plus(instant, number(self._settled.ahead))
        if self._always_after(instant):
            return exact
        after = compared(">=", instant, number(self._settled.since))
        return self._settled_or_free("wall", instant, exact, after, self._wall)

    def _settled_or_free(
        self,
        name: str,
        operand: Int,
        exact: Int,
        after: Bool,
        compute: Callable[[Sequence[int]], Computed],
    ) -> Int:
        """Exact once the clocks are no longer moved, else left open; what is shown is rather the former."""

        def bounds(term: Int) -> list[Bool]:
            return [*_near(operand, term), implies(after, equal(term, exact))]

        def wider(values: Sequence[int]) -> Bool:
            return self._same_stretch(operand, values[0], free.worth.term, compute)

        function = _Function(name, (operand,), compute, str(self.zone))
        free = self._free(function, bounds, wider=wider)
        self.symbols.prefer(after)
        return choice(after, exact, free.worth.term)

    def _same_stretch(
        self, operand: Int, found: int, term: Int, compute: Callable[[Sequence[int]], Computed]
    ) -> Bool:
        """What holds of all times up to the next move of the clocks, as far as days apart show them."""
        low, high, ahead = self._stretch(found, compute)
        inside = both(compared(">=", operand, number(low)), compared("<=", operand, number(high)))
        return implies(inside, equal(term, plus(operand, number(ahead))))

    def _stretch(self, found: int, compute: Callable[[Sequence[int]], Computed]) -> tuple[int, int, int]:
        """Its ends, and how far the clocks are ahead in it; what has been found once is kept."""
        known = self._stretches.setdefault(compute, [])
        for low, high, ahead in known:
            if low <= found <= high:
                return low, high, ahead
        ahead = int(compute([found]) or 0) - found
        low = high = found
        while low - DAY > _EARLIEST and int(compute([low - DAY]) or 0) - (low - DAY) == ahead:
            low -= DAY
        while high + DAY < _LATEST and int(compute([high + DAY]) or 0) - (high + DAY) == ahead:
            high += DAY
        known.append((low, high, ahead))
        return low, high, ahead

    def _wall(self, values: Sequence[int]) -> Computed:
        moment = moment_of(values[0], self.zone)
        offset = moment.utcoffset()
        assert offset is not None, "a zone has an offset"
        return microseconds(moment) + microseconds_of(offset)

    def of_wall(self, wall: Int) -> Int:
        """The instant at which the clocks show it; of a repeated one the first."""
        exact = minus(wall, number(self._settled.ahead))
        if self._always_after(exact):
            return exact
        after = compared(">", exact, number(self._settled.since + DAY))
        return self._settled_or_free("of wall", wall, exact, after, self._of_wall)

    def _of_wall(self, values: Sequence[int]) -> Computed:
        days, rest = divmod(values[0], DAY)
        moment = reckoning.at(date.fromordinal(days + EPOCH_DAY), rest // MINUTE, self.zone)
        return microseconds(moment) + rest % MINUTE

    def _always_after(self, instant: Int) -> bool:
        found = constant(instant)
        return found is not None and found > self._settled.since + DAY

    def day_of(self, instant: Int) -> Int:
        """The ordinal of the day on the zone's calendar."""
        return plus(floor_quotient(self.wall(instant), DAY), number(EPOCH_DAY))

    def start_of(self, day: Int) -> Int:
        return self.at(day, number(0))

    def at(self, day: Int, minute: Int) -> Int:
        """The instant at which the clocks show that minute of the day."""
        return self.of_wall(plus(self.midnight(day), times(number(MINUTE), minute)))

    def midnight(self, day: Int) -> Int:
        """A day's 00:00 as the clocks show it."""
        return times(number(DAY), minus(day, number(EPOCH_DAY)))

    # --- days -------------------------------------------------------------------------------------------

    def months_later(self, day: Int, count: Int, months: int) -> Worth:
        """So many times `months` later, clamped to the month's last day."""

        def compute(values: Sequence[int]) -> Computed:
            try:
                return reckoning.add_months(date.fromordinal(values[0]), values[1] * months).toordinal()
            except (OverflowError, ValueError):
                return None

        steps = constant(count)
        on = _months_on(day, None if steps is None else steps * months)
        function = _Function(f"add {months} months", (day, count), compute, "months")
        return self._free(function, on).worth

    def working_days_later(self, day: Int, count: Int, name: str) -> Worth:
        def compute(values: Sequence[int]) -> Computed:
            try:
                start = date.fromordinal(values[0])
                found = reckoning.add_working_days(self.calendars[name], start, values[1])
            except (OverflowError, ValueError):
                return None
            return False if found is None else found.toordinal()

        forward = lambda term: [  # noqa: E731 - one bound
            implies(compared(">=", count, number(0)), compared(">=", term, plus(day, count)))
        ]
        known_as = f"working days of {self.calendars[name]}"
        function = _Function(known_as, (day, count), compute, f"working days on {name}")
        return self._free(function, forward, may_be_unknown=True).worth

    def first_day(self, month: Int) -> Int:
        """The ordinal of a month's first day; within five days of what months are long on average."""

        def compute(values: Sequence[int]) -> Computed:
            return date(values[0] // 12, values[0] % 12 + 1, 1).toordinal()

        def near(term: Int) -> list[Bool]:
            months, days = _GREGORIAN
            off = minus(times(number(months), term), times(number(days), minus(month, number(12))))
            return [compared("<=", off, number(5 * months)), compared(">=", off, number(-5 * months))]

        function = _Function("first day", (month,), compute, "months")
        return self._free(function, near).worth.term

    # --- limits -----------------------------------------------------------------------------------------

    def due(self, limit: Limit, start: Int, is_day: bool) -> DueWorth:
        """When a limit that began at `start` runs out, as `engine.base.calendar.due`."""
        day = start if is_day else self.day_of(start)
        match limit.kind:
            case "minutes":
                began = self.start_of(start) if is_day else start
                return DueWorth(value(plus(began, number(limit.amount * MINUTE))), TRUE)
            case "time_of_day":
                minute = number(limit.minute_of_day or 0)
                moment = self.at(plus(day, number(limit.days_later)), minute)
                return DueWorth(value(moment), TRUE if limit.inclusive else FALSE)
            case "calendar_days":
                return self._until_end_of(value(plus(day, number(limit.amount))))
            case "months":
                return self._until_end_of(self.months_later(day, number(limit.amount), 1))
            case "years":
                return self._until_end_of(self.months_later(day, number(limit.amount), 12))
            case "working_days":
                found = self.working_days_later(day, number(limit.amount), limit.calendar or "")
                return self._until_end_of(found)
            case "working_minutes" | "day_of_next_month":
                return self._reckoned_due(limit, start, is_day)

    def _until_end_of(self, day: Worth) -> DueWorth:
        return DueWorth(replace(day, term=self.at(day.term, number(MINUTES_IN_A_DAY))), FALSE)

    def _reckoned_due(self, limit: Limit, start: Int, is_day: bool) -> DueWorth:
        def compute(values: Sequence[int]) -> Computed:
            began: Any = date.fromordinal(values[0]) if is_day else moment_of(values[0], self.zone)
            due = reckoning.due(limit, began, self.zone, self.calendars)
            return False if due is None else microseconds(due.instant)

        began = self.start_of(start) if is_day else start
        after = lambda term: [compared(">=", term, minus(began, number(31 * DAY)))]  # noqa: E731 - one bound
        known_as = f"{limit} {self.calendars.get(limit.calendar or '')}"
        text = "months" if limit.calendar is None else f"working minutes on {limit.calendar}"
        function = _Function(known_as, (start,), compute, text)
        free = self._free(function, after, may_be_unknown=limit.calendar is not None)
        return DueWorth(free.worth, TRUE if limit.kind == "working_minutes" else FALSE)

    def in_time(self, due: DueWorth, stop: Worth, is_day: bool) -> Bool:
        """Whether what happened at `stop` kept the limit; both are there."""
        happened = self.midnight(stop.term) if is_day else stop.term
        limit = self.wall(due.moment.term) if is_day else due.moment.term
        return either(compared("<", happened, limit), both(due.inclusive, compared("<=", happened, limit)))

    # --- what is left open ------------------------------------------------------------------------------

    def _free(
        self,
        function: _Function,
        bounds: Callable[[Int], list[Bool]],
        may_be_unknown: bool = False,
        wider: Callable[[Sequence[int]], Bool] | None = None,
    ) -> Free:
        name, operands = function.name, function.operands
        symbol = f"{name} {self.symbols.fresh()}"
        term = int_symbol(symbol)
        known = bool_symbol(f"{symbol} known") if may_be_unknown else TRUE
        there = TRUE if name in _ALWAYS or may_be_unknown else bool_symbol(f"{symbol} there")
        worth = Worth(known, there, term)
        made = Free(symbol, function.text, worth, operands, function.compute, tuple(bounds(term)), wider)
        return self.symbols.free((name, str(self.zone), *map(identity, operands)), made)


def microseconds_of(delta: Any) -> int:
    return int(delta.total_seconds() * 1_000_000)


def _near(moment: Int, term: Int) -> list[Bool]:
    return [
        compared(">=", term, minus(moment, number(_FARTHEST))),
        compared("<=", term, plus(moment, number(_FARTHEST))),
    ]


def _months_on(day: Int, months: int | None) -> Callable[[Int], list[Bool]]:
    if months is None:
        return lambda _: []
    low, high = _days_in(months)
    return lambda term: [
        compared(">=", term, plus(day, number(low))),
        compared("<=", term, plus(day, number(high))),
    ]


@lru_cache(maxsize=64)
def _days_in(months: int) -> tuple[int, int]:
    """How few and how many days so many months can be, clamped as `add_months` does."""
    cycle, days = _GREGORIAN
    lengths = _month_lengths()
    starts = [0, *accumulate(lengths)]
    found = []
    for start in range(cycle):
        rounds, end = divmod(start + months, cycle)
        gone = rounds * days + starts[end] - starts[start]
        found += [gone, gone - max(0, lengths[start] - lengths[end])]
    return min(found), max(found)


@lru_cache(maxsize=1)
def _month_lengths() -> tuple[int, ...]:
    """Of all the months after which the calendar repeats itself."""
    years = range(2000, 2000 + _GREGORIAN[0] // 12)
    return tuple(monthrange(year, month)[1] for year in years for month in range(1, 13))


def _within_calendar(day: Int) -> Worth:
    """A day outside the years 1 to 9999 is none."""
    inside = both(
        compared(">=", day, number(date.min.toordinal())), compared("<=", day, number(date.max.toordinal()))
    )
    return Worth(TRUE, inside, day)
