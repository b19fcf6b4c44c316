"""Numbers to so many digits, quotients among them: exact by constants, left open by what is none."""

from __future__ import annotations

from collections.abc import Sequence

from engine.prove.encoding import worth as reckon
from engine.prove.encoding.free import Free
from engine.prove.encoding.symbols import Symbols
from engine.prove.encoding.worth import Worth, value
from engine.prove.solver import (
    Bool,
    Int,
    both,
    compared,
    constant,
    equal,
    identity,
    implies,
    int_symbol,
    minus,
    number,
    plus,
    times,
)


def rounded(symbols: Symbols, mode: str, operand: Worth, digits: int) -> Worth:
    """To so many digits; a quotient by what is no constant is left open."""
    top = times(operand.term, number(10 ** max(digits, 0)))
    over = number(1) if operand.over is None else operand.over
    below = times(number(10 ** (operand.scale + max(-digits, 0))), over)
    divisor = constant(below)
    if divisor is None:
        term = _open_quotient(symbols, mode, top, below)
    elif divisor < 0:
        term = reckon.rounded(mode, times(number(-1), top), -divisor)
    else:
        term = reckon.rounded(mode, top, divisor)
    term = times(term, number(10 ** max(-digits, 0)))
    return Worth(operand.known, operand.there, term, max(digits, 0))


def _open_quotient(symbols: Symbols, mode: str, top: Int, below: Int) -> Int:
    name = f"quotient {symbols.fresh()}"
    term = int_symbol(name)
    nothing = number(0)
    bounds = (
        implies(equal(top, nothing), equal(term, nothing)),
        implies(
            both(compared(">=", top, nothing), compared(">", below, nothing)),
            compared(">=", term, nothing),
        ),
        *_around(mode, term, top, below),
    )

    def compute(values: Sequence[int]) -> int | bool:
        return reckon.round_number(mode, values[0], values[1]) if values[1] else False

    free = Free(name, "/", value(term), (top, below), compute, bounds)
    made = symbols.free(("quotient", mode, identity(top), identity(below)), free)
    return made.worth.term


def _around(mode: str, term: Int, top: Int, below: Int) -> tuple[Bool, Bool]:
    """A quotient lies by less than one (half of one) from what it is rounded from; of positive divisors."""
    two, product = number(2), times(term, below)
    low, high = {
        "floor": (times(two, product), plus(times(two, product), times(two, below))),
        "ceiling": (minus(times(two, product), times(two, below)), times(two, product)),
    }.get(mode, (minus(times(two, product), below), plus(times(two, product), below)))
    positive = compared(">", below, number(0))
    return (
        implies(positive, compared("<=", low, times(two, top))),
        implies(positive, compared("<=", times(two, top), high)),
    )
