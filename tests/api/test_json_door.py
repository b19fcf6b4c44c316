"""From JSON bytes to a verdict's bytes: exact, and the same by the short way and the long way."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from api.tickets.json_door import JsonDoor, Request
from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import facts_from, instant_from
from engine.library import load

ROOT = Path(__file__).resolve().parents[2]
PLAN = load(ROOT / "rules").plan
assert PLAN is not None
JUDGE = evaluator("compiled", PLAN)
DOOR = JsonDoor(JUDGE)
FACTS = {"rulebook_owner": "zto", "first_call_type": "attitude", "first_call_date": "2015-10-08"}


def answered(body: bytes) -> dict[str, object]:
    request = DOOR.read(body)
    assert isinstance(request, Request), request
    verdict: dict[str, object] = json.loads(DOOR.decide(request, None).verdict_json)
    return verdict


@pytest.mark.parametrize("file", sorted((ROOT / "examples" / "tickets").glob("*.json")), ids=lambda f: f.stem)
def test_example_tickets_are_answered_as_the_evaluator_judges(file: Path) -> None:
    """The bytes hold the evaluator's verdict."""
    raw = json.loads(file.read_bytes(), parse_float=Decimal)
    facts, findings = facts_from(raw.get("facts", raw), JUDGE.plan)
    assert not findings
    as_of = instant_from(raw["as_of"], JUDGE.plan.zone) if "as_of" in raw else None
    assert answered(file.read_bytes()) == json.loads(json.dumps(JUDGE.decide(facts, as_of)))


@pytest.mark.parametrize("space", ["", " ", "\n"])
def test_layout_of_the_request_makes_no_difference(space: str) -> None:
    """Blanks before a colon only send a ticket the long way."""
    loose = json.dumps({"facts": FACTS}).replace('":', f'"{space}:').encode()
    assert answered(loose) == answered(json.dumps({"facts": FACTS}).encode())


@pytest.mark.parametrize(
    "body",
    [
        b'{"facts": {"rulebook_owner": "zto", "rulebook_owner": "yto"}}',
        b'{"facts": {"rulebook_owner": "zto", "rulebook_owner" : "yto"}}',
        b'{"facts": {"rulebook_owner" : "zto", "problem_description": "\\":", "rulebook_owner": "yto"}}',
        b'{"facts": {}, "facts": {"rulebook_owner": "zto"}}',
        b'{"facts": {"scans_before_complaint": [{"scan_type": "pickup", "scan_type": "sign"}]}}',
    ],
)
def test_a_key_given_twice_is_refused_and_never_guessed(body: bytes) -> None:
    """Whichever of the two was meant, the engine does not choose."""
    answer = DOOR.read(body)
    assert isinstance(answer, list)
    assert [finding.code for finding in answer] == ["D036"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"nonsense",
        b'{"facts": 1}',
        b'{"facts": {"fee_collected": NaN}}',
        b'{"facts": {"fee_collected": 1e400}}',
        b'{"facts": {"complaint_ordinal": ' + b"9" * 400 + b"}}",
        b'{"facts": {"first_call_date": "2015-02-30"}}',
        b'{"facts": ' + b"[" * 100_000,
        b'{"facts": {"as_of": "2015"}}',
        b'{"facts": {"scans_before_complaint": [null]}}',
        b'{"facts": {"scans_before_complaint": [5, {}]}}',
        b'{"facts": {}, "as_of": "2015-02-30T10:00"}',
        b'{"facts": {}, "as_of": "0001-01-01T00:00+14:00"}',
        b'{"facts": {}, "as_of": "9999-12-31T24:00"}',
        b'{"facts": {}, "as_of": 5}',
        b"\xff\xfe{}",
    ],
)
def test_what_is_wrong_is_said_and_never_judged(body: bytes) -> None:
    """Every answer to a bad request is a list of findings."""
    answer = DOOR.read(body)
    assert isinstance(answer, list)
    assert answer


def test_all_that_is_wrong_with_a_ticket_comes_at_once_by_pointer() -> None:
    """Two mistakes are two findings."""
    answer = DOOR.read(b'{"facts": {"first_call_type": "rude", "fee_collected": "x"}}')
    assert isinstance(answer, list)
    assert [finding.pointer for finding in answer] == ["/facts/first_call_type", "/facts/fee_collected"]
