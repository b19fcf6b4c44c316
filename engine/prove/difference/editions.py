"""The semantic difference of two editions of a library."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.library import Library
from engine.plan.nodes import DefinitionPlan, Plan
from engine.prove.answer import NotKnown, Proved, Refuted
from engine.prove.asking.question import ask
from engine.prove.change import CatalogueChange, EditionChange, ItemChange, RegionChange, Status
from engine.prove.difference.items import Pair, Sides
from engine.prove.difference.meaning import Part, parts_of, same_meaning
from engine.prove.difference.regions import changed_regions
from engine.prove.region import Region
from engine.prove.solver import STEPS
from engine.rulebook.expressions import TRUE
from engine.rulebook.model import FactDeclaration

Told = Callable[[str, int, int], None]
MOST_RENAMES = 200
"""So many pairs of a removed and an added item are tried."""


def _silent(_: str, __: int, ___: int) -> None:
    """Nobody listens."""


def difference(before: Library, after: Library, told: Told = _silent) -> EditionChange:
    """Every item of the two libraries, which must be free of errors; `told` hears which one it is at."""
    assert before.plan is not None, "a library with errors has no plan"
    assert after.plan is not None, "a library with errors has no plan"
    return plans_apart(before.plan, after.plan, told)


def plans_apart(old: Plan, new: Plan, told: Told = _silent) -> EditionChange:
    """Every item and definition of two plans: what is the same, what changes, and where."""
    olds, news = parts_of(old), parts_of(new)
    removed = [part for name, part in olds.items() if name not in news]
    added = [part for name, part in news.items() if name not in olds]
    renames = _renamed(old, new, removed, added)
    gone = {id(one) for one, _ in renames} | {id(other) for _, other in renames}
    both = [(name, olds[name], part) for name, part in news.items() if name in olds]
    besides = [name for name, one, part in both if " " in name and same_meaning((old, one), (new, part))]
    sides = [Sides(one, part) for name, one, part in both if name not in besides]
    sides += [Sides(part, None) for part in removed if id(part) not in gone]
    sides += [Sides(None, part) for part in added if id(part) not in gone]
    items = [ItemChange("renamed", one.origin, other.origin) for one, other in renames]
    for n, pair in enumerate(sides, 1):
        part = pair.after or pair.before
        assert part is not None, "a side is there"
        told(part.origin.id, n, len(sides))
        items.append(_item(old, new, pair))
    return EditionChange(old.edition, new.edition, tuple(items), tuple(_catalogue(old, new)))


def _renamed(old: Plan, new: Plan, removed: list[Part], added: list[Part]) -> list[tuple[Part, Part]]:
    """Items that stand under another id and say the same: as they are written, then as is proved."""
    found: list[tuple[Part, Part]] = []
    left = list(added)
    for one in removed:
        other = next((o for o in left if _same(old, one, new, o)), None)
        if other is not None:
            left.remove(other)
            found.append((one, other))
    rest = [one for one in removed if all(one is not other for other, _ in found)]
    for one, other in _pairs(rest, left):
        if other in left and all(one is not known for known, _ in found) and _proved(old, new, one, other):
            left.remove(other)
            found.append((one, other))
    return found


def _pairs(removed: list[Part], added: list[Part]) -> Iterator[tuple[Part, Part]]:
    pairs = [(one, other) for one in removed for other in added if _alike(one, other)]
    yield from pairs[:MOST_RENAMES]


def _alike(one: Part, other: Part) -> bool:
    if isinstance(one, DefinitionPlan) and isinstance(other, DefinitionPlan):
        return one.fact.type == other.fact.type
    return type(one) is type(other)


def _same(old: Plan, one: Part, new: Plan, other: Part) -> bool:
    return _alike(one, other) and same_meaning((old, one), (new, other))


def _proved(old: Plan, new: Plan, one: Part, other: Part) -> bool:
    pair = Pair(old, new, Sides(one, other), partial=True)
    return isinstance(ask(pair.question(pair.condition), STEPS // 4), Proved)


def _item(old: Plan, new: Plan, sides: Sides) -> ItemChange:
    before, after, origins = sides.before, sides.after, sides.origins
    if before is not None and after is not None and same_meaning((old, before), (new, after)):
        return ItemChange("same_text", *origins)
    status: Status = "changed" if before and after else "removed" if before else "added"
    pair = Pair(old, new, sides, partial=False)
    answer = ask(pair.question(pair.condition))
    if isinstance(answer, Refuted):
        found = changed_regions(pair)
        return ItemChange(status, *origins, found.changes or _shown(pair, answer), found.complete)
    known = answer if isinstance(answer, NotKnown) else None
    return _with_facts_missing(Pair(old, new, sides, partial=True), status, known)


def _with_facts_missing(pair: Pair, status: Status, doubt: NotKnown | None) -> ItemChange:
    """Where complete tickets are judged alike: whether those that lack facts are."""
    origins = pair.sides.origins
    answer = ask(pair.question(pair.condition))
    match answer:
        case Proved() if doubt is None:
            return ItemChange("proved_same" if status == "changed" else status, *origins)
        case Refuted():
            return ItemChange(status, *origins, _shown(pair, answer), complete=False)
        case NotKnown():
            return ItemChange("not_known", *origins, complete=False, doubt=answer)
        case _:
            return ItemChange("not_known", *origins, complete=False, doubt=doubt)


def _shown(pair: Pair, answer: Refuted) -> tuple[RegionChange, ...]:
    """One ticket that tells them apart, in a region of which nothing is said."""
    before, after = pair.said(answer.witness)
    return (RegionChange(Region((), TRUE, exact=False), answer.witness, before, after),)


def _catalogue(old: Plan, new: Plan) -> Iterator[CatalogueChange]:
    for name in sorted({*old.facts, *new.facts}):
        before, after = (_declared(plan.facts.get(name)) for plan in (old, new))
        if before != after:
            yield CatalogueChange(name, before, after)


def _declared(fact: FactDeclaration | None) -> str | None:
    """What tickets may say of a fact, in a line."""
    if fact is None:
        return None
    bounds = "" if fact.minimum is None and fact.maximum is None else f" [{fact.minimum}..{fact.maximum}]"
    members = f" {', '.join(fact.type.members)}" if fact.type.members else ""
    absence = ", absent is none" if fact.absence == "none" else ""
    given = f", {fact.derived}" if fact.derived else ""
    return f"{fact.type}{members}{bounds}{absence}{given}"
