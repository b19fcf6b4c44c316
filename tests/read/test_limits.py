"""The limits of clocks, each as it is written in a rulebook."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.calendar import Limit, LimitKind
from engine.base.findings import Finding
from engine.base.spans import SourceText, Span
from engine.read.limits import parse_limit
from engine.read.nodes import ScalarNode


def node(text: str) -> ScalarNode:
    return ScalarNode(text, quoted=False, span=Span(SourceText("x.yaml", text), 0, len(text)))


@pytest.mark.parametrize(
    ("text", "kind", "amount", "calendar"),
    [
        ("30 minutes", "minutes", 30, None),
        ("1 minute", "minutes", 1, None),
        ("2 hours", "minutes", 120, None),
        ("3 calendar days", "calendar_days", 3, None),
        ("1 month", "months", 1, None),
        ("1 year", "years", 1, None),
        ("5 working days on cn_office", "working_days", 5, "cn_office"),
        ("8 working  hours on cn_office", "working_minutes", 480, "cn_office"),
        ("90 working minutes on cn_office", "working_minutes", 90, "cn_office"),
    ],
)
def test_a_counted_limit(text: str, kind: LimitKind, amount: int, calendar: str | None) -> None:
    limit = parse_limit(node(text))
    assert isinstance(limit, Limit)
    assert limit == Limit(kind, amount, calendar, minute_of_day=None, inclusive=True, days_later=0)


@pytest.mark.parametrize(
    ("text", "time", "inclusive", "days_later"),
    [
        ("by 12:00", 720, True, 0),
        ("before 12:00", 720, False, 0),
        ("by 12:00 next day", 720, True, 1),
        ("before 24:00 next day", 1440, False, 1),
    ],
)
def test_a_time_of_the_day(text: str, time: int, inclusive: bool, days_later: int) -> None:
    limit = parse_limit(node(text))
    assert isinstance(limit, Limit)
    assert (limit.kind, limit.minute_of_day, limit.inclusive, limit.days_later) == (
        "time_of_day",
        time,
        inclusive,
        days_later,
    )


@pytest.mark.parametrize(("word", "inclusive"), [("by", True), ("before", False)])
def test_a_day_of_the_next_month(word: str, inclusive: bool) -> None:
    limit = parse_limit(node(f"{word} day 6 of next month"))
    assert isinstance(limit, Limit)
    assert (limit.kind, limit.amount, limit.inclusive) == ("day_of_next_month", 6, inclusive)


_WORDS = st.sampled_from(
    [
        "0",
        "5",
        "31",
        "99999999999",
        "minutes",
        "hour",
        "working",
        "calendar",
        "days",
        "on",
        "x",
        "by",
        "before",
        "25:00",
        "12:00",
        "day",
        "of",
        "next",
        "month",
    ]
)


@given(st.one_of(st.text(max_size=40), st.lists(_WORDS, max_size=8).map(" ".join)))
def test_any_text_gives_a_limit_or_a_finding(text: str) -> None:
    parsed = parse_limit(node(text))
    if isinstance(parsed, Finding):
        assert parsed.message("zh") + parsed.message("en") + str(parsed.help("zh")) + str(parsed.help("en"))
