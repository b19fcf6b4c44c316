"""What tells two verdicts apart, by rule, with both sides."""

from __future__ import annotations

import copy
from typing import Any

from engine.evaluate.differences import Differences, ValueDifference, differences
from engine.evaluate.verdict import Verdict

FINE = {
    "rule": "a/fine",
    "kind": "fine",
    "amount": "50.00",
    "title": {"zh": "罚", "en": "fine"},
    "because": [],
}


def verdict(**parts: Any) -> Verdict:
    empty: Verdict = {
        "edition": "e",
        "as_of": None,
        "outcomes": [],
        "defeated": [],
        "undecided": [],
        "derived": {},
        "totals": {},
    }
    return {**empty, **parts}  # type: ignore[typeddict-item]  # parts of a verdict


def test_nothing_differs() -> None:
    """Edition and `as_of` are not compared."""
    found = differences(verdict(outcomes=[FINE], edition="x"), verdict(outcomes=[FINE], as_of="2015-10-08"))
    assert found == Differences((), (), ())
    assert not found


def test_appears_and_disappears() -> None:
    """A rule that only one side speaks of."""
    other = {**FINE, "rule": "a/other"}
    found = differences(verdict(outcomes=[FINE]), verdict(outcomes=[other]))
    assert [(rule.rule, rule.kind) for rule in found.rules] == [
        ("a/other", "appears"),
        ("a/fine", "disappears"),
    ]
    appears, disappears = found.rules
    assert (appears.before, appears.after) == ((), (("outcomes", other),))
    assert (disappears.before, disappears.after) == ((("outcomes", FINE),), ())


def test_changes() -> None:
    """Another amount is a change; so is moving from an outcome to what an exception defeats."""
    for after in (
        verdict(outcomes=[{**FINE, "amount": "60.00"}]),
        verdict(defeated=[{"rule": "a/fine", "by": "a/fine/unless", "title": FINE["title"]}]),
    ):
        (rule,) = differences(verdict(outcomes=[FINE]), after).rules
        assert (rule.kind, rule.in_words_only) == ("changes", False)


def test_words_only() -> None:
    """Another title or reason is a change in words."""
    (rule,) = differences(
        verdict(outcomes=[FINE]), verdict(outcomes=[{**FINE, "title": {"zh": "x", "en": "x"}}])
    ).rules
    assert (rule.kind, rule.in_words_only) == ("changes", True)


def test_one_of_several_outcomes() -> None:
    """A rule with two outcomes of which one changes is shown with both."""
    second = {**FINE, "kind": "breach"}
    (rule,) = differences(verdict(outcomes=[FINE, second]), verdict(outcomes=[FINE])).rules
    assert [len(rule.before), len(rule.after)] == [2, 1]


def test_values() -> None:
    """Derived facts and totals by name."""
    before = verdict(derived={"late": True, "rate": "1"}, totals={"fine": {"CNY": "50.00"}})
    after = verdict(derived={"late": False}, totals={"fine": {"CNY": "60.00"}, "fee": {"CNY": "1.00"}})
    untouched = copy.deepcopy((before, after))
    found = differences(before, after)
    assert found.derived == (ValueDifference("late", True, False), ValueDifference("rate", "1", None))
    assert found.totals == (
        ValueDifference("fine CNY", "50.00", "60.00"),
        ValueDifference("fee CNY", None, "1.00"),
    )
    assert (before, after) == untouched
