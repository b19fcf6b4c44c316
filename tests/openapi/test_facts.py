"""The schema of a ticket takes what the engine takes, and says what the catalogue says."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.openapi.values import given as given_schema
from engine.evaluate.facts import facts_from
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind
from tests.openapi.described import shipped

BOUNDED = settings(max_examples=200, deadline=None)


def a_fact(kind: Kind) -> FactDeclaration:
    return next(
        fact
        for fact in shipped().catalogue.facts.values()
        if fact.type.kind is kind and fact.minimum is None and fact.derived != "engine"
    )


def is_taken(fact: FactDeclaration, value: Any) -> bool:
    return not facts_from({fact.name: value}, shipped().plan)[1]


def is_described(fact: FactDeclaration, value: Any) -> bool:
    """A decimal without a fraction is a whole number in JSON, which the validator knows of floats only."""
    whole = isinstance(value, Decimal) and value == value.to_integral_value()
    return not shipped().troubles("Facts", {fact.name: int(value) if whole else value})


def test_every_fact_that_a_ticket_may_give_is_described() -> None:
    may_be_given = {name for name, fact in shipped().catalogue.facts.items() if fact.derived != "engine"}
    assert set(shipped().schemas["Facts"]["properties"]) == may_be_given


def test_every_example_of_the_catalogue_fits_its_schema() -> None:
    examples = {name: fact["examples"][0] for name, fact in shipped().schemas["Facts"]["properties"].items()}
    assert shipped().troubles("Facts", examples) == []
    assert facts_from(examples, shipped().plan)[1] == []


def test_a_fact_is_described_with_its_labels_values_unit_and_absence() -> None:
    facts = shipped().schemas["Facts"]["properties"]
    channel = facts["channel"]
    assert channel["x-label"] == {"zh": "来源渠道", "en": "intake channel"}
    assert channel["x-values"]["phone"] == {"zh": "电话", "en": "phone"}
    assert channel["enum"][0] == "phone"
    assert facts["sla_hours"]["x-unit"] == "hour"
    assert (facts["definite_reply_at"]["x-absent"], facts["complaint_at"]["x-absent"]) == ("none", "unknown")
    assert facts["complaint_ordinal"]["minimum"] == 1


def test_the_facts_that_name_a_person_are_marked() -> None:
    facts = shipped().schemas["Facts"]["properties"]
    marked = {name for name, fact in facts.items() if fact.get("x-personal")}
    assert marked == {fact.name for fact in shipped().catalogue.facts.values() if fact.personal}
    assert "consignee_name" in marked


@BOUNDED
@given(st.dates(date(1910, 1, 1), date(2189, 12, 31)))
def test_every_day_is_described(day: date) -> None:
    assert is_described(a_fact(Kind.DATE), day.isoformat())


@BOUNDED
@given(st.from_regex(r"\A(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]\Z"))
def test_a_day_is_described_exactly_if_it_exists(text: str) -> None:
    fact = a_fact(Kind.DATE)
    assert is_described(fact, text) == (is_taken(fact, text) and text >= "1910")


@BOUNDED
@given(
    st.datetimes(datetime(1910, 1, 2), datetime(2189, 12, 30)),
    st.sampled_from(["minutes", "seconds", "microseconds"]),
    st.none() | st.integers(-23 * 60, 23 * 60),
)
def test_every_instant_is_described(moment: datetime, precision: str, offset: int | None) -> None:
    zone = None if offset is None else timezone(timedelta(minutes=offset))
    written = moment.replace(tzinfo=zone).isoformat(timespec=precision)
    assert is_taken(a_fact(Kind.INSTANT), written)
    assert is_described(a_fact(Kind.INSTANT), written)


@pytest.mark.parametrize("kind", [Kind.DATE, Kind.MONTH, Kind.INSTANT])
@BOUNDED
@given(data=st.data())
def test_what_a_pattern_describes_is_taken(kind: Kind, data: st.DataObject) -> None:
    pattern = shipped().schemas[{Kind.DATE: "Day", Kind.MONTH: "Month", Kind.INSTANT: "Instant"}[kind]][
        "pattern"
    ]
    written = data.draw(st.from_regex(pattern.replace("^", r"\A").replace("$", r"\Z")))
    assert is_taken(a_fact(kind), written)


@pytest.mark.parametrize("kind", [Kind.INTEGER, Kind.DECIMAL, Kind.MONEY])
@BOUNDED
@given(data=st.data())
def test_numbers_are_described_exactly_as_they_are_taken(kind: Kind, data: st.DataObject) -> None:
    facts = shipped().catalogue.facts
    names = [name for name, f in facts.items() if f.type.kind is kind and f.derived != "engine"]
    fact = facts[data.draw(st.sampled_from(names))]
    value = data.draw(
        st.integers(-(10**19), 10**19)
        | st.integers(-300, 300)
        | st.decimals(-300, 300, places=data.draw(st.integers(0, 7)))
        | st.decimals(-300, 300, places=data.draw(st.integers(0, 7))).map(str)
        | st.sampled_from([None, True, "", "1e3", "twelve", "0.5", "100.00", "100.01"])
    )
    negative_zero = str(value).startswith("-") and set(str(value)) <= set("-0.")
    if not (negative_zero and fact.minimum is not None):
        assert is_described(fact, value) == is_taken(fact, value), (fact.name, value)


@BOUNDED
@given(st.integers(1, 99_999), st.integers(0, 100_000))
def test_bounded_decimal_strings_are_those_up_to_the_bound(bound: int, value: int) -> None:
    declared = next(f for f in shipped().catalogue.facts.values() if f.maximum is not None and f.type.scale)
    text = shipped().validator(given_schema(declared.type, 0, bound)["anyOf"][1])
    assert text.is_valid(str(value)) == (value <= bound)
    assert text.is_valid(f"{value}.01") == (value < bound)


def test_what_the_service_takes_beside_facts_is_only_the_instant() -> None:
    assert shipped().troubles("Ticket", {"facts": {}, "as_of": "2015-10-08T10:00"}) == []
    assert shipped().troubles("Ticket", {"facts": {}, "asof": "2015-10-08T10:00"})
    assert shipped().troubles("Ticket", {})
