"""Clocks as functions: `C_n(f, m, L)` gives what a clock shows, or None where that is not known.

When a limit ends and what a clock then shows is reckoned by the same functions as in the reference walk.
The source only brings the moments together; a clock that was paused is read by the walk.
"""

from __future__ import annotations

from engine.base.calendar import Limit
from engine.evaluate.clocks import ClockFace
from engine.evaluate.compiled.expressions import Compiler
from engine.evaluate.compiled.logic import FALSE
from engine.evaluate.compiled.source import Function, Module
from engine.evaluate.compiled.values import Strict, none, unknown
from engine.plan.nodes import ClockPlan, Plan
from engine.rulebook.expressions import Expression

NOT_STARTED = ClockFace("not_started")


def clocks_of(plan: Plan) -> tuple[ClockPlan, ...]:
    """Every clock of the plan, whether it concludes something, defines a fact, or both."""
    bodies = (*plan.items, *(definition.body for definition in plan.definitions))
    return tuple({clock.origin.id: clock for clock in bodies if isinstance(clock, ClockPlan)}.values())


def write_face(module: Module, clock: ClockPlan) -> None:
    """The function of one clock, known to the module as the clock's `face`."""
    faces = module.namespace["faces"]
    name = faces[clock.origin.id] = f"C_{len(faces)}"
    function = Function(module, f"{name}(f, m, L)")
    function.line("g = f.get")
    face = _face(Compiler(function), clock)
    if face is None:
        function = Function(module, f"{name}(f, m, L)")
        face = _walked(module, clock)
    function.line(f"return {face}")
    function.write()


def face(module: Module, clock: ClockPlan) -> str:
    """The call that reads a clock."""
    return f"{module.namespace['faces'][clock.origin.id]}(f, m, L)"


def _walked(module: Module, clock: ClockPlan) -> str:
    return f"walk_face(L, {module.constant(clock, 'clock')})"


def _face(compiler: Compiler, clock: ClockPlan) -> str | None:
    """Source of what the clock shows, after lines that return where it does not run; None for the walk."""
    function = compiler.function
    started = _moment(compiler, clock.starts)
    due = _due(compiler, clock, started)
    if due is None:
        return None
    function.line(f"due = {due}")
    function.line("if due is None: return None")
    if clock.pauses is not None:
        paused = compiler.fact(clock.pauses.list.name)
        function.line(
            f"if {paused.name} is not NONE and {paused.name} != (): return {_walked(compiler.module, clock)}"
        )
    stops = "".join(f"{compiler.fact(stop.name).name}, " for stop in clock.stops)
    return f"face_of(due, {started.source if started else None}, ({stops}), L[1])"


def _moment(compiler: Compiler, moment: Expression | None) -> Strict | None:
    """The value of a start or due moment, after lines that return where there is none."""
    value = None if moment is None else compiler.value(moment)
    if value is not None:
        _return_where(compiler.function, none(value), compiler.module.constant(NOT_STARTED, "not_started"))
        _return_where(compiler.function, unknown(value), "None")
    return value


def _return_where(function: Function, test: str, answer: str) -> None:
    if test != FALSE:
        function.line(f"if {test}: return {answer}")


def _due(compiler: Compiler, clock: ClockPlan, started: Strict | None) -> str | None:
    """Source for when the limit ends, None where no calendar knows it."""
    if clock.due is not None:
        due = _moment(compiler, clock.due)
        return None if due is None else f"due_by({due.source})"
    if started is None or clock.limit is None:
        return None
    if isinstance(clock.limit, Limit):
        return f"due_after({compiler.module.constant(clock.limit, 'limit')}, {started.source})"
    limit = compiler.value(clock.limit)
    if limit is None:
        return None
    _return_where(compiler.function, unknown(limit), "None")
    return f"due_after({limit.source}, {started.source})"
