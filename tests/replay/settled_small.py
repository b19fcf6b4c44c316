"""A small network to settle: two counts and a sum, two schemes of fines, parties whom facts name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from engine.library import Library, load_texts
from engine.replay.engines.engine import Engine
from engine.replay.settle.run import Order, Settlement, settle
from engine.replay.settle.settlement import Statement
from engine.replay.tickets.canonical import canonical_type
from engine.replay.tickets.relations import TEXT, WHOLE, table

FOLDER = Path(__file__).parent / "small_network"
FINES = (FOLDER / "fines.yaml").read_text(encoding="utf-8")

MONTH = date(2015, 11, 1)
NAMES = (
    "ticket_no",
    "created_at",
    "outlet_id",
    "outlet_level1_id",
    "outlet_role",
    "assigned_outlet",
    "late",
    "idle",
    "month",
    "parcels",
    "kind",
    "loss",
    "rate",
)


@cache
def small_library(rules: str = FINES) -> Library:
    library = load_texts(
        {**{path.name: path.read_bytes() for path in FOLDER.iterdir()}, "fines.yaml": rules.encode()}
    )
    assert library.plan is not None, [f"{f.span} {f.message('en')}" for f in library.findings]
    return library


def ticket(number: int, outlet: str | None = "A", **facts: Any) -> dict[str, Any]:
    """A ticket of November at an outlet that is its own first level; a fact given as None is missing."""
    common = {"ticket_no": f"T{number}", "outlet_id": outlet, "outlet_level1_id": outlet, "month": MONTH}
    return {**common, "created_at": datetime(2015, 11, 5, 2), "late": False, "idle": False, **facts}


def appeal(number: int, outlet: str | None = "A", **facts: Any) -> dict[str, Any]:
    """An appeal at an outlet with a hundred parcels."""
    return ticket(number, outlet, **{"kind": "appeal", "loss": 0, "parcels": 100, **facts})


def settled(
    engine: Engine, tickets: Sequence[Mapping[str, Any]], order: Order | None = None, rules: str = FINES
) -> tuple[Settlement, dict[str | None, Statement]]:
    """The month's settlement over these tickets, with its statements by outlet."""
    library = small_library(rules)
    assert library.plan is not None, "the small rulebook is sound"
    plan = library.plan
    columns = [
        ("source_file", TEXT),
        ("source_row", WHOLE),
        ("as_of", canonical_type(plan.facts["created_at"].type)),
    ]
    columns += [(name, canonical_type(plan.facts[name].type)) for name in NAMES]
    rows = [("t", n, None, *(facts.get(name) for name in NAMES)) for n, facts in enumerate(tickets, 1)]
    source = table(rows, columns)
    found = settle(engine, source, NAMES, (library, plan), order or Order(MONTH))
    return found, {statement.outlet: statement for statement in found.statements()}
