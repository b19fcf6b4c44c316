"""Holds proofs of made-up rulebooks against a search through their tickets.

    python -m tests.prove.cross_check --tables 10000 --seed 1

For each rulebook, everything that is proved of it, and of the difference between it and a changed copy, is
looked for on the reference evaluator. Prints how far it has come, what was proved how often, and every
contradiction with the seed that makes it again (`--only SEED`). Exits with 2 if there is any.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from random import Random
from time import perf_counter

from engine.base.findings import Severity
from engine.evaluate.facts import facts_from, instant_from
from engine.library import Library
from engine.plan.nodes import Plan
from engine.prove.answer import Refuted, Witness
from engine.prove.asking.confirmed import confirmed
from engine.prove.asking.trial import Trial
from engine.prove.change import EditionChange, ItemChange
from engine.prove.claim import Claim
from engine.prove.difference.editions import plans_apart
from engine.prove.difference.items import Sides, said
from engine.prove.difference.meaning import parts_of
from engine.prove.findings import cliffs, prove
from engine.prove.findings.context import MOST_REGIONS, Context
from engine.prove.findings.overlaps import MOST_CLAIMS
from engine.prove.findings.run import QUICK, SLOW
from engine.prove.region import Region
from tests.prove.changed_tables import changed_plan
from tests.prove.made_up_tables import made_up
from tests.prove.promised import broken
from tests.prove.searched import Key, Ticket, Tickets, shown_by, tables_of

COMPLETE, PARTIAL = 240, 80
"""So many tickets are tried of a rulebook: such as give every fact, and such as lack some."""
NEVER: Mapping[str, tuple[str, ...]] = {
    "R305": ("does", "holds"),
    "R306": ("counts",),
    "R307": ("matters",),
}
"""Findings that say what no ticket does, and what a ticket shows that does it."""
SHOWN: Mapping[str, str] = {"R301": "gap", "R302": "left open", "R303": "overlap"}
UNSETTLED = ("R390", "R391", "R392")
EVERYTHING = 20
"""One rulebook in so many is proved as `prove` does it, cliffs and all."""
CHUNK = 20


@dataclass
class Found:
    """What came of some rulebooks: numbers by what they count, and the contradictions."""

    numbers: Counter[str] = field(default_factory=Counter)
    contradictions: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.numbers += other.numbers
        self.contradictions += other.contradictions


def checked(seed: int) -> Found:
    """One made-up rulebook, proved and searched."""
    found = Found()
    try:
        _check(seed, found)
    except Exception:  # noqa: BLE001  # a crash is as bad as a wrong answer, and the others go on
        found.contradictions.append(traceback.format_exc())
    found.contradictions = [f"seed {seed}: {text}" for text in found.contradictions]
    return found


def _check(seed: int, found: Found) -> None:
    random = Random(seed)
    made = made_up(random)
    plan = plan_from(made.library)
    tickets = Tickets(made, plan)
    complete = tickets.complete(random, COMPLETE)
    partial = tickets.partial(random, PARTIAL)
    found.numbers["rulebooks"] += 1
    found.numbers["tables"] += len(tables_of(plan))
    claims = list(_claims(made.library, plan, whole=seed % EVERYTHING == 0))
    said = Claims(plan, claims, found.numbers)
    found.contradictions += said.held_against(complete)
    seen = list(broken(made.library, plan, tickets, complete))
    found.numbers["promises broken"] += len(seen)
    found.contradictions += said.deny(seen)
    changed = changed_plan(random, made)
    change = plans_apart(plan, changed)
    found.contradictions += Changes(plan, changed, change, found.numbers).held_against(complete, partial)


def _claims(library: Library, plan: Plan, whole: bool) -> Iterator[Claim]:
    """All that is found out about a library, but for the long lists of cliffs."""
    if whole:
        yield from prove(library, lambda *_: None)
    else:
        context = Context(library, plan)
        yield from (claim for part in (*QUICK, *SLOW) if part is not cliffs.claims for claim in part(context))


def plan_from(library: Library) -> Plan:
    """The plan of a library that loads without errors."""
    errors = [f.message("en") for f in library.findings if f.severity is Severity.ERROR]
    assert errors == [], errors
    assert library.plan is not None, "a library without errors has a plan"
    return library.plan


# --- claims -----------------------------------------------------------------------------------------


class Claims:
    """What is claimed of a plan, by what a ticket would have to show."""

    def __init__(self, plan: Plan, claims: Sequence[Claim], numbers: Counter[str]) -> None:
        self.plan = plan
        self.tables = {table.origin.id: table for table in tables_of(plan)}
        self.shown: dict[Key, Claim] = {}
        self.never: dict[Key, Claim] = {}
        self.unsettled: set[tuple[str, str]] = set()
        self.others: list[Claim] = []
        for claim in claims:
            numbers[f"claim {claim.finding.code}"] += 1
            self._take(claim, numbers)

    def _take(self, claim: Claim, numbers: Counter[str]) -> None:
        code, values = claim.finding.code, claim.finding.values
        if code in SHOWN:
            names = (values["first"], values["second"]) if code == "R303" else (values["id"],)
            self.shown[SHOWN[code], *names] = claim
            numbers["regions"] += len(claim.regions)
            numbers["regions not exact"] += sum(not region.exact for region in claim.regions)
        elif code in NEVER:
            self.never.update({(what, values["id"]): claim for what in NEVER[code]})
        elif code == "R308":
            self.never["fails", values["id"], values["text"], claim.finding.span] = claim
        elif code in UNSETTLED:
            self.unsettled.add((values["asked"], values["id"]))
        else:
            self.others.append(claim)

    def deny(self, broken: Iterable[str]) -> Iterator[str]:
        """Promises that are broken and of which that is not claimed."""
        said = [claim.finding for claim in self.others if claim.finding.code == "R311"]
        claimed = {f"{finding.values['id']} {finding.values['fact']}" for finding in said}
        for promise in broken:
            if promise not in claimed and ("R311", promise.split()[0]) not in self.unsettled:
                yield f"no claim of a promise that is broken: {promise}"

    def held_against(self, tickets: Sequence[Ticket]) -> Iterator[str]:
        """Every contradiction, each at its first ticket only."""
        told: set[Key] = set()
        for key, text in self._contradictions(tickets):
            if key not in told:
                told.add(key)
                yield text

    def _contradictions(self, tickets: Sequence[Ticket]) -> Iterator[tuple[Key, str]]:
        for key, claim in self.shown.items():
            yield from self._witnessed(key, claim)
        for claim in self.others:
            if isinstance(claim.answer, Refuted):
                yield from self._real(claim, claim.answer.witness)
        for ticket in tickets:
            trial = Trial(self.plan, ticket.facts, ticket.as_of)
            keys = shown_by(trial)
            for key in keys & self.never.keys():
                yield key, f"{_told(self.never[key])}, and {key} is shown by {ticket}"
            for key in keys:
                if key[0] in SHOWN.values() and key not in self.shown and not self._is_passed_over(key):
                    yield key, f"no claim of {key}, which is shown by {ticket}"
            for key, claim in self.shown.items():
                yield from self._placed(key, claim, trial, keys, ticket)

    def _witnessed(self, key: Key, claim: Claim) -> Iterator[tuple[Key, str]]:
        assert isinstance(claim.answer, Refuted), "such claims have a witness"
        witness = claim.answer.witness
        if key not in shown_by(Trial(self.plan, witness.facts, witness.as_of)):
            yield (*key, "witness"), f"{_told(claim)}, and its witness does not show it: {witness}"
        yield from self._real(claim, witness)

    def _real(self, claim: Claim, witness: Witness) -> Iterator[tuple[Key, str]]:
        """A witness is a ticket that can be written and read, and both evaluators judge it alike."""
        if not is_ticket(witness, self.plan):
            yield (id(claim),), f"{_told(claim)}, and its witness is no ticket: {witness}"
        if not confirmed((Trial(self.plan, witness.facts, witness.as_of),)):
            yield (id(claim),), f"{_told(claim)}, and the evaluators do not agree on {witness}"

    def _is_passed_over(self, key: Key) -> bool:
        """Not settled, or one overlap more of a table than are told."""
        code = next(code for code, what in SHOWN.items() if what == key[0])
        if (code, key[1]) in self.unsettled:
            return True
        if key[0] != "overlap":
            return False
        table = _table(key[1])
        told = sum(k[0] == "overlap" and _table(k[1]) == table for k in self.shown)
        return told >= MOST_CLAIMS or any(c == "R303" and _table(row) == table for c, row in self.unsettled)

    def _placed(
        self, key: Key, claim: Claim, trial: Trial, keys: frozenset[Key], ticket: Ticket
    ) -> Iterator[tuple[Key, str]]:
        """A ticket that shows it lies in a region of it, and one in an exact region shows it."""
        wanted = ("meet", *key[1:]) if key[0] == "overlap" else key
        table = key[1] if key[0] == "gap" else _table(key[1])
        inside = [region for region in claim.regions if lies_in(trial, region)]
        if key in keys and not inside and len(claim.regions) < MOST_REGIONS:
            yield (*key, "outside"), f"{_told(claim)} not in its regions, and is by {ticket}: {_texts(claim)}"
        if ("applies", table) in keys and wanted not in keys and any(region.exact for region in inside):
            yield (*key, "inside"), f"{_told(claim)} in all of {_texts(claim)}, and is not by {ticket}"


def is_ticket(witness: Witness, plan: Plan) -> bool:
    """Whether it comes back as it was when it is written as JSON has it."""
    written = witness.ticket(plan)
    facts, findings = facts_from(written["facts"], plan)
    as_of = instant_from(written["as_of"], plan.zone) if "as_of" in written else None
    return not findings and facts == witness.facts and as_of == witness.as_of


def lies_in(trial: Trial, region: Region) -> bool:
    return trial.case.value(region.condition) is True


def _table(row: str) -> str:
    return row.rpartition("/")[0]


def _told(claim: Claim) -> str:
    return f"{claim.finding.code} {claim.finding.message('en')}"


def _texts(claim: Claim) -> str:
    return " or ".join(_text(region) for region in claim.regions)


def _text(region: Region) -> str:
    return ("" if region.exact else "some of ") + "{" + "; ".join(map(str, region.sides)) + "}"


# --- differences ------------------------------------------------------------------------------------


class Changes:
    """What is said of the difference between two plans."""

    def __init__(self, old: Plan, new: Plan, change: EditionChange, numbers: Counter[str]) -> None:
        self.old, self.new = old, new
        self.change = change
        olds, news = parts_of(old), parts_of(new)
        self.sides = [
            (
                item,
                Sides(
                    None if item.before is None else olds[item.before.id],
                    None if item.after is None else news[item.after.id],
                ),
            )
            for item in change.items
        ]
        for item in change.items:
            numbers[f"item {item.status}"] += 1
            numbers["changed regions"] += len(item.regions)
            numbers["changed regions not exact"] += sum(not c.region.exact for c in item.regions)
            numbers["changed items incomplete"] += not item.complete and item.status != "not_known"

    def held_against(self, complete: Sequence[Ticket], partial: Sequence[Ticket]) -> Iterator[str]:
        """Every contradiction, each at its first ticket only."""
        told: set[tuple[str, str]] = set()
        for item, what, text in self._contradictions(complete, partial):
            if (item.id, what) not in told:
                told.add((item.id, what))
                yield f"{item.status} {item.id}: {text}"

    def _contradictions(
        self, complete: Sequence[Ticket], partial: Sequence[Ticket]
    ) -> Iterator[tuple[ItemChange, str, str]]:
        for item, sides in self.sides:
            yield from ((item, what, text) for what, text in self._witnessed(item, sides))
        for n, ticket in enumerate((*complete, *partial)):
            trials = self._trials(ticket.facts, ticket.as_of)
            for item, sides in self.sides:
                if item.status != "same_text" or n % 8 == 0:
                    is_complete = n < len(complete)
                    for what, text in self._judged(item, sides, trials, is_complete):
                        yield item, what, f"{text} by {ticket}: {self._said(trials, sides)}"

    def _trials(self, facts: object, as_of: object) -> tuple[Trial, Trial]:
        return Trial(self.old, facts, as_of), Trial(self.new, facts, as_of)  # type: ignore[arg-type]  # as made

    def _judged(
        self, item: ItemChange, sides: Sides, trials: tuple[Trial, Trial], is_complete: bool
    ) -> Iterator[tuple[str, str]]:
        one, other = self._said(trials, sides)
        differ = one != other
        if item.status in ("same_text", "proved_same", "renamed") or not item.regions:
            if differ and item.status != "not_known":
                yield "same", "proved to be the same and told apart"
            return
        if not is_complete:
            return
        inside = [c.region for c in item.regions if lies_in(trials[sides.after is not None], c.region)]
        if differ and item.complete and not inside:
            yield "outside", f"told apart, and outside of {self._texts(item)},"
        exact = [region for region in inside if region.exact]
        if not differ and exact:
            yield "inside", f"not told apart in {_text(exact[0])}"

    def _witnessed(self, item: ItemChange, sides: Sides) -> Iterator[tuple[str, str]]:
        for change in item.regions:
            trials = self._trials(change.inside.facts, change.inside.as_of)
            one, other = self._said(trials, sides)
            if one == other or not is_ticket(change.inside, self.old) or not confirmed(trials):
                yield "witness", f"the witness does not tell them apart: {change.inside}"
            for boundary in change.boundaries:
                beyond = self._trials(boundary.outside.facts, boundary.outside.as_of)
                one, other = self._said(beyond, sides)
                if one != other or lies_in(beyond[sides.after is not None], change.region):
                    yield "boundary", f"{boundary.outside} is not outside of {_text(change.region)}"

    def _said(self, trials: tuple[Trial, Trial], sides: Sides) -> tuple[object, object]:
        return said(trials[0], sides.before), said(trials[1], sides.after)

    def _texts(self, item: ItemChange) -> str:
        return " or ".join(_text(change.region) for change in item.regions)


# --- many -------------------------------------------------------------------------------------------


def chunk(seeds: Sequence[int]) -> Found:
    """Several rulebooks in one go."""
    found = Found()
    for seed in seeds:
        found.add(checked(seed))
    return found


def run(tables: int, seed: int, workers: int) -> Found:
    """Rulebooks from `seed` on, until there have been so many tables."""
    found, begun, number = Found(), perf_counter(), seed * 1_000_000
    with ProcessPoolExecutor(workers) as pool:
        while found.numbers["tables"] < tables:
            lots = [range(number + n * CHUNK, number + (n + 1) * CHUNK) for n in range(2 * workers)]
            number += 2 * workers * CHUNK
            for lot in pool.map(chunk, lots):
                found.add(lot)
                for text in lot.contradictions:
                    print(f"\n{text}", flush=True)
            _progress(found, tables, perf_counter() - begun)
    return found


def _progress(found: Found, tables: int, seconds: float) -> None:
    done = found.numbers["tables"]
    told = f"{len(found.contradictions)} contradictions"
    print(f"{done:,} of {tables:,} tables in {seconds:,.0f} s, {told}", file=sys.stderr, flush=True)


def report(found: Found) -> Iterator[str]:
    """The numbers, and how much was not settled or not exact."""
    numbers = found.numbers
    yield f"{numbers['tables']:,} tables in {numbers['rulebooks']:,} rulebooks"
    yield ", ".join(f"{n:,} {name.removeprefix('claim ')}" for name, n in _of(numbers, "claim "))
    yield ", ".join(f"{n:,} {name.removeprefix('item ')}" for name, n in _of(numbers, "item "))
    claims, items = (sum(n for _, n in _of(numbers, kind)) for kind in ("claim ", "item "))
    unsettled = sum(numbers[f"claim {code}"] for code in UNSETTLED)
    yield _rate("claims not settled", unsettled, claims)
    yield _rate("regions not exact", numbers["regions not exact"], numbers["regions"])
    yield _rate("items not known", numbers["item not_known"], items)
    yield _rate("changed regions not exact", numbers["changed regions not exact"], numbers["changed regions"])
    yield _rate("changed items not complete", numbers["changed items incomplete"], numbers["item changed"])
    yield f"{numbers['promises broken']:,} promises seen broken, {numbers['claim R311']:,} proved to be"
    yield f"{len(found.contradictions)} contradictions"


def _of(numbers: Counter[str], kind: str) -> list[tuple[str, int]]:
    return sorted((name, n) for name, n in numbers.items() if name.startswith(kind))


def _rate(what: str, part: int, whole: int) -> str:
    return f"{what}: {part:,} of {whole:,} ({100 * part / whole if whole else 0:.2f} %)"


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold proofs of made-up rulebooks against a search.")
    parser.add_argument("--tables", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", type=int, help="the seed of one rulebook")
    asked = parser.parse_args()
    if asked.only is not None:
        found = checked(asked.only)
        print(made_up(Random(asked.only)).text, *found.contradictions, sep="\n")
    else:
        found = run(asked.tables, asked.seed, asked.workers)
    print(*report(found), sep="\n")
    return 2 if found.contradictions else 0


if __name__ == "__main__":
    sys.exit(main())
