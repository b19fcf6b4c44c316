"""Derived facts as functions: `D_name(f, m, L)` works one out, keeps it in `m` and gives it back."""

from __future__ import annotations

from engine.evaluate.compiled.clocks import face
from engine.evaluate.compiled.conditions import rows_exclude_one_another
from engine.evaluate.compiled.expressions import Compiler
from engine.evaluate.compiled.logic import FALSE, TRUE, denied, disjoined
from engine.evaluate.compiled.runtime import shown_plain
from engine.evaluate.compiled.source import Function, Module
from engine.evaluate.compiled.values import none, unknown
from engine.plan.nodes import ClockPlan, DefinitionPlan, RowPlan, TablePlan
from engine.rulebook.expressions import Count, FactValue, facts_in, type_of, walk
from engine.rulebook.types import Kind


def write_definition(module: Module, definition: DefinitionPlan) -> None:
    """One function; what has no source of its own is left to the reference walk."""
    name = definition.fact.name
    function = Function(module, f"D_{name}(f, m, L)")
    function.line("g = f.get")
    match definition.body:
        case ClockPlan() as clock:
            written = _write_clock(function, definition, clock)
        case TablePlan() as table:
            written = _write_table(function, definition, table)
        case FactValue() | _ if type_of(definition.body).kind is not Kind.BOOLEAN:
            written = _write_value(function, definition)
        case _:
            written = _write_condition(function, definition)
    if not written:
        function = Function(module, f"D_{name}(f, m, L)")
        _return_walked(function, definition)
    function.write()


def _return_walked(function: Function, definition: DefinitionPlan) -> None:
    name = definition.fact.name
    function.line(f"m[{name!r}] = r = walk_fact(L, {name!r})")
    function.line("return r")


def shows(definition: DefinitionPlan) -> str:
    """The name of the function that shows a derived fact."""
    return f"S_{definition.fact.name}"


def write_shown(module: Module, definition: DefinitionPlan) -> None:
    """`S_name(f, m, L, d)`: puts a fact that rules work out and settle into `d`, as a verdict shows it."""
    name, show = definition.fact.name, shown_plain(definition.fact.type)
    function = Function(module, f"{shows(definition)}(f, m, L, d)")
    if definition.fallback:
        function.line(f"if {name!r} in f: return")
    text = "v" if show is None else f"{module.constant(show, 'show')}(v)"
    function.line(f"v = m[{name!r}] if {name!r} in m else D_{name}(f, m, L)")
    function.line(f"if v is not None and v is not NONE: d[{name!r}] = {text}")
    function.write()


def _write_condition(function: Function, definition: DefinitionPlan) -> bool:
    compiler = Compiler(function)
    if isinstance(definition.body, TablePlan | ClockPlan):
        return False
    must, may = compiler.must(definition.body), compiler.may(definition.body)
    function.line(f"m[{definition.fact.name!r}] = r = True if {must} else (None if {may} else False)")
    function.line("return r")
    return True


def _write_value(function: Function, definition: DefinitionPlan) -> bool:
    """A formula needs all its facts: without one of them nothing has to be worked out."""
    body = definition.body
    if isinstance(body, TablePlan | ClockPlan):
        return False
    compiler = Compiler(function)
    value = compiler.value(body)
    if value is None and any(isinstance(part, Count) for part in walk(body)):
        return False
    facts = value or compiler.all_facts(body)
    source = value.source if value else f"walk_fact(L, {definition.fact.name!r})"
    _return_value(function, definition, source, none(facts), unknown(facts))
    return True


def _return_value(
    function: Function, definition: DefinitionPlan, source: str, is_none: str, is_unknown: str
) -> None:
    """None is unknown; what is worked out from none is none only where the fact itself may be."""
    may_be_none = function.module.plan.facts[definition.fact.name].absence == "none"
    kept = f"m[{definition.fact.name!r}] = "
    if is_none != FALSE:
        with function.block(f"if {is_none}:"):
            function.line(f"{kept}r = {'NONE' if may_be_none else 'None'}")
            function.line("return r")
    if is_unknown != FALSE:
        with function.block(f"if {is_unknown}:"):
            function.line(f"{kept}r = None")
            function.line("return r")
    kind = definition.fact.type.kind
    if kind in (Kind.DECIMAL, Kind.MONEY):
        source = f"of_kind({source}, Kind.{kind.name})"
    function.line(f"{kept}r = {source}")
    beyond = _beyond_bounds(function, definition)
    if beyond:
        function.line(f"if r is not None and r is not NONE and ({beyond}): {kept}r = None")
    function.line("return r")


