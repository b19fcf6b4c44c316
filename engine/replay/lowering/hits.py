"""Decision tables as SQL: which rows count. The twin of `engine.evaluate.hit_policy`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TypeAlias, assert_never

from sqlglot import exp

from engine.evaluate.compiled.conditions import rows_exclude_one_another
from engine.plan.nodes import RowPlan, TablePlan
from engine.replay.lowering.causes import NOTHING, Mask, together, where
from engine.replay.lowering.values import Cell, known_number, truth_of
from engine.replay.lowering.worth import NULL, Worth
from engine.replay.lowering.writer import Writer
from engine.replay.sql import numbers
from engine.replay.sql.logic import (
    Truth,
    case,
    conjunction,
    disjunction,
    is_true,
    is_unknown,
    negation,
    sql,
    whole,
)
from engine.replay.sql.numbers import Quantity
from engine.replay.sql.refused import refuse
from engine.replay.sql.slots import Sql
from engine.rulebook.expressions import Constant, Expression
from engine.rulebook.model import AGGREGATING, Undefined

Outputs: TypeAlias = dict[str, Cell] | Undefined | None
"""What a row concludes: output cells by name, a gap of the source's own, or nothing."""

NOT_ASKED, OVERLAP, NO_ROW, OPEN = -1, -2, -3, -4
"""What a column of hits shows beside the number of a row; `OPEN - n`: row n decides and is not known."""


@dataclass(frozen=True)
class Hit:
    """A row that may count, and when; an aggregate has no row. `present` is never NULL."""

    row: RowPlan | None
    present: Truth
    outputs: Outputs

    @property
    def choice(self) -> tuple[str, int] | None:
        """The column of hits and what it shows for this one, where rows are chosen so."""
        shown = self.present
        if not isinstance(shown, exp.EQ) or not isinstance(shown.this, exp.Column):
            return None
        return str(shown.this.name), _number(shown.expression)


@dataclass(frozen=True)
class Hits:
    """The hits in the order of what they conclude, and when and why there may be others."""

    hits: tuple[Hit, ...]
    undecided: Truth
    mask: Mask

    @property
    def concluding(self) -> Truth:
        """Whether anything is concluded at all; never NULL."""
        return disjunction(hit.present for hit in self.hits if hit.outputs is not None)


def hits_of(writer: Writer, table: TablePlan, applies: Truth) -> Hits:
    """The table's hits on tickets on which its own condition holds."""
    reader = _Table(writer, table, is_true(applies))
    match table.policy:
        case "unique":
            return reader.single(reader.unique())
        case "any":
            return reader.any()
        case "first":
            return reader.single(reader.first())
        case "priority":
            return reader.priority()
        case "rule order" | "collect":
            return reader.several(range(len(table.rows)))
        case "output order":
            return reader.several(reader.by_rank())
        case "collect sum" | "collect min" | "collect max" | "collect count":
            return reader.aggregate()
        case policy:
            assert_never(policy)


