"""A made-up history is the same for the same seed, and every fact in it is one of the catalogue's."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

from api.tickets.history import COLUMNS, history
from engine.evaluate.facts import facts_from
from engine.library import load

ROOT = Path(__file__).resolve().parents[2]


def test_same_seed_same_tickets() -> None:
    """The digest holds on every version of Python; it changes only when the mixtures are changed."""
    text = json.dumps(list(history(500, 7)), default=str, ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == DIGEST
    assert next(history(1, 8)) != next(history(1, 7))


def test_every_fact_is_valid() -> None:
    """Nothing made up is refused by the catalogue, and only declared columns occur."""
    plan = load(ROOT / "rules").plan
    assert plan is not None
    for facts in history(3000, 3):
        assert facts_from(facts, plan)[1] == []
        assert facts.keys() <= set(COLUMNS)


def test_mixture() -> None:
    """Nine in ten are complaints, over 40 outlets and ten months; rates lie in the gaps too."""
    made = list(history(5000, 1))
    kinds = Counter(facts["ticket_kind"] for facts in made)
    assert 0.88 < kinds["complaint"] / 5000 < 0.92
    assert len({facts.get("outlet_id") for facts in made} - {None}) == 40
    assert {facts["ticket_no"][1:7] for facts in made} == {f"2015{month:02}" for month in range(3, 13)}
    rates = {str(facts.get("appeal_rate_per_million")) for facts in made}
    assert {"10.5", "15.6"} <= rates


DIGEST = "b0277aa3abd452ac"