def _beyond_bounds(function: Function, definition: DefinitionPlan) -> str:
    """Source for: `r` lies beyond the bounds that the catalogue sets."""
    declared = function.module.plan.facts[definition.fact.name]
    bounds = [("<", declared.minimum), (">", declared.maximum)]
    return " or ".join(
        f"r {operator} {function.module.constant(bound)}" for operator, bound in bounds if bound is not None
    )


def _write_clock(function: Function, definition: DefinitionPlan, clock: ClockPlan) -> bool:
    """Met is true, breached is false; a clock that still runs has nothing to say yet."""
    applies = Compiler(function).must(clock.own)
    if applies != TRUE:
        with function.block(f"if {denied(applies)}:"):
            _return_unknown(function, definition)
    function.line(f"face = {face(function.module, clock)}")
    kept = f"m[{definition.fact.name!r}] = r = "
    function.line(f"{kept}None if face is None else IN_TIME.get(face.state)")
    function.line("return r")
    return True


def _write_table(function: Function, definition: DefinitionPlan, table: TablePlan) -> bool:
    """Under `unique` the one row that may apply, if it must; under `first` the first that may.

    Whatever else happens (several rows, an unknown one, a gap) leaves the fact unknown, and why is for
    the reference walk to say where somebody asks.
    """
    if table.policy not in ("unique", "first"):
        return False
    compiler = Compiler(function)
    applies = compiler.must(table.own)
    if applies != TRUE:
        with function.block(f"if {denied(applies)}:"):
            _return_unknown(function, definition)
    if rows_exclude_one_another(table.rows):
        _write_exclusive(function, definition, compiler, table)
    else:
        _write_counted(function, definition, compiler, table)
    _return_unknown(function, definition)
    return True


def _write_exclusive(
    function: Function, definition: DefinitionPlan, compiler: Compiler, table: TablePlan
) -> None:
    """At most one row can hold: the first that must is the hit. Shorter where its facts are known."""
    facts = [fact.name for fact in facts_in(*(row.condition for row in table.rows))]
    open_facts = [name for name in facts if compiler.fact(name).may_be_unknown]
    if open_facts:
        absent = disjoined(f"{compiler.fact(name).name} is None" for name in open_facts)
        with function.block(f"if {absent}:"):
            with function.lacking(open_facts if len(open_facts) == 1 else []):
                _write_rows(function, definition, compiler, table)
            _return_unknown(function, definition)
    with function.knowing(open_facts, there=False):
        _write_rows(function, definition, compiler, table)


def _write_rows(function: Function, definition: DefinitionPlan, compiler: Compiler, table: TablePlan) -> None:
    mays = [compiler.may(row.condition) for row in table.rows]
    for row in table.rows:
        must = compiler.must(row.condition)
        if must != FALSE:
            _write_hit(function, definition, compiler, row, must)
    if table.otherwise is not None:
        _write_hit(function, definition, compiler, table.otherwise, denied(disjoined(mays)))


def _write_counted(
    function: Function, definition: DefinitionPlan, compiler: Compiler, table: TablePlan
) -> None:
    """Rows that may hold are counted (`unique`), or end the search (`first`)."""
    function.line("hit = -1")
    for number, row in enumerate(table.rows):
        may, must = compiler.may(row.condition), compiler.must(row.condition)
        header = f"if hit == -1 and ({may}):" if table.policy == "first" else f"if {may}:"
        with function.block(header):
            fresh = "" if table.policy == "first" else "hit == -1 and "
            function.line(f"hit = {number} if {fresh}({must}) else -2")
    rows = [*enumerate(table.rows), *([(-1, table.otherwise)] if table.otherwise else [])]
    for number, concluding in rows:
        _write_hit(function, definition, compiler, concluding, f"hit == {number}")


def _return_unknown(function: Function, definition: DefinitionPlan) -> None:
    function.line(f"m[{definition.fact.name!r}] = None")
    function.line("return None")


def _write_hit(
    function: Function, definition: DefinitionPlan, compiler: Compiler, row: RowPlan, hit: str
) -> None:
    """The value of the row that is hit; a gap is unknown."""
    with function.block(f"if {hit}:"):
        if not isinstance(row.conclusion, tuple):
            _return_unknown(function, definition)
            return
        value = compiler.value(row.conclusion[0])
        if value is None:
            _return_walked(function, definition)
        else:
            _return_value(function, definition, value.source, none(value), unknown(value))