class _Table:
    def __init__(self, writer: Writer, table: TablePlan, applies: Truth) -> None:
        self.writer = writer
        self.table = table
        self.applies = applies
        self.truths = [self._truth(row) for row in table.rows]

    def _truth(self, row: RowPlan) -> Truth:
        """A row's condition, worked out once and only where the table applies."""
        truth = self.writer.truth(row.condition)
        if truth is None or isinstance(truth, bool) or self.applies is False:
            return truth
        if _is_quick(truth):
            return truth
        if self.applies is True:
            return self.writer.columns.truth("row", truth)
        return self.writer.columns.add("row", case([(self.applies, sql(truth))], NULL))

    @cached_property
    def concluded(self) -> list[Outputs]:
        """What each row concludes, worked out."""
        return [self.outputs(row) for row in self.table.rows]

    def outputs(self, row: RowPlan) -> Outputs:
        """What a row concludes, worked out; what is none cannot be added to anything."""
        if row.conclusion is None or isinstance(row.conclusion, Undefined):
            return row.conclusion
        cell = self.writer.settled if self.table.policy in AGGREGATING else self.writer.cell
        return {
            output.name: cell(part) for output, part in zip(self.table.outputs, row.conclusion, strict=True)
        }

    def mask(self, index: int) -> Mask:
        return self.writer.mask(self.table.rows[index].condition)

    def unknown(self, indices: Sequence[int] | range) -> Truth:
        return disjunction(is_unknown(self.truths[index]) for index in indices)

    # --- one hit --------------------------------------------------------------------------------------

    def single(self, choice: list[tuple[Truth, Sql]]) -> Hits:
        """A column that shows which row counts, or why none does."""
        indices = range(len(self.table.rows))
        codes = [(OPEN - index, self.mask(index)) for index in indices]
        return self._with_codes(choice, [*codes, (ALL_OPEN, together(self._where_unknown(indices)))])

    def column(self, choice: list[tuple[Truth, Sql]]) -> Sql:
        chosen = case(choice, whole(NO_ROW))
        shown = case([(self.applies, chosen)], whole(NOT_ASKED))
        return self.writer.columns.add("hit", shown, never_null=True)

    def otherwise(self, no_row: Truth) -> list[Hit]:
        row = self.table.otherwise
        return [] if row is None else [Hit(row, no_row, self.outputs(row))]

    def _where_unknown(self, indices: Sequence[int] | range) -> list[Mask]:
        return [self.mask(index) for index in indices]

    def unique(self) -> list[tuple[Truth, Sql]]:
        choice = _in_order(self.truths)
        open_ = (self.unknown(range(len(self.truths))), whole(ALL_OPEN))
        more = self._more_than_one()
        return [(more, whole(OVERLAP)), open_, *choice]

    def _more_than_one(self) -> Truth:
        candidates = [truth for truth in self.truths if is_true(truth) is not False]
        if len(candidates) < 2 or rows_exclude_one_another(self.table.rows):
            return False
        counted: Sql = case([(candidates[0], whole(1))], whole(0))
        for truth in candidates[1:]:
            counted = exp.Add(this=counted, expression=case([(truth, whole(1))], whole(0)))
        return exp.GT(this=counted, expression=whole(1))

    def first(self) -> list[tuple[Truth, Sql]]:
        choice: list[tuple[Truth, Sql]] = []
        for index, truth in enumerate(self.truths):
            choice += [(is_unknown(truth), whole(OPEN - index)), (truth, whole(index))]
        return choice

    def priority(self) -> Hits:
        """The strongest row that holds, unless a stronger one may hold and would conclude otherwise."""
        order = self.by_rank()
        choice: list[tuple[Truth, Sql]] = []
        codes: list[tuple[int, Mask]] = []
        for place, index in enumerate(order):
            rivals = [r for r in order[:place] if not self._as_good(r, index)]
            holds = is_true(self.truths[index])
            choice += [
                (conjunction([holds, self.unknown(rivals)]), whole(OPEN - index)),
                (holds, whole(index)),
            ]
            codes.append((OPEN - index, together(self._where_unknown(rivals))))
        choice.append((self.unknown(order), whole(ALL_OPEN)))
        codes.append((ALL_OPEN, together(self._where_unknown(order))))
        return self._with_codes(choice, codes)

    def _as_good(self, one: int, other: int) -> bool:
        rows = self.table.rows
        return self.rank(rows[one]) == self.rank(rows[other]) and (
            rows[one].conclusion == rows[other].conclusion
        )

    def by_rank(self) -> list[int]:
        return sorted(range(len(self.table.rows)), key=lambda index: self.rank(self.table.rows[index]))

    def rank(self, row: RowPlan) -> tuple[int, ...]:
        """Lower is stronger; a rank that hangs on the ticket is refused."""
        ranked = [(place, o) for place, o in enumerate(self.table.outputs) if o.order]
        if row.conclusion is None:
            return (len(ranked[0][1].order) + 1,) * len(ranked)
        if isinstance(row.conclusion, Undefined):
            return (-1,) * len(ranked)
        return tuple(self._place(row.conclusion[place], output.order) for place, output in ranked)

    def _place(self, cell: Expression, order: tuple[object, ...]) -> int:
        if not isinstance(cell, Constant):
            raise refuse("Q002")
        return order.index(cell.value) if cell.value in order else len(order)

    # --- any: several rows that conclude the same -----------------------------------------------------

    def any(self) -> Hits:
        """The first row that holds, if every other one that may hold concludes the same."""
        indices = range(len(self.table.rows))
        choice: list[tuple[Truth, Sql]] = []
        codes: list[tuple[int, Mask]] = []
        blurred = self._blurred_mask()
        for index in indices:
            others = [other for other in indices if other != index]
            apart = {other: negation(self._agree(index, other)) for other in others}
            clash = disjunction(conjunction([is_true(self.truths[o]), apart[o]]) for o in others if o > index)
            rivals = disjunction(conjunction([is_unknown(self.truths[o]), apart[o]]) for o in others)
            holds = is_true(self.truths[index])
            choice += [
                (conjunction([holds, clash, _any_bit(blurred)]), whole(BLURRED)),
                (conjunction([holds, clash]), whole(OVERLAP)),
                (conjunction([holds, rivals]), whole(OPEN - index)),
                (holds, whole(index)),
            ]
            rival_masks = [where(apart[other], self.mask(other)) for other in others]
            codes.append((OPEN - index, together(rival_masks)))
        choice.append((self.unknown(indices), whole(ALL_OPEN)))
        codes += [(BLURRED, blurred), (ALL_OPEN, together(self._where_unknown(indices)))]
        return self._with_codes(choice, codes)

    def _with_codes(self, choice: list[tuple[Truth, Sql]], codes: list[tuple[int, Mask]]) -> Hits:
        """The rows that the column shows; `codes` are what else it may show, and why it is undecided then."""
        bits, origin, hit = self.writer.bits, self.table.origin.id, self.column(choice)
        codes.append((OVERLAP, bits.mask("rows_overlap", origin)))
        shown = {_number(value) for condition, value in choice if condition is not False}
        codes = [(code, mask) for code, mask in codes if code in shown]
        if self.table.otherwise is None:
            codes.append((NO_ROW, bits.mask("no_row_applies", origin)))
        rows = [
            Hit(row, _shows(hit, index), self.concluded[index]) for index, row in enumerate(self.table.rows)
        ]
        rows += self.otherwise(_shows(hit, NO_ROW))
        undecided = disjunction(_shows(hit, code) for code, _ in codes)
        return Hits(tuple(rows), undecided, together(where(_shows(hit, c), m) for c, m in codes))

    def _agree(self, one: int, other: int) -> Truth:
        """Whether two rows conclude the same, and surely so; never NULL."""
        left, right = self.table.rows[one], self.table.rows[other]
        if left.conclusion == right.conclusion:
            return True
        outputs = self.concluded[one], self.concluded[other]
        if not isinstance(outputs[0], dict) or not isinstance(outputs[1], dict):
            return False
        return conjunction(_same(outputs[0][name], outputs[1][name]) for name in outputs[0])

    def _blurred_mask(self) -> Mask:
        """Why the outputs of rows that hold are not known."""
        masks = []
        for outputs, truth in zip(self.concluded, self.truths, strict=True):
            cells = outputs.values() if isinstance(outputs, dict) else ()
            masks.append(where(is_true(truth), together(cell.mask for cell in cells)))
        return together(masks)

    # --- several hits ---------------------------------------------------------------------------------

    def several(self, order: Sequence[int] | range) -> Hits:
        """Every row that holds."""
        holds = [conjunction([self.applies, is_true(self.truths[index])]) for index in order]
        found = [
            Hit(self.table.rows[index], present, self.concluded[index])
            for index, present in zip(order, holds, strict=True)
        ]
        unknown = conjunction([self.applies, self.unknown(order)])
        nothing = conjunction([self.applies, negation(disjunction(holds)), negation(unknown)])
        found += self.otherwise(nothing)
        mask = together(where(is_unknown(self.truths[i]), self.mask(i)) for i in order)
        if self.table.otherwise is None and self.table.defines is not None:
            unknown = disjunction([unknown, nothing])
            mask = together(
                [mask, where(nothing, self.writer.bits.mask("no_row_applies", self.table.origin.id))]
            )
        return Hits(tuple(found), unknown, mask)

    def aggregate(self) -> Hits:
        """One number from all the rows that hold; a gap or an unknown number among them leaves it open."""
        indices = [i for i, row in enumerate(self.table.rows) if row.conclusion is not None]
        gaps = [i for i in indices if isinstance(self.table.rows[i].conclusion, Undefined)]
        name = self.table.outputs[0].name
        cells = {i: c[name] for i in indices if isinstance(c := self.concluded[i], dict)}
        holds = {i: is_true(self.truths[i]) for i in indices}
        rows_open = self.unknown(range(len(self.truths)))
        gap = disjunction(holds[i] for i in gaps)
        blurred = disjunction(conjunction([holds[i], cell.worth.missing]) for i, cell in cells.items())
        blurred_mask = together(where(holds[i], c.mask) for i, c in cells.items())
        nothing = negation(disjunction(holds.values()))
        is_count = self.table.policy == "collect count"
        choice: list[tuple[Truth, Sql]] = [
            (rows_open, whole(ALL_OPEN)),
            (gap, whole(BLURRED)),
            (blurred, whole(OPEN)),
            (False if is_count else nothing, whole(NO_ROW)),
            (True, whole(0)),
        ]
        hit = self.column(choice)
        number = self._total(cells, holds)
        worth = Worth(number.sql, may_be_unknown=False, number=number)
        found = [
            Hit(None, _shows(hit, 0), {name: Cell(worth, NOTHING)}),
            *self.otherwise(_shows(hit, NO_ROW)),
        ]
        codes = [
            (ALL_OPEN, together(self._where_unknown(range(len(self.truths))))),
            (BLURRED, self.writer.bits.mask("undefined_by_source", self.table.origin.id)),
            (OPEN, blurred_mask),
        ]
        if self.table.otherwise is None and self.table.defines is not None:
            codes.append((NO_ROW, self.writer.bits.mask("no_row_applies", self.table.origin.id)))
        codes = [(code, mask) for code, mask in codes if mask]
        undecided = disjunction(_shows(hit, code) for code, _ in codes)
        return Hits(tuple(found), undecided, together(where(_shows(hit, c), m) for c, m in codes))

    def _total(self, cells: Mapping[int, Cell], holds: Mapping[int, Truth]) -> Quantity:
        policy = self.table.policy
        if policy == "collect count":
            return _sum([(held, numbers.constant(1)) for held in holds.values()])
        # A cell without a number is never known, so that no total is asked for where its row holds.
        numbered = [(holds[index], cell.worth.number) for index, cell in cells.items()]
        counted = [(held, number) for held, number in numbered if isinstance(number, Quantity)]
        if policy == "collect sum":
            return _sum(counted)
        if not counted:
            return numbers.constant(0)
        # Both functions leave out what is NULL; sqlglot's own would have them be NULL then.
        function = "LEAST" if policy == "collect min" else "GREATEST"
        sqls, digits = numbers.alike([number for _, number in counted])
        values = [case([(held, one)], NULL) for (held, _), one in zip(counted, sqls, strict=True)]
        return Quantity(exp.Anonymous(this=function, expressions=values), digits)


