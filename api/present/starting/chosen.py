"""Which facts, party and code of a library a starting rulebook speaks of.

Where the library has rules, what they speak of most often is taken; the first of the catalogue else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.library import Library
from engine.rulebook.model import Catalogue, Clock, FactDeclaration, Rule, Table
from engine.rulebook.outcomes import Breach, Fine, Obligation, Outcome
from engine.rulebook.types import Kind

OWNER = "rulebook_owner"
"""The fact that says whose rules a ticket is under; a library without it has its first option fact."""


@dataclass(frozen=True)
class Chosen:
    """`about` is what the first rule asks for; None is what the library lacks."""

    owner: FactDeclaration | None
    about: FactDeclaration | None
    flag: FactDeclaration | None
    day: FactDeclaration | None
    number: FactDeclaration | None
    started: FactDeclaration | None
    ended: FactDeclaration | None
    party: str | None
    code: str | None
    act: str | None


def chosen(library: Library) -> Chosen:
    catalogue = library.catalogue
    assert catalogue is not None, "a sound library has a catalogue"
    owner = _owner(catalogue)
    about = _about(catalogue, owner)
    flags = (fact for fact in _plain(catalogue, Kind.BOOLEAN) if fact != about)
    started = next(_plain(catalogue, Kind.INSTANT), None)
    ended = next(_plain(catalogue, Kind.INSTANT, absence="none"), None)
    return Chosen(
        owner=owner,
        about=about,
        flag=next(flags, None),
        day=_day(library),
        number=_number(catalogue),
        started=started if ended else None,
        ended=ended if started else None,
        party=_party(library, catalogue),
        code=_code(library, catalogue),
        act=_act(library, catalogue),
    )


def boundary(number: FactDeclaration) -> int:
    """A whole number that the fact admits, as it does the one below it."""
    return max(2, int(number.minimum) + 1) if isinstance(number.minimum, int) else 2


def members(fact: FactDeclaration) -> tuple[str, ...]:
    """The words of an option, or those of truth."""
    return fact.type.members or ("true", "false")


def _plain(catalogue: Catalogue, kind: Kind, absence: str = "unknown") -> Iterator[FactDeclaration]:
    """The facts of that kind that tickets carry and that have no bounds."""
    for fact in catalogue.facts.values():
        unbounded = fact.minimum is None and fact.maximum is None
        if unbounded and fact.derived is None and fact.type.kind is kind and fact.absence == absence:
            yield fact


def _owner(catalogue: Catalogue) -> FactDeclaration | None:
    named = catalogue.facts.get(OWNER)
    if named is not None and named.type.kind is Kind.ENUM:
        return named
    return next(_plain(catalogue, Kind.ENUM), None)


def _about(catalogue: Catalogue, owner: FactDeclaration | None) -> FactDeclaration | None:
    """Another option than the owner, else a fact that is true or false."""
    options = (fact for fact in _plain(catalogue, Kind.ENUM) if fact != owner and len(fact.type.members) > 1)
    return next(options, None) or next(_plain(catalogue, Kind.BOOLEAN), None)


def _number(catalogue: Catalogue) -> FactDeclaration | None:
    """The first whole number that admits the boundary and what lies below it."""
    return next(
        (
            fact
            for fact in catalogue.facts.values()
            if fact.derived is None and fact.type.kind is Kind.INTEGER and fact.absence == "unknown"
            if fact.admits(boundary(fact)) and fact.admits(boundary(fact) - 1)
        ),
        None,
    )


def _day(library: Library) -> FactDeclaration | None:
    assert library.catalogue is not None, "a sound library has a catalogue"
    days = {fact.name: fact for fact in _plain(library.catalogue, Kind.DATE)}
    events = (item.head.event_date for book in library.rulebooks for item in book.items)
    name = _most_common((event.name for event in events if event is not None), days)
    return None if name is None else days[name]


def _party(library: Library, catalogue: Catalogue) -> str | None:
    payers = (outcome.payer for outcome in _outcomes(library) if isinstance(outcome, Fine))
    return _most_common(payers, catalogue.parties)


def _code(library: Library, catalogue: Catalogue) -> str | None:
    breaches = (outcome.code for outcome in _outcomes(library) if isinstance(outcome, Breach))
    return _most_common(breaches, catalogue.codes)


def _act(library: Library, catalogue: Catalogue) -> str | None:
    acts = (act for outcome in _outcomes(library) if isinstance(outcome, Obligation) for act in outcome.acts)
    return _most_common(acts, dict(reversed(list(catalogue.codes.items()))))


def _outcomes(library: Library) -> Iterator[Outcome]:
    for book in library.rulebooks:
        for item in book.items:
            match item:
                case Rule(outcomes=outcomes) | Table(outcomes=outcomes) | Clock(on_breach=outcomes):
                    yield from outcomes
                case _:
                    pass


def _most_common(used: Iterable[str], known: Mapping[str, object]) -> str | None:
    """The known name that is used most often, the first of them where none is used."""
    counted = Counter(name for name in used if name in known)
    return counted.most_common(1)[0][0] if counted else next(iter(known), None)
