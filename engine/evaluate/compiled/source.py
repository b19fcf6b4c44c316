"""Python source under construction: lines, constants, and the variables that a function loads.

A fact's variable holds its value, `None` when it is unknown, or `NONE` when it is known to be none. What
can be which is decided once, so that the source only asks what can be so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from engine.plan.nodes import Plan

INDENT = "    "


@dataclass(frozen=True, slots=True)
class Variable:
    """A local variable and what it may hold besides a value."""

    name: str
    may_be_unknown: bool
    may_be_none: bool
    is_unknown: bool = False
    """Known to be unknown: it has been asked."""


@dataclass
class Module:
    """What all the functions of one plan share: the namespace in which their constants live."""

    plan: Plan
    namespace: dict[str, Any] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    _names: dict[int, str] = field(default_factory=dict)
    _kept: list[Any] = field(default_factory=list)
    _writing: Lock = field(default_factory=Lock)

    def constant(self, value: Any, hint: str = "k") -> str:
        """A name for an object; small plain values are written out."""
        if value is None or isinstance(value, bool | int) or (isinstance(value, str) and len(value) < 80):
            return repr(value)
        known = self._names.get(id(value))
        if known is not None:
            return known
        name = f"_{hint}{len(self._names)}"
        self._names[id(value)] = name
        self._kept.append(value)
        self.namespace[name] = value
        return name

    def run(self) -> None:
        """Makes functions of what has been written."""
        exec(compile("\n".join(self.text), "<plan>", "exec"), self.namespace)  # noqa: S102  # our own source
        self.text.clear()

    def later(self, name: str, write: Callable[[], None]) -> None:
        """A function that is written when it is first called: most of what is seldom asked is never asked."""

        def first_call(*arguments: Any) -> Any:
            with self._writing:
                if self.namespace[name] is first_call:
                    write()
                    self.run()
            return self.namespace[name](*arguments)

        self.namespace[name] = first_call

    def fresh(self, hint: str) -> str:
        """A name that no other function has."""
        self._kept.append(None)
        return f"_{hint}_{len(self._kept)}"


class Function:
    """One function under construction.

    A variable is loaded where it is first needed and forgotten at the end of the block in which that
    was, so that a function only looks at what its path through the conditions asks for.
    """

    def __init__(self, module: Module, signature: str) -> None:
        self.module = module
        self.signature = signature
        self.lines: list[str] = []
        self._scopes: list[dict[str, Variable]] = [{}]
        self._known: list[dict[str, bool | None]] = []
        self._passing: list[frozenset[str]] = []

    @property
    def name(self) -> str:
        """What the function is called."""
        return self.signature.partition("(")[0]

    def line(self, text: str) -> None:
        self.lines.append(INDENT * len(self._scopes) + text)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """`header` and what is written inside, one step to the right."""
        self.line(header)
        self._scopes.append({})
        before = len(self.lines)
        yield
        if len(self.lines) == before:
            self.line("pass")
        self._scopes.pop()

    def variable(self, key: str) -> Variable | None:
        """A variable that has been loaded on the way here."""
        return next((scope[key] for scope in reversed(self._scopes) if key in scope), None)

    @contextmanager
    def knowing(self, facts: Iterable[str], *, there: bool) -> Iterator[None]:
        """Inside, these facts are not unknown; with `there` they have values, so are not none either."""
        self._known.append(dict.fromkeys(facts, there))
        yield
        self._known.pop()

    @contextmanager
    def passing(self, facts: frozenset[str]) -> Iterator[None]:
        """In the rest of a conjunction these facts have values: Python stops at the first part that fails."""
        self._passing.append(facts)
        yield
        self._passing.pop()

    @contextmanager
    def statement(self) -> Iterator[None]:
        """For a line of its own, which runs before the conjunction whose parts it serves."""
        passing, self._passing = self._passing, []
        yield
        self._passing = passing

    @contextmanager
    def lacking(self, facts: Iterable[str]) -> Iterator[None]:
        """Inside, these facts are known to be unknown."""
        self._known.append(dict.fromkeys(facts))
        yield
        self._known.pop()

    def refined(self, name: str, variable: Variable) -> Variable:
        """The variable of a fact with what is known about it here."""
        known = [facts[name] for facts in self._known if name in facts]
        known += [True for facts in self._passing if name in facts]
        if not known:
            return variable
        if None in known:
            return Variable(variable.name, True, False, is_unknown=True)
        return Variable(variable.name, False, variable.may_be_none and not any(known))

    def keep(self, key: str, variable: Variable) -> Variable:
        """Remembers a variable to the end of the block."""
        self._scopes[-1][key] = variable
        return variable

    def write(self) -> None:
        """Adds the finished function to the module."""
        body = self.lines or [INDENT + "pass"]
        self.module.text.append("\n".join([f"def {self.signature}:", *body, ""]))
