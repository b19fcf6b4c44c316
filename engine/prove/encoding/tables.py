"""Decision tables as formulas: the twin of `engine.evaluate.hit_policy`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeAlias, assert_never

from engine.plan.nodes import OutputPlan, RowPlan, TablePlan
from engine.prove.encoding.encoder import Encoder
from engine.prove.encoding.rails import Rails
from engine.prove.encoding.worth import Worth, apart, chosen, extreme, first_of, not_known, same_number, value
from engine.prove.encoding.worth import arithmetic as reckoned
from engine.prove.solver import (
    FALSE,
    TRUE,
    Bool,
    Int,
    at_least_two,
    both,
    choice,
    compared,
    conjunction,
    disjunction,
    either,
    equal,
    negation,
    number,
    plus,
)
from engine.rulebook.model import SINGLE_HIT, Undefined

Concluded: TypeAlias = tuple[Worth, ...] | Undefined | None


@dataclass(frozen=True, slots=True)
class HitForm:
    """When a row counts and what it concludes; an aggregate has no row."""

    when: Bool
    row: RowPlan | None
    outputs: Concluded


@dataclass(frozen=True, slots=True)
class TableForm:
    """`rows`: their conditions. `overlap`: several hold that must not; `no_row`: none does and one should.
    `open`: something about the table is undecided, these two included.
    """

    rows: tuple[Rails, ...]
    hits: tuple[HitForm, ...]
    overlap: Bool
    no_row: Bool
    open: Bool


@dataclass(frozen=True, slots=True)
class _Chosen:
    hits: tuple[HitForm, ...]
    causes: Bool
    overlap: Bool = FALSE


def form(encoding: Encoder, table: TablePlan) -> TableForm:
    """The table once its own condition holds."""
    rows = tuple(encoding.condition(row.condition) for row in table.rows)
    concluded = [_concluded(encoding, row) for row in table.rows]
    chosen_rows = _choice(encoding, table, rows, concluded)
    nothing = conjunction([negation(chosen_rows.causes), *(negation(hit.when) for hit in chosen_rows.hits)])
    if table.otherwise is not None:
        rest = HitForm(nothing, table.otherwise, _concluded(encoding, table.otherwise))
        return TableForm(rows, (*chosen_rows.hits, rest), chosen_rows.overlap, FALSE, chosen_rows.causes)
    single = table.policy in SINGLE_HIT or table.defines is not None
    no_row = nothing if single else FALSE
    return TableForm(rows, chosen_rows.hits, chosen_rows.overlap, no_row, either(chosen_rows.causes, no_row))


def defined_value(encoding: Encoder, table: TablePlan) -> Worth:
    """The fact that a table defines; not known where no row decides it."""
    found = form(encoding, table)
    own = encoding.condition(table.own)
    cases = [(hit.when, hit.outputs[0]) for hit in found.hits if isinstance(hit.outputs, tuple)]
    gaps = [(hit.when, _unlike(cases)) for hit in found.hits if not isinstance(hit.outputs, tuple)]
    nothing = _unlike(cases)
    value_of = first_of([*gaps, *cases], nothing)
    return replace(value_of, known=both(own.must, negation(found.open), value_of.known))


def _unlike(cases: Sequence[tuple[Bool, Worth]]) -> Worth:
    """Something that is not known, of the sort of the others."""
    return not_known(cases[0][1].term if cases else number(0))


def _concluded(encoding: Encoder, row: RowPlan) -> Concluded:
    if row.conclusion is None or isinstance(row.conclusion, Undefined):
        return row.conclusion
    return tuple(encoding.worth(cell) for cell in row.conclusion)


def _choice(
    encoding: Encoder, table: TablePlan, rows: Sequence[Rails], concluded: Sequence[Concluded]
) -> _Chosen:
    match table.policy:
        case "unique":
            return _unique(table, rows, concluded)
        case "any":
            return _any(table, rows, concluded)
        case "first":
            return _first(table, rows, concluded)
        case "priority":
            return _priority(encoding, table, rows, concluded)
        case "rule order" | "collect" | "output order":
            return _all(table, rows, concluded)
        case "collect sum" | "collect min" | "collect max" | "collect count":
            return _aggregate(table, rows, concluded)
        case policy:
            assert_never(policy)


def _before(parts: Sequence[Bool]) -> list[Bool]:
    """For each place whether one of the parts before it holds."""
    found, so_far = [], FALSE
    for part in parts:
        found.append(so_far)
        so_far = either(so_far, part)
    return found


def _unique(table: TablePlan, rows: Sequence[Rails], concluded: Sequence[Concluded]) -> _Chosen:
    may = [rails.may for rails in rows]
    before, after = _before(may), list(reversed(_before(list(reversed(may)))))
    hits = tuple(
        HitForm(both(rails.must, negation(before[n]), negation(after[n])), row, concluded[n])
        for n, (row, rails) in enumerate(zip(table.rows, rows, strict=True))
    )
    overlap = at_least_two([rails.must for rails in rows])
    return _Chosen(hits, either(overlap, disjunction(rails.unknown for rails in rows)), overlap)


def _first(table: TablePlan, rows: Sequence[Rails], concluded: Sequence[Concluded]) -> _Chosen:
    before = _before([rails.may for rails in rows])
    hits = tuple(
        HitForm(both(rails.must, negation(before[n])), row, concluded[n])
        for n, (row, rails) in enumerate(zip(table.rows, rows, strict=True))
    )
    open_first = disjunction(both(rails.unknown, negation(before[n])) for n, rails in enumerate(rows))
    return _Chosen(hits, open_first)


def _any(table: TablePlan, rows: Sequence[Rails], concluded: Sequence[Concluded]) -> _Chosen:
    before = _before([rails.must for rails in rows])
    unlike = [
        (n, m, _disagree(table.rows[n], table.rows[m], concluded[n], concluded[m]))
        for n, m in combinations(range(len(rows)), 2)
    ]
    unlike = [(n, m, differ) for n, m, differ in unlike if not differ.eq(FALSE)]
    overlap = disjunction(both(rows[n].must, rows[m].must, differ) for n, m, differ in unlike)
    rival = disjunction(
        both(differ, either(both(rows[n].must, rows[m].unknown), both(rows[m].must, rows[n].unknown)))
        for n, m, differ in unlike
    )
    none_sure = conjunction(negation(rails.must) for rails in rows)
    causes = either(overlap, rival, both(none_sure, disjunction(rails.unknown for rails in rows)))
    hits = tuple(
        HitForm(both(rails.must, negation(before[n]), negation(causes)), row, concluded[n])
        for n, (row, rails) in enumerate(zip(table.rows, rows, strict=True))
    )
    return _Chosen(hits, causes, overlap)


def _disagree(one: RowPlan, other: RowPlan, left: Concluded, right: Concluded) -> Bool:
    """Whether two rows conclude different things, or something that is not known."""
    if one.conclusion == other.conclusion:
        return FALSE
    if not isinstance(left, tuple) or not isinstance(right, tuple):
        return FALSE if left == right else TRUE
    pairs = list(zip(left, right, strict=True))
    return disjunction(either(apart(a, b), negation(both(a.known, b.known))) for a, b in pairs)


def _priority(
    encoding: Encoder, table: TablePlan, rows: Sequence[Rails], concluded: Sequence[Concluded]
) -> _Chosen:
    ranks = [_ranks(encoding, table, found) for found in concluded]
    several = at_least_two([rails.may for rails in rows])
    stronger = {
        (n, m): _less(ranks[n], ranks[m]) for n in range(len(rows)) for m in range(len(rows)) if n != m
    }
    sure, rivals = [], []
    for n, rails in enumerate(rows):
        beaten, rival = [], []
        for m, other in enumerate(rows):
            if m == n:
                continue
            equal_rank = negation(either(stronger[m, n], stronger[n, m]))
            ahead = either(stronger[m, n], equal_rank if m < n else FALSE)
            beaten.append(both(other.must, ahead))
            differ = _disagree(table.rows[m], table.rows[n], concluded[m], concluded[n])
            rival.append(both(other.unknown, either(stronger[m, n], both(ahead, differ))))
        best = both(rails.must, negation(disjunction(beaten)))
        sure.append(best)
        rivals.append(both(best, either(disjunction(rival), both(several, _rank_open(table, concluded[n])))))
    none_sure = conjunction(negation(rails.must) for rails in rows)
    causes = either(disjunction(rivals), both(none_sure, disjunction(rails.unknown for rails in rows)))
    hits = tuple(
        HitForm(both(best, negation(rivals[n])), table.rows[n], concluded[n]) for n, best in enumerate(sure)
    )
    return _Chosen(hits, causes)


def _rank_open(table: TablePlan, concluded: Concluded) -> Bool:
    """Whether an output that ranks is not known: such a rank decides nothing."""
    if not isinstance(concluded, tuple):
        return FALSE
    pairs = zip(table.outputs, concluded, strict=True)
    return disjunction(negation(worth.known) for output, worth in pairs if output.order)


def _ranks(encoding: Encoder, table: TablePlan, concluded: Concluded) -> tuple[Int, ...]:
    """The place of each ranked output in its order; a gap is strongest, what concludes nothing weakest."""
    ranked = [(n, output) for n, output in enumerate(table.outputs) if output.order]
    if not isinstance(concluded, tuple):
        weakest = len(ranked[0][1].order) + 1 if ranked else 0
        return tuple(number(weakest if concluded is None else -1) for _ in ranked)
    return tuple(_place(encoding, concluded[n], output) for n, output in ranked)


def _place(encoding: Encoder, worth: Worth, output: OutputPlan) -> Int:
    """One that is not known might be the strongest, so it counts as such."""
    cases = [
        (
            both(worth.there, same_number(worth, encoding.symbols.literal(ranked, output.type))),
            value(number(n)),
        )
        for n, ranked in enumerate(output.order)
    ]
    found = first_of(cases, value(number(len(output.order)))).term
    return choice(worth.known, found, number(-1))


def _less(one: tuple[Int, ...], other: tuple[Int, ...]) -> Bool:
    """The first is stronger: earlier in lexicographic order."""
    found = FALSE
    for a, b in reversed(list(zip(one, other, strict=True))):
        found = either(compared("<", a, b), both(equal(a, b), found))
    return found


def _all(table: TablePlan, rows: Sequence[Rails], concluded: Sequence[Concluded]) -> _Chosen:
    hits = tuple(
        HitForm(rails.must, row, concluded[n])
        for n, (row, rails) in enumerate(zip(table.rows, rows, strict=True))
    )
    return _Chosen(hits, disjunction(rails.unknown for rails in rows))


def _aggregate(table: TablePlan, rows: Sequence[Rails], concluded: Sequence[Concluded]) -> _Chosen:
    counted = [
        (rails, found[0]) for rails, found in zip(rows, concluded, strict=True) if isinstance(found, tuple)
    ]
    gaps = [rails.must for rails, found in zip(rows, concluded, strict=True) if isinstance(found, Undefined)]
    not_usable = [both(rails.must, negation(worth.usable)) for rails, worth in counted]
    causes = either(disjunction(rails.unknown for rails in rows), *gaps, *not_usable)
    there = disjunction(rails.must for rails, _ in counted)
    if table.policy == "collect count":
        total: Int = number(0)
        for rails, _ in counted:
            total = plus(total, choice(rails.must, number(1), number(0)))
        return _Chosen((HitForm(negation(causes), None, (value(total),)),), causes)
    if not counted:
        return _Chosen((), causes)
    when = both(negation(causes), there)
    return _Chosen((HitForm(when, None, (_aggregated(table, counted),)),), causes)


def _aggregated(table: TablePlan, counted: Sequence[tuple[Rails, Worth]]) -> Worth:
    values = [replace(worth, known=TRUE, there=TRUE) for _, worth in counted]
    if table.policy == "collect sum":
        total = value(number(0))
        for (rails, _), worth in zip(counted, values, strict=True):
            total = reckoned("+", total, chosen(rails.must, worth, value(number(0))))
        return total
    kind = "min" if table.policy == "collect min" else "max"
    best, any_yet = values[0], counted[0][0].must
    for (rails, _), worth in zip(counted[1:], values[1:], strict=True):
        better = extreme("min" if kind == "min" else "max", (best, worth))
        best = chosen(rails.must, chosen(any_yet, better, worth), best)
        any_yet = either(any_yet, rails.must)
    return best