def _sum(parts: Sequence[tuple[Truth, Quantity]]) -> Quantity:
    """What is counted of the parts that hold."""
    total = numbers.constant(0)
    for held, number in parts:
        values, digits = numbers.alike([number, numbers.constant(0)])
        added = numbers.add(total, Quantity(case([(held, values[0])], values[1]), digits))
        assert isinstance(added, Quantity), "only settled numbers are added up"
        total = added
    return total


QUICK = 16
"""Conditions of so few parts are not worth a question of their own."""
ALL_OPEN, BLURRED = -1_000_000, -1_000_001
"""Every row that is not known keeps it open; what rows that hold put out is not known."""


def _is_quick(truth: Sql) -> bool:
    """Whether it is asked of every ticket as quickly as it is found out whether it need be."""
    return sum(1 for _ in islice(truth.walk(), QUICK + 1)) <= QUICK


def _in_order(truths: Sequence[Truth]) -> list[tuple[Truth, Sql]]:
    return [(truth, whole(index)) for index, truth in enumerate(truths)]


def _number(value: Sql) -> int:
    return -int(value.this.this) if isinstance(value, exp.Neg) else int(value.this)


def _shows(hit: Sql, code: int) -> Truth:
    """Whether the column of hits, which is never NULL, shows the code."""
    if isinstance(hit, exp.Literal | exp.Neg):
        return _number(hit) == code
    return exp.EQ(this=hit, expression=whole(code))


def _any_bit(mask: Mask) -> Truth:
    return disjunction(exp.NEQ(this=word, expression=whole(0)) for word in mask.values())


def _same(one: Cell, other: Cell) -> Truth:
    """Whether two cells have the same value or are both none, and are known; never NULL."""
    left, right = one.worth, other.worth
    if left.number is not None and right.number is not None:
        equal = truth_of(numbers.compare("=", known_number(left), known_number(right)))
    else:
        equal = exp.EQ(this=left.value, expression=right.value)
    return disjunction([is_true(equal), conjunction([left.none, right.none])])
