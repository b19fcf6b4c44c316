"""The facts of a ticket as symbols: what the solver may choose, within the bounds of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any, TypeAlias

from engine.base.calendar import EARLIEST, LATEST
from engine.evaluate.facts import MOST_DIGITS, Facts
from engine.prove.encoding.free import Free
from engine.prove.encoding.records import MOST_RECORDS, Records
from engine.prove.encoding.units import between, decimal_worth, in_scale, instants, month_number, scale_of
from engine.prove.encoding.worth import Worth, in_units, value
from engine.prove.encoding.zone import SECOND, microseconds, moment_of
from engine.prove.solver import (
    TRUE,
    Bool,
    Int,
    Model,
    SymbolIndex,
    Term,
    bool_symbol,
    both,
    compared,
    conjunction,
    disjunction,
    either,
    equal,
    identity,
    int_symbol,
    negation,
    number,
    same,
)
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import INSTANT, FieldType, Kind, Scalar, Type

Sort: TypeAlias = tuple[str, Kind, int, str]
"""A fact by name, and what its symbol is: kind, digits and what absence means."""
Admits: TypeAlias = tuple[tuple[str, ...], Scalar | None, Scalar | None]
"""Members, least and most value."""

AS_OF = "as_of"


class Symbols:
    """The symbols of one ticket, made as they are asked for. With `partial` its facts may be unknown."""

    def __init__(self, partial: bool = False) -> None:
        self.partial = partial
        self._index = SymbolIndex()
        self._words: dict[str, int] = {}
        self._facts: dict[Sort, tuple[FactDeclaration, Worth]] = {}
        self._admitted: set[tuple[Sort, Admits]] = set()
        self._lists: dict[tuple[Any, ...], tuple[FactDeclaration, Records]] = {}
        self._field_bounds: set[tuple[int, Type]] = set()
        self._bounds: dict[str, list[Bool]] = {}
        self._free: dict[tuple[Any, ...], Free] = {}
        self._as_of: Worth | None = None
        self._preferred: list[Bool] = []
        self._shown: list[Bool] = []

    # --- words ------------------------------------------------------------------------------------------

    def word(self, text: str) -> Int:
        """The number that stands for a word or text."""
        return number(self._words.setdefault(text, len(self._words)))

    def text(self, found: int) -> str:
        """The text of a number; one that stands for no text of the rules is a text of its own."""
        return next((t for t, n in self._words.items() if n == found), f"T{found}")

    def literal(self, scalar: Scalar, type_: Type) -> Worth:
        """A constant of the rulebook."""
        match scalar:
            case bool():
                return value(TRUE if scalar else negation(TRUE))
            case int():
                return value(number(scalar))
            case Decimal():
                return decimal_worth(scalar)
            case str():
                return value(self.word(scalar))
            case datetime():
                return value(number(microseconds(scalar.astimezone(UTC))))
            case date():
                return value(number(month_number(scalar) if type_.kind is Kind.MONTH else scalar.toordinal()))
            case _:
                raise TypeError(f"a {type_} is no number")

    # --- facts ------------------------------------------------------------------------------------------

    def fact(self, declared: FactDeclaration) -> Worth:
        """A fact that the ticket gives, or may give; of two editions what both admit."""
        sort = declared.name, declared.type.kind, scale_of(declared.type), declared.absence
        if sort not in self._facts:
            name = declared.name if not self._named(declared.name) else f"{declared.name}#{len(self._facts)}"
            self._facts[sort] = declared, self._symbol(name, declared.type, declared.absence == "none")
        worth = self._facts[sort][1]
        admits = declared.type.members, declared.minimum, declared.maximum
        if (sort, admits) not in self._admitted:
            self._admitted.add((sort, admits))
            self._bind(worth, self._within(declared, worth))
        return worth

    def _named(self, name: str) -> bool:
        return any(known == name for known, *_ in self._facts)

    def given(self, declared: FactDeclaration) -> Bool:
        """Whether the ticket gives a fact that the rules can work out as well."""
        given = bool_symbol(f"{declared.name} given")
        worth = self.fact(declared)
        if f"{declared.name} given" in self._bounds:
            return given
        self._bound(
            f"{declared.name} given", [bound for s in self._index.of(worth.term) for bound in self._bounds[s]]
        )
        return given

    def as_of(self) -> Worth:
        """The instant of judging, in whole seconds."""
        if self._as_of is None:
            seconds = int_symbol(AS_OF)
            known = bool_symbol(f"{AS_OF} known") if self.partial else TRUE
            self._as_of = Worth(known, TRUE, seconds * number(SECOND))
            self.show_only(between(self._as_of.term, *instants(1)))
            self._bound(AS_OF, [between(self._as_of.term, *instants(-1))])
        return self._as_of

    def _symbol(self, name: str, type_: Type, may_be_none: bool) -> Worth:
        known = bool_symbol(f"{name} known") if self.partial and not may_be_none else TRUE
        there = bool_symbol(f"{name} there") if may_be_none else TRUE
        if type_.kind is Kind.BOOLEAN:
            return Worth(known, there, bool_symbol(name))
        return Worth(known, there, int_symbol(name), scale_of(type_))

    def _within(self, declared: FactDeclaration, worth: Worth) -> list[Bool]:
        low, high = (
            None if bound is None else self.literal(bound, declared.type)
            for bound in (declared.minimum, declared.maximum)
        )
        bounds = self._bounds_of(declared.type, worth)
        if low is not None:
            bounds.append(compared(">=", worth.term, number(in_scale(low, worth.scale))))
        if high is not None:
            bounds.append(compared("<=", worth.term, number(in_scale(high, worth.scale))))
        return bounds

    def _bounds_of(self, type_: Type, worth: Worth) -> list[Bool]:
        """What values of a type can be, as `engine.evaluate.facts` takes them."""
        match type_.kind:
            case Kind.BOOLEAN:
                return []
            case Kind.ENUM:
                return [disjunction(equal(worth.term, self.word(member)) for member in type_.members)]
            case Kind.INTEGER | Kind.DECIMAL | Kind.MONEY:
                most = 10 ** (MOST_DIGITS + worth.scale) - 1
                return [between(worth.term, -most, most)]
            case Kind.DATE:
                return [between(worth.term, EARLIEST.toordinal(), LATEST.toordinal())]
            case Kind.MONTH:
                return [between(worth.term, month_number(EARLIEST), month_number(LATEST))]
            case Kind.INSTANT:
                self.show_only(between(worth.term, *instants(1)))
                return [between(worth.term, *instants(-1))]
            case _:
                return [compared(">=", worth.term, number(0))]

    # --- lists ------------------------------------------------------------------------------------------

    def records(self, declared: FactDeclaration) -> Records:
        """A list of records; one of a `record` fact has one at most."""
        fields = declared.type.fields.items()
        sorts = tuple((n, f.type.kind, scale_of(f.type), f.absent_is_none) for n, f in fields)
        sort = declared.name, sorts, declared.absence, declared.is_record
        if sort not in self._lists:
            self._lists[sort] = declared, self._records(declared)
        records = self._lists[sort][1]
        for record in records.records:
            for name, field in fields:
                self._bind_once(record[name], field.type)
        return records

    def _bind_once(self, worth: Worth, type_: Type) -> None:
        key = identity(worth.term), type_
        if key not in self._field_bounds:
            self._field_bounds.add(key)
            self._bind(worth, self._bounds_of(type_, worth))

    def _records(self, declared: FactDeclaration) -> Records:
        name, most = declared.name, 1 if declared.is_record else MOST_RECORDS
        may_be_unknown = self.partial and declared.absence != "none"
        known = bool_symbol(f"{name} known") if may_be_unknown else TRUE
        length = int_symbol(f"{name} length")
        there = bool_symbol(f"{name} there") if declared.absence == "none" else TRUE
        longer = negation(TRUE) if declared.is_record else bool_symbol(f"{name} longer")
        bounds = [
            between(length, 0, most),
            either(there, both(equal(length, number(0)), negation(longer))),
        ]
        self._bind(Worth(known, there, length), bounds)
        records = tuple(
            {field: self._field(f"{name}.{n}.{field}", kind) for field, kind in declared.type.fields.items()}
            for n in range(most)
        )
        return Records(known, there, length, longer, records)

    def _field(self, name: str, field: FieldType) -> Worth:
        return self._symbol(name, field.type, field.absent_is_none)

    # --- what is left open ------------------------------------------------------------------------------

    def free(self, key: tuple[Any, ...], make: Free) -> Free:
        """What stands for a function of operands: the same symbol for the same function of the same."""
        if key not in self._free:
            self._free[key] = make
            self._bind(make.worth, make.bounds)
        return self._free[key]

    def free_in(self, names: Iterable[str]) -> list[Free]:
        """What is left open among the symbols of these names."""
        read = frozenset(names)
        return [
            free for free in self._free.values() if read & self._index.of(free.worth.term, free.worth.known)
        ]

    def everything_free(self) -> list[Free]:
        """All that is left open; what others rest on comes before them."""
        return list(self._free.values())

    def fresh(self) -> int:
        """A number for the next thing that is left open."""
        return len(self._free)

    # --- axioms and models ------------------------------------------------------------------------------

    def _bound(self, name: str, bounds: Iterable[Bool]) -> None:
        self._bounds.setdefault(name, []).extend(bounds)

    def _bind(self, worth: Worth, bounds: Sequence[Bool]) -> None:
        """Whoever reads one symbol of a worth reads its bounds."""
        for symbol in self._index.of(worth.term, worth.known, worth.there):
            self._bound(symbol, bounds)

    def reached(self, *terms: Term) -> frozenset[str]:
        """The names of all symbols that terms read, and of those that the bounds of these read."""
        found: set[str] = set()
        waiting = list(self._index.of(*terms))
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self._index.of(*self._bounds.get(name, ())))
        return frozenset(found)

    def axioms(self, *terms: Term) -> list[Bool]:
        """The bounds of all that the terms read."""
        return self.bounds(self.reached(*terms))

    def bounds(self, names: frozenset[str]) -> list[Bool]:
        """The bounds of these symbols."""
        return [bound for name in sorted(names) for bound in self._bounds.get(name, ())]

    def names(self) -> frozenset[str]:
        """The symbols of all facts that have been asked for."""
        worths = [worth for _, worth in self._facts.values()]
        worths += [w for _, records in self._lists.values() for r in records.records for w in r.values()]
        lengths = [term for _, r in self._lists.values() for term in (r.known, r.there, r.length, r.longer)]
        moments = [] if self._as_of is None else [self._as_of.known, self._as_of.term]
        terms = [term for worth in worths for term in (worth.known, worth.there, worth.term)]
        return self._index.of(*terms, *lengths, *moments, *self._givens())

    def prefer(self, condition: Bool) -> None:
        """Tickets that are shown are rather such, where there are any."""
        self._preferred.append(condition)

    def preferred(self, names: frozenset[str]) -> list[Bool]:
        """What tickets that give facts of these names should rather be."""
        return [condition for condition in self._preferred if self._index.of(condition) <= names]

    def show_only(self, condition: Bool) -> None:
        """Tickets that are shown are only such: of others too much is left open."""
        self._shown.append(condition)

    def shown(self, names: frozenset[str]) -> Bool:
        """Of these symbols: no list is longer than what is written out of it, and no pause is left open."""
        wanted = [negation(records.longer) for _, records in self._lists.values()] + self._shown
        return conjunction(condition for condition in wanted if self._index.of(condition) <= names)

    def ticket(self, model: Model, names: frozenset[str], zone: tzinfo) -> tuple[Facts, datetime | None]:
        """The ticket that a model is; only facts among the named symbols are given."""
        facts: dict[str, Any] = {}
        for (name, *_), (declared, worth) in self._facts.items():
            if self._is_given(declared, worth, model, names):
                facts.setdefault(name, self.decoded(model, worth, declared.type, zone))
        for (name, *_), (declared, records) in self._lists.items():
            read = self._index.of(records.known, records.there, records.length)
            if read & names and model.truth(both(records.known, records.there)):
                facts.setdefault(name, tuple(self._decoded_records(model, declared, records, zone)))
        moment = self._as_of
        is_told = moment is not None and AS_OF in names and model.truth(moment.known)
        return facts, moment_of(model.number(moment.term), zone) if moment and is_told else None

    def pins(self, facts: Facts, as_of: datetime | None) -> list[Bool]:
        """That the ticket is this one, as far as its facts have been asked for; the inverse of `ticket`."""
        found: list[Bool] = []
        for (name, *_), (declared, worth) in self._facts.items():
            if declared.derived == "fallback":
                given = self.given(declared)
                found.append(given if name in facts else negation(given))
            found += self._pinned(worth, declared.type, facts.get(name))
        for (name, *_), (declared, records) in self._lists.items():
            found += self._pinned_records(declared, records, facts.get(name))
        if self._as_of is not None:
            found += self._pinned(self._as_of, INSTANT, as_of)
        return found

    def _pinned(self, worth: Worth, type_: Type, given: Any) -> list[Bool]:
        if given is None:
            return [negation(part) for part in (worth.known, worth.there) if not same(part, TRUE)]
        literal = self.literal(given, type_)
        return [worth.known, worth.there, equal(worth.term, in_units(literal, worth.scale).term)]

    def _pinned_records(self, declared: FactDeclaration, records: Records, given: Any) -> Iterator[Bool]:
        yield records.known if given is not None or declared.absence == "none" else negation(records.known)
        if declared.absence == "none":
            yield records.there if given is not None else negation(records.there)
        rows = given or ()
        yield equal(records.length, number(min(len(rows), len(records.records))))
        if not records.longer.eq(negation(TRUE)):
            yield records.longer if len(rows) > len(records.records) else negation(records.longer)
        for row, record in zip(rows, records.records, strict=False):
            for field, worth in record.items():
                yield from self._pinned(worth, declared.type.fields[field].type, row.get(field))

    def other_than(self, model: Model, names: frozenset[str]) -> Bool:
        """Any ticket but that of the model."""
        said = [term for term in self._said(model) if self._index.of(term) & names]
        return negation(conjunction(equal(term, model.value(term)) for term in said))

    def _said(self, model: Model) -> Iterator[Term]:
        """What makes it this ticket: what is not there has no value, and a list no more than its records."""
        worths = [worth for _, worth in self._facts.values()]
        for _, records in self._lists.values():
            yield from (records.known, records.there, records.length, records.longer)
            rows = records.records[: model.number(records.length)]
            worths += [worth for row in rows for worth in row.values()]
        for worth in (*worths, *([] if self._as_of is None else [self._as_of])):
            yield from (worth.known, worth.there)
            yield from [worth.term] if model.truth(worth.usable) else []
        yield from self._givens()

    def _givens(self) -> Iterator[Bool]:
        fallbacks = (declared for declared, _ in self._facts.values() if declared.derived == "fallback")
        yield from (bool_symbol(f"{declared.name} given") for declared in fallbacks)

    def _is_given(self, declared: FactDeclaration, worth: Worth, model: Model, names: frozenset[str]) -> bool:
        if declared.derived == "fallback":
            given = self.given(declared)
            return bool(self._index.of(given) & names) and model.truth(given)
        if not self._index.of(worth.term, worth.known, worth.there) & names:
            return False
        return model.truth(worth.usable)

    def _decoded_records(
        self, model: Model, declared: FactDeclaration, records: Records, zone: tzinfo
    ) -> Iterator[dict[str, Any]]:
        for record in records.records[: model.number(records.length)]:
            yield {
                field: self.decoded(model, worth, declared.type.fields[field].type, zone)
                for field, worth in record.items()
                if model.truth(worth.usable)
            }

    def decoded(self, model: Model, worth: Worth, type_: Type, zone: tzinfo) -> Any:
        if type_.kind is Kind.BOOLEAN:
            return model.truth(worth.term)
        found = model.number(worth.term)
        match type_.kind:
            case Kind.INTEGER:
                return found
            case Kind.DECIMAL | Kind.MONEY:
                return Decimal(found).scaleb(-worth.scale)
            case Kind.DATE:
                return date.fromordinal(found)
            case Kind.MONTH:
                return date(found // 12, found % 12 + 1, 1)
            case Kind.INSTANT:
                return moment_of(found, zone)
            case _:
                return self.text(found)
