"""The child process: loads rulesets, then answers one line a ticket until its input ends.

Runs as a script that knows nothing of the engine but flat facts of integers. A line of input is a JSON
object; the first one holds the rulesets, every further one a flat fact. An answer is the list of the names
of the rules that fired, or an object with `error`. After an error the process ends: what the library may
hold by then is not to be trusted.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from durable import engine

SID = "w0"
PRIME = "p"


class _Host(engine.Host):  # type: ignore[misc]  # the library comes without types
    """A host without the background threads, which steal matches."""

    def _run(self) -> None:
        """Nothing is dispatched behind our back."""


class Rulesets:
    """The rulesets by layer; each is asserted the ticket's facts and those found by the layers before."""

    def __init__(self, layers: list[list[dict[str, Any]]], sets: dict[str, dict[str, int]]) -> None:
        self.sets = sets
        self.fired: set[str] = set()
        self.count = 0
        self.names = [[f"l{i}s{j}" for j in range(len(layer))] for i, layer in enumerate(layers)]
        definitions = {
            name: self._with_actions(ruleset["rules"])
            for names, layer in zip(self.names, layers, strict=True)
            for name, ruleset in zip(names, layer, strict=True)
        }
        self.fields = {
            name: ruleset["fields"]
            for names, layer in zip(self.names, layers, strict=True)
            for name, ruleset in zip(names, layer, strict=True)
        }
        self.host = _Host(definitions)

    def _with_actions(self, rules: dict[str, Any]) -> dict[str, Any]:
        made = {name: {"all": [{"m": when}], "run": self._action(name)} for name, when in rules.items()}
        return {**made, PRIME: {"all": [{"m": {PRIME: 1}}], "run": self._action(PRIME)}}

    def _action(self, name: str) -> Callable[[Any], None]:
        def run(_: Any) -> None:  # the library's own closure
            self.fired.add(name)

        return run

    def prime(self, blank: dict[str, int]) -> None:
        """Runs one action for the sid in every ruleset, without which its state is not to be used."""
        for name in (name for layer in self.names for name in layer):
            self.fired.clear()
            self._match(name, {**blank, PRIME: 1})
            if PRIME not in self.fired:
                raise RuntimeError(f"ruleset {name} does not run actions")

    def answer(self, fact: dict[str, int]) -> list[str]:
        """The rules that fire, layer by layer."""
        every: list[str] = []
        for layer in self.names:
            self.fired.clear()
            for name in layer:
                self._match(name, fact)
            every += sorted(self.fired)
            self._chain(fact)
        return every

    def _chain(self, fact: dict[str, int]) -> None:
        """What actions found is asserted for the layers to come."""
        for name in self.fired & self.sets.keys():
            fact.update(self.sets[name])

    def _match(self, ruleset: str, fact: dict[str, int]) -> None:
        """Asserts the fields that the ruleset tests, and takes them back."""
        self.count += 1
        asserted: dict[str, int | str] = {name: fact[name] for name in self.fields[ruleset]}
        asserted.update({PRIME: fact[PRIME], "sid": SID, "id": self.count})
        try:
            self.host.assert_fact(ruleset, asserted)
        except engine.MessageNotHandledException:
            return
        finally:
            self.host.retract_fact(ruleset, asserted)


def main() -> None:
    """Reads and answers lines until the input ends, which it does when the parent dies."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for answer in _answers():
        out.write(json.dumps(answer, separators=(",", ":")).encode() + b"\n")
        out.flush()


def _answers() -> Iterator[list[str] | dict[str, str]]:
    lines = iter(sys.stdin.buffer.readline, b"")
    try:
        first = json.loads(next(lines))
        rulesets = Rulesets(first["layers"], first["sets"])
        rulesets.prime(first["blank"])
        yield ["ready"]
        for line in lines:
            yield rulesets.answer(json.loads(line))
    except Exception as error:  # noqa: BLE001  # whatever it is, this process is not to be used again
        yield {"error": f"{type(error).__name__}: {error}"[:500]}


if __name__ == "__main__":
    main()
