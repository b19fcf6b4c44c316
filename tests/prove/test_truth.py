"""What the formulas once called impossible, or the same, and the evaluators do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from engine.evaluate.facts import facts_from
from engine.library import Library, load_texts
from engine.prove.difference.editions import difference
from engine.prove.findings import prove
from tests.cases.small_library import SOURCES, catalogue_text
from tests.prove.test_findings import told

FACTS: Mapping[str, Any] = {
    "called_on": "date",
    "kept": {"type": "boolean", "derived": "engine"},
    "waits": {
        "type": "list",
        "record": {n: {"label": {"zh": n, "en": n}, "type": "instant"} for n in ("began", "ended")},
    },
    "a": "instant",
    "z": "instant",
    "due": {"type": "money", "minimum": 0},
    "tens": {"type": "integer", "minimum": 0},
    "ones": {"type": "integer", "minimum": 1},
    "wait": {"type": "integer", "minimum": 0},
    "calls": {"type": "list", "record": {"cost": {"label": {"zh": "价", "en": "cost"}, "type": "money"}}},
    "note": {"type": "record", "record": {"cost": {"label": {"zh": "价", "en": "cost"}, "type": "money"}}},
}
BREACH = {"breach": {"code": "late"}}


def head() -> dict[str, Any]:
    """Made anew each time: a rulebook has no aliases."""
    return {"title": {"zh": "则", "en": "item"}, "cite": {"source": "deck", "quote": "甲"}}


def library(item: Mapping[str, Any], threshold: int = 50) -> Library:
    limit = {
        "label": {"zh": "值", "en": "value"},
        "type": "money",
        "values": {"2015-01-01": threshold},
        "cite": head()["cite"],
    }
    section = {
        "section": "s",
        "title": head()["title"],
        "event_date": "called_on",
        "items": [{**item, **head()}],
    }
    book = {
        "rulebook": "book",
        "title": head()["title"],
        "parameters": {"limit": limit},
        "sections": [section],
    }
    texts = {
        "facts.yaml": catalogue_text(FACTS),
        "sources.yaml": SOURCES,
        "book.yaml": yaml.safe_dump(book, allow_unicode=True, sort_keys=False),
    }
    found = load_texts({name: text.encode() for name, text in texts.items()})
    assert [finding.message("en") for finding in found.findings if finding.severity == "error"] == []
    return found


def rule(formula: str) -> dict[str, Any]:
    return {"rule": "r", "when": {"formula": formula}, "then": BREACH}


@pytest.mark.parametrize(
    "formula",
    [
        "floor(min(tens / 10, wait)) > 5 and wait < 40 and wait <= tens",
        "floor(max(tens / 10, wait)) = 20 and wait = 20",
        "floor(abs(tens / (-2))) >= 3",
        "ceiling(min(tens / ones, wait / 7)) = 2 and tens > wait",
        "not(add minutes(a, wait) >= a)",
        "not(add days(called_on, wait) >= called_on)",
    ],
)
def test_what_can_apply_is_not_said_never_to_apply(formula: str) -> None:
    """Quotients side by side, and what leads out of the calendar."""
    found = [claim.finding for claim in prove(library(rule(formula)), told)]
    assert "R305" not in {finding.code for finding in found}


def clock(starts: str, *stops: str) -> dict[str, Any]:
    return {"clock": "k", "starts": starts, "limit": "3 calendar days", "stops": list(stops)}


def share(**ceiling: bool) -> dict[str, Any]:
    part = {"party": "payer", "amount": 500, **ceiling}
    return {
        "rule": "r",
        "when": {"due": "> 0"},
        "then": {"share": {"of": "due", "parts": [part], "remainder": "payee"}},
    }


def paused(starts: str) -> dict[str, Any]:
    return {
        **clock(starts, "z"),
        "defines": "kept",
        "pauses": {"list": "waits", "from": "began", "until": "ended"},
    }


MANY = {
    "rule": "r",
    "when": {"calls": {"count": {"where": {"cost": "> limit"}, "is": ">= 5"}}},
    "then": BREACH,
}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (library(clock("a", "z")), library(clock("date of(a)", "z"))),
        (library(share(up_to=True)), library(share())),
        (library(MANY), library(MANY, threshold=80)),
        (library(paused("a")), library(paused("date of(a)"))),
        (library({**paused("a"), "on_breach": BREACH}), library(paused("a"))),
    ],
    ids=[
        "when a clock started",
        "a ceiling",
        "a longer list",
        "from when pauses count",
        "a clock that defines a fact",
    ],
)
def test_what_verdicts_show_is_not_proved_the_same(before: Library, after: Library) -> None:
    assert not difference(before, after).is_proved_same


def test_a_record_is_one_at_most() -> None:
    """As the language says; the formulas know of one record only."""
    plan = library(rule("count(note) >= 2")).plan
    assert plan is not None, "the library has no errors"
    assert facts_from({"note": [{"cost": 1}]}, plan)[1] == []
    assert [finding.code for finding in facts_from({"note": [{"cost": 1}, {}]}, plan)[1]] == ["F003"]
