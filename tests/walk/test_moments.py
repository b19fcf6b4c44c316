"""The moments of a case: when there is one, and what it tells."""

from __future__ import annotations

from typing import Any

import pytest

from tests.walk.desk import case, walked
from tests.walk.test_case_files import data, named


@pytest.mark.parametrize("expected", data("moments.yaml"), ids=named)
def test_there_is_a_moment_for_each_event_and_each_limit_that_passes(expected: dict[str, Any]) -> None:
    told = [
        [
            f"{moment.at:%Y-%m-%dT%H:%M:%S}",
            moment.happened,
            {change.outcome["rule"].rpartition("/")[2]: change.news for change in moment.changes.clocks},
        ]
        for moment in walked(case(expected["case"]))
    ]
    assert told == expected["moments"]


def test_one_refusal_refuses_and_names_what_its_rules_require() -> None:
    one = case(
        "case: a\nevents:\n"
        "  - {at: 2015-06-10T10:00, facts: {opened_at: now, answered_at: now}}\n"
        "  - {at: 2015-06-10T10:01, append: {waits: {began: now, why: stock}}}\n"
        "  - {at: 2015-06-10T10:02, facts: {answered_at: null}}\n"
    )
    actions = [{a.action: (a.permission, a.requires, len(a.rules)) for a in m.actions} for m in walked(one)]
    assert actions == [
        {"close_ticket": ("allowed", (), 1)},
        {"close_ticket": ("refused", ("check_stock",), 1)},
        {
            "close_ticket": ("refused", ("answer", "check_stock"), 2),
            "refund": ("refused", ("answer",), 1),
        },
    ]
    changed = [[(before, a.action, a.permission) for before, a in m.changes.actions] for m in walked(one)]
    assert changed == [
        [("unsaid", "close_ticket", "allowed")],
        [("allowed", "close_ticket", "refused")],
        [("refused", "close_ticket", "refused"), ("unsaid", "refund", "refused")],
    ]


def test_money_that_changes_is_gone_and_new_and_the_total_says_both() -> None:
    one = case(
        "case: a\nfacts: {kind: loss, excused: false}\nevents:\n"
        "  - {at: 2015-06-10T10:00, facts: {value: 80}}\n"
        "  - {at: 2015-06-10T10:01, facts: {value: 90}}\n"
        "  - {at: 2015-06-10T10:02, facts: {excused: true}}\n"
        "  - {at: 2015-06-10T10:03, facts: {excused: null}}\n"
    )
    _, second, third, fourth = walked(one)
    assert [o["amount"] for o in second.changes.new] == ["45.00"]
    assert [o["amount"] for o in second.changes.gone] == ["40.00"]
    assert [(t.name, t.before, t.after) for t in second.changes.totals] == [
        ("compensation CNY", "40.00", "45.00")
    ]
    assert [d["by"] for d in third.changes.defeated] == ["desk/money/loss-half/excused"]
    assert third.changes.totals[0].after is None
    assert [d["by"] for d in fourth.changes.no_longer_defeated] == ["desk/money/loss-half/excused"]
    assert [u["missing"] for u in fourth.changes.undecided] == [["excused"]]


def test_clocks_that_run_tell_what_is_left_the_first_due_on_top() -> None:
    one = case("case: a\nevents: [{at: 2015-06-10T10:00, facts: {opened_on: today, opened_at: now}}]\n")
    (moment,) = walked(one)
    left = [(clock.outcome["rule"].rpartition("/")[2], clock.seconds_left) for clock in moment.clocks]
    assert left == [("answer", 1_800), ("settlement", 38 * 3_600)]
