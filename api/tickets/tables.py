"""Tickets as one table, whatever files they come from.

Parquet whose columns have the catalogue's types is read by the engine itself. Everything else goes through
the row-by-row readers first, which write it as such Parquet into the engine's own folder.
"""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path

import pyarrow.parquet as pq

from api.tickets.conversion import Conversion, Input, Reader, convert, every_fact
from api.tickets.csv_tickets import UnreadableHeader, check_columns
from api.tickets.mapping import ImportMapping
from api.tickets.parquet_tickets import DECISION_COLUMNS, rows_of
from api.tickets.refusal import TicketsRefused, Trouble
from api.tickets.sources import Form, form_of
from engine.base.findings import Finding
from engine.plan.nodes import Plan, expressions_of, needs
from engine.replay.engines.engine import Engine, Progress
from engine.replay.tickets.table import (
    Bad,
    Part,
    TicketTable,
    declared,
    misfits,
    part_of,
    table_of,
    unreadable,
)
from engine.rulebook.expressions import facts_in

MOST_NAMES = 10
"""So many names are repeated in one sentence."""
_numbers = count(1)


@dataclass(frozen=True)
class TableOptions:
    """`as_of` judges tickets that name no instant; `form` is that of all files, where their names do not tell
    it; `progress` is told how far conversions have come.
    """

    as_of: datetime
    mapping: ImportMapping | None = None
    form: Form | None = None
    progress: Progress | None = None


def read_tickets(
    engine: Engine, names: Sequence[Input], plans: Sequence[Plan], options: TableOptions
) -> TicketTable:
    """All the tickets of files, patterns and streams, held against the catalogue of every plan.

    Raises TicketsRefused, EngineFailure, and OSError for a file that cannot be opened.
    """
    if unlike := at_odds(plans):
        raise TicketsRefused([("facts.yaml", finding) for finding in unlike])
    inputs = _inputs(names)
    shapes, rest = _sorted_out(engine, inputs, plans, options)
    parts: list[tuple[str, Part]] = []
    troubles: list[Trouble] = []
    for files in shapes:
        part = part_of(engine, engine.scan(files), plans)
        troubles += [(files[0], finding) for finding in unreadable(part, plans)]
        if misfits(part, plans):
            rest += files
        else:
            parts.append((files[0], part))
    if troubles:
        raise TicketsRefused(troubles)
    converted = _converted(engine, [i for i in inputs if i in rest], plans, options)
    if converted.file is not None:
        part = part_of(engine, engine.scan([str(converted.file)]), plans, converted.facts)
        parts.append((str(next(one for one in inputs if one in rest)), part))
    table = table_of(engine, [part for _, part in parts], plans, options.as_of, converted.bad)
    return replace(table, notes=(*_empty(inputs, table), *_lacking(table, plans), *_differing(parts)))


def _inputs(names: Sequence[Input]) -> list[Input]:
    """Each file once, by whatever paths it is named; a pattern is every file it matches, by name."""
    inputs: list[Input] = []
    troubles: list[Trouble] = []
    for name in names:
        if not isinstance(name, str) or is_uri(name) or Path(name).exists() or not glob.has_magic(name):
            inputs.append(name)
            continue
        found = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - the names as the user would write them
        troubles += [] if found else [(name, Finding("Q036", {"written": name}))]
        inputs += found
    if troubles:
        raise TicketsRefused(troubles)
    once: dict[object, Input] = {}
    for one in inputs:
        once.setdefault(_place(one), one)
    return list(once.values())


def _place(one: Input) -> object:
    """What two names of one file have in common: a ticket must not be counted, or fined, once a name."""
    return one if not isinstance(one, str) or is_uri(one) else Path(one).resolve()


def is_uri(name: str) -> bool:
    """Whether a name is a place on a cluster and not a file of this machine."""
    return "://" in name


def _sorted_out(
    engine: Engine, inputs: Sequence[Input], plans: Sequence[Plan], options: TableOptions
) -> tuple[list[list[str]], list[Input]]:
    """Parquet files that may go straight in, by the shape that they share, and the other inputs."""
    shapes: dict[object, list[str]] = {}
    rest: list[Input] = []
    troubles: list[Trouble] = []
    for one in inputs:
        if not isinstance(one, str):
            rest.append(one)
        elif is_uri(one):
            shapes[one] = [one]
        elif found := _emptiness(one):
            troubles += found
        elif _form(one, options) != "parquet" or options.mapping is not None:
            rest.append(one)
        else:
            shape, found = _shape(one, plans)
            troubles += found
            shapes.setdefault(shape, []).append(one)
    if troubles:
        raise TicketsRefused(troubles)
    _require_readable(engine, shapes, rest, options)
    return list(shapes.values()), rest


