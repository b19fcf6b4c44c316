"""Parts of plans that are taken from others say what they would say if they were made anew."""

from __future__ import annotations

import pytest

from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import facts_from, instant_from
from engine.plan.from_rulebooks import plan_from_rulebooks
from tests.shipped.shipped import library, plan

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


@pytest.mark.parametrize("name", sorted(library().readings))
def test_a_plan_under_other_readings_is_that_which_is_made_anew(name: str) -> None:
    loaded, catalogue = library(), library().catalogue
    assert catalogue is not None
    preferred = {key: reading.preferred for key, reading in loaded.readings.items()}
    for option in loaded.readings[name].options:
        anew = plan_from_rulebooks(catalogue, loaded.rulebooks, preferred | {name: option}, [])
        assert loaded.under({name: option}) == anew


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
