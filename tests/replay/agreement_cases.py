"""The cases of `tests/cases`, a query a rulebook; and those that no query can say, by rule and reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.plan.nodes import Plan
from tests.cases.small_library import case_files
from tests.cases.test_cases import _plain as plain
from tests.cases.test_cases import contents, plan_of, ticket
from tests.generators import Ticket
from tests.replay.agreement_rows import Read

REFUSED: Mapping[str, set[tuple[str, str]]] = {
    # A rank that is a fact of the ticket.
    "hit_outputs_not_used": {("Q002", "book/s/ranked")},
    "hit_unknown_outputs": {("Q002", "book/s/ranked")},
    # Money of any size times a rate of any size.
    "formulas": {("Q003", "book/s/f20")},
    "rounding": {("Q003", f"book/s/{name}") for name in ("to_cents", "to_yuan", "down", "up")},
}
WIDE = ("formulas", "rounding")
"""Those that can be said once the catalogue bounds its numbers."""
SAYABLE = [file for file in case_files() if file.stem not in REFUSED]


def file_named(name: str) -> Path:
    return next(file for file in case_files() if file.stem == name)


def cases_by_plan(file: Path) -> list[tuple[Plan, list[Read]]]:
    """The tickets of a file, those of one choice of readings together."""
    found: dict[tuple[tuple[str, str], ...], list[Mapping[str, Any]]] = {}
    for case in contents(file)["cases"]:
        found.setdefault(tuple(sorted(case.get("readings", {}).items())), []).append(case)
    plans = [(plan_of(file, readings), cases) for readings, cases in found.items()]
    return [(plan, [ticket(case, plan) for case in cases]) for plan, cases in plans]


def seeds_of(file: Path) -> tuple[Ticket, ...]:
    """The cases of a file, to make up others from."""
    return tuple(
        Ticket(plain(case["given"]), None if case.get("as_of") is None else str(case["as_of"]))
        for case in contents(file)["cases"]
    )