def _emptiness(name: str) -> list[Trouble]:
    """A file of no bytes; of a pipe this cannot be told before it is read."""
    path = Path(name)
    return [(name, Finding("Q030", {"file": name}))] if path.is_file() and not path.stat().st_size else []


def _form(name: str, options: TableOptions) -> Form:
    form = options.form or form_of(name)
    if form is None:
        raise TicketsRefused([(name, Finding("D018", {"file": name}))])
    return form


def _shape(name: str, plans: Sequence[Plan]) -> tuple[object, list[Trouble]]:
    """The columns of a Parquet file, and what is wrong with them."""
    try:
        with Path(name).open("rb") as stream:
            header, _ = rows_of(stream, name)
            check_columns([c for c in header if not c.startswith(DECISION_COLUMNS)], every_fact(plans))
            return tuple((f.name, str(f.type)) for f in pq.read_schema(stream)), []
    except UnreadableHeader as error:
        return None, [(name, finding) for finding in error.findings]


def _require_readable(
    engine: Engine, shapes: Mapping[object, Sequence[str]], rest: Iterable[Input], options: TableOptions
) -> None:
    """What is on a cluster goes to a cluster, and what is here does not."""
    distant = [files[0] for files in shapes.values() if is_uri(files[0])]
    if distant and (options.mapping or engine.dialect == "duckdb"):
        raise TicketsRefused([(name, Finding("Q037", {"file": name})) for name in distant])
    local = [str(one) for one in rest]
    if local and not engine.is_local:
        values = {"engine": engine.dialect}
        raise TicketsRefused([(name, Finding("Q038", {"file": name, **values})) for name in local])


def _converted(
    engine: Engine, inputs: Sequence[Input], plans: Sequence[Plan], options: TableOptions
) -> Conversion:
    if not inputs:
        return Conversion(None, frozenset(), Bad())
    target = engine.folder / f"tickets-{next(_numbers)}.parquet"
    forms = {one: _form(one, options) for one in inputs if isinstance(one, str)}
    return convert(inputs, Reader(forms, plans, options.mapping, options.progress), target)


def _empty(inputs: Sequence[Input], table: TicketTable) -> list[Finding]:
    """A warning where there is nothing to judge at all."""
    if table.rows or table.bad.count:
        return []
    return [Finding("Q031", {"file": str(one)}) for one in inputs]


def at_odds(plans: Sequence[Plan]) -> list[Finding]:
    """A finding for each fact of which two editions say that it is of different kinds."""
    kinds = {name: [str(f.type.kind) for f in declared(plans, name)] for name in sorted(every_fact(plans))}
    return [
        Finding("Q033", {"fact": name, "left": some[0], "right": other})
        for name, some in kinds.items()
        for other in dict.fromkeys(some[1:])
        if other != some[0]
    ]


def _lacking(table: TicketTable, plans: Sequence[Plan]) -> list[Finding]:
    """Facts that rules read, that nothing works out, and that no file has: what most rules read first."""
    read = {pair for plan in plans for pair in _reading(plan)}
    rules = Counter(name for name, _ in read if name not in table.facts)
    lacking = [f"{name} ({rules[name]:,})" for name in sorted(rules, key=lambda n: (-rules[n], n))]
    return [Finding("Q034", {"count": str(len(lacking)), "facts": _names(lacking)})] if lacking else []


def _reading(plan: Plan) -> Iterator[tuple[str, str]]:
    """The facts that only a ticket can give, with the rules and definitions that read them."""
    of_items = ((fact.name, i.origin.id) for i in plan.items for fact in facts_in(*expressions_of(i)))
    of_definitions = ((name, d.origin.id) for d in plan.definitions for name in needs(d))
    yield from ((fact, rule) for fact, rule in (*of_items, *of_definitions) if fact not in plan.defined)


def _differing(parts: Sequence[tuple[str, Part]]) -> list[Finding]:
    """Files that lack facts which others have; the first of those that share a shape is named."""
    every = {name for _, part in parts for name in part.facts}
    lacking = [(file, sorted(every - set(part.facts))) for file, part in parts]
    return [Finding("Q035", {"file": file, "columns": _names(names)}) for file, names in lacking if names]


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown}, …" if len(names) > MOST_NAMES else shown
