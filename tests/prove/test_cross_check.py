"""No search through tickets finds what a proof denies; and a proof that were wrong would be found out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from engine.plan.nodes import Plan
from engine.prove.answer import NotKnown
from engine.prove.claim import Claim
from engine.prove.difference.editions import plans_apart
from engine.prove.encoding import worth
from engine.prove.encoding.rails import Rails
from engine.prove.encoding.worth import Worth
from engine.prove.findings import prove
from engine.prove.region import Region
from engine.rulebook.expressions import FALSE, TRUE, Expression, Operator
from tests.prove.cross_check import Changes, Claims, chunk, plan_from, report
from tests.prove.made_up_tables import Made, MadeUp
from tests.prove.searched import Tickets

LOTS = 4
EACH = 4


@pytest.mark.parametrize("lot", range(LOTS))
def test_searches_find_nothing_that_proofs_deny(lot: int) -> None:
    """A slice of what `make cross-check` goes through."""
    found = chunk(range(1 + lot * EACH, 1 + (lot + 1) * EACH))
    assert found.contradictions == []
    assert found.numbers["tables"] > EACH
    assert all(report(found))


def rulebook(*cells: tuple[str, str]) -> MadeUp:
    """A table with one row for each of these tests of two numbers."""
    made = MadeUp(Random(1))
    made.add("integer_fact", "integer")
    made.add("other_fact", "integer")
    made.section = {"section": "s", "title": {"zh": "节", "en": "s"}}
    rows: list[Made] = [{"row": f"r{n}", "if": list(tests), "then": [50]} for n, tests in enumerate(cells)]
    outputs = [{"name": "out", "type": "money"}]
    then = {"fine": {"amount": "out", "payer": "payer", "per": "ticket"}}
    inputs = ["integer_fact", "other_fact"]
    table = {"hit": "unique", "inputs": inputs, "outputs": outputs, "then": then, "rows": rows}
    made.items = [{**made.head("table"), **table}]
    return made


def mistake(monkeypatch: pytest.MonkeyPatch, taken: Operator, made_of: Operator) -> None:
    """From now on the formulas take one comparison for another."""
    right = worth.compare

    def wrong(operator: Operator, left: Worth, right_side: Worth) -> Rails:
        return right(made_of if operator == taken else operator, left, right_side)

    monkeypatch.setattr(worth, "compare", wrong)


def claimed(made: MadeUp) -> dict[str, Any]:
    """What is said of its table, by code: of what cannot be settled what was asked."""
    said = [claim.finding for claim in prove(made.library, lambda *_: None)]
    return {f.code: f.values.get("asked", "") for f in said if f.code not in ("R308", "R314")}


WHOLE = rulebook(("<= 3", "[0..6]"), ("> 3", "[0..6]"))
"""Every ticket is covered, by one row."""


def test_what_formulas_get_wrong_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gap that no evaluator sees is none: that it was found is said, and no ticket."""
    assert claimed(WHOLE) == {}
    mistake(monkeypatch, "<=", "<")
    assert claimed(WHOLE) == {"R392": "R301"}


def test_a_difference_that_is_none_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = plan_of(WHOLE), plan_of(rulebook(("< 4", "[0..6]"), (">= 4", "[0..6]")))
    assert [item.status for item in plans_apart(old, new).items] == ["proved_same"]
    mistake(monkeypatch, "<=", "<")
    [item] = plans_apart(old, new).items
    assert (item.status, item.regions) == ("not_known", ())
    assert isinstance(item.doubt, NotKnown)
    assert item.doubt.why == "not_confirmed"


def plan_of(made: MadeUp) -> Plan:
    return plan_from(made.library)


def test_a_gap_that_is_denied_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search has to notice where formulas are wrong the other way round."""
    made = rulebook(("< 3", "-"), ("> 3", "-"))
    assert list(contradictions(made)) == []
    mistake(monkeypatch, "<", "<=")
    [told] = contradictions(made)
    assert "no claim of ('gap', 'book/s/table-1')" in told


def contradictions(made: MadeUp, *claims: Claim) -> list[str]:
    """What the search says of these claims, or of all that are made."""
    plan = plan_of(made)
    claims = claims or tuple(prove(made.library, lambda *_: None))
    tickets = Tickets(made, plan).complete(Random(1), 100)
    return list(Claims(plan, claims, Counter()).held_against(tickets))


def test_a_difference_that_is_denied_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    made, other = rulebook(("<= 3", "-"), ("> 3", "-")), rulebook(("< 3", "-"), ("> 3", "-"))
    old, new = plan_of(made), plan_of(other)
    tickets = Tickets(made, old).complete(Random(1), 100)
    assert list(Changes(old, new, plans_apart(old, new), Counter()).held_against(tickets, [])) == []
    mistake(monkeypatch, "<", "<=")
    [told] = Changes(old, new, plans_apart(old, new), Counter()).held_against(tickets, [])
    assert "proved to be the same and told apart" in told


@pytest.mark.parametrize(("condition", "told"), [(TRUE, "in all of {}"), (FALSE, "not in its regions")])
def test_a_region_that_is_too_wide_or_too_narrow_is_found(condition: Expression, told: str) -> None:
    made = rulebook(("< 3", "-"), ("> 3", "-"))
    [gap] = prove(made.library, lambda *_: None)
    wrong = replace(gap, regions=(Region((), condition),))
    [found] = contradictions(made, wrong)
    assert told in found
