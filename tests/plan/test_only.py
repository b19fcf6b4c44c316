"""A plan of some items: they say what they say in the whole, and carry no more than they rest on."""

from __future__ import annotations

from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import facts_from, instant_from
from tests.shipped.shipped import plan

BANDS = "penalties/appeals/bands"
GIVEN = {
    "rulebook_owner": "zto",
    "complaint_at": "2015-11-10T10:00",
    "appeal_body": "state_post_bureau",
    "appeal_type": "delay",
    "monthly_parcel_volume": 2_000_000,
    "appeals_total": 40,
    "appeals_attitude": 5,
    "appeals_false_signoff": 5,
}


def test_a_rule_says_of_a_ticket_what_it_says_among_all() -> None:
    facts, findings = facts_from(GIVEN, plan())
    assert findings == []
    as_of = instant_from("2015-12-01T09:00", plan().zone)
    whole = evaluator("reference", plan()).decide(facts, as_of)
    alone = evaluator("reference", plan().only([BANDS])).decide(facts, as_of)
    assert alone["outcomes"] == [outcome for outcome in whole["outcomes"] if outcome["rule"] == BANDS] != []


def test_it_keeps_the_definitions_that_it_rests_on_and_no_others() -> None:
    kept = plan().only([BANDS])
    assert [item.origin.id for item in kept.items] == [BANDS]
    assert [definition.fact.name for definition in kept.definitions] == [
        "rate_eligible_appeals",
        "appeal_rate_per_million",
    ]
