"""`caiding walk` and `caiding test --cases`: what they print, and by which number they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.command_line import Run
from tests.walk.desk import HERE, RULES

CASES = HERE / "cases"
TOO_LATE = CASES / "an-answer-too-late.case.yaml"
MISSED = "case: a\nevents: [{at: 2015-06-10T10:00, expect: {totals: {fee: 4}}}]\n"
LOG = "no,when,what\nT1,2015-06-10T10:00,opened\nT1,2015-06-10T10:20,answered\nT2,2015-06-10T11:00,opened\n"
MAPPING = HERE / "logs" / "mapping.yaml"
OF_A_LOG = ("--rules", RULES, "--log", "-", "--mapping", MAPPING)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_walk_reads_as_the_golden_file(run: Run, language: str) -> None:
    ran = run("--lang", language, "walk", "--rules", RULES, TOO_LATE)
    assert ran.out == (CASES / f"an-answer-too-late.{language}.txt").read_text(encoding="utf-8")
    assert (ran.code, ran.err) == (0, "")


def test_a_walk_as_json_tells_the_same(run: Run) -> None:
    ran = run("walk", "--rules", RULES, "--format", "json", "--evaluator", "reference", TOO_LATE)
    walk = json.loads(ran.out)
    moments = walk["moments"]
    assert (walk["case"], walk["title"]["en"], walk["missed"]) == (
        "an-answer-too-late",
        "an answer too late",
        [],
    )
    assert [fact["fact"] for fact in walk["beginning"]] == ["kind", "value", "excused"]
    assert [moment["happened"] for moment in moments] == [
        "event", "event", "event", "time", "event", "event", "time", "end",
    ]  # fmt: skip
    assert moments[1]["facts"] == [
        {
            "fact": "waits",
            "how": "added",
            "value": {"began": "2015-06-10T10:10+08:00", "why": "customer"},
        }
    ]
    assert moments[1]["clocks"][0] | {"title": None} == {
        "rule": "desk/clocks/answer",
        "title": None,
        "started": "2015-06-10T10:00+08:00",
        "due": "2015-06-10T10:30+08:00",
        "seconds_left": 1200,
        "paused": True,
    }
    assert [clock["news"] for clock in moments[3]["changes"]["clocks"]] == ["breached"]
    assert moments[3]["changes"]["totals"][0] == {"name": "fine CNY", "before": None, "after": "100.00"}
    assert moments[3]["verdict"]["as_of"] == "2015-06-10T10:40:01+08:00"
    assert moments[0]["actions"][0] == {
        "action": "close_ticket",
        "permission": "refused",
        "requires": ["answer"],
        "rules": ["desk/gates/open"],
    }


def test_an_expectation_that_is_not_met_ends_with_two(run: Run) -> None:
    ran = run("walk", "--rules", RULES, "-", stdin=MISSED.encode())
    assert ran.code == 2
    assert "1 of 1 expectations not met" in ran.out
    assert "error[W007]" in ran.err
    assert " --> -:2:50" in ran.err


def test_a_mistake_in_one_of_two_cases_leaves_the_other_to_be_walked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b.case.yaml").write_text("case: b\nevents: []\n", encoding="utf-8")
    ran = run("walk", "--rules", RULES, "--format", "json", tmp_path / "b.case.yaml", TOO_LATE)
    assert ran.code == 2
    assert "R110" in ran.err
    (line,) = ran.out.splitlines()
    assert json.loads(line)["case"] == "an-answer-too-late"


def test_a_reading_of_the_command_goes_before_that_of_the_case(run: Run) -> None:
    text = (
        "case: a\nreadings: {AMB-90: half}\nfacts: {kind: loss, value: 8}\nevents: [{at: 2015-06-10T10:00}]\n"
    )
    ran = run("walk", "--rules", RULES, "--reading", "AMB-90=whole", "-", stdin=text.encode())
    assert "compensation 8.00 CNY" in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "W033"),
        ((TOO_LATE, "--log", "x.csv", "--mapping", "m.yaml"), "W032"),
        (("--log", "x.csv"), "D005"),
        ((TOO_LATE, "--case", "T1"), "W034"),
        ((TOO_LATE, "--as-of", "2015-06-10T10:00"), "W034"),
        (("no.case.yaml",), "D014"),
        (("--log", "no.csv", "--mapping", MAPPING), "D014"),
        (("--log", "Makefile", "--mapping", MAPPING), "D018"),
    ],
)
def test_what_does_not_go_together_is_said(run: Run, arguments: tuple[object, ...], said: str) -> None:
    ran = run("walk", "--rules", RULES, *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert f"error[{said}]" in ran.err


def test_a_ticket_of_a_log_is_walked(run: Run) -> None:
    ran = run("walk", *OF_A_LOG, "--case", "T1", "--as-of", "2015-06-11T10:00", stdin=LOG.encode())
    assert (ran.code, ran.err) == (0, "")
    assert "2015-06-10 10:20  answered" in ran.out
    assert "* in time: answered within 30 minutes" in ran.out
    assert "2015-06-11 10:00  (the walk ends)" in ran.out


def test_a_log_is_counted_at_its_end_or_at_another_instant(run: Run) -> None:
    for asked, as_of, running in ((), "11:00", 1), (("--as-of", "2015-06-10T11:31"), "11:31", 0):
        ran = run("walk", *OF_A_LOG, "--format", "json", *asked, stdin=LOG.encode())
        found = json.loads(ran.out)
        assert (ran.code, found["tickets"], found["events"], found["bad"]) == (0, 2, 3, 0)
        assert found["as_of"] == f"2015-06-10T{as_of}:00+08:00"
        answer = {"running": running, "met": 1, "breached": 1 - running, "undecided": 0}
        assert found["clocks"]["desk/clocks/answer"] == answer


def test_a_log_is_counted_in_words(run: Run) -> None:
    ran = run("--lang", "zh", "walk", *OF_A_LOG, stdin=LOG.encode())
    assert "2 件工单，3 个事件，截至 2015-06-10 11:00" in ran.out
    assert "desk/clocks/answer" in ran.out


def test_tickets_with_bad_events_are_told_and_not_counted(run: Run) -> None:
    ran = run("walk", *OF_A_LOG, stdin=(LOG + "T2,2015-06-10T12:00,opnd\n").encode())
    assert ran.code == 2
    assert "error[W028]" in ran.err
    assert "--> -:5 /what" in ran.err
    assert "1 tickets (1 more are bad and not judged)" in ran.out


@pytest.mark.parametrize(
    ("more", "log", "code", "said"),
    [
        (("--case", "T9"), LOG, 1, "W030"),
        (("--case", "T1", "--as-of", "2015-06-10T09:00"), LOG, 1, "W002"),
        (("--as-of", "2015-06-10T10:59"), LOG, 1, "W002"),
        (("--case", "T1"), LOG.replace("answered", "anwsered"), 2, "-:3 /what"),
        (("--case", "T2"), LOG.replace("T11:00", " at 11"), 2, "-:4 /when"),
        ((), LOG.replace("what", "waht"), 2, "D074"),
    ],
)
def test_what_a_log_does_not_give_is_said(
    run: Run, more: tuple[str, ...], log: str, code: int, said: str
) -> None:
    ran = run("walk", *OF_A_LOG, *more, stdin=log.encode())
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


def test_a_mapping_of_tickets_reads_no_log(run: Run, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("mapping: m\ncolumns: {what: kind}\n", encoding="utf-8")
    ran = run("walk", *OF_A_LOG, "--mapping", tmp_path / "m.yaml", stdin=LOG.encode())
    assert (ran.code, ran.out) == (1, "")
    assert "error[W031]" in ran.err


def test_decide_reads_a_log_as_tickets(run: Run) -> None:
    arguments = (
        "--rules",
        RULES,
        "--mapping",
        MAPPING,
        "--input-format",
        "csv",
        "--as-of",
        "2015-06-10T12:00",
    )
    ran = run("decide", *arguments, "--format", "json", "-", stdin=LOG.encode())
    assert ran.code == 0
    verdicts = {line["ticket_no"]: line["verdict"] for line in map(json.loads, ran.out.splitlines())}
    states = {
        no: next(o["state"] for o in v["outcomes"] if o["kind"] == "deadline") for no, v in verdicts.items()
    }
    assert states == {"T1": "met", "T2": "breached"}


def test_cases_are_walked_beside_the_examples(run: Run, tmp_path: Path) -> None:
    arguments = ("test", RULES, "--allow-uncovered", "--evaluator", "reference", "--cases")
    good = run(*arguments, CASES)
    assert "reference: 1 case, 11 of 11 expectations met" in good.out
    assert good.code == 0
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "a.case.yaml").write_text(MISSED, encoding="utf-8")
    bad = run(*arguments, tmp_path)
    assert bad.code == 2
    assert "error[W007]" in bad.out
    told = json.loads(run(*arguments, tmp_path, "--format", "json").out)
    assert told["cases"] == {"cases": 1, "expectations": 1, "missed": {"reference": 1}}
    assert "W007" in run(*arguments, tmp_path, "--format", "junit").out


def test_a_folder_without_cases_is_no_folder_of_cases(run: Run, tmp_path: Path) -> None:
    for folder, said in ((tmp_path, "W035"), (tmp_path / "no", "D010"), (TOO_LATE, "D011")):
        ran = run("test", RULES, "--cases", folder)
        assert (ran.code, ran.out) == (1, "")
        assert f"error[{said}]" in ran.err
