"""What can be learned of the service: editions, rulebooks, facts, health."""

from __future__ import annotations

import json
from time import time_ns
from typing import Any

from api.store.editions import Activation, record_activation
from tests.http.world import FINES, World, texts, with_service

FINDING: dict[str, Any] = {
    "code": "R201",
    "severity": "error",
    "values": {},
    "message": {"zh": "不对", "en": "wrong"},
    "help": None,
    "place": {"file": "fines.yaml", "line": 3, "column": 1, "end_line": 3, "end_column": 2},
    "pointer": None,
    "labels": [],
}


def refuse(world: World) -> None:
    refusal = Activation(time_ns() // 1000, 2, None, "abcabcabcabc", "refused", json.dumps([FINDING]))
    with world.database.writing() as connection:
        record_activation(connection, refusal)


def test_editions(world: World) -> None:
    """The active edition and its history; a refused folder with its findings, in the caller's language."""
    first = world.shelf.edition
    assert first is not None
    refuse(world)
    found = world.ask("GET", "/v1/editions").json
    assert found["active"] == {
        "edition": first.name,
        "revision": first.revision,
        "generation": 1,
        "since": "2026-01-01T00:00:00+00:00",
    }
    assert [one["outcome"] for one in found["activations"]] == ["refused", "activated"]
    assert found["last_refused"]["revision"] == "abcabcabcabc"
    assert found["last_refused"]["findings"][0]["message"] == "wrong"
    assert [one["edition"] for one in found["editions"]] == [first.name]


def test_ready(world: World) -> None:
    """A refused folder is told of and does not make the service unready: the last good edition serves."""
    assert world.ask("GET", "/health/ready", key=None).json["last_refused"] is None
    refuse(world)
    found = world.ask("GET", "/health/ready", key=None)
    assert found.status == 200
    assert found.json["status"] == "ready"
    assert found.json["last_refused"]["revision"] == "abcabcabcabc"


def test_reload(world: World) -> None:
    """A reload says what came of it, and which edition judges now."""

    def change(_patience: float) -> bool:
        world.keep(texts(FINES.replace("50", "55")))
        return True

    def refused(_patience: float) -> bool:
        refuse(world)
        return True

    same = world.ask("POST", "/v1/editions/reload", key="operate")
    changed = with_service(world, reload=change).ask("POST", "/v1/editions/reload", key="operate")
    failed = with_service(world, reload=refused).ask("POST", "/v1/editions/reload", key="operate")
    assert [reply.json["outcome"] for reply in (same, changed, failed)] == [
        "unchanged",
        "activated",
        "refused",
    ]
    assert changed.json["active"]["generation"] == 2


def test_rulebooks_and_facts(front: World) -> None:
    """Rulebooks with citations, and the catalogue of facts, as the active edition has them."""
    books = front.ask("GET", "/v1/rulebooks").json
    assert books["rulebooks"] == [
        {"name": "fines", "title": {"zh": "处罚", "en": "fines"}, "sections": 1, "items": 2}
    ]
    book = front.ask("GET", "/v1/rulebooks/fines").json
    (section,) = book["sections"]
    assert section["items"][0]["citations"] == [{"source": "deck", "quote": "丢失罚五十元"}]
    assert book["sources"][0]["file"] == "deck.txt"
    facts = {fact["name"]: fact for fact in front.ask("GET", "/v1/facts").json["facts"]}
    assert facts["receiver"]["personal"] is True
    assert list(facts["kind"]["values"]) == ["loss", "delay"]
    assert facts["value"]["minimum"] == "0"
