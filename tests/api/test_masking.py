"""Personal texts are replaced before a ticket is judged, and that never changes a verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.tickets.json_door import JsonDoor, Judged, Request
from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import facts_from
from engine.library import load

ROOT = Path(__file__).resolve().parents[2]
PLAN = load(ROOT / "rules").plan
assert PLAN is not None
JUDGE = evaluator("compiled", PLAN)
DOOR = JsonDoor(JUDGE)
REROUTE = {"rulebook_owner": "national_standard", "requested_action": "reroute"}
NAMES = st.sampled_from(["张三", "李四", "", "[personal 1]", "[personal 2]", "standard", "人民路1号"])


def judged(facts: Mapping[str, Any]) -> Judged:
    request = DOOR.read(json.dumps({"facts": facts}).encode())
    assert isinstance(request, Request), request
    return DOOR.decide(request, None)


def test_neither_the_facts_kept_nor_the_verdict_holds_a_name() -> None:
    """The rule on a changed consignee reads both names, and its reasons show the marks."""
    facts = REROUTE | {"consignee_name": "张三", "new_consignee_name": "李四"}
    kept = judged(facts)
    assert b"\xe5\xbc\xa0" not in kept.facts + kept.verdict_json
    assert "李四".encode() not in kept.facts + kept.verdict_json
    assert json.loads(kept.facts)["new_consignee_name"] == "[personal 2]"
    assert b"[personal 1]" in kept.verdict_json


def test_names_inside_records_are_replaced_and_their_times_are_not() -> None:
    """A record may stand alone, without its list."""
    call = {"started_at": "2015-06-20T10:00", "caller_number": "13800000000", "region": "上海"}
    kept = json.loads(judged({"call_info": call, "problem_description": "13800000000"}).facts)
    assert kept["call_info"] == {
        "started_at": "2015-06-20T10:00",
        "caller_number": "[personal 1]",
        "region": "[personal 2]",
    }
    assert kept["problem_description"] == "[personal 1]"


def test_a_ticket_without_personal_facts_is_kept_as_it_was_written() -> None:
    """Numbers keep their digits."""
    assert (
        judged({"fee_collected": 12.5, "month": "2015-10"}).facts
        == b'{"fee_collected":12.5,"month":"2015-10"}'
    )


@pytest.mark.parametrize("text", ["", "13800000000"])
def test_an_empty_name_stays_empty_because_a_rule_asks_for_it(text: str) -> None:
    """The national standard asks whether a name was taken down at all."""
    kept = judged({"rulebook_owner": "national_standard", "customer_name": text})
    assert json.loads(kept.facts)["customer_name"] == ("" if text == "" else "[personal 1]")


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "consignee_name",
                "new_consignee_name",
                "new_consignee_address",
                "customer_name",
                "pickup_address",
            ]
        ),
        NAMES,
    ),
    st.dictionaries(st.sampled_from(["problem_description", "service_type", "destination"]), NAMES),
    st.sampled_from([{}, REROUTE, {"rulebook_owner": "national_standard", "order_accepted": True}]),
)
def test_the_marked_ticket_is_judged_as_the_true_one(
    personal: dict[str, str], others: dict[str, str], rest: dict[str, Any]
) -> None:
    """The same rules apply, are defeated and are undecided, whatever the names are."""
    ticket = {**rest, **personal, **others}
    facts, findings = facts_from(ticket, JUDGE.plan)
    assert not findings
    true = JUDGE.decide(facts, None)
    kept = judged(ticket)
    again, findings = facts_from(json.loads(kept.facts), JUDGE.plan)
    assert not findings
    assert json.loads(kept.verdict_json) == json.loads(json.dumps(JUDGE.decide(again, None)))
    for part in ("outcomes", "defeated", "undecided"):
        assert [o["rule"] for o in kept.verdict[part]] == [o["rule"] for o in true[part]]
    assert kept.verdict["totals"] == true["totals"]
