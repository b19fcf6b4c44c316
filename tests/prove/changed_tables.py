"""Made-up rulebooks changed a little: in meaning, in writing only, or in both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from random import Random

from engine.plan.nodes import Plan
from engine.prove.mutants.mutant import mutants, worlds_of
from engine.prove.mutants.nodes import Nodes
from tests.prove.made_up_tables import Made, MadeUp

Edit = Callable[[Random, list[Made]], None]


def changed_plan(random: Random, made: MadeUp) -> Plan:
    """The plan with one thing changed as mutants are, or of the rulebook edited in one or two places."""
    if random.random() < 0.6:
        library = made.library
        found = list(mutants(library, worlds_of(library), Nodes(library)))
        if found:
            return random.choice(found).plan()
    library = edited(random, made).library
    assert library.plan is not None, [finding.message("en") for finding in library.findings]
    return library.plan


def edited(random: Random, made: MadeUp) -> MadeUp:
    """A copy of the rulebook that is written otherwise."""
    items = deepcopy(made.items)
    for edit in random.choices(EDITS, k=random.choice((1, 1, 2))):
        edit(random, items)
    return replace(made, items=items)


def _tables(items: Sequence[Made]) -> list[Made]:
    return [item for item in items if "rows" in item]


def _reorder_rows(random: Random, items: list[Made]) -> None:
    for table in _tables(items):
        random.shuffle(table["rows"])


def _reorder_items(random: Random, items: list[Made]) -> None:
    random.shuffle(items)


def _rename(random: Random, items: list[Made]) -> None:
    item = random.choice(items)
    kind = next(kind for kind in ("rule", "table", "clock", "define") if kind in item)
    if kind != "define":
        item[kind] = f"{item[kind]}-renamed"


def _drop_row(random: Random, items: list[Made]) -> None:
    tables = [table for table in _tables(items) if len(table["rows"]) > 1]
    if tables:
        rows = random.choice(tables)["rows"]
        rows.remove(random.choice(rows))


def _repeat_row(random: Random, items: list[Made]) -> None:
    if tables := _tables(items):
        rows = random.choice(tables)["rows"]
        again = {**deepcopy(random.choice(rows)), "row": f"again-{len(rows)}"}
        rows.insert(random.randrange(len(rows) + 1), again)


def _split_row(random: Random, items: list[Made]) -> None:
    """One row for each of two parts of an ordered input that together are all of it."""
    if tables := _tables(items):
        rows = random.choice(tables)["rows"]
        place = random.randrange(len(rows))
        row = rows[place]
        cell = random.randrange(len(row["if"]))
        if row["if"][cell] == "-":
            parts = random.choice((("present", "absent"), ("present", "present")))
            rows[place : place + 1] = [
                {**deepcopy(row), "row": f"{row['row']}-{part}", "if": _with(row["if"], cell, test)}
                for part, test in zip(("a", "b"), parts, strict=True)
            ]


def _with(cells: Sequence[object], place: int, test: object) -> list[object]:
    return [*cells[:place], test, *cells[place + 1 :]]


def _rewrite(random: Random, items: list[Made]) -> None:
    """Tests written otherwise: `> 3` as `not(<= 3)`, sets the other way round."""
    for table in _tables(items):
        for row in table["rows"]:
            row["if"] = [_rewritten(random, cell) for cell in row["if"]]


OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def _rewritten(random: Random, cell: object) -> object:
    if isinstance(cell, list):
        return list(reversed(cell))
    if not isinstance(cell, str) or random.random() < 0.5:
        return cell
    sign, _, end = cell.partition(" ")
    if sign in OPPOSITE and "," not in cell:
        return f"not({OPPOSITE[sign]} {end})"
    return cell


def _drop_exception(random: Random, items: list[Made]) -> None:
    having = [item for item in items if item.get("unless")]
    if having:
        item = random.choice(having)
        item["unless"].remove(random.choice(item["unless"]))
        if not item["unless"]:
            del item["unless"]


def _reorder_exceptions(random: Random, items: list[Made]) -> None:
    for item in items:
        random.shuffle(item.get("unless", []))


EDITS: Sequence[Edit] = (
    _reorder_rows,
    _reorder_items,
    _rename,
    _drop_row,
    _repeat_row,
    _split_row,
    _rewrite,
    _rewrite,
    _drop_exception,
    _reorder_exceptions,
)
