"""Case files: every mistake has its place, and what is right means what it says."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from engine.base.findings import codes
from engine.evaluate.walk.expectations import disappointed
from tests.walk.desk import HERE, case, library, plan, read, walked

CALLED = {
    "kind": "类型",
    "loss": "丢失",
    "value": "价值",
    "excused": "已谅解",
    "opened_at": "开单时间",
    "waits": "等待记录",
    "began": "起",
    "ended": "止",
    "customer": "等客户",
    "close_ticket": "关单",
    "note": "备注",
    "compensation": "赔偿",
}
"""Some names of the catalogue, and what it calls them in Chinese."""


def in_chinese(line: str) -> str:
    """A line of a case with the catalogue's labels, unless it is a text for people."""
    for name, label in CALLED.items() if "{zh" not in line else ():
        line = re.sub(rf"(?<![\w/-]){name}(?![\w/-])", label, line)
    return line


def data(name: str) -> Any:
    """A file of data, every scalar as the text that it is."""
    return yaml.load((HERE / name).read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - builds texts only


def named(one: dict[str, Any]) -> str:
    return str(one["name"]).replace(" ", "-")


@pytest.mark.parametrize("mistake", data("mistakes.yaml"), ids=named)
def test_a_mistake_is_said_of_the_words_at_fault(mistake: dict[str, Any]) -> None:
    found, findings = read(mistake["case"])
    assert found is None
    said = [
        [f.code, f.span.text if f.span else None, *([f.suggestion] if f.suggestion else [])] for f in findings
    ]
    assert said == mistake["says"]


def test_every_message_about_a_case_is_told_somewhere() -> None:
    told = {code for mistake in data("mistakes.yaml") for code, *_ in mistake["says"]} | {"W007"}
    of_cases = {code for code in codes() if code.startswith("W0") and code < "W009"}
    assert of_cases <= told


@pytest.mark.parametrize("missed", data("expectations.yaml"), ids=named)
def test_an_expectation_that_is_not_met_says_what_came_instead(missed: dict[str, Any]) -> None:
    one = case(missed["case"])
    (finding,) = disappointed(one, walked(one), library(), plan())
    assert (finding.message("zh"), finding.message("en")) == (missed["zh"], missed["en"])
    assert finding.span is not None
    assert finding.span.text == missed["at"]


def test_facts_of_an_event_hold_from_then_on_until_they_are_taken_away() -> None:
    one = case(
        "case: a\nfacts: {kind: loss}\nevents:\n"
        "  - {at: 2015-06-10T10:00, facts: {value: 5, opened_at: now, opened_on: today, month: now}}\n"
        "  - {at: 2015-06-10T11:00, facts: {kind: delay, value: null}}\n"
    )
    first, second = (step.facts for step in one.steps)
    assert first["opened_at"] == one.steps[0].at
    assert str(first["opened_on"]) == "2015-06-10"
    assert str(first["month"]) == "2015-06-01"
    assert (first["kind"], second["kind"]) == ("loss", "delay")
    assert second.keys() == first.keys() - {"value"}
    assert [(change.fact, change.how) for change in one.steps[1].changes] == [
        ("kind", "set"),
        ("value", "taken"),
    ]


def test_records_are_added_and_the_last_open_one_is_closed() -> None:
    one = case(
        "case: a\nevents:\n"
        "  - {at: 2015-06-10T10:00, append: {waits: [{began: 2015-06-10T09:00}, {began: now, why: stock}]}}\n"
        "  - {at: 2015-06-10T11:00, close: {waits: ended}}\n"
        "  - at: 2015-06-10T12:00\n"
        "    close: {waits: {ended: 2015-06-10T11:30}}\n"
        "    append: {waits: {began: now}}\n"
    )
    ended = [[str(wait.get("ended", ""))[11:16] for wait in step.facts["waits"]] for step in one.steps]  # type: ignore[union-attr]
    assert ended == [["", ""], ["", "11:00"], ["11:30", "11:00", ""]]


def test_a_day_and_an_hour_may_be_parted_by_a_space_and_carry_an_offset() -> None:
    one = case("case: a\nevents: [{at: 2015-06-10 10:00}, {at: '2015-06-10T02:30:15Z'}]\n")
    assert [f"{step.at:%H:%M:%S%z}" for step in one.steps] == ["10:00:00+0800", "10:30:15+0800"]


def test_facts_fields_values_and_codes_may_be_called_by_their_chinese_labels() -> None:
    english = (HERE / "cases" / "an-answer-too-late.case.yaml").read_text(encoding="utf-8")
    chinese = "".join(map(in_chinese, english.splitlines(keepends=True)))
    assert len([label for label in CALLED.values() if label in chinese]) == len(CALLED)
    assert case(chinese) == case(english)
    assert walked(case(chinese)) == walked(case(english))


def test_a_mistake_among_chinese_words_is_said_of_them() -> None:
    found, findings = read("case: a\nevents: [{at: 2015-06-10T10:00, facts: {类型: 丢, 开单时刻: now}}]\n")
    assert found is None
    assert [(f.code, f.span.text if f.span else "") for f in findings] == [
        ("F006", "丢"),
        ("F001", "开单时刻"),
    ]


def test_a_case_is_judged_by_the_readings_that_it_names() -> None:
    facts = "{kind: loss, value: 80, excused: false}"
    text = f"case: a\nreadings: {{}}\nfacts: {facts}\nevents: [{{at: 2015-06-10T10:00}}]\n"
    half, whole = (walked(case(text.replace("{}", chosen))) for chosen in ("{}", "{AMB-90: whole}"))
    assert half[0].verdict["totals"] == {"compensation": {"CNY": "40.00"}}
    assert whole[0].verdict["totals"] == {"compensation": {"CNY": "80.00"}}
