"""What verdicts share cannot be changed through one of them."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import facts_from
from engine.evaluate.frozen import frozen
from engine.library import load

PLAN = load(Path(__file__).resolve().parents[2] / "rules").plan
assert PLAN is not None
FACTS = {
    "rulebook_owner": "zto",
    "first_call_type": "attitude",
    "first_call_date": "2015-10-08",
    "customer_reports_attitude": True,
}
CHANGES: list[Callable[[dict[str, Any]], object]] = [
    lambda outcome: outcome["title"].update(zh="改"),
    lambda outcome: outcome["citations"].append({}),
    lambda outcome: outcome["citations"][0].clear(),
    lambda outcome: outcome["because"][0].pop("value"),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["compiled", "reference"])
def test_changing_one_verdict_never_changes_the_next(
    name: str, change: Callable[[dict[str, Any]], object]
) -> None:
    """A change is either refused or stays in the verdict in which it was made."""
    assert PLAN is not None
    judge = evaluator(name, PLAN)
    facts, _ = facts_from(FACTS, PLAN)
    before = json.dumps(judge.decide(facts, None))
    with suppress(TypeError):
        change(next(o for o in judge.decide(facts, None)["outcomes"] if o["kind"] == "fine"))
    assert json.dumps(judge.decide(facts, None)) == before


def test_a_copy_can_be_changed() -> None:
    """Whoever masks or adds works on a copy, which is plain through and through."""
    shared = frozen({"title": {"zh": "罚", "en": "fine"}, "list": [{"a": 1}]})
    for mine in (copy.deepcopy(shared), pickle.loads(pickle.dumps(shared))):  # noqa: S301  # our own bytes
        mine["title"]["zh"] = "改"
        mine["list"][0]["a"] = 2
        mine["list"].append(3)
    assert shared == {"title": {"zh": "罚", "en": "fine"}, "list": [{"a": 1}]}
    assert copy.copy(shared["list"]) == [{"a": 1}]
    with pytest.raises(TypeError, match="shared between verdicts"):
        shared["title"]["zh"] = "改"


def test_shared_parts_are_written_out_like_any_other() -> None:
    """JSON by either writer is the same as of plain values."""
    plain = {"title": {"zh": "罚", "en": "fine"}, "list": [{"a": 1}]}
    assert msgspec.json.encode(frozen(plain)) == msgspec.json.encode(plain)
    assert json.dumps(frozen(plain)) == json.dumps(plain)
