"""`caiding explain`: a verdict in words, what would have avoided it, what to ask; bad tickets are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import as_of_from, facts_from
from engine.library import load
from engine.prove.counter.explain import counter
from tests.api.command_line import ROOT, SMALL, Run

LOST = {"facts": {"kind": "loss", "value": 10, "day": "2015-06-10"}}
UNKNOWN = {"facts": {"kind": "loss", "day": "2015-06-10"}}
TICKETS = sorted((ROOT / "examples" / "tickets").glob("*.json"))


def _explained(run: Run, ticket: dict[str, Any], *options: str) -> Any:
    return run("explain", "-", "--rules", SMALL, *options, stdin=json.dumps(ticket).encode())


def test_without_counter_it_is_the_verdict(run: Run) -> None:
    ran = _explained(run, LOST)
    assert ran.code == 0
    assert "fine: outlet → 50.00 CNY per waybill" in ran.out
    assert "avoided" not in ran.out


def test_the_nearest_changes_are_named(run: Run) -> None:
    ran = _explained(run, LOST, "--counter")
    assert ran.out.partition("what would have avoided it\n")[2].splitlines() == [
        "  fine: outlet → 50.00 CNY per waybill (fines/loss/lost)",
        "    kind (kind): loss → delay",
        "    value (value): 10.00 → 0.00",
    ]


def test_in_chinese_as_well(run: Run) -> None:
    ran = run("--lang", "zh", "explain", "-", "--rules", SMALL, "--counter", stdin=json.dumps(LOST).encode())
    assert "    类型（kind）：丢失 → 延误" in ran.out


def test_what_to_ask_next_is_told_with_what_it_decides(run: Run) -> None:
    ran = _explained(run, UNKNOWN, "--counter", "--as-of", "2015-06-12T10:00")
    assert ran.out.partition("ask next\n")[2].splitlines() == [
        "  value (value): of 1 undecided at most 0 left",
        "    below 0.01: 0 left; nothing more applies",
        "    0.01 or more: 0 left; fine: outlet → 50.00 CNY per waybill (fines/loss/lost)",
    ]


def test_programs_get_the_verdict_and_the_changes(run: Run) -> None:
    told = json.loads(_explained(run, LOST, "--counter", "--format", "json").out)
    assert list(told) == ["verdict", "avoided", "ask", "apart"]
    (one,) = told["avoided"]
    assert one["status"] == "avoidable"
    changes = [change for alternative in one["alternatives"] for change in alternative["changes"]]
    assert [(c["fact"], c["before"], c["after"]) for c in changes] == [
        ("kind", "loss", "delay"),
        ("value", "10.00", "0.00"),
    ]


@pytest.mark.parametrize("path", TICKETS, ids=lambda path: str(path.stem))
def test_every_change_offered_takes_the_outcome_away(run: Run, path: Path) -> None:
    """On the shipped rules, judged anew as `decide` does; and `decide` and `explain` say the same verdict."""
    told = json.loads(run("explain", path, "--counter", "--format", "json").out)
    assert told["verdict"] == json.loads(run("decide", path, "--format", "json").out)
    plan = load(ROOT / "rules").under({})
    ticket = json.loads(path.read_text(encoding="utf-8"))
    as_of = as_of_from(ticket["as_of"], plan.zone)
    for one in told["avoided"]:
        assert one["alternatives"] or one["status"] == "unavoidable"
        for alternative in one["alternatives"]:
            changed = {change["fact"]: change["after"] for change in alternative["changes"]}
            facts, findings = facts_from({**ticket["facts"], **changed}, plan)
            assert not findings
            after = evaluator("compiled", plan).decide(facts, as_of)  # type: ignore[arg-type]  # it is an instant
            burdens = [(o["rule"], o["kind"], o.get("code")) for o in after["outcomes"]]
            assert (one["outcome"]["rule"], one["outcome"]["kind"], one["outcome"].get("code")) not in burdens


def test_what_more_than_two_facts_avoid_is_found_each_time() -> None:
    """Three stops of one clock, two of them open, and no instant of judging of the ticket's own."""
    facts = {
        "rulebook_owner": "yto",
        "dispatched_at": "2015-06-20T09:00",
        "c5_replied_at": "2015-06-20T09:31",
    }
    plan = load(ROOT / "rules").under({})
    typed, _ = facts_from(facts, plan)
    for _ in range(4):
        (one,) = counter(plan, typed, None).avoided
        assert [len(alternative.changes) for alternative in one.alternatives] == [3]


@pytest.mark.parametrize(
    ("written", "code"),
    [(b'{"a": ', "D031"), (b'{"facts": {"valu": 1}}', "F001"), (b'{"facts": {"value": -1}}', "F010")],
)
def test_a_bad_ticket_is_refused_as_everywhere(run: Run, written: bytes, code: str) -> None:
    ran = run("explain", "-", "--rules", SMALL, "--counter", stdin=written)
    assert (ran.code, ran.out) == (2, "")
    assert f"error[{code}]" in ran.err


def test_a_file_that_is_not_there_is_named(run: Run) -> None:
    ran = run("explain", "nowhere.json", "--rules", SMALL)
    assert ran.code == 1
    assert "`nowhere.json`" in ran.err
